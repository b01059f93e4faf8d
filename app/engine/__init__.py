"""MOVEMENT: the only place that imports SpiffWorkflow; no database, no Flask, no clock."""

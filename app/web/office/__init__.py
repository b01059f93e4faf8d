"""For those who run and watch it: officials, audit, incidents, diagrams, operation."""

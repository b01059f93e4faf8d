"""RULES: pure functions over frozen dataclasses, standard library only; no clock, no database."""

"""Risks of a whole place."""

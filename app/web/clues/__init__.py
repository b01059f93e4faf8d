"""Clues, self-application, leaflets."""

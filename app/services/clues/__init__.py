"""Clues: received, matched, joined, shown."""

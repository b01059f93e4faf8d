"""The record in words: what happened, how far a case is, and why it was decided so."""

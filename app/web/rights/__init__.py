"""A household's file and its people."""

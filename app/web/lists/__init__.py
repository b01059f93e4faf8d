"""Many households in one grid, and lists as files."""

"""The household register from the province's files."""

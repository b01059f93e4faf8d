"""The month's comparison with the departments' files."""

"""Files of rows: read as offices send them, written as they leave the house."""

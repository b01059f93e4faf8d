"""A task as its page shows it, and an official's own desk."""

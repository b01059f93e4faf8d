"""What goes to other bureaus each month."""

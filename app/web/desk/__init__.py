"""Signing in, the inbox, a task, one's own things."""

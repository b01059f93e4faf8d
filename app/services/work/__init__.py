"""One command on one instance: its task, its timers, its returns."""

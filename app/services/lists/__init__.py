"""Many households at once: meetings, sheets, reports, and lists that leave the house."""

"""What is known of a household and may be shown to whom."""

"""The demo county's doors and clock."""

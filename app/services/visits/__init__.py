"""Rounds of visits."""

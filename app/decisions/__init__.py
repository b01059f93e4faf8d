"""Judgement tables: read, checked, evaluated and explained; imports nothing but the standard library."""

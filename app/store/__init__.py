"""MEMORY: the only place with SQL; functions answer one question each and never commit."""

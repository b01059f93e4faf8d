"""DEEDS: one function per thing a person or a job does; they take a session and plain values, never commit,
and never read the clock."""

"""What a procedure may be about, and what its steps know of it."""

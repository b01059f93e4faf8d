"""Publishing a procedure, and what a diagram may say."""

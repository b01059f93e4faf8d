"""A household's file, its people, and what the law says of keeping and forgetting."""

"""Who works here: accounts, posts, leave, and what they are told."""

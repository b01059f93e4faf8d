"""ACTIONS: one function per thing a person or a job does. What a person does takes a Context and commits nothing; a job opens
its own transactions. Both are told the moment; only sign-in and long work read the real clock."""

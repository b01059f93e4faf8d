"""A request and its page: who asks, what stands around it, errors, logs, files served."""

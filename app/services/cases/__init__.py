"""A case from its application to its end, beside its tasks."""

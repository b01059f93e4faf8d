"""The refusals of this package."""

from app.errors import CodedError


class TableError(CodedError):
    """A table, or a question to one, that is refused."""

"""The one clock for procedure, months, events and seals: real time, or in a demo real time plus a stored offset."""

from datetime import UTC, datetime, timedelta


def now(offset: timedelta = timedelta()) -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC) + offset

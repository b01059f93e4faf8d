"""Local days of the county (Asia/Shanghai). The clock is never read: today and `workday` are handed in.

"N days after day X" are the whole days X+1 … X+N, so the day after a clue is day 1 of the case limit.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple

# Asia/Shanghai has kept +08:00 without summer time since 1991: a fixed offset needs no time zone files.
LOCAL = timezone(timedelta(hours=8), "Asia/Shanghai")

RECORDS_BEGIN = date(2014, 1, 1)
"""The register of poor households was begun in 2014: no day of ours lies before."""

Workday = Callable[[date], bool | None]

_LONGEST_HOLIDAY = 60  # days without one working day: then the calendar handed in is wrong


class Due(NamedTuple):
    """The last day of a span; provisional if a holiday year was unknown and weekdays were counted instead."""

    day: date
    provisional: bool


def local_date(now: datetime) -> date:
    """The local day of an aware moment."""
    if now.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return now.astimezone(LOCAL).date()


def end_of(day: date) -> datetime:
    """The moment (UTC) at which a local day is over: the midnight that begins the next one."""
    return datetime.combine(day + timedelta(days=1), time(), LOCAL).astimezone(UTC)


def add_days(start: date, n: int) -> date:
    """The last of the n whole days after `start`."""
    return start + timedelta(days=n)


def add_months(start: date, n: int) -> date:
    """The same day n months on (or back), or the last of a shorter month: 31 January + 1 = 28 February."""
    months = start.year * 12 + start.month - 1 + n
    year, month = divmod(months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(start.day, (first_of_next - timedelta(days=1)).day))


def full_months(start: date, end: date) -> int:
    """Whole calendar months from `start` to `end`: the 31st of a month is reached on the last day of a shorter one."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if end >= add_months(start, months) else months - 1


def is_workday(day: date, workday: Workday) -> tuple[bool, bool]:
    """(is a working day, provisional). An unknown year falls back to Monday-Friday and says so."""
    known = workday(day)
    return (day.weekday() < 5, True) if known is None else (known, False)


def add_working_days(start: date, n: int, workday: Workday) -> Due:
    """The n-th working day after `start`; n = 0 is `start` itself, working day or not."""
    if n < 0:
        raise ValueError("working days are counted forward only")
    day, provisional, idle = start, False, 0
    while n:
        day += timedelta(days=1)
        works, guessed = is_workday(day, workday)
        provisional = provisional or guessed
        n -= works
        idle = 0 if works else idle + 1
        if idle > _LONGEST_HOLIDAY:
            raise ValueError(f"no working day in the {idle} days up to {day}")
    return Due(day, provisional)


def add(start: date, n: int, unit: str, workday: Workday) -> Due:
    """The last day of a span of `calendar_days`, `working_days` or `months` (the units of a parameter)."""
    if unit == "calendar_days":
        return Due(add_days(start, n), False)
    if unit == "months":
        return Due(add_months(start, n), False)
    if unit == "working_days":
        return add_working_days(start, n, workday)
    raise ValueError(f"not a unit of time: {unit}")


def notice_over_on(posted_on: date, days: int) -> date:
    """The day that begins with the notice over: `days` whole days after the posting have then elapsed."""
    return add_days(posted_on, days + 1)


def last_day(due: datetime) -> date:
    """The local day a limit ends on: its moment is the midnight that ends that day."""
    return local_date(due - timedelta(microseconds=1))


def days_left(due: datetime, now: datetime) -> int:
    """Whole local days from today to the last day before `due` (a midnight): 0 on the last day, then -1 …"""
    return (last_day(due) - local_date(now)).days

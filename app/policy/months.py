"""Months as "2021-09" and quarters as "2021-Q3": text that sorts as time does."""

from datetime import date


def month_of(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def before(month: str, n: int = 1) -> str:
    """The month `n` earlier."""
    at = int(month[:4]) * 12 + int(month[5:]) - 1 - n
    return f"{at // 12:04d}-{at % 12 + 1:02d}"


def after(month: str) -> str:
    return before(month, -1)


def between(first: str, last: str) -> int:
    """How many months, both included."""
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:]) + 1


def through(first: str, last: str) -> list[str]:
    """Every month from the first to the last, both included; none where the first is later."""
    return [before(last, n) for n in range(between(first, last) - 1, -1, -1)]


def first_day(month: str) -> date:
    """ValueError for what is no month."""
    return date.fromisoformat(f"{month}-01")


def next_begin(month: str) -> date:
    """The first day after it."""
    return first_day(after(month))


def quarter_of(day: date) -> str:
    return f"{day.year:04d}-Q{(day.month + 2) // 3}"


def quarter_begin(quarter: str) -> date:
    return date(int(quarter[:4]), int(quarter[6]) * 3 - 2, 1)

"""How values are said: dates, remaining days, money, counts. Chinese words come from labels."""

import re
from datetime import date, datetime
from typing import Any

from flask import Flask, g, has_app_context

from app.labels import say
from app.policy.calendar import LOCAL
from app.services.history import signals

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


def _date(value: date | datetime | str) -> date:
    if isinstance(value, str):
        return date.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).date()
    return value


def day(value: date | datetime | str) -> str:
    """The day, with its year when that is not the current one."""
    found = _date(value)
    context = g.get("context") if has_app_context() else None
    if context is not None and context.today.year != found.year:
        return day_full(found)
    return say("pages.day", month=found.month, day=found.day)


def day_full(value: date | datetime | str) -> str:
    found = _date(value)
    return say("pages.day_full", year=found.year, month=found.month, day=found.day)


def month(value: str) -> str:
    """A month written YYYY-MM, as it is said."""
    return signals.month(value)


def day_short(value: date | datetime | str) -> str:
    found = _date(value)
    return f"{found.month}/{found.day}"


def day_input(value: str) -> str:
    """The type of a field for a day: a date field would drop what it cannot read, so that stands in a plain one."""
    try:
        return "date" if not value or date.fromisoformat(value).isoformat() == value else "text"
    except ValueError:
        return "text"


def when(value: datetime) -> str:
    local = value.astimezone(LOCAL)
    return f"{day(local)} {local:%H:%M}"


def days_left(days: int) -> str:
    if days > 0:
        return say("pages.days_left", days=days)
    return say("pages.due_today") if days == 0 else say("pages.days_over", days=-days)


def yuan(fen: int) -> str:
    """9,600.00; a minus sign before what is negative."""
    sign = "\u2212" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def count(n: int) -> str:
    return "999+" if n > 999 else str(n)


def tell(code: str, **args: Any) -> str:
    """`say` with moments, ISO days and months in words."""
    return say(code, **{name: _worded(value) for name, value in args.items()})


def _worded(value: Any) -> Any:
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, date):
        return day_full(value)
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            return day_full(value)
        except ValueError:
            return value
    if isinstance(value, str) and _MONTH.fullmatch(value):
        return month(value)
    return "" if value is None else value


def begin(app: Flask) -> None:
    for made in (day, day_full, day_short, day_input, month, when, days_left, yuan, count):
        app.jinja_env.filters[made.__name__] = made
    app.jinja_env.globals["say"] = tell

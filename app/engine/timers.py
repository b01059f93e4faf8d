"""Timer texts and their due moments. The engine never compares moments: a timer fires by command only.

Texts: `due()` (the element's own `due` parameter, or that of the task a boundary timer hangs on), `on(name)` (the day a
process variable names: fires when that day begins), `days('key')`, `months('key')`, `working_days('key')` (a parameter).
"N days after day X" are the whole days X+1 … X+N; the moment is the midnight in Asia/Shanghai that ends the last of them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from app.policy import calendar

from .values import EngineError, World

KINDS = ("due", "on", "days", "months", "working_days")
_CALL = re.compile(r"\s*(due|on|days|months|working_days)\(\s*(?:'([a-z0-9_]+)'|([a-z][a-z0-9_]*))?\s*\)\s*\Z")


@dataclass(frozen=True)
class TimerText:
    """`kind` is due, on, days, months or working_days; `name` a process variable (on) or parameter key."""

    kind: str
    name: str | None


@lru_cache(maxsize=4096)
def parse(text: str) -> TimerText:
    match = _CALL.match(text) if len(text) < 200 else None
    if match is None:
        raise EngineError("engine.timer.not_understood", text=text[:80])
    kind, quoted, bare = match.groups()
    wanted = {"due": (None, None), "on": (None, bare)}.get(kind, (quoted, None))
    if (quoted, bare) != wanted or (kind != "due" and not (quoted or bare)):
        raise EngineError("engine.timer.not_understood", text=text[:80])
    return TimerText(kind, quoted or bare)


def due_moment(
    timer: TimerText, due_key: str | None, scope: Mapping[str, Any], now: datetime, world: World
) -> tuple[datetime, bool, int | None]:
    """(moment, provisional, entry id). Provisional: a holiday year was not known, weekdays were counted."""
    if timer.kind == "on":
        return calendar.end_of(_day(scope, timer.name) - timedelta(days=1)), False, None
    key = due_key if timer.kind == "due" else timer.name
    if key is None:
        raise EngineError("engine.timer.no_due")
    start = calendar.local_date(now)
    value, entry = world.entry(key, start)
    amount = value.get("value")
    unit = value.get("unit") if timer.kind == "due" else _UNITS[timer.kind]
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
        raise EngineError("engine.timer.bad_parameter", key=key)
    if unit == "calendar_days":
        return calendar.end_of(calendar.add_days(start, amount)), False, entry
    if unit == "months":
        return calendar.end_of(calendar.add_months(start, amount)), False, entry
    if unit == "working_days":
        day, provisional = calendar.add_working_days(start, amount, world.workday)
        return calendar.end_of(day), provisional, entry
    raise EngineError("engine.timer.bad_parameter", key=key)


_UNITS = {"days": "calendar_days", "months": "months", "working_days": "working_days"}


def _day(scope: Mapping[str, Any], name: str | None) -> date:
    try:
        return date.fromisoformat(str(scope[name or ""]))
    except (KeyError, ValueError):
        raise EngineError("engine.timer.no_date", name=name) from None

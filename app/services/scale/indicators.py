"""行情: the figures of a month that departments type or hand in as a file, and the file's template."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from app.forms import text as typed_text
from app.labels import say
from app.policy import wording
from app.policy.months import before
from app.store import record
from app.store import scale as rows

from ..context import Context
from ..files import sheets, tables
from ..files.figures import Change, Overwrites, refuse_impossible
from ..history import signals
from ..people import Actor, County, Refused
from . import watch

COLUMNS = ("title", "place", "month", "value")
_MONTH = re.compile(r"(\d{4})\D(\d{1,2})(?:\D(?:0?1)?)?\Z")
"""A month, also where a spreadsheet made the first day of it."""
Which = tuple[str, str]
PAGE = 60
"""Places on one page; a file has them all."""


def pages(actor: Actor, county: County) -> int:
    """How many pages of places there are to type figures for."""
    most = max((len(watch.places_of(county, one)) for one in watch.indicators_of(actor, county).values()), default=1)
    return -(-most // PAGE)


def page_of(actor: Actor, county: County, code: str) -> int:
    """The page on which a place stands; the first for one that gives no figures."""
    listed = [watch.places_of(county, one) for one in watch.indicators_of(actor, county).values()]
    return next((codes.index(code) // PAGE + 1 for codes in listed if code in codes), 1)


def cells(context: Context, month: str, page: int = 1) -> list[dict[str, Any]]:
    """Each figure this person's department gives, a page of places: last month's value beside it, this month's as far as it
    is known."""
    county = context.county
    mine = watch.indicators_of(context.actor, county)
    earlier = before(month)
    there = {key: watch.places_of(county, one)[(page - 1) * PAGE : page * PAGE] for key, one in mine.items()}
    units = {code for codes in there.values() for code in codes}
    values = {(r.indicator, r.org_unit, r.period): r.value for r in rows.values_since(context.session, mine, earlier, units)}
    return [
        {
            "key": key,
            "title": one["title"],
            "unit": one["unit"],
            "places": [
                {
                    "code": code,
                    "name": county.units[code].name,
                    "now": _shown(values.get((key, code, month)), one),
                    "before": _shown(values.get((key, code, earlier)), one),
                }
                for code in there[key]
            ],
        }
        for key, one in mine.items()
        if there[key]
    ]


def _shown(value: int | None, one: Mapping[str, Any]) -> str:
    return "" if value is None else signals.decimal(value, int(one["decimals"]))


def whole(text: str, one: Mapping[str, Any]) -> int:
    """What was typed, as a whole number of the smallest unit. Refused: no number, or more decimals than the figure has."""
    decimals = int(one["decimals"])
    try:
        number = Decimal(typed_text.bare(text)).scaleb(decimals)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value() or not -(10**12) < number < 10**12:
        example = "3.20" if decimals else "12"
        raise Refused("scale.bad_value", title=one["title"], value=text.strip()[:20], decimals=decimals, example=example)
    return int(number)


def typed(actor: Actor, county: County, given: Mapping[str, str]) -> tuple[dict[Which, int], dict[str, Refused]]:
    """`given`: "indicator/place" -> what was typed; empty is not given. Returns values and errors by the same name."""
    mine = watch.indicators_of(actor, county)
    values: dict[Which, int] = {}
    wrong: dict[str, Refused] = {}
    for name, text in given.items():
        key, _, unit = name.partition("/")
        if key not in mine or not text.strip():
            continue
        try:
            value = whole(text, mine[key])
            refuse_impossible(county, key, value)
            values[key, unit] = value
        except Refused as error:
            wrong[name] = error
    return values, wrong


def month_named(text: str) -> str:
    match = _MONTH.match(text.strip())
    if match is None or not 1 <= int(match[2]) <= 12:
        raise Refused("scale.bad_month", month=text[:20])
    return f"{match[1]}-{int(match[2]):02d}"


def workbook(actor: Actor, county: County, month: str) -> bytes:
    """A file to fill in: one row for each figure of the month."""
    lines = [[say(f"scale.column.{c}") for c in COLUMNS]]
    for one in watch.indicators_of(actor, county).values():
        lines += [[str(one["title"]), county.units[code].name, month, ""] for code in watch.places_of(county, one)]
    return sheets.book(lines, 18)


def read(actor: Actor, county: County, content: bytes, wanted: tables.Wanted | None = None) -> dict[str, dict[Which, int]]:
    """Month -> figures of a file; all or nothing. Refused names the row."""
    titles = [say(f"scale.column.{c}") for c in COLUMNS]
    table, odd = tables.read_plain(content, titles, wanted)
    if not table.begins_with(titles):
        raise Refused("scale.columns", columns=say("stories.comma").join(titles))
    mine = watch.indicators_of(actor, county)
    by_title = {wording.folded(str(one["title"])): key for key, one in mine.items()}
    codes = {
        (key, wording.folded(name)): c
        for key, one in mine.items()
        for c in watch.places_of(county, one)
        for name in (county.units[c].name[:-1], county.units[c].name)
    }
    found: dict[str, dict[Which, int]] = {}
    wrong: list[Refused] = []
    for number, row in enumerate(table.rows, 1):
        title, where, month, value = (*row, "", "", "", "")[:4]
        bad = odd.get(number - 1, {})
        wrong += bad.values()
        if not value:
            continue
        key = by_title.get(wording.folded(title), "")
        unit = codes.get((key, wording.folded(where)), "")
        said: list[Refused] = []
        if not key and 0 not in bad:
            said.append(Refused("scale.unknown_indicator", title=title[:40]))
        if key and not unit and 1 not in bad:
            said.append(Refused("scale.unknown_place", title=title, place=where[:40]))
        period: str | None = None
        figure: int | None = None
        with _told(said):
            period = _period(county, month) if 2 not in bad else None
        with _told(said):
            figure = _figure(county, mine, key, value) if key and 3 not in bad else None
        if period is not None and unit and (key, unit) in found.get(period, {}):
            said.append(Refused("tables.row_twice"))
        elif period is not None and figure is not None and unit:
            found.setdefault(period, {})[key, unit] = figure
        wrong += [Refused("scale.file_row", row=table.row(number), why=say(one.code, **one.details)) for one in said]
    tables.refuse_all(wrong)
    return found


@contextmanager
def _told(said: list[Refused]) -> Iterator[None]:
    """What is refused within is told with the others."""
    try:
        yield
    except Refused as error:
        said.append(error)


def _period(county: County, month: str) -> str:
    period = month_named(month)
    watch.refuse_month(county, period)
    return period


def _figure(county: County, mine: Mapping[str, Mapping[str, Any]], key: str, value: str) -> int:
    figure = whole(value, mine[key])
    refuse_impossible(county, key, figure)
    return figure


def enter_file(
    context: Context,
    found: Mapping[str, Mapping[Which, int]],
    command_id: bytes,
    reason: str = "",
) -> int:
    """Every month of a file, the oldest first, in one transaction. Refused: Overwrites with all months' changes."""
    session = context.session
    record.lock_stream(session, watch.STREAM)
    if record.event_of_command(session, command_id) is not None:
        return 0
    over = [change for month in sorted(found) for change in _over(context, month, found[month])]
    if over and not reason.strip():
        raise Overwrites(over)
    total = 0
    command: bytes | None = command_id
    for month in sorted(found):
        many = watch.enter(context, month, found[month], command, reason)
        total, command = total + many, None if many else command
    return total


def _over(context: Context, month: str, values: Mapping[Which, int]) -> list[Change]:
    """What of a month stands there with another value."""
    mine = watch.indicators_of(context.actor, context.county)
    known = {(r.indicator, r.org_unit): r.value for r in rows.values_since(context.session, mine, month) if r.period == month}
    return [
        (month, *which, known[which], value)
        for which, value in sorted(values.items())
        if which in known and known[which] != value
    ]


def changes(county: County, over: Sequence[Change]) -> list[dict[str, str]]:
    """For the page: what would be written over, old and new. `name`: of the field that says it again."""
    listed = watch.indicators(county)
    return [
        {
            "name": f"{month}/{key}/{unit}",
            "month": signals.month(month),
            "title": str(listed[key]["title"]),
            "place": county.units[unit].name,
            "old": _shown(old, listed[key]),
            "new": _shown(new, listed[key]),
        }
        for month, key, unit, old, new in over
    ]


def as_fields(county: County, found: Mapping[str, Mapping[Which, int]]) -> dict[str, str]:
    """A file's figures as fields of a form, "month/indicator/place" -> as typed: to be confirmed without the file."""
    listed = watch.indicators(county)
    return {
        f"{month}/{key}/{unit}": _shown(value, listed[key])
        for month, values in found.items()
        for (key, unit), value in values.items()
    }


def of_fields(actor: Actor, county: County, given: Mapping[str, str]) -> dict[str, dict[Which, int]]:
    """The same fields back as figures."""
    found: dict[str, dict[Which, int]] = {}
    for name, text in given.items():
        month, _, which = name.partition("/")
        values, wrong = typed(actor, county, {which: text})
        for error in wrong.values():
            raise error
        found.setdefault(month_named(month), {}).update(values)
    return found

"""The demo county's series of every month and incomes of the last two, handed in by whoever would hand them in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from app.policy.months import before, first_day, month_of, next_begin, through
from app.services.people import county_on
from app.store import clues as clue_rows
from app.store import incomes as income_rows
from app.store.session import Store

from .. import incomes
from ..context import Context
from ..scale import indicators, watch
from .months import check, liaison
from .staff import Staff, Words

At = Callable[[date, int], datetime]


def _command(who: str, month: str) -> bytes:
    return uuid5(NAMESPACE_URL, f"demo/{who}/{month}").bytes


def run(store: Store, staff: Staff, words: Words, begin: date, last: date, seed: int, moment: At) -> None:
    """Series up to the month before `last`, those before `begin` at once on that day; then the incomes of two months."""
    _series(store, staff, words, begin, last, Random(seed), moment)
    rng = Random(seed)
    this = month_of(last)
    for month in (before(this, 2), before(this)):
        _incomes(store, staff, words, month, this, rng, moment)


# --- series -----------------------------------------------------------------------------------------------------------


def _series(store: Store, staff: Staff, words: Words, begin: date, last: date, rng: Random, moment: At) -> None:
    with store.reading() as session:
        county = county_on(session, last)
    known = watch.indicators(county)
    months = through(str(words["series_from"]), before(month_of(last)))
    lines = {
        (key, unit): _line(rng, words["series"][key], len(months))
        for key, one in known.items()
        if key in words["series"]
        for unit in watch.places_of(county, one)
    }
    for n, month in enumerate(months):
        day = max(begin, next_begin(month) + timedelta(days=4))
        for department in sorted({str(one["department"]) for one in known.values()}):
            actor = liaison(staff, department)
            if actor is None:
                continue
            values = {
                (key, unit): indicators.whole(line[n], known[key])
                for (key, unit), line in lines.items()
                if known[key]["department"] == department
            }
            with store.transaction() as session:
                then = county_on(session, day)
                watch.enter(Context(session, actor, then, moment(day, 9)), month, values, _command(department, month))


def _line(rng: Random, one: Mapping[str, Any], months: int) -> list[str]:
    """As many values as months: the usual, moved by the wave in a new order each time, so that nothing drifts."""
    usual, moved = Decimal(one["usual"]), list(one["wave"])
    line: list[str] = []
    while len(line) < months:
        rng.shuffle(moved)
        line += [str(usual + Decimal(step)) for step in moved]
    planted: Sequence[str] = one.get("last", ())
    return [*line[: months - len(planted)], *planted]


# --- incomes ----------------------------------------------------------------------------------------------------------


def _incomes(store: Store, staff: Staff, words: Words, month: str, this: str, rng: Random, moment: At) -> None:
    """The month is begun on its day and typed two days later in every village, in the last one only what changed; whom the
    platform warned of is looked at the day after."""
    opened = first_day(month) + timedelta(days=19)
    incomes.tick(store, moment(opened, 8))
    day, changes = opened + timedelta(days=2), month == before(this)
    with store.reading() as session:
        county = county_on(session, day)
        villages = [v for v in income_rows.villages(session) if (v, "village_officer") in staff.at]
    for village in villages:
        with store.transaction() as session:
            lines = incomes.grid(session, county, village, month)
            given = _typed(rng, words["incomes"], [line["household"] for line in lines], changes=changes)
            if changes and village == words["demo_village"]:
                given |= {(line["household"], "wages"): "0" for line in lines[: words["incomes"]["fell"]]}
            incomes.save(
                Context(session, staff.at[village, "village_officer"][0], county, moment(day, 9)),
                village,
                month,
                given,
                _command(village, month),
                all_done=True,
            )
    with store.transaction() as session:
        for warned in clue_rows.of_run(session, f"income:{month}"):
            check(session, staff, words, warned, "watch", moment(day + timedelta(days=1), 9))


def _typed(rng: Random, ranges: Mapping[str, Any], households: Sequence[int], *, changes: bool) -> dict[tuple[int, str], str]:
    columns = ("wages",) if changes else incomes.COLUMNS
    return {
        (household, column): str(20 * rng.randint(ranges[column][0] // 20, ranges[column][1] // 20))
        for household in households
        if not changes or rng.random() < ranges["changed"]
        for column in columns
    }

"""每月收支采集 (3.5): named collectors of village and town type what changed since last month; our own warnings become clues.

A month left unchanged is kept as last month's figures: nothing is typed twice, and a person says so, nobody assumes it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, cast

from app.decisions.tables import evaluate
from app.forms import text
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.policy.jurisdiction import Assignment
from app.policy.months import after, before, month_of, next_begin, through
from app.policy.parameters import MissingEntry
from app.store import households as household_rows
from app.store import incomes as rows
from app.store import jobs, record
from app.store import rescreening as runs
from app.store.processes import NotFound
from app.store.session import Session, Store

from . import doors, events, places
from .clues import receiving
from .clues.receiving import Report
from .context import Context
from .definitions import NotDeployed
from .events import EventData
from .files import outside, sheets, tables
from .history import readings
from .people import SYSTEM, Actor, County, Refused, county_on, covered, post_for
from .places import Places
from .work import runs as run_steps

KIND = "collect_income"
COLUMNS = ("wages", "business", "property", "transfer", "costs")
MOST_FEN = 100_000_000
Figures = dict[str, int]
Given = Mapping[tuple[int, str], str]
"""(household, column) -> what was typed; nothing typed means unchanged."""
Wrong = dict[tuple[int, str], Refused]
HISTORY = 13
"""Months looked back: the same month of last year, and the run of months below the line."""


@dataclass(frozen=True)
class Saved:
    """`kept`: households; `warned`: warnings that became clues; `wrong`: nothing was kept, and why."""

    kept: int = 0
    warned: int = 0
    wrong: Wrong = field(default_factory=dict)


# --- each month -------------------------------------------------------------------------------------------------------


def tick(store: Store, now: datetime) -> bool:
    """The month's collection begins on its day, once; a standstill's months too, while they may still be typed."""
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        month = month_of(county.on)
        try:
            doors.latest(session, doors.INCOMES, county.on)
            due = county.on.day >= params.number(county.entries, "income_start_day", county.on)
        except (NotDeployed, MissingEntry):
            return False
        last = jobs.last_period(session, KIND) or before(month)
        wanted = [m for m in through(after(last), month if due else before(month)) if m in months(county)]
    for each in wanted:
        with store.transaction() as session:
            if jobs.begin_job(session, KIND, each, now):
                jobs.end_job(session, KIND, each, now, {"run": begin(Context(session, SYSTEM, county, now), each)})
    return bool(wanted)


def begin(context: Context, month: str) -> int | None:
    """One step for each village with former poor households; None where there are none."""
    session, county = context.session, context.county
    villages = [v for v in rows.villages(session) if v in county.units]
    if not villages:
        return None
    ident = runs.add_run(
        session, kind=KIND, period=month, as_of=county.on, started_at=context.now, late=False, status="open", counts={}
    )
    run_steps.begin(context.acting(SYSTEM), ident, doors.INCOMES, {"villages": villages}, {"month": month})
    return ident


# --- the grid ---------------------------------------------------------------------------------------------------------------


def _collector(actor: Actor, village: str, county: County) -> Assignment | None:
    return post_for(actor, county.who_may("enter_incomes"), village, county) if village in county.units else None


def may_collect(actor: Actor, village: str, county: County) -> bool:
    return _collector(actor, village, county) is not None


def _exporter(actor: Actor, village: str, county: County) -> Assignment | None:
    """The post by which a person hands this village's figures on to the province's platform."""
    return post_for(actor, county.who_may("export_incomes"), village, county) if village in county.units else None


def may_export(actor: Actor, village: str, county: County) -> bool:
    return _exporter(actor, village, county) is not None


def villages_for(actor: Actor, county: County, with_households: Sequence[str]) -> Places:
    """Villages with former poor households that this person collects in or exports. NotFound where there are none."""
    known = set(with_households)
    mine = covered((a.unit for a in actor.assignments if a.role in county.who_may("export_incomes")), "village", county)
    found = places.listed((u for u in mine if u.code in known), county, "/places?of=income")
    if not found:
        raise NotFound
    return found


def months(county: County) -> list[str]:
    """Months that may be typed: this one and the two before."""
    last = month_of(county.on)
    return [before(last, n) for n in range(3)]


def grid(session: Session, county: County, village: str, month: str) -> list[dict[str, Any]]:
    """A line for each former poor household: this month's figures where given, last month's beside them; `number` as it is
    called outside."""
    listed = rows.former_poor(session, village)
    keys = {h: k for h, (_, k) in runs.standing(session, [r.id for r in listed]).items()}
    known = rows.known(session, village, before(month), keys)
    numbers = household_rows.numbers_of(session, keys)
    return [
        {
            "household": r.id,
            "number": outside.number(session, r.id, numbers.get(r.id)),
            "head": r.head_name,
            "now": known.get(r.id, {}).get(month),
            "before": known.get(r.id, {}).get(before(month)),
        }
        for r in listed
        if r.id in keys
    ]


def fen(typed: str) -> int:
    """Yuan as typed -> fen. Refused: no amount, more than two decimals, negative, too much."""
    try:
        value = text.money(typed)
    except text.TextError:
        value = MOST_FEN + 1
    if value > MOST_FEN:
        raise Refused("incomes.bad_amount")
    return value


def _typed(lines: Sequence[Mapping[str, Any]], given: Given) -> tuple[dict[int, Figures], Wrong]:
    """Whole months of the households that were touched, over what stands there; and what is wrong."""
    made: dict[int, Figures] = {}
    wrong: Wrong = {}
    for line in lines:
        ident = line["household"]
        mine = {c: words for c in COLUMNS if (words := given.get((ident, c), "").strip())}
        if not mine:
            continue
        made[ident] = dict(line["now"] or line["before"] or dict.fromkeys(COLUMNS, 0))
        for column, words in mine.items():
            try:
                made[ident][column] = fen(words)
            except Refused as error:
                wrong[ident, column] = error
    return made, wrong


@dataclass(frozen=True)
class Rest:
    """What "the others have not changed" would say: (head, last month's figures) of each; `wrong`: what must be put right
    first. `mark` tells whether it is still the same that somebody agreed to."""

    unchanged: list[tuple[str, Figures]]
    wrong: Wrong
    mark: str


def rest(session: Session, county: County, village: str, month: str, given: Given) -> Rest:
    """Before anything is recorded: whom nobody typed this month, and what would be written about them."""
    lines = grid(session, county, village, month)
    made, wrong = _typed(lines, given)
    others = [line for line in lines if line["now"] is None and line["household"] not in made]
    for line in others:
        if not line["before"]:
            wrong[line["household"], COLUMNS[0]] = Refused("incomes.never_yet")
    unchanged = [(line["head"] or "", dict(line["before"])) for line in others if line["before"]]
    said = [[line["household"], sorted(line["before"].items())] for line in others if line["before"]]
    return Rest(unchanged, wrong, blake2b(json.dumps([village, month, said]).encode(), digest_size=12).hexdigest())


def save(
    context: Context,
    village: str,
    month: str,
    given: Given,
    command_id: bytes,
    *,
    all_done: bool = False,
) -> Saved:
    """Keep what was typed, all of it or nothing; `all_done`: whoever was not typed is as last month, and the village's step
    is done. The same command again changes nothing. Two at once come one after the other: each types over what stands."""
    session, actor, county = context.session, context.actor, context.county
    held = _collector(actor, village, county)
    if held is None:
        raise NotFound
    if month not in months(county):
        raise Refused("incomes.month_closed", month=month)
    head = record.lock_stream(session, f"incomes:{village}")
    before_ = record.event_of_command(session, command_id)
    if before_ is not None:
        return Saved(len(json.loads(before_.body)["households"]))
    lines = grid(session, county, village, month)
    if not {h for h, _ in given} <= {line["household"] for line in lines}:
        raise NotFound
    made, wrong = _typed(lines, given)
    if wrong:
        return Saved(wrong=wrong)
    kept = {
        line["household"]: made[line["household"]]
        for line in lines
        if line["household"] in made and line["now"] != made[line["household"]]
    }
    if all_done:
        open_ = [line for line in lines if line["now"] is None and line["household"] not in made]
        kept |= {line["household"]: line["before"] for line in open_ if line["before"]}
        missing = sum(not line["before"] for line in open_)
        if missing:
            raise Refused("incomes.never_given", n=missing)
    keys = {h: k for h, (_, k) in runs.standing(session, kept).items()}
    rows.put(session, village, month, kept, keys, actor.id, context.now)
    body = {"month": month, "households": sorted(kept), "all": all_done}
    data = EventData("incomes_entered", held.role, held.unit, command_id=command_id, body=body)
    events.append(context, head, None, data)
    warned = _warn(context, village, month, kept)
    run = runs.run_of(session, month, KIND) if all_done else None
    if run is not None:
        collected = {"collected_on": county.on.isoformat()}
        run_steps.done(context, held, run.id, "village_incomes", village, collected)
    return Saved(len(kept), warned)


def _warn(context: Context, village: str, month: str, kept: Mapping[int, Any]) -> int:
    """Our own platform's warnings: the table judges each household that was typed."""
    session, county = context.session, context.county
    table = doors.latest(session, doors.INCOMES, county.on).definition.tables["warn_income"]
    standing = runs.standing(session, kept)
    history = rows.known(session, village, before(month, HISTORY - 1), {h: k for h, (_, k) in standing.items()})
    try:
        line = params.monitoring_line(county.entries, county.on).value_fen // 12
    except MissingEntry:
        line = 0
    warned = 0
    found_on = min(county.on, next_begin(month))
    for household in kept:
        key = standing[household][1]
        document, _ = household_rows.document(session, household, key)
        size = sum(m.get("status") != "gone" for m in (document or {}).get("members", ())) or 1
        facts = figures_of(history.get(household, {}), month, size, line)
        hit = evaluate(table, facts)
        said = cast("dict[str, Any]", hit.outputs)
        if not said["sign"]:
            continue
        value = facts[str(said["measured"])]
        content = {
            "value": value,
            "threshold": int(str(said["threshold"])),
            "severity": said["severity"],
            "unit": receiving.sign_of(county, str(said["sign"]))["unit"],
            "rule": f"warn_income/{hit.rows[0]}",
        }
        kept_row = household_rows.get(session, household)
        receiving.receive(
            context.acting(SYSTEM),
            Report(
                channel="platform",
                found_on=found_on,
                sign=str(said["sign"]),
                place=village,
                household=household,
                data_on=found_on,
                content=content,
                run=f"income:{month}",
                demo=bool(kept_row and kept_row.demo),
            ),
        )
        warned += 1
    return warned


def net(figures: Mapping[str, int]) -> int:
    return sum(figures[c] for c in COLUMNS[:-1]) - figures["costs"]


def figures_of(history: Mapping[str, Mapping[str, int]], month: str, size: int, line: int) -> dict[str, int]:
    """Exactly the inputs of warn_income.dmn. Without an earlier figure nothing has fallen."""
    now = net(history[month]) // size

    def drop(earlier: str) -> int:
        then = net(history[earlier]) // size if earlier in history else 0
        return max(0, (then - now) * 100 // then) if then > 0 else 0

    low, at = 0, month
    while at in history and net(history[at]) // size < line:
        low, at = low + 1, before(at)
    return {"net": now, "drop_percent": drop(before(month)), "year_drop_percent": drop(before(month, 12)), "months_low": low}


# --- files ------------------------------------------------------------------------------------------------------------------


def workbook(lines: Sequence[Mapping[str, Any]]) -> bytes:
    """The grid as a file: last month's figures stand there, what changed is typed over."""
    made: list[list[Any]] = [[say(f"incomes.column.{c}") for c in ("number", "head", *COLUMNS)]]
    for line in lines:
        figures = line["now"] or line["before"] or {}
        made.append([line["number"], line["head"], *[_yuan(figures.get(c)) for c in COLUMNS]])
    return sheets.book(made, 14, "C2")


def _yuan(value: int | None) -> float | int | None:
    return None if value is None else value // 100 if value % 100 == 0 else value / 100


def read(
    content: bytes, lines: Sequence[Mapping[str, Any]], wanted: tables.Wanted | None = None
) -> dict[tuple[int, str], str]:
    """A filled grid as (household, column) -> text. Refused names the row; names must still stand beside their numbers (files
    of before 2026-12 carry our own)."""
    titles = [say(f"incomes.column.{c}") for c in ("number", "head", *COLUMNS)]
    table, odd = tables.read_plain(content, titles, wanted)
    if not table.begins_with(titles):
        raise Refused("incomes.columns", columns=say("stories.comma").join(titles))
    mine = {line["household"]: line for line in lines}
    known = {str(ident): ident for ident in mine} | {line["number"]: line["household"] for line in lines}
    given: dict[tuple[int, str], str] = {}
    seen: set[int] = set()
    wrong: list[Refused] = []
    for place, row in enumerate(table.rows, 1):
        if not any(row):
            continue
        at, bad = table.row(place), odd.get(place - 1, {})
        wrong += bad.values()
        number, head, *cells = (*row, *[""] * len(titles))[: len(titles)]
        line = mine.get(outside.called(number, known) or 0)
        if line is not None and line["head"] == head:
            if line["household"] in seen:
                wrong.append(Refused("incomes.row_twice", row=at))
            seen.add(line["household"])
            given |= {(line["household"], column): words for column, words in zip(COLUMNS, cells, strict=True) if words}
        elif not {0, 1} & set(bad):
            wrong.append(Refused("incomes.row_of_nobody", row=at))
        for column, words in enumerate(cells, len(titles) - len(COLUMNS)):
            try:
                fen(words or "0")
            except Refused as error:
                if column not in bad:
                    wrong.append(tables.wrong_cell(table, place, column, error))
    tables.refuse_all(wrong)
    return given


def province_file(context: Context, village: str, month: str, reason: str | None = None) -> bytes:
    """The month's figures as the province's platform takes them; who took it and why (pages always ask) is on record."""
    session, county = context.session, context.county
    held = _exporter(context.actor, village, county)
    if held is None or month not in months(county):
        raise NotFound
    names = ("town", "village", "head", "id_number", "month", "number", *COLUMNS, "net")
    made: list[list[Any]] = [[say(f"incomes.column.{c}") for c in names]]
    listed = rows.former_poor(session, village)
    standing = runs.standing(session, [r.id for r in listed])
    known = rows.known(session, village, month, {h: k for h, (_, k) in standing.items()})
    numbers = household_rows.numbers_of(session, standing)
    unit = county.units[village]
    taken = []
    for r in listed:
        figures = known.get(r.id, {}).get(month)
        if figures is None:
            continue
        document, _ = household_rows.document(session, r.id, standing[r.id][1])
        head: dict[str, Any] = next((m for m in (document or {}).get("members", ()) if m.get("relation") == "head"), {})
        made.append(
            [
                county.name_of(unit.parent or ""),
                unit.name,
                r.head_name,
                head.get("id_number", ""),
                month,
                outside.number(session, r.id, numbers.get(r.id)),
                *[_yuan(figures[c]) for c in COLUMNS],
                _yuan(net(figures)),
            ]
        )
        taken.append(r.id)
    readings.record_many(context, taken, "export", reason)
    stream = record.lock_stream(session, f"incomes:{village}")
    body = {"month": month, "households": taken}
    events.append(context, stream, None, EventData("incomes_exported", held.role, held.unit, body=body))
    return sheets.book(made)

"""每月收支采集 (3.5): named collectors of village and town type what changed since last month; our own warnings become clues.

A month left unchanged is kept as last month's figures: nothing is typed twice, and a person says so, nobody assumes it.
"""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.styles import Font

from app.decisions.tables import evaluate
from app.engine.values import Complete
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.policy.parameters import MissingEntry
from app.store import households as household_rows
from app.store import inbox, jobs, processes, record
from app.store import incomes as rows
from app.store import rescreening as runs
from app.store.processes import NotFound
from app.store.session import Session, Store

from . import clues, conduct, definitions, tables
from .clues import Report
from .conduct import Deed
from .definitions import NotDeployed
from .people import SYSTEM, Actor, County, Refused, county, sees
from .rescreening import month_of
from .scale import before, county_code, month_end
from .world import CaseWorld

PROCESS = KIND = "collect_income"
COLUMNS = ("wages", "business", "property", "transfer", "costs")
COLLECTORS = ("info_collector", "village_officer")
EXPORTERS = (*COLLECTORS, "town_officer", "county_officer")
MOST_FEN = 100_000_000
HISTORY = 13
"""Months looked back: the same month of last year, and the run of months below the line."""


# --- each month -------------------------------------------------------------------------------------------------------


def tick(store: Store, now: datetime) -> bool:
    """The month's collection begins on its day, once."""
    with store.reading() as session:
        place = county(session, calendar.local_date(now))
        month = month_of(place.on)
        try:
            definitions.latest(session, PROCESS)
            due = place.on.day >= params.number(place.entries, "income_start_day", place.on)
        except (NotDeployed, MissingEntry):
            return False
        if not due or jobs.job_result(session, KIND, month) is not None:
            return False
    with store.transaction() as session:
        if not jobs.begin_job(session, KIND, month, now):
            return False
        jobs.end_job(session, KIND, month, now, {"run": begin(session, place, month, now)})
    return True


def begin(session: Session, place: County, month: str, now: datetime) -> int | None:
    """One step for each village with former poor households that somebody collects in; None where there are none."""
    villages = [v for v in rows.villages(session) if v in place.units]
    if not villages:
        return None
    ident = runs.add_run(
        session, kind=KIND, period=month, as_of=place.on, started_at=now, late=False, status="open", counts={}
    )
    key = record.new_data_key(session, f"run:{ident}")
    bundle = definitions.latest(session, PROCESS)
    world = conduct.stand(session, ("run", ident), bundle, county_code(place), key, SYSTEM, place, now)
    conduct.begin(world, {"villages": villages}, Deed("instance_started", body={"month": month}))
    return ident


def close_income(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The month is over: how many households have figures."""
    run = runs.run(world.session, world.work.subject_id)
    if run is None:
        raise Refused("rescreening.no_run")
    n = sum(rows.entered(world.session, run.period).values())
    runs.change_run(world.session, run.id, status="closed", closed_at=world.now)
    runs.add_counts(world.session, run.id, entered=n)
    return {"entered": n}


OPERATIONS = {"close_income": close_income}


# --- the grid ---------------------------------------------------------------------------------------------------------------


def may_collect(actor: Actor, village: str, place: County) -> bool:
    unit = place.units.get(village)
    return unit is not None and any(a.role in COLLECTORS and a.unit in (village, unit.parent) for a in actor.assignments)


def villages_for(actor: Actor, place: County, with_households: Sequence[str]) -> list[tuple[str, str]]:
    """Villages with former poor households that this person collects in, or may read."""
    return [
        (code, place.units[code].name) for code in with_households
        if code in place.units and (may_collect(actor, code, place) or may_export(actor, code, place))
    ]  # fmt: skip


def may_export(actor: Actor, village: str, place: County) -> bool:
    """Who hands the figures on to the province's platform."""
    return actor.has(*EXPORTERS) and sees(actor, village, place) is not None


def months(place: County) -> list[str]:
    """Months that may be typed: this one and the two before."""
    last = month_of(place.on)
    return [before(last, n) for n in range(3)]


def grid(session: Session, place: County, village: str, month: str) -> list[dict[str, Any]]:
    """A line for each former poor household: this month's figures where given, last month's beside them."""
    listed = rows.former_poor(session, village)
    keys = {h: k for h, (_, k) in runs.standing(session, [r.id for r in listed]).items()}
    known = rows.known(session, village, before(month), keys)
    return [
        {"household": r.id, "head": r.head_name, "now": known.get(r.id, {}).get(month),
         "before": known.get(r.id, {}).get(before(month))}
        for r in listed if r.id in keys
    ]  # fmt: skip


def fen(text: str) -> int:
    """Yuan as typed, with or without separators -> fen. Refused: no amount, more than two decimals, negative, too much."""
    try:
        value = Decimal(text.replace(",", "").strip()).scaleb(2)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= MOST_FEN:
        raise Refused("incomes.bad_amount")
    return int(value)


def typed(
    lines: Sequence[Mapping[str, Any]], given: Mapping[tuple[int, str], str]
) -> tuple[dict[int, dict[str, int]], dict[tuple[int, str], Refused]]:
    """(household, column) -> what was typed, empty for unchanged. Returns whole months of households touched; errors."""
    made: dict[int, dict[str, int]] = {}
    wrong: dict[tuple[int, str], Refused] = {}
    for line in lines:
        ident = line["household"]
        mine = {c: given.get((ident, c), "") for c in COLUMNS}
        if not any(text.strip() for text in mine.values()):
            continue
        figures = dict(line["now"] or line["before"] or dict.fromkeys(COLUMNS, 0))
        for column, text in mine.items():
            if text.strip():
                try:
                    figures[column] = fen(text)
                except Refused as error:
                    wrong[ident, column] = error
        made[ident] = figures
    return made, wrong


def save(
    session: Session, actor: Actor, place: County, village: str, month: str, figures: Mapping[int, Mapping[str, int]],
    command_id: bytes | None, now: datetime, *, all_done: bool = False,
) -> tuple[int, int]:  # fmt: skip
    """Keep a month's figures; `all_done`: whoever was not typed is as last month, and the village's step is done.
    Returns (households kept, warnings that became clues)."""
    if not may_collect(actor, village, place):
        raise NotFound
    if month not in months(place):
        raise Refused("incomes.month_closed", month=month)
    lines = {line["household"]: line for line in grid(session, place, village, month)}
    if not set(figures) <= set(lines):
        raise NotFound
    kept = {h: dict(f) for h, f in figures.items() if lines[h]["now"] != dict(f)}
    if all_done:
        unchanged = {h: line["before"] for h, line in lines.items() if line["now"] is None and h not in figures}
        kept |= {h: earlier for h, earlier in unchanged.items() if earlier}
        missing = [h for h, line in lines.items() if h not in kept and line["now"] is None]
        if missing:
            raise Refused("incomes.never_given", n=len(missing))
    keys = {h: k for h, (_, k) in runs.standing(session, kept).items()}
    rows.put(session, village, month, kept, keys, actor.id, now)
    held = next(a for a in actor.assignments if a.role in COLLECTORS)
    head = record.lock_stream(session, f"incomes:{village}")
    body = {"month": month, "households": sorted(kept), "all": all_done}
    deed = Deed("incomes_entered", held.role, held.unit, command_id=command_id, body=body)
    conduct.note(session, head, None, deed, actor, now)
    warned = _warn(session, place, village, month, kept, now)
    if all_done:
        _village_done(session, actor, month, village, place, now)
    return len(kept), warned


def _warn(session: Session, place: County, village: str, month: str, kept: Mapping[int, Any], now: datetime) -> int:
    """Our own platform's warnings: the table judges each household that was typed."""
    table = definitions.latest(session, PROCESS).definition.tables["warn_income"]
    standing = runs.standing(session, kept)
    history = rows.known(session, village, before(month, HISTORY - 1), {h: k for h, (_, k) in standing.items()})
    try:
        line = params.monitoring_line(place.entries, place.on).value_fen // 12
    except MissingEntry:
        line = 0
    warned = 0
    found_on = min(place.on, month_end(month))
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
        content = {"value": value, "threshold": int(str(said["threshold"])), "severity": said["severity"],
                   "unit": clues.sign_of(place, str(said["sign"]))["unit"], "rule": f"warn_income/{hit.rows[0]}"}  # fmt: skip
        kept_row = household_rows.get(session, household)
        clues.receive(session, SYSTEM, Report(
            channel="platform", found_on=found_on, sign=str(said["sign"]), place=village, household=household,
            data_on=found_on, content=content, run=f"income:{month}", demo=bool(kept_row and kept_row.demo),
        ), now)  # fmt: skip
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


def _village_done(session: Session, actor: Actor, month: str, village: str, place: County, now: datetime) -> None:
    run = runs.run_of(session, month, KIND)
    for instance in processes.instances_of_subject(session, "run", run.id) if run is not None else ():
        task = next((t for t in inbox.open_of_instance(session, instance.id) if t.item == village), None)
        if task is None:
            continue
        work = processes.lock_task(session, task.id)
        if (work.task or {}).get("status") != "open":
            continue
        held = next(a for a in actor.assignments if a.role in COLLECTORS)
        values = {"collected_on": place.on.isoformat()}
        world = conduct.world_for(session, work, definitions.bundle(session, work.deployment), actor, place, now, values)
        conduct.carry_out(
            world, Complete(task.address, {}), Deed("task_completed", held.role, held.unit, task.address, values=values)
        )


# --- files ------------------------------------------------------------------------------------------------------------------


def workbook(lines: Sequence[Mapping[str, Any]], month: str) -> bytes:
    """The grid as a file: last month's figures stand there, what changed is typed over."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append([say(f"incomes.column.{c}") for c in ("number", "head", *COLUMNS)])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for line in lines:
        figures = line["now"] or line["before"] or {}
        sheet.append([line["household"], line["head"], *[_yuan(figures.get(c)) for c in COLUMNS]])
    for letter in "ABCDEFG":
        sheet.column_dimensions[letter].width = 14
    sheet.freeze_panes = "C2"
    return _bytes(book)


def _yuan(value: int | None) -> float | int | None:
    return None if value is None else value // 100 if value % 100 == 0 else value / 100


def _bytes(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, lines: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], str]:
    """A filled grid as (household, column) -> text. Refused names the row; names must still stand beside their numbers."""
    table = tables.read(content)
    titles = [say(f"incomes.column.{c}") for c in ("number", "head", *COLUMNS)]
    if list(table.header[: len(titles)]) != titles:
        raise Refused("incomes.columns", columns=say("stories.comma").join(titles))
    heads = {str(line["household"]): line for line in lines}
    given: dict[tuple[int, str], str] = {}
    for at, row in enumerate(table.rows, 2):
        number, head, *cells = (*row, *[""] * len(titles))[: len(titles)]
        line = heads.get(number.partition(".")[0])
        if line is None or line["head"] != head:
            raise Refused("incomes.row_of_nobody", row=at)
        for column, text in zip(COLUMNS, cells, strict=True):
            if text:
                given[line["household"], column] = text
    return given


def province_file(
    session: Session, actor: Actor, place: County, village: str, month: str, now: datetime
) -> bytes:
    """The month's figures as the province's platform takes them; who took the file is on record."""
    if not may_export(actor, village, place):
        raise NotFound
    book = Workbook()
    sheet = book.worksheets[0]
    names = ("town", "village", "head", "id_number", "month", *COLUMNS, "net")
    sheet.append([say(f"incomes.column.{c}") for c in names])
    listed = rows.former_poor(session, village)
    standing = runs.standing(session, [r.id for r in listed])
    known = rows.known(session, village, month, {h: k for h, (_, k) in standing.items()})
    unit = place.units[village]
    taken = []
    for r in listed:
        figures = known.get(r.id, {}).get(month)
        if figures is None:
            continue
        document, _ = household_rows.document(session, r.id, standing[r.id][1])
        head: dict[str, Any] = next((m for m in (document or {}).get("members", ()) if m.get("relation") == "head"), {})
        sheet.append([place.name_of(unit.parent or ""), unit.name, r.head_name, head.get("id_number", ""), month,
                      *[_yuan(figures[c]) for c in COLUMNS], _yuan(net(figures))])  # fmt: skip
        taken.append(r.id)
    stream = record.lock_stream(session, f"incomes:{village}")
    body = {"month": month, "households": taken}
    held = next(a for a in actor.assignments if a.role in EXPORTERS)
    conduct.note(session, stream, None, Deed("incomes_exported", held.role, held.unit, body=body), actor, now)
    return _bytes(book)

"""每月比对: each month once, whatever happens. The diagram waits for the departments' files; what is found becomes clues.

A month is begun in one transaction (run, a duty for every household, the procedure), so that it is begun once or not at all.
Files are compared in pieces, each piece with the clues it made in one transaction: a second worker, or the next one after a
crash, goes on where the first stopped.
"""

import calendar as months_of
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app import trouble
from app.engine.values import MessageArrived
from app.policy import calendar, naming
from app.policy import parameters as params
from app.policy.identity import normalise_id
from app.policy.months import before, first_day, month_of, through
from app.policy.parameters import MissingEntry
from app.store import cases as case_rows
from app.store import jobs, notifications, processes, record
from app.store import people as people_rows
from app.store import rescreening as rows
from app.store.session import Session, Store

from .. import definitions, doors
from ..clues import bulk as clue_bulk
from ..clues.receiving import Report
from ..context import Context, context_of
from ..events import EventData
from ..work import commands
from ..work import runs as run_steps
from . import department_files, extract

if TYPE_CHECKING:
    import pyarrow as pa
from .. import events
from ..definitions import NotDeployed
from ..files import templates
from ..files.villages import Villages
from ..people import SYSTEM, Actor, County, Refused, county_on

log = logging.getLogger("shouwang.rescreening")
JOB = "rescreen"
COMPARED = "files_compared"
PIECE = 500
GRACE = timedelta(days=1)
"""Begun later than so much after its day, a month is caught up, not on time."""
CATCH_UP = 24
"""So many months back a scheduler which stood still begins what was left out, one after the other."""


# --- beginning a month ----------------------------------------------------------------------------------------------


def starts_on(county: County, month: str) -> date:
    """The day of the month on which it begins, by the parameter of that month."""
    first = first_day(month)
    day = params.number(county.entries, "rescreen_start_day", first)
    return first.replace(day=min(day, months_of.monthrange(first.year, first.month)[1]))


def due_months(session: Session, county: County) -> list[str]:
    """Months whose day has come and that nobody began, gaps too; a county that never ran one begins with this month."""
    current = month_of(county.on)
    known = rows.periods(session)
    first = max(min(known, default=current), before(current, CATCH_UP))
    return [month for month in through(first, current) if month not in known and _day_has_come(county, month)]


def _day_has_come(county: County, month: str) -> bool:
    """Never for a month before the first entries."""
    try:
        return starts_on(county, month) <= county.on
    except MissingEntry:
        return False


def begin_due(store: Store, now: datetime) -> int:
    """What the tick asks: is a month due? Returns how many were begun here."""
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        try:
            doors.latest(session, doors.MONTH, county.on)
            due = due_months(session, county)
        except (NotDeployed, MissingEntry):
            return 0
    return sum(begin(store, month, now) for month in due)


def begin(store: Store, month: str, now: datetime) -> bool:
    """Run, duties and procedure of a month in one transaction. False if it was begun before (by anybody)."""
    try:
        first_day(month)
    except ValueError:
        raise Refused("rescreening.no_month", month=month[:20]) from None
    with store.transaction() as session:
        county = county_on(session, calendar.local_date(now))
        if month > month_of(county.on):
            raise Refused("rescreening.in_future", month=month)
        if not jobs.begin_job(session, JOB, month, now):
            return False
        _begin(Context(session, SYSTEM, county, now), month)
        jobs.end_job(session, JOB, month, now, {})
    return True


def _begin(context: Context, month: str) -> None:
    session, county = context.session, context.county
    on = starts_on(county, month)
    late = county.on > on + GRACE
    wait = params.number(county.entries, "rescreen_wait_days", county.on)
    ident = rows.add_run(
        session, kind=rows.KIND, period=month, as_of=on, started_at=context.now, late=late, status="open", counts={}
    )
    many = rows.open_duties(session, month, calendar.add_days(county.on, wait))
    rows.change_run(session, ident, counts={"households": many})
    body = {"month": month, "late": late, "households": many}
    run_steps.begin(context.acting(SYSTEM), ident, doors.MONTH, {"month": month}, body)


# --- files and findings ----------------------------------------------------------------------------------------------


def take_in(
    store: Store, actor: Actor, month: str, prepared: department_files.Prepared, data_on: date, now: datetime
) -> department_files.KeptFile:
    """Keep a checked file for a month; when its department has sent all it is asked for, its task is done."""
    with store.transaction() as session:
        context = context_of(session, actor, now)
        county = context.county
        run = rows.run_of(session, month)
        if run is None:
            raise Refused("rescreening.not_begun", month=month)
        if department_files.department_of(actor, county) != prepared.template.department:
            raise Refused("comparison.not_yours")
        if not prepared.template.usable(county.on):
            raise Refused("comparison.no_basis", title=prepared.template.title)
        kept = department_files.keep(context, run, prepared, data_on)
        if kept.again:
            return kept
        head = record.lock_stream(session, f"run:{run.id}")
        body = {"file": kept.ident, "template": prepared.template.key, **prepared.counts()}
        events.append(context, head, None, EventData("file_received", actor.assignments[0].role, body=body))
        sent = {f.template for f in rows.files_of(session, run.id, prepared.template.department)}
        asked = {t.key for t in templates.templates(county, prepared.template.department) if t.usable(county.on)}
        if asked <= sent:
            held = next(a for a in actor.assignments if a.role in county.who_may("send_department_files"))
            run_steps.done(
                context,
                held,
                run.id,
                "month_data",
                prepared.template.department,
                {"month_sent": "file"},
            )
        return kept


def work(store: Store, now: datetime, piece: int = PIECE) -> int:
    """What the tick does beside: compare files that wait, and move months on whose files are compared. Returns findings."""
    with store.reading() as session:
        waiting = [row for row in rows.waiting_files(session) if row.counts.get("again_at", 0) <= now.timestamp()]
        county = county_on(session, calendar.local_date(now))
    done = 0
    for row in waiting:
        try:
            done += compare(store, row.id, county, now, piece)
        except Exception as error:  # one department's file must not keep the others
            log.error("comparison failed", extra={**trouble.of(error), "file": row.id})
            _failed(store, row, now)
    move_on(store, now)
    return done


TRIES = 12
"""How often a comparison may fail before its month no longer waits for it: about nine hours."""
LONGEST_WAIT = timedelta(hours=2)


def _failed(store: Store, row: Any, now: datetime) -> None:
    """Counted, and tried again after twice the time; after TRIES the file is set aside, its department and the county are
    told, and the month goes on without it."""
    with store.transaction() as session:
        if rows.lock_file(session, row.id) != "kept":
            return
        tries = int(row.counts.get("tries", 0)) + 1
        again_at = now + min(timedelta(minutes=2**tries), LONGEST_WAIT)
        rows.change_file(session, row.id, counts={**row.counts, "tries": tries, "again_at": int(again_at.timestamp())})
        if tries < TRIES:
            return
        context = context_of(session, SYSTEM, now)
        county = context.county
        officers = people_rows.who_hold(session, county.who_may("hear_of_months"), [county.code], county.on)
        notifications.add(session, {row.uploaded_by, *officers} - {None}, "file_failed", None, now)
        rows.change_file(session, row.id, status="failed")
        head = record.lock_stream(session, f"run:{row.run}")
        events.append(context, head, None, EventData("file_failed", body={"file": row.id, "tries": tries}))


def compare(store: Store, file_id: int, county: County, now: datetime, piece: int = PIECE) -> int:
    """One file against the register, its findings written a piece at a time; what was written before stays."""
    from app.comparison import findings  # half a second to load, and only a comparison needs it  # noqa: PLC0415

    with store.reading() as session:
        row = rows.file(session, file_id)
        run = rows.run(session, row.run) if row is not None else None
        if row is None or run is None or row.status != "kept":
            return 0
        content = department_files.content(session, row)
        bundle = doors.latest(session, doors.MONTH, county.on)
    made = department_files.template(county, row.template)
    prepared = department_files.prepare(
        content, made, county, row.data_on, department_files.Taken.of(row.counts.get("taken"))
    )
    people, failed = extract.people(store, now, run.as_of if run.late else None)
    if failed:  # before the last piece: a month may close right after it
        with store.transaction() as session:
            rows.add_counts(session, run.id, failed=failed)
    table = bundle.definition.tables[f"find_{made.key}"]
    with findings.connection() as con:
        found = findings.compare(con, prepared.checked.rows, people, table, row.data_on)
    reports = _reports(found, prepared, row, run, county, now)
    nowhere = [prepared.row(n) for n, report in reports if report is None]
    total = 0
    for begin_ in range(0, max(len(reports), 1), piece):
        last = nowhere if begin_ + piece >= len(reports) else None
        total += _piece(store, row, run, reports[begin_ : begin_ + piece], now, last)
    return total


Numbered = tuple[int, Report | None]


def _reports(
    found: "pa.Table", prepared: department_files.Prepared, row: Any, run: Any, county: County, now: datetime
) -> list[Numbered]:
    """(row, report) of each finding; None where nobody can say who or where it is."""
    today = calendar.local_date(now)
    unit = f"{county.code[:6]}-{row.department}"
    villages = Villages(county)
    ids = prepared.cells["id_number"]
    units = {e.key: e.value.get("unit", "count") for e in county.entries.all("sign", county.on)}
    listed: list[Numbered] = []
    for one in found.to_pylist():
        at = one["row"] - 1
        village = villages.code(str(prepared.villages[at])) or ""
        if one["household"] is None and not village:
            listed.append((one["row"], None))
            continue
        content: dict[str, Any] = {
            "member": naming.folded(str(prepared.names[at])),
            "severity": one["severity"],
            "unit": units[one["sign"]],
            "rule": f"find_{prepared.template.key}/{one['table_row']}",
            "file": row.id,
            "row": one["row"],
        }
        if one["value"] is not None:
            content |= {"value": one["value"], "threshold": one["threshold"]}
        if one["household"] is None:
            content["id_number"] = normalise_id(str(ids[at]))
        listed.append(
            (
                one["row"],
                Report(
                    channel=prepared.template.channel,
                    found_on=today,
                    sign=one["sign"],
                    place=village,
                    household=one["household"],
                    name=content["member"],
                    sender_unit=unit,
                    data_on=row.data_on,
                    content={k: v for k, v in content.items() if v != ""},
                    run=run.period,
                ),
            )
        )
    return listed


def _piece(store: Store, row: Any, run: Any, reports: Sequence[Numbered], now: datetime, last: Sequence[str] | None) -> int:
    """One transaction: these findings' clues, and that they are written. The file's row is held meanwhile. `last`, with the
    last piece: rows with a sign whose person is in no household and no village; their department is told."""
    with store.transaction() as session:
        if rows.lock_file(session, row.id) != "kept":
            return 0
        context = context_of(session, SYSTEM, now)
        written = rows.found_rows(session, row.id)
        mine = [(n, _placed(report, context.county)) for n, report in reports if report is not None and n not in written]
        opened = clue_bulk.receive_many(context, [report for _, report in mine])
        both = zip(mine, opened, strict=True)
        rows.add_findings(session, [{"file": row.id, "row": n, "clue": m.clue, "fresh": m.fresh} for (n, _), m in both])
        if last is not None:
            total = len(rows.found_rows(session, row.id))
            counts = {**row.counts, "found": total, "nowhere": list(last)}
            if last and row.uploaded_by is not None:
                notifications.add(session, [row.uploaded_by], "file_nowhere", None, now)
            rows.change_file(session, row.id, status="compared", counts=counts)
            head = record.lock_stream(session, f"run:{run.id}")
            body = {"file": row.id, "found": total} | ({"nowhere": len(last)} if last else {})
            events.append(context, head, None, EventData("file_compared", body=body))
        return len(mine)


def _placed(report: Report, county: County) -> Report:
    """A report needs some place of the county; a known household's own is taken."""
    if report.place:
        return report
    return replace(report, place=next(u.code for u in county.units.values() if u.level == "town"))


def move_on(store: Store, now: datetime) -> int:
    """Months that closed and whose files are all compared."""
    with store.reading() as session:
        waiting = {f.run for f in rows.waiting_files(session)}
        ready = [run.id for run in rows.open_runs(session, ("comparing",)) if run.id not in waiting]
    moved = 0
    for run_id in ready:
        with store.transaction() as session:
            moved += _move_on(session, run_id, now)
    return moved


def _move_on(session: Session, run_id: int, now: datetime) -> int:
    context = context_of(session, SYSTEM, now)
    for instance in processes.instances_of_subject(session, "run", run_id):
        work_ = processes.lock_instance(session, instance.id)
        address = case_rows.awaited_address(session, instance.id, COMPARED)
        if work_.state is None or address is None:
            continue
        bundle = definitions.bundle(session, work_.deployment)
        world = commands.world_for(context, work_, bundle)
        commands.execute(
            world, MessageArrived(address), EventData("message_delivered", address=address, body={"name": COMPARED})
        )
        return 1
    return 0


def tick(store: Store, now: datetime) -> None:
    begin_due(store, now)
    work(store, now)

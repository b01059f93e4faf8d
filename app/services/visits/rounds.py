"""Rounds of visits: the yearly look-back that both leading bureaus order (lookback.bpmn), and each quarter the groups that
must be visited. One list by grid, one short visit for each household; what is found becomes a clue.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from app.policy import calendar, visit_groups
from app.policy import parameters as params
from app.policy.months import quarter_begin, quarter_of
from app.policy.parameters import MissingEntry
from app.store import households as household_rows
from app.store import jobs, notifications, record
from app.store import people as people_rows
from app.store import rescreening as runs
from app.store import visits as visit_rows
from app.store.processes import NotFound
from app.store.session import Session, Store

from .. import doors, events, places
from ..clues import receiving
from ..clues.receiving import Report
from ..context import Context, context_of
from ..definitions import NotDeployed
from ..events import EventData
from ..operations.rounds import key_of
from ..people import SYSTEM, Actor, County, Refused, Several, all_right, choice, county_on, post_for
from ..places import Places
from ..work import runs as run_steps

log = logging.getLogger("shouwang.lookback")
YEARLY, QUARTERLY = "lookback", "visits"
RESULTS = ("calm", "signs", "absent")
REMINDER = "visits_reminder"
OUTSIDE = "helped_outside"
PIECE = 300


# --- beginning --------------------------------------------------------------------------------------------------------


def tick(store: Store, now: datetime) -> int:
    """Rounds that are due now: the year's campaign, the quarter's list; groups that are still to be looked up. Returns how
    many rounds began."""
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        try:
            doors.latest(session, doors.ROUND, county.on)
            due = county.on.month >= params.number(county.entries, "lookback_month", county.on)
        except (NotDeployed, MissingEntry):
            return 0
        year, quarter = str(county.on.year), quarter_of(county.on)
        yearly = due and jobs.job_result(session, YEARLY, year) is None
        quarterly = jobs.job_result(session, QUARTERLY, quarter) is None
    begun = 0
    if yearly:
        with store.transaction() as session:
            if jobs.begin_job(session, YEARLY, year, now):
                if not _of_year(session, year):  # one that the county ordered earlier is this year's
                    begin(context_of(session, SYSTEM, now), year)
                    begun += 1
                jobs.end_job(session, YEARLY, year, now, {})
    if quarterly:
        begun += begin_visits(store, quarter, now)
    remind(store, now)
    look_up_groups(store, now)
    return begun


def begin(context: Context, period: str) -> int:
    """A campaign and its procedure; the list is made when both bureaus agree."""
    ident = runs.add_run(
        context.session,
        kind=YEARLY,
        period=period,
        as_of=context.county.on,
        started_at=context.now,
        late=False,
        status="planned",
        counts={},
    )
    run_steps.begin(context.acting(SYSTEM), ident, doors.ROUND, {"campaign": period}, {"campaign": period})
    return ident


def _of_year(session: Session, year: str) -> list[Any]:
    return [r for r in runs.listed(session, YEARLY) if r.period[:4] == year]


def begin_more(context: Context) -> str:
    """A further campaign of a year, ordered by the county."""
    if not context.county.may(context.actor, "begin_rounds"):
        raise NotFound
    year = str(context.county.on.year)
    known = _of_year(context.session, year)
    if any(r.status != "closed" for r in known):
        raise Refused("visits.one_is_open")
    period = f"{year}-{len(known) + 1}" if known else year
    begin(context, period)
    return period


def begin_visits(store: Store, quarter: str, now: datetime) -> int:
    """The quarter's list of households that must be visited, each with its groups. Files are read before the lock."""
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        found = dict(_groups_of(session, county, [h for h, _ in runs.household_flags(session)]))
    found = {household: text for household, text in found.items() if text}
    with store.transaction() as session:
        context = Context(session, SYSTEM, county, now)
        if not jobs.begin_job(session, QUARTERLY, quarter, now):
            return 0
        days = params.number(county.entries, "visit_wait_days", county.on)
        until = min(calendar.add_days(county.on, days), calendar.add_months(quarter_begin(quarter), 3) - timedelta(days=1))
        counts = {"until": until.isoformat()}
        ident = runs.add_run(
            session, kind=QUARTERLY, period=quarter, as_of=county.on, started_at=now, late=False, status="open", counts=counts
        )
        many = visit_rows.list_some(session, ident, found)
        head = record.lock_stream(session, f"run:{ident}")
        events.append(
            context,
            head,
            None,
            EventData("visits_listed", body={"period": quarter, "households": many}),
        )
        for row in runs.listed(session, QUARTERLY):
            if row.period < quarter and row.status == "open":
                left = visit_rows.leave_open(session, row.id)
                runs.change_run(session, row.id, status="closed", closed_at=now, counts={**row.counts, "left": left})
        _tell(
            context,
            visit_rows.villages_of(session, ident),
            county.who_may("visit"),
            "visits_listed",
        )
        jobs.end_job(session, QUARTERLY, quarter, now, {"households": many})
    return 1


def remind(store: Store, now: datetime) -> int:
    """Some days before a quarter's list ends, villages that still have somebody to visit are told once, their towns with
    them. Returns how many lists."""
    with store.reading() as session:
        county = county_on(session, calendar.local_date(now))
        try:
            until = county.on + timedelta(days=params.number(county.entries, "visit_remind_days", county.on))
        except MissingEntry:
            return 0
        ending = [
            r
            for r in runs.open_runs(session, ("open",), QUARTERLY)
            if r.counts["until"] <= until.isoformat() and jobs.job_result(session, REMINDER, r.period) is None
        ]
    for run in ending:
        with store.transaction() as session:
            context = Context(session, SYSTEM, county, now)
            if not jobs.begin_job(session, REMINDER, run.period, now):
                continue
            late = [
                unit for unit, n in visit_rows.counts(session, run.id).items() if n[visit_rows.OPEN] and unit in county.units
            ]
            _tell(context, late, county.who_may("visit"), "visits_ending")
            _tell(
                context,
                [county.units[unit].parent or "" for unit in late],
                county.who_may("hear_of_late_visits"),
                "visits_ending",
            )
            jobs.end_job(session, REMINDER, run.period, now, {"villages": len(late)})
    return len(ending)


def _tell(context: Context, units: Sequence[str], roles: Collection[str], kind: str) -> None:
    session = context.session
    notifications.add(session, people_rows.who_hold(session, roles, set(units), context.county.on), kind, None, context.now)


def look_up_groups(store: Store, now: datetime) -> int:
    """Which groups the listed households belong to, a piece at each tick: a list of the whole county does not wait for it."""
    with store.reading() as session:
        open_ = runs.open_runs(session, ("open",), YEARLY)
        wanted = [(r.id, visit_rows.without_groups(session, r.id, PIECE)) for r in open_]
        county = county_on(session, calendar.local_date(now))
        found = [(run, dict(_groups_of(session, county, households))) for run, households in wanted if households]
    for run, groups in found:
        with store.transaction() as session:
            visit_rows.put_groups(session, run, groups)
    return sum(len(groups) for _, groups in found)


def _groups_of(session: Session, county: County, households: Sequence[int]) -> list[tuple[int, str]]:
    """(household, its groups, comma-separated) as of today."""
    on = county.on
    line: int | None
    try:
        line = params.monitoring_line(county.entries, on).value_fen
    except MissingEntry:
        line = None
    since = calendar.add_months(on, -params.number(county.entries, "visit_recent_months", on))
    limits = visit_groups.Limits(
        params.number(county.entries, "visit_students", on),
        params.number(county.entries, "visit_wage_percent", on),
        params.number(county.entries, "visit_income_percent", on),
        line,
        since,
    )
    families: dict[int, set[str]] = {}
    for household, family in visit_rows.recent_families(session, since):
        families.setdefault(household, set()).add(family)
    found = []
    for ident, (_, key) in runs.standing(session, households).items():
        document, _ = household_rows.document(session, ident, key)
        if document is not None:
            found.append((ident, ",".join(visit_groups.groups(document, families.get(ident, ()), limits))))
    return found


# --- what lookback.bpmn does by itself ------------------------------------------------------------------------------------


# --- one visit --------------------------------------------------------------------------------------------------------------


def may_visit(actor: Actor, village: str, county: County) -> bool:
    return post_for(actor, county.who_may("visit"), village, county) is not None


def signs(county: County) -> list[tuple[str, str]]:
    """What a visitor can tick: the plan's families in plain words."""
    return [(e.key, str(e.value["title"])) for e in county.entries.all("sign", county.on) if e.key.startswith("reported_")]


def visit(
    context: Context,
    run: Any,
    household: int,
    *,
    result: str,
    ticked: Sequence[str],
    outside: bool,
    words: str,
    visited_on: date | None,
    command_id: bytes,
) -> list[int]:
    """One household is visited: done on the list, each sign a clue. Who was not at home stays on it, to be visited again.
    Returns the clues; none for a command repeated."""
    session, actor, county = context.session, context.actor, context.county
    if record.event_of_command(session, command_id) is not None:
        return []
    row = visit_rows.item(session, run.id, household, lock=True)
    held = post_for(actor, county.who_may("visit"), row.org_unit, county) if row is not None else None
    if row is None or held is None:
        raise NotFound
    if run.status != "open" or row.status != visit_rows.OPEN:
        raise Refused("visits.done_already")
    known = dict(signs(county))
    said = result in RESULTS and (result == "signs") == bool(ticked or outside) and set(ticked) <= set(known)
    no_day = Refused("visits.day_between", first=run.as_of.isoformat())
    between = visited_on is not None and run.as_of <= visited_on <= county.on
    needed = bool(ticked) or (result == "signs" and not outside)
    all_right(
        visited_on=None if between else no_day,
        result=None if said else "visits.say_what",
        words="visits.words_needed" if needed and not words.strip() else None,
    )
    if visited_on is None:
        raise no_day
    made = []
    channels = receiving.channels_of(actor, county)
    channel = next((c for c in ("visit", "grassroots") if c in channels), "visit")
    for sign in [*ticked, *([OUTSIDE] if outside else [])]:
        report = Report(
            channel=channel,
            found_on=visited_on,
            sign=sign,
            place=row.org_unit,
            household=household,
            content={"words": words.strip()} if words.strip() else {},
            run=key_of(run),
            demo=_demo(session, household),
        )
        made.append(receiving.receive(context, report).clue)
    visit_rows.visited(
        session,
        run.id,
        household,
        visit_rows.OPEN if result == "absent" else visit_rows.DONE,
        result=result,
        signs=",".join(ticked) or None,
        helped_outside=outside,
        visited_on=visited_on,
        done_at=context.now,
        done_by=actor.id,
    )
    head = record.lock_stream(session, f"run:{run.id}")
    body = {"household": household, "result": result, "on": visited_on.isoformat(), "clues": made}
    data = EventData("household_visited", held.role, held.unit, command_id=command_id, body=body)
    events.append(context, head, None, data)
    if run.kind == YEARLY and not visit_rows.any_open(session, run.id, row.org_unit):
        swept = {"swept_on": visited_on.isoformat()}
        run_steps.done(context, held, run.id, "village_round", row.org_unit, swept)
    return made


def _demo(session: Session, household: int) -> bool:
    row = household_rows.get(session, household)
    return bool(row is not None and row.demo)


# --- grids ---------------------------------------------------------------------------------------------------------


def may_manage(actor: Actor, village: str, county: County) -> bool:
    return village in county.units and post_for(actor, county.who_may("manage_rounds"), village, county) is not None


def add_grid(context: Context, village: str, name: str, official: int) -> int:
    session, county = context.session, context.county
    if not may_manage(context.actor, village, county):
        raise NotFound
    there = official in {p.id for p in candidates(session, county, village)}
    unnamed = None if name.strip() else "visits.grid_name"
    all_right(name=unnamed, official=choice(official, there, "visits.choose", "visits.not_of_village"))
    ident = visit_rows.add_grid(session, village, name.strip())
    if ident is None:
        raise Several({"name": Refused("visits.grid_twice", name=name.strip())})
    put_person(context, ident, official, "")
    return ident


def put_person(context: Context, grid: int, official: int, reason: str) -> None:
    """Who is responsible from today on; replacing somebody needs a reason, and both stay on record."""
    session, county = context.session, context.county
    row = visit_rows.grid(session, grid)
    if row is None or not may_manage(context.actor, row.org_unit, county):
        raise NotFound
    there = official in {p.id for p in candidates(session, county, row.org_unit)}
    known = next((p for p in visit_rows.people_of(session, grid) if p.until_on is None), None)
    if there and known is not None and known.official == official:
        return
    unsaid = "visits.why_replaced" if known is not None and not reason.strip() else None
    all_right(official=choice(official, there, "visits.choose", "visits.not_of_village"), reason=unsaid)
    before = visit_rows.put_person(session, grid, official, county.on, reason.strip() or None)
    _noted(context, row, "grid_person", {"grid": grid, "official": official, "before": before})


def put_households(context: Context, grid: int, households: Sequence[int]) -> int:
    session = context.session
    row = visit_rows.grid(session, grid)
    if row is None or not may_manage(context.actor, row.org_unit, context.county):
        raise NotFound
    mine = {h.id for h in visit_rows.households_of(session, row.org_unit)} & set(households)
    visit_rows.put_households(session, grid, mine)
    _noted(context, row, "grid_households", {"grid": grid, "households": sorted(mine)})
    return len(mine)


def _noted(context: Context, row: Any, kind: str, body: Mapping[str, Any]) -> None:
    held = post_for(context.actor, context.county.who_may("manage_rounds"), row.org_unit, context.county)
    head = record.lock_stream(context.session, f"grids:{row.org_unit}")
    data = EventData(kind, held.role if held else None, held.unit if held else None, body=body)
    events.append(context, head, None, data)


def candidates(session: Session, county: County, village: str) -> Sequence[Any]:
    """Who may be responsible for a grid: those who hold a post in the village."""
    return people_rows.at_unit(session, village, county.on)


def villages_for(actor: Actor, county: County) -> Places:
    """Villages whose lists and grids this person may see."""
    return places.seen(actor, county)

"""What the scheduler asks for at each tick: due timers, stuck work, provisional limits, real standards, the daily seal,
what has been kept long enough."""

import errno
import json
import logging
import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from app import trouble
from app.engine import timers as engine_timers
from app.engine.values import EngineError, element_of
from app.files import write_whole
from app.policy import calendar
from app.policy import parameters as params
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import inbox, incidents, jobs, notifications, processes
from app.store import people as people_rows
from app.store.session import Session, Store
from app.store.types import micros

from . import audit, events, finding, incomes
from .clues import submissions
from .context import context_of
from .definitions import bundle
from .events import EventData
from .exchange import outbox
from .officials import leave
from .people import SYSTEM, county_on
from .rescreening import department_files, month
from .rights import retention
from .scale import watch as scale
from .visits import rounds
from .work import commands, recompute, timers

log = logging.getLogger("shouwang.upkeep")


def tick(store: Store, now: datetime, var: Path) -> None:
    """One round of everything that is due. Each part stands for itself: one that fails is logged, the others go on."""
    parts: tuple[Callable[[], object], ...] = (
        lambda: finding.refresh(store, now),
        lambda: submissions.take_up(store, now),
        lambda: month.tick(store, now),
        lambda: timers.fire_due(store, now),
        lambda: watch(store, now),
        lambda: settle_provisional(store, now),
        lambda: daily_seal(store, now, var),
        lambda: sweep(store, now),
        lambda: leaves_end(store, now),
        lambda: chase_debts(store, now),
        lambda: scale.tick(store, now),
        lambda: rounds.tick(store, now),
        lambda: incomes.tick(store, now),
        lambda: outbox.tick(store, now),
        lambda: retention.run(store, now),
    )
    for part in parts:
        try:
            part()
        except Exception as error:
            log.error("tick failed", extra=trouble.of(error))


LEAVES_BACK = timedelta(days=7)
"""How far back ended substitutions are looked at, should the scheduler have stood still."""


def leaves_end(store: Store, now: datetime) -> int:
    """What a substitute has still claimed when the leave is over goes back to its desk."""
    on = calendar.local_date(now)
    with store.reading() as session:
        ended = notifications.ended_substitutes(session, on, on - LEAVES_BACK)
        holding = [official for official in ended if inbox.unfinished(session, official)]
    for official in holding:
        with store.transaction() as session:
            leave.release(context_of(session, SYSTEM, now), official)
    return len(holding)


WATCHED = ("engine.stuck", "tasks.nobody", commands.NOBODY_APART)


def watch(store: Store, now: datetime) -> int:
    """Open instances that wait for nothing, and tasks that nobody may do, become incidents; healed ones are closed."""
    opened = 0
    with store.reading() as session:
        silent = jobs.silent_instances(session)
        desks = jobs.open_posts(session)
        on = calendar.local_date(now)
        units = {d.org_unit for d in desks}
        held = {(h.role, h.org_unit) for h in people_rows.holders(session, _roles(desks), units, on)}
        known = incidents.has_open_incidents(session, WATCHED)
    orphaned = [d for d in desks if not _anybody(d, held)]
    if not silent and not orphaned and not known:
        return 0
    with store.transaction() as session:
        for instance in silent:
            opened += incidents.open_incident(session, instance, "", "", "engine.stuck", {}, now)
        nobody: set[tuple[int, str]] = set()
        for desk in orphaned:
            for task in jobs.tasks_at(session, desk.roles, desk.org_unit):
                nobody.add((task.instance, task.address))
                details = {"roles": desk.roles, "unit": desk.org_unit}
                opened += incidents.open_incident(
                    session, task.instance, task.address, task.element, "tasks.nobody", details, now
                )
        incidents.close_incidents(session, "tasks.nobody", nobody, now)
        incidents.close_incidents(session, commands.NOBODY_APART, _still_nobody_apart(session, on), now)
        incidents.close_incidents(session, "engine.stuck", {(i, "") for i in silent}, now)
    return opened


def _still_nobody_apart(session: Session, on: date) -> set[tuple[int, str]]:
    found = set()
    for row in incidents.tasks_with_incident(session, commands.NOBODY_APART):
        element = bundle(session, row.deployment).definition.elements[row.element]
        made = bundle(session, row.deployment)
        acted = people_rows.acted(session, row.case_id or 0, events.apart_from(made.process, element))
        if acted and commands.nobody_apart(session, acted, row.roles, row.org_unit, on):
            found.add((row.instance, row.address))
    return found


def _roles(desks: list[Any]) -> set[str]:
    return {role for desk in desks for role in desk.roles.split(",")}


def _anybody(desk: Any, held: set[tuple[str, str]]) -> bool:
    return any((role, desk.org_unit) in held for role in desk.roles.split(","))


def settle_provisional(store: Store, now: datetime) -> int:
    """A holiday year loaded late recomputes due moments; a real standard recomputes facts. Both are recorded commands."""
    with store.reading() as session:
        waiting = jobs.provisional_timers(session)
        held = case_rows.held_cases(session, "provisional_standard")
        county = county_on(session, calendar.local_date(now))
        ready = [case_id for case_id in held if recompute.standard_is_known(session, case_id, county.entries)]
    recomputings: list[Callable[[], int]] = [partial(_recompute_due, store, row, now) for row in waiting]
    recomputings += [partial(_recompute_facts, store, case_id, now) for case_id in ready]
    moved = 0
    for job in recomputings:
        try:
            moved += job()
        except Exception as error:  # one case with a fault must not stop the others
            log.error("recompute failed", extra=trouble.of(error))
    return moved


def _recompute_due(store: Store, row: Any, now: datetime) -> int:
    """Count the limit again from the day it began; recorded only when it changed or became certain."""
    with store.transaction() as session:
        work = processes.lock_instance(session, row.instance)
        made = bundle(session, work.deployment)
        world = commands.world_for(context_of(session, SYSTEM, now), work, made)
        address = row.address
        element = made.definition.elements[element_of(address)]
        owner = made.definition.elements.get(element.attached_to or "", element)
        try:
            due, provisional, _ = engine_timers.due_moment(
                engine_timers.parse(element.timer or ""),
                element.properties.get("due") or owner.properties.get("due"),
                {},
                row.opened_at,
                world,
            )
        except EngineError:
            return 0
        if provisional:
            return 0
        jobs.set_due(session, work.instance, address, due, False)
        if element.attached_to and not element.interrupting:
            task = address.replace(element.id, element.attached_to, 1)
            jobs.set_task_due(session, work.instance, task, due)
        data = EventData("due_recomputed", address=address, body={"due": micros(due)})
        events.append(
            context_of(session, SYSTEM, now), work.head, work.key, data, case_id=work.case_id, instance=work.instance
        )
        return 1


def _recompute_facts(store: Store, case_id: int, now: datetime) -> int:
    """When the real standard has been published: a new snapshot and decision; a different result goes back to review."""
    with store.transaction() as session:
        return recompute.facts_again(session, case_id, now)


def daily_seal(store: Store, now: datetime, var: Path) -> bool:
    """Seal yesterday once; the file beside the database is what leaves the machine."""
    day = calendar.local_date(now) - timedelta(days=1)
    with store.reading() as session:
        done = jobs.job_result(session, "seal", day.isoformat())
    if done is not None and (done.result or {}).get("written", True):
        return False
    with store.transaction() as session:
        if done is None and not jobs.begin_job(session, "seal", day.isoformat(), now):
            return False
        content, digest = audit.seal(session, day, now)
        result = {"digest": digest.hex(), "written": False}
        jobs.end_job(session, "seal", day.isoformat(), now, result)
    write_seal(var, day.isoformat(), content, digest)  # where there was no room, the next tick writes it
    with store.transaction() as session:
        jobs.note_progress(session, "seal", day.isoformat(), {**result, "written": True})
    return True


def sweep(store: Store, now: datetime) -> int:
    """Once a day: uploaded pages that no form ever named are removed. Returns how many."""
    day = calendar.local_date(now).isoformat()
    with store.reading() as session:
        if jobs.job_result(session, "sweep", day) is not None:
            return 0
        days = params.number(
            county_on(session, calendar.local_date(now)).entries, "unbound_page_days", calendar.local_date(now)
        )
    with store.transaction() as session:
        if not jobs.begin_job(session, "sweep", day, now):
            return 0
        dropped = case_rows.drop_unbound_papers(session, now - timedelta(days=days))
        submissions.forget(session, now)
        department_files.forget(session, now)
        outbox.forget(session, now)
        jobs.end_job(session, "sweep", day, now, {"pages": dropped})
    return dropped


def chase_debts(store: Store, now: datetime) -> int:
    """先帮后补: who still owes the procedure after its day is reminded every so many days, the town with the village; whoever
    has not read the last reminder of it gets no other."""
    today = calendar.local_date(now)
    with store.reading() as session:
        entries = county_on(session, today).entries
        known = entries.get("parameter", "debt_reminder_days", today)  # entries published earlier do not have it
        every = params.number(entries, "debt_reminder_days", today) if known else 1
        late = clue_rows.debts_to_chase(session, today, today - timedelta(days=every))
    for debt in late:
        with store.transaction() as session:
            county = county_on(session, today)
            units = [debt.org_unit, county.units[debt.org_unit].parent or ""] if debt.org_unit in county.units else []
            people = people_rows.who_hold(session, county.who_may("hear_of_debts"), units, today)
            people -= notifications.unread(session, people, "debt_late", debt.clue)
            notifications.add(session, people, "debt_late", None, now, case_id=debt.case_id, clue=debt.clue)
            clue_rows.chased(session, debt.id, today)
    return len(late)


def write_seal(var: Path, day: str, content: bytes, digest: bytes) -> Path:
    folder = var / "seals"
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day}.json"
    written = json.dumps({"digest": digest.hex(), "content": json.loads(content)}, ensure_ascii=False, indent=1)
    write_whole(path, written)
    return path

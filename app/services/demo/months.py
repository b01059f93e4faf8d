"""The demo county's last months of re-screening: files of eleven departments with planted signs, and what villages found."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from app.labels import say
from app.policy.identity import check_digit
from app.policy.months import after, month_of
from app.services.people import Actor, county_on
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store import inbox, processes, record
from app.store import rescreening as rows
from app.store.session import Session, Store

from ..context import Context, context_of
from ..files import templates
from ..rescreening import department_files, extract, month
from ..work import tasks, timers
from .staff import Staff, Words

PLANTED = 4
"""Signs a file brings; as many rows beside them show none."""
Sign = tuple[str, str, Mapping[str, str], Mapping[str, str]]
"""(template, sign, cells that show it, cells that do not): from the demo's own words."""


@dataclass
class Month:
    """What was planted: (household, sign) in the order of the files."""

    period: str
    planted: list[tuple[int, str]] = field(default_factory=list)


def run(
    store: Store,
    staff: Staff,
    words: Words,
    first: date,
    last: date,
    seed: int,
    moment: Callable[[date, int], datetime],
    households: Sequence[int] = (),
    village: str = "",
) -> list[Month]:
    """Each month of these days: begun, sent, compared, verified, closed. What falls on a day after `last` is left undone.
    `households`: those that may be chosen (empty: all); some of `village`'s are always among them."""
    rng, months = Random(seed), []
    period = month_of(first)
    while period <= month_of(last):
        start = date.fromisoformat(f"{period}-01")
        month.begin(store, period, moment(start, 8))
        made = Month(period)
        send_on = start + timedelta(days=4)
        if send_on <= last:
            _send(store, staff, words, made, rng, moment(send_on, 9), households, village)
            month.work(store, moment(send_on, 10))
        check_on = start + timedelta(days=7)
        if check_on < last:
            _verify(store, staff, words, made, rng, moment(check_on, 9))
        for day in (10, 12):
            if start + timedelta(days=day) <= last:
                while timers.fire_due(store, moment(start + timedelta(days=day), 8)):
                    pass
                month.work(store, moment(start + timedelta(days=day), 8))
        if start + timedelta(days=13) <= last:
            _publish(store, staff, period, moment(start + timedelta(days=13), 9))
        months.append(made)
        period = after(period)
    return months


def _send(
    store: Store, staff: Staff, words: Words, made: Month, rng: Random, now: datetime, households: Sequence[int], village: str
) -> None:
    people, _ = extract.people(store, now)
    listed = sorted(zip(people.column("household").to_pylist(), people.column("pid").to_pylist(), strict=True))
    allowed = set(households)
    heads: dict[int, int] = {}
    for household, pid in listed:
        if not allowed or household in allowed:
            heads.setdefault(household, pid)
    with store.reading() as session:
        county = county_on(session, now.date())
        near = [h for h in heads if h in set(clue_rows.households_in(session, village))] if village else []
    for key, one in words["signs"].items():
        actor = liaison(staff, one["department"])
        template = next((t for t in templates.templates(county) if t.key == key), None)
        if actor is None or template is None:
            continue
        chosen = rng.sample(sorted(heads), min(2 * PLANTED, len(heads)))
        if near and rng.random() < 0.5:
            chosen[0] = rng.choice(near)
        shows, calm = chosen[: len(chosen) // 2], chosen[len(chosen) // 2 :]
        cells = [(h, one["shows"]) for h in dict.fromkeys(shows)]
        cells += [(h, one["calm"]) for h in calm if h not in shows and "calm" in one]
        content = _file(template, [(heads[h], values) for h, values in cells])
        data_on = now.date() - timedelta(days=3)
        prepared = department_files.prepare(content, template, county, data_on)
        month.take_in(store, actor, made.period, prepared, data_on, now)
        made.planted += [(h, one["sign"]) for h in dict.fromkeys(shows)]


def liaison(staff: Staff, department: str) -> Actor | None:
    """Who sends a department's files and figures."""
    for (unit, role), held in staff.at.items():
        if role in ("dept_liaison", "civil_officer") and unit.endswith(f"-{department}"):
            return held[0]
    return None


def _file(template: templates.Template, lines: Sequence[tuple[int, Mapping[str, str]]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    titles = [say(f"comparison.column.{p}") for p in department_files.PERSON]
    writer.writerow([*titles, *[c.titles[0] for c in template.columns]])
    for pid, values in lines:
        number = f"{pid:017d}"
        writer.writerow([number + check_digit(number), "", "", *[values.get(c.key, "") for c in template.columns]])
    return out.getvalue().encode("gb18030")


RESULTS = (("exclude", 0.54), ("wrong", 0.62), ("watch", 0.82), ("enter", 1.0))


def _verify(store: Store, staff: Staff, words: Words, made: Month, rng: Random, now: datetime) -> None:
    """Every clue of the month is checked by its village; one in six of them opens a case."""
    with store.reading() as session:
        found = [c for c in clue_rows.of_run(session, made.period) if c.status == "open"]
    for row in found:
        with store.transaction() as session:
            draw = rng.random()
            result = next(name for name, upto in RESULTS if draw <= upto)
            check(session, staff, words, row, result if result in words["results"] else "exclude", now)


def check(session: Session, staff: Staff, words: Words, row: Any, result: str, now: datetime) -> None:
    """Its village looks after this clue, and what it finds is `result`."""
    county = county_on(session, now.date())
    officers = staff.at.get((row.org_unit, "village_officer"), [])
    said = words["results"][result]
    for step in ("clue_check", "exclusion_confirmation"):
        task = _task(session, row.id, step)
        if task is None:
            continue
        if step == "exclusion_confirmation":
            actor = staff.one(county.units[row.org_unit].parent or "", "town_officer", "town_leader")
            values: dict[str, Any] = {"confirmed_on": now.date().isoformat(), "confirm_note": words["confirm_note"]}
        else:
            actor = officers[0]
            plain = {k: v for k, v in said.items() if k != "watch_days"}
            values = {
                "checked_on": now.date().isoformat(),
                "verify_way": "phone",
                "verifiers": [actor.id],
                "clue_result": result,
                **plain,
            }
            if "watch_days" in said:
                values["watch_until"] = (now.date() + timedelta(days=int(said["watch_days"]))).isoformat()
            if result == "enter":
                values |= _head(session, row)
        tasks.complete(Context(session, actor, county, now), task, None, record_id(row.id, step), None, values=values)


def _head(session: Session, row: Any) -> dict[str, Any]:
    """Who is head of the household, as its file says."""
    kept = household_rows.get(session, row.household)
    document, _ = household_rows.document(session, row.household, record.data_key(session, kept.data_key if kept else 0))
    head = next(m for m in (document or {})["members"] if m.get("relation") == "head")
    return {
        "head_name": head["name"],
        "head_id_number": head["id_number"],
        "risks": [row.risk],
        "gap_cause": "none",
        "help_first": "no",
    } | ({"disaster_kind": "flood"} if row.risk == "disaster" else {})


def _task(session: Session, clue: int, kind: str) -> int | None:
    for run_ in processes.instances_of_subject(session, "clue", clue):
        for task in inbox.open_of_instance(session, run_.id):
            if task.type == kind:
                return int(task.id)
    return None


def record_id(clue: int, step: str) -> bytes:
    return f"{clue}/{step}".encode().ljust(16, b".")[:16]


def _publish(store: Store, staff: Staff, period: str, now: datetime) -> None:
    with store.transaction() as session:
        run_ = rows.run_of(session, period)
        for instance in processes.instances_of_subject(session, "run", run_.id if run_ is not None else 0):
            for task in inbox.open_of_instance(session, instance.id):
                if task.type == "month_report":
                    actor = staff.one(task.org_unit, "county_officer")
                    values = {"published_on": now.date().isoformat()}
                    tasks.complete(
                        context_of(session, actor, now), task.id, None, record_id(task.id, "publish"), None, values=values
                    )

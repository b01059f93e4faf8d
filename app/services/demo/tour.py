"""The demo county's four doors: an account of each kind of people, and where what each should try stands today.

Only in the demo. One button does what somebody with the database's password could do, so that the check can be seen at work.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.crypto import SUITES, chain_hash
from app.policy import calendar
from app.store import demo as rows
from app.store import drafts, inbox, time
from app.store import lists as list_rows
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.session import Session

from ..context import Context
from ..definitions import bundle
from ..lists import batches
from ..officials import accounts
from ..people import Actor

DOORS = {"village": "cungan1", "county": "xianfuze1", "designer": "sheji", "auditor": "jiandu"}
"""Door -> username of the demo account behind it."""
LONG = ("household_check",)
"""Types of steps whose forms are long: not the first thing for a newcomer."""
FORGED = "village_review"


def stands(session: Session) -> bool:
    """Whether this database is the demo county."""
    return time.offset(session) is not None and all(_behind(session, door) is not None for door in DOORS)


def _behind(session: Session, door: str) -> Any | None:
    username = DOORS.get(door)
    row = people_rows.by_username(session, username) if username else None
    return row if row is not None and row.demo and row.active else None


def enter(session: Session, door: str, now: datetime) -> str:
    """The token of a new sign-in session of the door's account, without a password: the demo shows it on its page anyway."""
    row = _behind(session, door) if stands(session) else None
    if row is None:
        raise NotFound
    return accounts.open_session(session, row.id, now)


def door_of(session: Session, actor: Actor) -> str | None:
    """Which door this person came through, if any."""
    row = people_rows.official(session, actor.id)
    return next((door for door, name in DOORS.items() if row is not None and row.demo and row.username == name), None)


def look(context: Context, door: str) -> Mapping[str, Any]:
    """What stands where for this door today; a missing thing is None."""
    looks = {"village": _village, "county": _county, "designer": _nothing, "auditor": _auditor}
    return looks[door](context)


def _nothing(context: Context) -> dict[str, Any]:
    return {}


def _village(context: Context) -> dict[str, Any]:
    session, actor, now = context.session, context.actor, context.now
    mine = inbox.assigned_to(session, actor.id, limit=200)
    waiting = sorted(
        [*mine, *inbox.open_for_roles(session, actor.id, actor.assignments, limit=200)], key=lambda r: (r.due, r.id)
    )
    again = drafts.kept_by(session, actor.id)
    filled = next((r for r in waiting if r.id in again), None)
    units = {a.unit for a in actor.assignments}
    done = [b for b in list_rows.listed(session, units) if b.kind == "meeting"]
    return {
        "three": [_job(session, r, now) for r in sorted(waiting, key=lambda r: r.type in LONG)[:3]],
        "filled": _job(session, filled, now) if filled is not None else None,
        "meeting": len(batches.agenda(context, "meeting")),
        "notice": len(batches.agenda(context, "notice")),
        "held": done[0].id if done else None,
    }


def _job(session: Session, row: Any, now: datetime) -> dict[str, Any]:
    step = bundle(session, row.deployment).definition.elements[row.element].name
    return {
        "task": row.id,
        "step": step,
        "head": row.head_name,
        "days_left": calendar.days_left(row.due, now),
        "due_on": calendar.local_date(row.due),
    }


def _county(context: Context) -> dict[str, Any]:
    now = context.now
    late = rows.latest_case(context.session, now)
    village = context.county.units.get(late.org_unit) if late is not None else None
    return {
        "decision": len(batches.agenda(context, "county_decision")),
        "late": None
        if late is None
        else {
            "case": late.id,
            "village": village.name if village else late.org_unit,
            "days_left": calendar.days_left(late.limit_at, now),
            "due_on": calendar.local_date(late.limit_at),
        },
    }


def _auditor(context: Context) -> dict[str, Any]:
    target = _target(context.session)
    return {"altered": target is not None and _is_altered(target), "case": target.case_id if target is not None else None}


# --- the forgery ---------------------------------------------------------------------------------------------------

_WHO = re.compile(rb'"actor":\d*(\d)')


def _target(session: Session) -> Any | None:
    """The record of a village review: who completed it is what the forgery changes."""
    return rows.completion(session, FORGED)


def _is_altered(row: Any) -> bool:
    body = bytes(row.body)
    suite = next(s for s in SUITES.values() if f'"suite":"{s.name}"'.encode() in body)
    return chain_hash(suite, bytes(row.prev_hash), body, bytes(row.secret)) != bytes(row.hash)


def alter(session: Session) -> bool:
    """Write another person's number into one record behind the program's back; the same again puts it right. Returns
    whether it is altered now."""
    row = _target(session)
    if row is None or time.offset(session) is None:
        raise NotFound
    body = bytes(row.body)
    found = _WHO.search(body)
    if found is None:
        raise NotFound
    at = found.start(1)
    forged = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    rows.rewrite(session, row.stream, row.number, forged)
    return not _is_altered(row)

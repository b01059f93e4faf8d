"""Who opened a household, when and why: every opening is recorded; some are asked for a reason first."""

import json
import logging
import secrets
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import Any

from app.files import write_whole
from app.labels import say
from app.policy import calendar
from app.store import cases as case_rows
from app.store import exchange as exchange_rows
from app.store import households as household_rows
from app.store import inbox, readings
from app.store import people as people_rows
from app.store import record as record_rows
from app.store import rescreening as runs
from app.store.session import Busy, DiskFull, Session, Store
from app.store.types import micros, moment

from ..context import Context
from ..people import County, Refused, sees
from . import progress

log = logging.getLogger("shouwang.readings")
ASKED_LEVELS = ("town", "county")
SHORTEST = 2
NAMED = ("export", "copy", "archive", "income")
"""Ways of seeing a household that are told apart from opening its page."""


def asks_reason(context: Context, household: int, village: str, since: datetime | None = None) -> bool:
    """Whether this person must say why: a town or county post without a task on this household, open or past. Never its
    village, its contacts, whose opinion is awaited, or an auditor; once a day is enough, or once since then."""
    session, actor, county = context.session, context.actor, context.county
    held = sees(actor, village, county)
    if held is None or county.role(held.role).get("reads_all"):
        return False
    if any(a.unit == village for a in actor.assignments):
        return False
    if county.units[held.unit].level not in ASKED_LEVELS:
        return False
    if case_rows.awaits_opinion(session, household, actor.id):
        return False
    if inbox.has_task_on(session, actor.id, household, actor.assignments):
        return False
    if any(c.official == actor.id for c in people_rows.contacts_of(session, household)):
        return False
    midnight = datetime.combine(calendar.local_date(context.now), time(), calendar.LOCAL)
    return not readings.reasoned_reading(session, actor.id, household, min(midnight, since or midnight))


def asking(context: Context, households: Iterable[tuple[int, str]]) -> list[int]:
    """Of households (with their villages) that stand together, those for which this person would be asked why: a list is no
    way around that question."""
    return [ident for ident, village in households if asks_reason(context, ident, village)]


def because(
    context: Context,
    household: int,
    village: str,
    said: str | None = None,
    since: datetime | None = None,
) -> None:
    """The reason for touching a household outside its page, asked as its page asks. An open task is reason enough; a
    reason that the form itself asks for (`said`) is kept as the answer."""
    if not asks_reason(context, household, village, since):
        return
    if said is None or len(said.strip()) < SHORTEST:
        raise Refused("readings.reason_first")
    record(context, household, "reason", said)


def check(reason: str) -> str:
    """The reason as it is kept."""
    reason = reason.strip()
    if len(reason) < SHORTEST:
        raise Refused("readings.reason_needed")
    return reason


def record(context: Context, household: int, what: str, reason: str | None = None) -> None:
    """One reading of one household. `what`: case, task, paper, notice. A reason must say something."""
    if reason is not None:
        reason = check(reason)
    readings.add_reading(
        context.session, official=context.actor.id, household=household, at=context.now, what=what, reason=reason
    )


def record_many(context: Context, households: Collection[int], what: str, reason: str | None = None) -> None:
    """One person saw many households at once: a list, a grid, a file. A reason must say something."""
    session = context.session
    sealed: dict[int, bytes] = {}
    if reason is not None:
        said = {"reason": check(reason)}
        sealed = {
            ident: record_rows.seal_secret(session, key, f"reading:{ident}", said)
            for ident, (_, key) in runs.standing(session, households).items()
        }
    readings.add_readings(session, context.actor.id, households, context.now, what, sealed)


WAIT = 0.3
"""Seconds that a page waits for somebody's writing before its trace goes to a file of its own."""


def trace(store: Store, var: Path, context: Context, households: Collection[int], what: str) -> None:
    """What a page that only reads leaves behind, before it is shown: a row, or where another writes, a file in `var` that
    the next tick makes a row of. Raises where neither can be written: nothing is shown without a trace."""
    if not households:
        return
    try:
        with store.transaction(patience=WAIT) as session:
            record_many(replace(context, session=session), households, what)
    except (Busy, DiskFull):
        _set_down(
            var / FOLDER,
            {"official": context.actor.id, "households": list(households), "at": micros(context.now), "what": what},
        )


FOLDER = "readings"


def _set_down(folder: Path, said: dict[str, Any]) -> None:
    """One file a page, whole or not at all; no name and no figure stands in it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / f"{secrets.token_hex(16)}.json", json.dumps(said), 0o600)


AT_ONCE = 500


def take_up(store: Store, var: Path) -> int:
    """Make rows of the traces that were set down in files. One that a crash left behind as row and file is not made twice."""
    files = sorted((var / FOLDER).glob("*.json"))[:AT_ONCE]
    if not files:
        return 0
    with store.transaction() as session:
        for path in files:
            try:
                said = json.loads(path.read_bytes())
                at = moment(said["at"])
            except (ValueError, KeyError, TypeError):
                log.error("trace unreadable", extra={"file": path.name})
                path.rename(path.with_suffix(".bad"))
                continue
            missing = [h for h in said["households"] if not readings.was_read(session, said["official"], h, at)]
            readings.add_readings(session, said["official"], missing, at, said["what"])
    for path in files:
        path.unlink(missing_ok=True)
    return len(files)


def listed(
    session: Session, household: int, county: County, groups: Collection[str], limit: int = 20
) -> list[dict[str, Any]]:
    """Who saw this household, newest first. Reasons are free words that may tell what is wrong: for who may read of risks."""
    rows = readings.readings_of(session, household, limit)
    owner = household_rows.get(session, household)
    if owner is None:
        return []
    key = record_rows.data_key(session, owner.data_key)
    units, roles = county.units, dict[int, str]()
    for post in readings.posts_of_readers(session, household, county.on):
        unit = units[post.org_unit].name if post.org_unit in units else ""
        roles.setdefault(post.official, f"{unit} {county.role(post.role).get('title', post.role)}".strip())
    seen = [
        {
            "who": r.name or "",
            "role": roles.get(r.official, ""),
            "at": r.at,
            "reason": readings.reading_reason(session, r, key) if "risk" in groups else None,
            "what": say(f"readings.what.{r.what}") if r.what in NAMED else "",
        }
        for r in rows
    ]
    sent = [
        {
            "who": say(f"exchange.kind.{r.kind}"),
            "role": say("readings.by_itself"),
            "at": r.closed_at,
            "what": "",
            "reason": progress.basis(county, r.basis),
        }
        for r in exchange_rows.handed_on_of(session, household, limit)
    ]
    return sorted([*seen, *sent], key=lambda one: one["at"], reverse=True)[:limit]

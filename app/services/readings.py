"""Who opened a household, when and why: every opening is recorded; some are asked for a reason first."""

from collections.abc import Collection
from datetime import datetime, time
from typing import Any

from app.labels import say
from app.policy import calendar
from app.store import households as household_rows
from app.store import inbox, pages
from app.store import people as people_rows
from app.store import record as record_rows
from app.store.session import Session

from . import opinions
from .people import Actor, County, Refused, sees

ASKED_LEVELS = ("town", "county")
SHORTEST = 2
NAMED = ("export", "copy", "archive", "income")
"""Ways of seeing a household that are told apart from opening its page."""
LONGEST = 100


def asks_reason(session: Session, actor: Actor, household: int, village: str, place: County, now: datetime) -> bool:
    """Whether this person must say why: a town or county post without a task on this household, open or past. Never its
    village, its contacts, whose opinion is awaited, or an auditor; once a day is enough."""
    held = sees(actor, village, place)
    if held is None or place.role(held.role).get("reads_all"):
        return False
    if any(a.unit == village for a in actor.assignments):
        return False
    if place.units[held.unit].level not in ASKED_LEVELS:
        return False
    if opinions.is_asked(session, actor.id, household):
        return False
    if inbox.has_task_on(session, actor.id, household, actor.assignments):
        return False
    if any(c.official == actor.id for c in people_rows.contacts_of(session, household)):
        return False
    midnight = datetime.combine(calendar.local_date(now), time(), calendar.LOCAL)
    return not pages.reasoned_reading(session, actor.id, household, midnight)


def record(session: Session, actor: Actor, household: int, what: str, now: datetime, reason: str | None = None) -> None:
    """`what`: case, task, paper, notice. A reason must say something."""
    if reason is not None:
        reason = reason.strip()[:LONGEST]
        if len(reason) < SHORTEST:
            raise Refused("readings.reason_needed")
    household_rows.add_reading(
        session, official=actor.id, household=household, at=now, what=what, reason=reason
    )


def record_many(session: Session, actor: Actor, households: Collection[int], what: str, now: datetime) -> None:
    """One person saw many households at once: a list, a grid, a file."""
    household_rows.add_readings(session, actor.id, households, now, what)


def listed(session: Session, household: int, place: County, limit: int = 20) -> list[dict[str, Any]]:
    """Who saw this household, newest first."""
    rows = household_rows.readings_of(session, household, limit)
    owner = household_rows.get(session, household)
    if owner is None:
        return []
    key = record_rows.data_key(session, owner.data_key)
    names = people_rows.names(session, [r.official for r in rows])
    roles: dict[int, str] = {}
    for official in names:
        held = people_rows.assignments_of(session, official, place.on)
        titles = [
            f"{place.units[a.org_unit].name if a.org_unit in place.units else ''} {place.role(a.role).get('title', a.role)}"
            for a in held[:1]
        ]
        roles[official] = titles[0].strip() if titles else ""
    return [
        {"who": names.get(r.official, ""), "role": roles.get(r.official, ""), "at": r.at,
         "reason": household_rows.reading_reason(session, r, key),
         "what": say(f"readings.what.{r.what}") if r.what in NAMED else ""}
        for r in rows
    ]  # fmt: skip

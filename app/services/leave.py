"""Leave: a colleague stands in for somebody's posts for some days.

A substitute's act is recorded as done in the absent person's place and counts for both where two different people must
act. Posts that exist to keep duties apart (administrators, auditors, designers, approvers) are not handed on.
"""

from datetime import date, datetime, timedelta
from typing import Any

from app.labels.lanes import level_of_lane
from app.policy import calendar
from app.store import accounts as rows
from app.store import notifications, record
from app.store import people as people_rows
from app.store.processes import NotFound, Work
from app.store.record import Draft
from app.store.session import Session

from . import accounts, people
from .definitions import bundle
from .people import Actor, County, Refused

LONGEST = 180
"""Days; longer absences are another official's post."""
NOT_HANDED_ON = frozenset({*accounts.ALONE, *accounts.APART})


def own_posts(actor: Actor) -> list[tuple[str, str]]:
    """(role, unit) of what may be handed on."""
    return [(a.role, a.unit) for a in actor.assignments if a.for_whom is None and a.role not in NOT_HANDED_ON]


def colleagues(session: Session, actor: Actor, place: County) -> list[tuple[int, str]]:
    """Who could stand in: people of the same units who hold nothing that must stay alone."""
    found: dict[int, str] = {}
    for unit in dict.fromkeys(unit for _, unit in own_posts(actor)):
        for row in people_rows.at_unit(session, unit, place.on):
            if row.id != actor.id and not {p.role for p in rows.posts_of(session, row.id, place.on)} & set(accounts.ALONE):
                found.setdefault(row.id, row.name)
    return sorted(found.items())


def hand_on(
    session: Session, actor: Actor, to: int, since: date, until: date, place: County, now: datetime, command_id: bytes
) -> str:
    """`to` stands in from `since` to `until`, both included. What the absent person has claimed goes back to the desk when
    the leave begins. Returns the substitute's name."""
    head = record.lock_stream(session, "people")
    if record.event_of_command(session, command_id) is not None:
        row = people_rows.official(session, to)
        return str(row.name) if row is not None else ""
    names = dict(colleagues(session, actor, place))
    if to not in names:
        raise Refused("leave.not_a_colleague")
    if since < place.on or until < since:
        raise Refused("leave.wrong_days")
    if (until - since).days >= LONGEST:
        raise Refused("leave.too_long", maximum=LONGEST)
    running = notifications.substitutions(session, place.on, absent=actor.id)
    if any(r.valid_from <= until and r.valid_to > since for r in running):
        raise Refused("leave.twice")
    posts = own_posts(actor)  # also what the substitute holds anyway: a contact's tasks go by the person
    for role, unit in posts:
        notifications.add_substitute(session, to, role, unit, since, until + timedelta(days=1), actor.id)
    body = {
        "official": to, "for": actor.id, "from": since.isoformat(), "to": until.isoformat(),
        "posts": [list(post) for post in posts],
    }  # fmt: skip
    _, writes = record.append(session, head, None, Draft("leave_given", now, actor.id, body, command_id=command_id))
    session.write(writes)
    notifications.add(session, [to], "leave", actor.id, now)
    if since == place.on:
        accounts.give_back(session, actor, actor.id, now)
    return names[to]


def take_back(session: Session, actor: Actor, place: County, now: datetime) -> None:
    """Back early: every substitution of mine ends today."""
    mine = notifications.substitutions(session, place.on, absent=actor.id)
    if not mine:
        raise NotFound
    for row in mine:
        rows.end_post(session, row.id, max(place.on, row.valid_from))
    head = record.lock_stream(session, "people")
    _, writes = record.append(session, head, None, Draft("leave_ended", now, actor.id, {"posts": [r.id for r in mine]}))
    session.write(writes)
    for substitute in {r.official for r in mine}:
        release(session, actor, substitute, now)


def release(session: Session, by: Actor, official: int, now: datetime) -> None:
    """Claimed tasks that this person may no longer do go back to their desks, a contact's to the contact."""
    place = people.county(session, calendar.local_date(now))
    try:
        now_holds = people.actor(session, official, place.on)
    except Refused:
        return

    def lost(work: Work) -> bool:
        row: Any = work.task or {}
        element = bundle(session, work.deployment).definition.elements[row["element"]]
        level = level_of_lane(element.lane)
        return people.may_handle(session, now_holds, row, level, place, work.household) is None

    accounts.give_back(session, by, official, now, lost)

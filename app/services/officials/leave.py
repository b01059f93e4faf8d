"""Leave: a colleague stands in for somebody's posts for some days.

A substitute's act is recorded as done in the absent person's place and counts for both where two different people must
act. Who may stand in for which post is dated data (`post_rule`: `stands_in`): a post goes only to a colleague of the same
unit who holds one that may stand in for it. Posts that exist to keep duties apart are not handed on at all.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from app.labels.lanes import level_of_lane
from app.store import accounts as rows
from app.store import notifications, record
from app.store import people as people_rows
from app.store.processes import NotFound, Work
from app.store.record import NewEvent
from app.store.session import Session

from .. import people
from ..context import Context
from ..definitions import bundle
from ..people import Actor, County, Refused, all_right, choice
from . import posts as officials
from . import powers

LONGEST = 180
"""Days; longer absences are another official's post."""
Post = tuple[str, str]
"""(role, unit)"""


def own_posts(actor: Actor, county: County) -> list[Post]:
    """What may be handed on."""
    return [(a.role, a.unit) for a in actor.assignments if a.for_whom is None and _stand_in_for(a.role, county)]


def _stand_in_for(role: str, county: County) -> list[str]:
    """Roles whose holders may stand in for this one."""
    return list(powers.rule(county, role).get("stands_in", ()))


def colleagues(context: Context) -> dict[int, tuple[str, list[Post]]]:
    """Who could stand in (official -> name, for which of one's posts): by a post of their own, not by another leave."""
    session, actor, county = context.session, context.actor, context.county
    found: dict[int, tuple[str, list[Post]]] = {}
    for role, unit in own_posts(actor, county):
        for row in people_rows.holders(session, _stand_in_for(role, county), [unit], county.on):
            if row.id == actor.id or row.substitutes_for is not None:
                continue
            posts = found.setdefault(row.id, (row.name, []))[1]
            if (role, unit) not in posts:
                posts.append((role, unit))
    alone = _alone(session, found, county)
    return {ident: those for ident, those in sorted(found.items()) if ident not in alone}


def beside(context: Context) -> list[tuple[int, str]]:
    """Whom work may be handed to: people of the same units; whether they may do it is asked of each task."""
    if not own_posts(context.actor, context.county):
        return []
    posts = people_rows.posts_near(context.session, context.actor.id, context.today)
    alone = {post.official for post in posts if not _stand_in_for(post.role, context.county)}
    return sorted({(post.official, str(post.name)) for post in posts if post.official not in alone})


def _alone(session: Session, officials: Collection[int], county: County) -> set[int]:
    """Those who also hold a post that must not be mixed with another's: nobody may stand in for it."""
    held = rows.roles_of(session, officials, county.on)
    return {official for official, roles in held.items() if any(not _stand_in_for(role, county) for role in roles)}


def hand_on(
    context: Context,
    to: int,
    since: date | None,
    until: date | None,
    command_id: bytes,
) -> str:
    """`to` stands in from `since` to `until`, both included, for those posts that the own one of `to` may stand in for. What
    the absent person has claimed goes back to the desk when the leave begins. Returns the substitute's name."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    head = record.lock_stream(session, "people")
    if record.event_of_command(session, command_id) is not None:
        row = people_rows.official(session, to)
        return str(row.name) if row is not None else ""
    found = colleagues(context)
    all_right(
        to=choice(to, to in found, "leave.choose", "leave.not_a_colleague"),
        since="pages.date_needed" if since is None else "leave.past" if since < county.on else None,
        until="pages.date_needed" if until is None else _last_day(since, until),
    )
    if since is None or until is None:
        raise NotFound
    name, posts = found[to]
    running = notifications.substitutions(session, county.on, absent=actor.id)
    if any(r.valid_from <= until and r.valid_to > since and (r.role, r.org_unit) in posts for r in running):
        raise Refused("leave.twice")
    for role, unit in posts:
        notifications.add_substitute(session, to, role, unit, since, until + timedelta(days=1), actor.id)
    body = {
        "official": to,
        "for": actor.id,
        "from": since.isoformat(),
        "to": until.isoformat(),
        "posts": [list(post) for post in posts],
    }
    _, writes = record.append(session, head, None, NewEvent("leave_given", now, actor.id, body, command_id=command_id))
    session.write(writes)
    notifications.add(session, [to], "leave", actor.id, now)
    if any(powers.guarded(county, role) for role, _ in posts):
        powers.tell_others(context, to)
    if since == county.on:
        units = {unit for _, unit in posts}
        officials.give_back(context, actor.id, lambda work: (work.task or {})["org_unit"] in units)
    return name


def _last_day(since: date | None, until: date) -> str | Refused | None:
    if since is None:
        return None
    too_long = (until - since).days >= LONGEST
    return "leave.wrong_days" if until < since else Refused("leave.too_long", maximum=LONGEST) if too_long else None


def take_back(context: Context) -> None:
    """Back early: every substitution of mine ends today."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    mine = notifications.substitutions(session, county.on, absent=actor.id)
    if not mine:
        raise Refused("leave.none_now")
    for row in mine:
        rows.end_post(session, row.id, max(county.on, row.valid_from))
    head = record.lock_stream(session, "people")
    _, writes = record.append(session, head, None, NewEvent("leave_ended", now, actor.id, {"posts": [r.id for r in mine]}))
    session.write(writes)
    for substitute in {r.official for r in mine}:
        release(context, substitute)


def release(context: Context, official: int) -> None:
    """Claimed tasks that this person may no longer do go back to their desks, a contact's to the contact."""
    session, county = context.session, context.county
    try:
        now_holds = people.actor(session, official, county.on)
    except Refused:
        return

    def lost(work: Work) -> bool:
        row: Any = work.task or {}
        element = bundle(session, work.deployment).definition.elements[row["element"]]
        level = level_of_lane(element.lane)
        return people.may_handle(session, now_holds, row, level, county, work.household) is None

    officials.give_back(context, official, lost)

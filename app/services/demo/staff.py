"""The staff of the demo county: people who can sign in where the demo plays, and enough hands everywhere else."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

from app.policy.jurisdiction import Assignment
from app.policy.model import OrgUnit
from app.services.people import Actor, County
from app.store import people as rows
from app.store import record
from app.store.record import NewEvent
from app.store.session import Session

from ..context import Context

SINCE = date(2021, 1, 1)

Words = Mapping[str, Any]
"""The demo's own data files, read: see bpmn/demo."""


@dataclass
class Staff:
    """Who holds which role where: `at[(unit, role)]` in the order they were hired."""

    at: dict[tuple[str, str], list[Actor]] = field(default_factory=dict)
    by_username: dict[str, Actor] = field(default_factory=dict)

    def one(self, unit: str, *roles: str, turn: int = 0) -> Actor:
        """Somebody of the first of these roles that anybody holds there; `turn` goes round among several."""
        for role in roles:
            held = self.at.get((unit, role))
            if held:
                return held[turn % len(held)]
        raise LookupError(f"nobody is {' or '.join(roles)} at {unit}")


def hire(context: Context, words: Words, password: Callable[[str], str]) -> Staff:
    """Everybody, in one go. All demo accounts share one password and so one hash of it.

    Whoever cannot sign in has a name and a post: forms may name them as acting.
    """
    session, county = context.session, context.county
    staff, village = Staff(), county.units[words["demo_village"]]
    here = {village.code, village.parent}
    hashed = password("")
    for post in words["sign_in"]:
        units = _units(post["at"], village, county)
        for code in units:
            names = _logins(post, code, many=len(units) > 1)
            for n in range(post["count"]):
                _hire(session, staff, words, post, county.units[code], n, next(names), hashed)
    for unit in county.units.values():
        for post in words["elsewhere"]:
            if unit.level == post["level"] and unit.code not in here:
                for n in range(post["count"]):
                    _hire(session, staff, words, post, unit, n, None, None)
    head = record.lock_stream(session, "people")
    hired = [a.id for held in staff.at.values() for a in held]
    body = {"demo": True, "first": min(hired), "last": max(hired), "count": len(hired)}
    session.write(record.append(session, head, None, NewEvent("officials_hired", context.now, None, body))[1])
    return staff


def _units(at: str, village: OrgUnit, county: County) -> list[str]:
    town = county.units[village.parent or ""]
    top = town.parent or ""
    if at == "each_department":
        return [u.code for u in county.units.values() if u.level == "department"]
    known = {"village": village.code, "town": town.code, "county": top}
    return [known[at] if at in known else f"{top[:6]}-{at}"]


def _logins(post: Words, unit: str, *, many: bool) -> Iterator[str]:
    """cungan1, cungan2 … where several share a post, bumen-health where each department has one."""
    if many:
        return iter([f"{post['login']}-{unit.partition('-')[2]}"])
    if post["count"] == 1:
        return iter([post["login"]])
    return (f"{post['login']}{n}" for n in count(1))


def _hire(
    session: Session,
    staff: Staff,
    words: Words,
    post: Words,
    unit: OrgUnit,
    n: int,
    username: str | None,
    hashed: str | None,
) -> None:
    place = unit.name if unit.level != "county" else ""
    for ending in words["strip"]:
        place = place.removesuffix(ending)
    ordinal = words["ordinals"][n] if post["count"] > 1 else ""
    name = words["mark"].format(unit=place, post=post["name"], ordinal=ordinal)
    ident = rows.add_official(session, name=name, username=username, password_hash=hashed, demo=True)
    rows.assign(session, ident, post["role"], unit.code, SINCE)
    actor = Actor(ident, name, (Assignment(post["role"], unit.code),))
    staff.at.setdefault((unit.code, post["role"]), []).append(actor)
    if username is not None:
        staff.by_username[username] = actor

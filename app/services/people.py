"""Who acts: officials with their roles and places, and what each may see and do."""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from app.errors import CodedError
from app.labels import say
from app.policy import jurisdiction, posts
from app.policy.jurisdiction import Assignment, UnitTree
from app.policy.model import OrgUnit
from app.policy.parameters import Entries
from app.store import dated
from app.store import people as rows
from app.store.session import Session

T = TypeVar("T")


class Refused(CodedError):
    """The person may not do this, or it cannot be done now; `code` becomes a sentence."""


class Several(Refused):
    """What is wrong with a form, field by field (names as the form has them), told at once. Its own code is the first's."""

    def __init__(self, fields: Mapping[str, Refused]) -> None:
        first = next(iter(fields.values()))
        super().__init__(first.code, **first.details)
        self.fields = dict(fields)


def all_right(**wrong: str | Refused | None) -> None:
    """Every field of a form with what is wrong about it, None for nothing. Raises Several if there is anything."""
    found = {name: Refused(one) if isinstance(one, str) else one for name, one in wrong.items() if one is not None}
    if found:
        raise Several(found)


def choice(given: int | str, there: bool, none: str, wrong: str) -> str | None:
    """What is wrong about something chosen: `none`, nothing was; `wrong`, it is not one of those offered."""
    return None if there else wrong if given else none


def trial(of: Callable[[], T]) -> tuple[T | None, Refused | None]:
    """(what it gave, why it refused): one field's check, so that those of the others are made as well."""
    try:
        return of(), None
    except Refused as refused:
        return None, refused


@dataclass(frozen=True)
class Actor:
    """An official with the assignments valid today."""

    id: int
    name: str
    assignments: tuple[Assignment, ...]

    def has(self, *roles: str) -> bool:
        return any(a.role in roles for a in self.assignments)


SYSTEM = Actor(0, "", ())
"""The scheduler: acts without a person; events carry no actor."""


@dataclass(frozen=True)
class County:
    """The entries and org units of a day: what most questions about people need."""

    entries: Entries
    units: UnitTree
    on: date

    def role(self, role: str) -> Mapping[str, object]:
        if role == CONTACT:
            return {"title": say("lanes.contact")}
        entry = self.entries.get("role", role, self.on)
        return entry.value if entry else {}

    def sees(self, role: str) -> tuple[str, ...]:
        """The groups of a household's facts that a role opens."""
        said = self.role(role).get("sees", ())
        return tuple(str(group) for group in said) if isinstance(said, list | tuple) else ()

    @cached_property
    def _may(self) -> Mapping[str, frozenset[str]]:
        """What may be done -> roles that may; of a county that has not published it, as it was before."""
        found: dict[str, set[str]] = {}
        for entry in self.entries.all("may", self.on):
            for act in entry.value["may"]:
                found.setdefault(str(act), set()).add(entry.key)
        known = found or {act: set(roles.split()) for act, roles in posts.BEFORE_IT_WAS_PUBLISHED.items()}
        return {act: frozenset(roles) for act, roles in known.items()}

    def who_may(self, act: str) -> frozenset[str]:
        """Roles that may do something beside the steps of a procedure (entries `may`)."""
        return self._may.get(act, frozenset())

    def may(self, actor: "Actor", act: str) -> bool:
        """Whether any of a person's posts may do it, wherever it lies."""
        return actor.has(*self.who_may(act))

    def upward(self, unit: str) -> list[str]:
        """The unit and those above it, to the county."""
        found: list[str] = []
        while unit in self.units:
            found.append(unit)
            unit = self.units[unit].parent or ""
        return found

    @property
    def code(self) -> str:
        return self._top.code

    @property
    def name(self) -> str:
        return self._top.name

    @property
    def _top(self) -> OrgUnit:
        return self.units.at_level("county")[0]

    def name_of(self, code: str) -> str:
        """A unit or a department in words; the code itself where nobody knows it."""
        if code in self.units:
            return self.units[code].name
        entry = self.entries.get("department", code, self.on)
        return str(entry.value["name"]) if entry else code

    def children(self, unit: str) -> list[OrgUnit]:
        """What lies directly below, in its order."""
        return self.units.children(unit)


def county_on(session: Session, on: date, newest_entry: int | None = None) -> County:
    """The county of a day: its entries and units. `newest_entry`: the highest entry id, where the caller has just read it."""
    entries = dated.current_entries(session, newest_entry)
    return County(entries, _units(session, entries, on), on)


def _units(session: Session, entries: Entries, on: date) -> UnitTree:
    """The tree of a day, read once for all the days on which it is the same."""
    cache = session.store.cache
    days = cache.get("unit_days")
    if days is None or days[0] is not entries:
        days = cache["unit_days"] = (entries, jurisdiction.changes(entries))
    span = ("units", bisect(days[1], on))
    cached = cache.get(span)
    if cached is None or cached[0] is not entries:
        cached = cache[span] = (entries, jurisdiction.org_units(entries, on))
    tree: UnitTree = cached[1]
    return tree


def actor(session: Session, official: int, on: date) -> Actor:
    """The official as of today. Raises Refused for an inactive one."""
    found = rows.official(session, official)
    if found is None or not found.active:
        raise Refused("accounts.inactive")
    held = rows.assignments_of(session, official, on)
    return Actor(found.id, found.name, tuple(Assignment(a.role, a.org_unit, a.substitutes_for) for a in held))


def may_do(actor: Actor, roles: Iterable[str], unit: str, level: str, county: County) -> Assignment | None:
    """The assignment by which this person may do a task of these roles lying at `unit`; None if none."""
    task = jurisdiction.Place(frozenset(roles), level, unit)
    acts_for = {r for r in roles if county.role(r).get("acts_for")}
    for held in actor.assignments:
        if jurisdiction.may_act(held, task, county.units, acts_for):
            return held
    return None


CONTACT = "contact"
"""The role of tasks that belong to the household's own 监测联系人, whoever that is."""


def may_handle(
    session: Session, actor: Actor, task: Mapping[str, Any], level: str, county: County, household: int | None
) -> Assignment | None:
    """`may_do` for a task's row; a contact's task is done by the contacts of that household, under a post that covers it."""
    roles = str(task["roles"]).split(",")
    if CONTACT not in roles:
        return may_do(actor, roles, task["org_unit"], level, county)
    contacts = {c.official for c in rows.contacts_of(session, household)} if household is not None else set()
    standing_in = next((a for a in actor.assignments if a.for_whom in contacts and a.for_whom is not None), None)
    if actor.id not in contacts:
        return standing_in
    return post_for(actor, {a.role for a in actor.assignments}, task["org_unit"], county)


def sees(actor: Actor, village: str, county: County) -> Assignment | None:
    """The assignment by which this person may open a household of that village; None if none."""
    for held in actor.assignments:
        role = county.role(held.role)
        if role.get("reads_all"):
            return held
        if role.get("no_household_data") or role.get("figures_only") or not role.get("sees"):
            continue
        if held.unit in county.units and jurisdiction.covers(held.unit, village, county.units):
            return held
    return None


def post_for(actor: Actor, roles: Iterable[str], village: str, county: County) -> Assignment | None:
    """A post of one of these roles that itself covers the village; None if none does. Rights of a post end at its area."""
    wanted = set(roles)
    for held in actor.assignments:
        if held.role in wanted and held.unit in county.units and jurisdiction.covers(held.unit, village, county.units):
            return held
    return None


def villages_seen(actor: Actor, county: County) -> set[str] | None:
    """Codes of the villages whose households this person may open; None means all of them."""
    return units_seen(actor, county, "village")


def units_seen(actor: Actor, county: County, *levels: str) -> set[str] | None:
    """Codes of the units of these levels whose households this person may open; None means all of them. As `sees`."""
    found: set[str] = set()
    for held in actor.assignments:
        role = county.role(held.role)
        if role.get("reads_all"):
            return None
        if role.get("no_household_data") or role.get("figures_only") or not role.get("sees"):
            continue
        if county.units.top == held.unit:
            return None
        found.update(unit.code for unit in county.units.within(held.unit) if unit.level in levels)
    return None if len(found) == sum(len(county.units.at_level(level)) for level in levels) else found


def covered(units: Iterable[str], level: str, county: County) -> list[OrgUnit]:
    """The units of a level that are one of `units` or lie below one, each once."""
    found = {unit.code: unit for code in units for unit in county.units.within(code) if unit.level == level}
    return list(found.values())

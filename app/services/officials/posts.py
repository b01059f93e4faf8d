"""Officials and posts: what the three administrators do with them.

System administrators create, disable and reset; security administrators give and end posts; audit administrators look at
the record. No person holds two of these, none of them works on cases, and nobody changes the own account this way.
What `powers` guards (leaders, administrators, auditors) waits for a second person. Posts begin and end on days of the
procedure's clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.forms import text as typed
from app.labels import say
from app.labels.lanes import level_of_lane
from app.policy import calendar
from app.store import accounts as rows
from app.store import notifications, pages, processes, record
from app.store import people as people_rows
from app.store import powers as power_rows
from app.store.session import Session

from .. import events
from ..definitions import bundle
from ..events import EventData
from ..people import CONTACT, Actor, County, Refused, all_right, county_on, trial
from . import accounts, passwords, powers

ADMINS = ("system_admin", "security_admin", "audit_admin")
ALONE = (*ADMINS, "auditor")
"""Roles that may not be held beside any other."""
APART = frozenset({"process_designer", "process_approver"})


@dataclass(frozen=True)
class Given:
    """What an administrator did for this person. `waits`: only when a second person has confirmed it."""

    name: str
    username: str | None
    waits: bool = False


def create(
    session: Session,
    *,
    name: str,
    username: str | None,
    password: str | None,
    posts: Sequence[tuple[str, str]],
    on: date,
    now: datetime,
    by: Actor | None = None,
    hashed: str | None = None,
) -> int:
    """A new official who must change the password at the first sign-in. `by` is None on the command line; pages hash the
    password before their transaction (`hashed`). A guarded post waits for a second person, but for the first
    administrators of a county, whom nobody could confirm."""
    if by is not None:
        _only(by, "system_admin")
        if posts:
            raise processes.NotFound  # the security administrator's
    given, wrong = trial(lambda: _name(name))
    username = username.strip() if username and username.strip() else None
    all_right(name=wrong, username=_wrong_username(session, username) if username is not None else None)
    name = given or ""
    if password is not None and passwords.is_demo(password):
        raise Refused("accounts.password_guessed")
    if hashed is None and password:
        hashed = accounts.hash_password(password)
    kept = hashed if username else None
    ident = people_rows.add_official(session, name=name, username=username, password_hash=kept, demo=False)
    if kept is not None:
        accounts.issue(session, by, ident, kept)
    accounts.note(session, by, "official_created", {"official": ident}, now)
    county = county_on(session, on)
    for role, unit in posts:
        _fits(session, ident, role, unit, on)
        if powers.guarded(county, role) and powers.stands(session, county):
            powers.ask(session, None, powers.POST, ident, county, now, role=role, unit=unit)
        else:
            _give_post(session, by, ident, role, unit, county, now)
            if powers.guarded(county, role):
                powers.tell_others(session, by, ident, county, now)
    return ident


def _name(text: str) -> str:
    try:
        name = typed.person_name(text)
    except typed.TextError as refused:
        raise Refused(refused.code, **{"title": say("accounts.name"), **refused.details}) from None
    if not name:
        raise Refused("accounts.name_needed")
    return name


def _wrong_username(session: Session, username: str) -> Refused | None:
    if not (3 <= len(username) <= 40 and username.isascii() and username.replace("_", "").replace("-", "").isalnum()):
        return Refused("accounts.bad_username")
    if people_rows.by_username(session, username) is not None:
        return Refused("accounts.username_taken", username=username)
    return None


def give_back(
    session: Session, by: Actor, official: int, now: datetime, which: Callable[[processes.Work], bool] = lambda _: True
) -> None:
    """Claimed tasks (`which` of them) go back to their desks; nothing may wait for somebody who has left. A contact's
    tasks stay with the household's contact until the town names another."""
    for task in pages.unfinished(session, official):
        work = processes.lock_task(session, task.id)
        row = work.task or {}
        if not row or not which(work):
            continue
        back = None
        if CONTACT in str(row["roles"]).split(","):
            contacts = {c.official: c.level for c in people_rows.contacts_of(session, work.household or 0)}
            if official in contacts or not contacts:
                continue
            element = bundle(session, work.deployment).definition.elements[row["element"]]
            back = min(contacts, key=lambda c: contacts[c] != level_of_lane(element.lane))
        if processes.change_task(session, task.id, row["version"], assignee=back):
            data = EventData("task_released", address=row["address"], body={"official": official})
            events.append(session, work.head, work.key, data, by, now, case_id=work.case_id, instance=work.instance)


def disable(session: Session, by: Actor, official: int, county: County, now: datetime) -> str:
    """No more sign-in; claimed tasks go back to the desk. Returns the name."""
    row = _other(session, by, official)
    people_rows.change_official(session, official, active=False)
    people_rows.close_sessions_of(session, official)
    give_back(session, by, official, now)
    accounts.note(session, by, "official_disabled", {"official": official}, now)
    return str(row.name)


def enable(session: Session, by: Actor, official: int, now: datetime) -> Given:
    row = _other(session, by, official)
    county = county_on(session, calendar.local_date(now))
    if not row.active and powers.holds_guarded(session, official, county):
        powers.ask(session, by, powers.ENABLE, official, county, now)
        return Given(row.name, row.username, waits=True)
    _enable(session, by, official, now)
    return Given(row.name, row.username)


def _enable(session: Session, by: Actor, official: int, now: datetime, **more: object) -> None:
    people_rows.change_official(session, official, active=True, failures=0, locked_until=None)
    accounts.note(session, by, "official_enabled", {"official": official, **more}, now)


def reset_password(
    session: Session, by: Actor, official: int, hashed: str, now: datetime, command_id: bytes | None = None
) -> Given:
    """The caller hashed the new password outside the transaction; it must be changed at sign-in. Whoever holds a guarded
    post keeps the old one until a second person has confirmed (`decide`). The same command again (the page with the code
    loaded anew) is refused: it would lock out who has used the code since."""
    row = _other(session, by, official)
    record.lock_stream(session, "people")
    if command_id is not None and record.event_of_command(session, command_id) is not None:
        raise Refused("accounts.reset_already", name=row.name)
    if row.username is None:
        raise Refused("accounts.no_username")
    county = county_on(session, calendar.local_date(now))
    if powers.holds_guarded(session, official, county):
        powers.ask(session, by, powers.RESET, official, county, now)
        return Given(row.name, row.username, waits=True)
    _reset(session, by, official, hashed, now, command_id)
    notifications.add(session, [official], powers.DONE_TELLS[powers.RESET], by.id, now)
    return Given(row.name, row.username)


def _reset(
    session: Session, by: Actor, official: int, hashed: str, now: datetime, command_id: bytes | None = None, **more: object
) -> None:
    accounts.issue(session, by, official, hashed)
    people_rows.close_sessions_of(session, official)
    rows.forget_devices(session, official)
    accounts.note(session, by, "password_reset", {"official": official, **more}, now, command_id)


def add_post(session: Session, by: Actor, official: int, role: str, unit: str, on: date, now: datetime) -> Given:
    row = _other(session, by, official, "security_admin")
    _fits(session, official, role, unit, on)
    county = county_on(session, on)
    waits = powers.guarded(county, role)
    if waits:
        powers.ask(session, by, powers.POST, official, county, now, role=role, unit=unit)
    else:
        _give_post(session, by, official, role, unit, county, now)
    return Given(row.name, row.username, waits)


def _give_post(
    session: Session, by: Actor | None, official: int, role: str, unit: str, county: County, now: datetime, **more: object
) -> None:
    rows.add_post(session, official, role, unit, county.on)
    accounts.note(session, by, "post_added", {"official": official, "role": role, "unit": unit, **more}, now)


def decide(session: Session, by: Actor, power: int, act: str, hashed: str, now: datetime) -> Given:
    """The second person's word on what was asked: `act` allow or refuse (who asked may take it back). `hashed`: of the code
    that a reset gives, should this be one."""
    record.lock_stream(session, "people")
    county = county_on(session, calendar.local_date(now))
    if act == "refuse":
        row = powers.to_refuse(session, by, power, county)
        powers.decided(session, by, row, power_rows.REFUSED, county, now)
    elif act == "allow":
        row = powers.to_decide(session, by, power, county, now)
        asked = {"power": row.id, "asked_by": row.asked_by}
        if row.deed == powers.POST:
            _fits(session, row.official, row.role, row.org_unit, county.on)
            _give_post(session, by, row.official, row.role, row.org_unit, county, now, **asked)
        elif row.deed == powers.RESET:
            _reset(session, by, row.official, hashed, now, **asked)
        else:
            _enable(session, by, row.official, now, **asked)
        powers.decided(session, by, row, power_rows.DONE, county, now)
    else:
        raise Refused("powers.choose")
    whom = people_rows.official(session, row.official)
    return Given(whom.name if whom is not None else "", whom.username if whom is not None else None)


def end_post(session: Session, by: Actor, post: int, on: date, now: datetime) -> tuple[str, str, str]:
    """(name, role, unit) of the post that ends today."""
    found = rows.post(session, post)
    if found is None or found.valid_to is not None:
        raise processes.NotFound
    row = _other(session, by, found.official, "security_admin")
    rows.end_post(session, post, on)
    give_back(session, by, found.official, now, lambda work: (work.task or {})["org_unit"] == found.org_unit)
    accounts.note(session, by, "post_ended", {"official": found.official, "role": found.role, "unit": found.org_unit}, now)
    return str(row.name), str(found.role), str(found.org_unit)


def _fits(session: Session, official: int, role: str, unit: str, on: date) -> None:
    """The role exists and may be held at this unit's level, and does not clash with what the person holds."""
    county = county_on(session, on)
    levels = county.role(role).get("levels")
    there = county.units.get(unit)
    known = isinstance(levels, list)
    all_right(role=None if known else "accounts.role_needed", unit=None if there is not None else "accounts.unit_needed")
    if there is None or not isinstance(levels, list) or there.level not in levels:
        raise Refused("accounts.role_not_here")
    held = {(p.role, p.org_unit) for p in rows.posts_of(session, official, on)}
    roles = {r for r, _ in held}
    if (role, unit) in held:
        raise Refused("accounts.held_already")
    if any(r in ALONE and r != role for r in roles) or (role in ALONE and roles - {role}):
        raise Refused("accounts.roles_apart")
    if role in APART and roles & (APART - {role}):
        raise Refused("accounts.roles_apart")


def _only(by: Actor, role: str) -> None:
    if not by.has(role):
        raise processes.NotFound


def _other(session: Session, by: Actor, official: int, role: str = "system_admin") -> Any:
    """The official to be changed: somebody else, by an administrator of this kind."""
    _only(by, role)
    row = people_rows.official(session, official)
    if row is None:
        raise processes.NotFound
    if row.id == by.id:
        raise Refused("accounts.not_oneself")
    return row

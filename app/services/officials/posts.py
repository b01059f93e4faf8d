"""Officials and posts: what the three administrators do with them.

System administrators create, disable and reset; security administrators give and end posts; audit administrators look at
the record. No person holds two of these, none of them works on cases, and nobody changes the own account this way.
What `powers` guards (leaders, administrators, auditors) waits for a second person. Posts begin and end on days of the
procedure's clock.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.forms import text as typed
from app.labels import say
from app.labels.lanes import level_of_lane
from app.store import accounts as rows
from app.store import inbox, notifications, processes, record
from app.store import people as people_rows
from app.store import powers as power_rows
from app.store.session import Session

from .. import events
from ..context import Context
from ..definitions import bundle
from ..events import EventData
from ..people import CONTACT, Actor, Refused, all_right, trial
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
    context: Context,
    *,
    name: str,
    username: str | None,
    password: str | None,
    posts: Sequence[tuple[str, str]],
    hashed: str | None = None,
) -> int:
    """A new official who must change the password at the first sign-in. Nobody acts on the command line (SYSTEM); pages hash
    the password before their transaction (`hashed`). A guarded post waits for a second person, but for the first
    administrators of a county, whom nobody could confirm."""
    session, county = context.session, context.county
    if context.actor.id:
        _only(context.actor, "system_admin")
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
        accounts.issue(context, ident, kept)
    accounts.note(context, "official_created", {"official": ident})
    for role, unit in posts:
        _fits(context, ident, role, unit)
        if powers.guarded(county, role) and powers.stands(session, county):
            powers.ask(context, powers.POST, ident, role=role, unit=unit)
        else:
            _give_post(context, ident, role, unit)
            if powers.guarded(county, role):
                powers.tell_others(context, ident)
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


def give_back(context: Context, official: int, which: Callable[[processes.Work], bool] = lambda _: True) -> None:
    """Claimed tasks (`which` of them) go back to their desks; nothing may wait for somebody who has left. A contact's
    tasks stay with the household's contact until the town names another."""
    session = context.session
    for task in inbox.unfinished(session, official):
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
            events.append(context, work.head, work.key, data, case_id=work.case_id, instance=work.instance)


def disable(context: Context, official: int) -> str:
    """No more sign-in; claimed tasks go back to the desk. Returns the name."""
    session = context.session
    row = _other(context, official)
    people_rows.change_official(session, official, active=False)
    people_rows.close_sessions_of(session, official)
    give_back(context, official)
    accounts.note(context, "official_disabled", {"official": official})
    return str(row.name)


def enable(context: Context, official: int) -> Given:
    row = _other(context, official)
    if not row.active and powers.holds_guarded(context.session, official, context.county):
        powers.ask(context, powers.ENABLE, official)
        return Given(row.name, row.username, waits=True)
    _enable(context, official)
    return Given(row.name, row.username)


def _enable(context: Context, official: int, **more: object) -> None:
    people_rows.change_official(context.session, official, active=True, failures=0, locked_until=None)
    accounts.note(context, "official_enabled", {"official": official, **more})


def reset_password(context: Context, official: int, hashed: str, command_id: bytes | None = None) -> Given:
    """The caller hashed the new password outside the transaction; it must be changed at sign-in. Whoever holds a guarded
    post keeps the old one until a second person has confirmed (`decide`). The same command again (the page with the code
    loaded anew) is refused: it would lock out who has used the code since."""
    session = context.session
    row = _other(context, official)
    record.lock_stream(session, "people")
    if command_id is not None and record.event_of_command(session, command_id) is not None:
        raise Refused("accounts.reset_already", name=row.name)
    if row.username is None:
        raise Refused("accounts.no_username")
    if powers.holds_guarded(session, official, context.county):
        powers.ask(context, powers.RESET, official)
        return Given(row.name, row.username, waits=True)
    _reset(context, official, hashed, command_id)
    notifications.add(session, [official], powers.DONE_TELLS[powers.RESET], context.actor.id, context.now)
    return Given(row.name, row.username)


def _reset(context: Context, official: int, hashed: str, command_id: bytes | None = None, **more: object) -> None:
    session = context.session
    accounts.issue(context, official, hashed)
    people_rows.close_sessions_of(session, official)
    rows.forget_devices(session, official)
    accounts.note(context, "password_reset", {"official": official, **more}, command_id)


def add_post(context: Context, official: int, role: str, unit: str) -> Given:
    row = _other(context, official, "security_admin")
    _fits(context, official, role, unit)
    waits = powers.guarded(context.county, role)
    if waits:
        powers.ask(context, powers.POST, official, role=role, unit=unit)
    else:
        _give_post(context, official, role, unit)
    return Given(row.name, row.username, waits)


def _give_post(context: Context, official: int, role: str, unit: str, **more: object) -> None:
    rows.add_post(context.session, official, role, unit, context.county.on)
    accounts.note(context, "post_added", {"official": official, "role": role, "unit": unit, **more})


def decide(context: Context, power: int, act: str, hashed: str) -> Given:
    """The second person's word on what was asked: `act` allow or refuse (who asked may take it back). `hashed`: of the code
    that a reset gives, should this be one."""
    session = context.session
    record.lock_stream(session, "people")
    if act == "refuse":
        row = powers.to_refuse(context, power)
        powers.decided(context, row, power_rows.REFUSED)
    elif act == "allow":
        row = powers.to_decide(context, power)
        asked = {"power": row.id, "asked_by": row.asked_by}
        if row.deed == powers.POST:
            _fits(context, row.official, row.role, row.org_unit)
            _give_post(context, row.official, row.role, row.org_unit, **asked)
        elif row.deed == powers.RESET:
            _reset(context, row.official, hashed, **asked)
        else:
            _enable(context, row.official, **asked)
        powers.decided(context, row, power_rows.DONE)
    else:
        raise Refused("powers.choose")
    whom = people_rows.official(session, row.official)
    return Given(whom.name if whom is not None else "", whom.username if whom is not None else None)


def end_post(context: Context, post: int) -> tuple[str, str, str]:
    """(name, role, unit) of the post that ends today."""
    session = context.session
    found = rows.post(session, post)
    if found is None or found.valid_to is not None:
        raise processes.NotFound
    row = _other(context, found.official, "security_admin")
    rows.end_post(session, post, context.today)
    give_back(context, found.official, lambda work: (work.task or {})["org_unit"] == found.org_unit)
    accounts.note(context, "post_ended", {"official": found.official, "role": found.role, "unit": found.org_unit})
    return str(row.name), str(found.role), str(found.org_unit)


def _fits(context: Context, official: int, role: str, unit: str) -> None:
    """The role exists and may be held at this unit's level, and does not clash with what the person holds."""
    county = context.county
    levels = county.role(role).get("levels")
    there = county.units.get(unit)
    known = isinstance(levels, list)
    all_right(role=None if known else "accounts.role_needed", unit=None if there is not None else "accounts.unit_needed")
    if there is None or not isinstance(levels, list) or there.level not in levels:
        raise Refused("accounts.role_not_here")
    held = {(p.role, p.org_unit) for p in rows.posts_of(context.session, official, context.today)}
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


def _other(context: Context, official: int, role: str = "system_admin") -> Any:
    """The official to be changed: somebody else, by an administrator of this kind."""
    _only(context.actor, role)
    row = people_rows.official(context.session, official)
    if row is None:
        raise processes.NotFound
    if row.id == context.actor.id:
        raise Refused("accounts.not_oneself")
    return row

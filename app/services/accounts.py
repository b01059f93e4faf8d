"""Accounts: signing in and out, passwords, and what the three administrators do with officials and posts.

System administrators create, disable and reset; security administrators give and end posts; audit administrators look at
the record. No person holds two of these, none of them works on cases, and nobody changes the own account this way.
Sign-in sessions, failures and locks use real time; posts begin and end on days of the procedure's clock.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app.labels.lanes import level_of_lane
from app.policy import calendar
from app.policy.jurisdiction import Assignment
from app.store import accounts as rows
from app.store import pages, processes, record
from app.store import people as people_rows
from app.store.record import Draft
from app.store.session import Session, Store

from . import conduct
from .conduct import Deed
from .definitions import bundle
from .people import CONTACT, Actor, County, Refused, county

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH = timedelta(minutes=2)
"""A sign-in session ends after IDLE without a request and ABSOLUTE after it began; `seen_at` is written every TOUCH."""

FREE_FAILURES = 5
FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=1), timedelta(hours=1)
MOST_DEVICES = 10
"""Browsers remembered for one official."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
_COMMON = ("1234567890", "0123456789", "password", "qwertyuiop", "1q2w3e4r5t", "abcdefghij", "1111111111", "88888888")

ADMINS = ("system_admin", "security_admin", "audit_admin")
ALONE = (*ADMINS, "auditor")
"""Roles that may not be held beside any other."""
APART = frozenset({"process_designer", "process_approver"})

DEMO_PASSWORD = "yanshi-2021"
"""Of every demo account; the demo holds no real person."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_hex(16))
"""Checked when the account does not exist, so that the answer takes as long."""


class BadPassword(Exception):
    """The new password was not taken: {field: (code, args)} for current, new, again."""

    def __init__(self, errors: Mapping[str, tuple[str, dict[str, object]]]) -> None:
        super().__init__("bad password")
        self.errors = dict(errors)


class Expired(Exception):
    """There is no such sign-in session any more. `known`: there was one, it ended by itself."""

    def __init__(self, known: bool = False) -> None:
        super().__init__("expired")
        self.known = known


@dataclass(frozen=True)
class Post:
    """An assignment as the person may choose it to act under."""

    id: int
    role: str
    unit: str
    for_whom: int | None = None


@dataclass(frozen=True)
class Visitor:
    """Who asks. `posts` are today's (of the procedure's clock), the one acted under first."""

    token_hash: bytes
    csrf: str
    actor: Actor
    posts: tuple[Post, ...]
    must_change: bool
    now: datetime
    demo: bool
    stale: bool
    newest_entry: int | None
    told: int = 0
    """Unread notifications."""


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def token_hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


# --- signing in and out ------------------------------------------------------------------------------------


def sign_in(store: Store, username: str, password: str, now: datetime, device: str = "") -> tuple[str, str]:
    """(token of a new session, token of this browser). Raises Refused (accounts.wrong, accounts.disabled).

    The password is checked outside every transaction: hashing must not hold a lock. Failures lock the account, twice as
    long each time, for browsers it does not know; a browser from which this person has signed in before counts its own,
    so that a stranger's guesses keep nobody out. An account that is locked, or is none, gets the same answer as a wrong
    password.
    """
    with store.reading() as session:
        found = people_rows.by_username(session, username[:64])
    right = _matches(found.password_hash if found is not None else None, password)
    hashed = token_hash(device)
    with store.transaction() as session:
        row = people_rows.official(session, found.id) if found is not None else None
        known = rows.device(session, hashed, row.id) if row is not None else None
        trusted = known is not None and known.failures < FREE_FAILURES
        locked = row is not None and not trusted and row.locked_until is not None and row.locked_until > now
        if row is not None and found is not None and right and not locked and row.password_hash == found.password_hash:
            if not row.active:
                raise Refused("accounts.disabled")
            fresh = {"password_hash": hash_password(password)} if _hasher.check_needs_rehash(row.password_hash) else {}
            people_rows.change_official(session, row.id, failures=0, locked_until=None, **fresh)
            rows.drop_old_sessions(session, now - IDLE, now - ABSOLUTE)
            browser = secrets.token_urlsafe(32)
            rows.know_device(session, token_hash(browser), row.id, now, MOST_DEVICES)
            return open_session(session, row.id, now), browser
        if trusted:
            rows.count_device_failure(session, hashed)
        elif not locked:
            _count_failure(session, row.id if row is not None else 0, now)
    raise Refused("accounts.wrong", free=FREE_FAILURES)


def _count_failure(session: Session, official: int, now: datetime) -> int:
    """One more wrong password; from FREE_FAILURES on the account waits. Returns how many in a row."""
    failures = rows.count_failure(session, official)
    if failures >= FREE_FAILURES:
        span = min(FIRST_LOCK * 2 ** min(failures - FREE_FAILURES, 10), LONGEST_LOCK)
        people_rows.change_official(session, official, locked_until=now + span)
    return failures


def _matches(hashed: str | None, password: str) -> bool:
    try:
        return _hasher.verify(hashed or _NOBODY, password[:LONGEST_PASSWORD]) and hashed is not None
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


def open_session(session: Session, official: int, now: datetime) -> str:
    """The token goes to the browser; the database keeps its hash only."""
    token = secrets.token_urlsafe(32)
    people_rows.open_session(session, token_hash(token), official, secrets.token_urlsafe(24), now)
    return token


def visitor(session: Session, token: str, real_now: datetime, procedure_now: datetime, acting: int | None) -> Visitor:
    """Who holds this token, by one query. `procedure_now` is real time; the demo's offset is added. Raises Expired."""
    hashed = token_hash(token)
    found = rows.visitor(session, hashed)
    if not found:
        raise Expired
    first = found[0]
    if not first.active or first.seen_at < real_now - IDLE or first.created_at < real_now - ABSOLUTE:
        raise Expired(known=True)
    now = procedure_now + timedelta(microseconds=first.offset_micros or 0)
    on = calendar.local_date(now)
    posts = [
        Post(r.post, r.role, r.org_unit, r.substitutes_for)
        for r in found
        if r.post is not None and r.valid_from <= on and (r.valid_to is None or r.valid_to > on)
    ]
    posts.sort(key=lambda p: p.id != acting)
    actor = Actor(first.official, first.name, tuple(Assignment(p.role, p.unit, p.for_whom) for p in posts))
    return Visitor(
        token_hash=hashed, csrf=first.csrf, actor=actor, posts=tuple(posts), must_change=first.must_change, now=now,
        demo=first.offset_micros is not None, stale=first.seen_at < real_now - TOUCH, newest_entry=first.newest_entry,
        told=first.told,
    )  # fmt: skip


def sign_out(session: Session, hashed: bytes) -> None:
    people_rows.close_session(session, hashed)


# --- passwords -----------------------------------------------------------------------------------------------


def change_password(store: Store, official: int, current: str, new: str, again: str, now: datetime) -> str:
    """Ends every session of this person and returns the token of a new one. Raises BadPassword; after FREE_FAILURES wrong
    current passwords the sign-in session is over too (Expired)."""
    with store.reading() as session:
        row = people_rows.official(session, official)
    if row is None:
        raise Expired
    errors: dict[str, tuple[str, dict[str, object]]] = {}
    if not _matches(row.password_hash, current):
        errors["current"] = ("pages.password_current_wrong", {})
    problem = _weak(new, current, row.username or "")
    if problem is not None:
        errors["new"] = problem
    elif new != again:
        errors["again"] = ("pages.password_differs", {})
    if "current" in errors:
        with store.transaction() as session:
            if _count_failure(session, official, now) >= FREE_FAILURES:
                people_rows.close_sessions_of(session, official)
                errors = {}
        if not errors:
            raise Expired(known=True)
    if errors:
        raise BadPassword(errors)
    hashed = hash_password(new)
    with store.transaction() as session:
        people_rows.change_official(session, official, password_hash=hashed, must_change=False, failures=0)
        rows.forget_devices(session, official)
        people_rows.close_sessions_of(session, official)
        _noted(session, Actor(official, "", ()), "password_changed", {"official": official}, now)
        return open_session(session, official, now)


def _weak(new: str, current: str, username: str) -> tuple[str, dict[str, object]] | None:
    plain = new.lower()
    if len(new) < SHORTEST_PASSWORD:
        return "pages.password_short", {"minimum": SHORTEST_PASSWORD}
    if len(new) > LONGEST_PASSWORD:
        return "pages.password_long", {"maximum": LONGEST_PASSWORD}
    if new == current:
        return "pages.password_same", {}
    if len(set(plain)) < 4 or plain in _COMMON or any(c in plain and len(plain) < 14 for c in _COMMON):
        return "pages.password_common", {}
    if username and username.lower() in plain:
        return "pages.password_common", {}
    return None


# --- administrators ------------------------------------------------------------------------------------------


def create(
    session: Session, *, name: str, username: str | None, password: str | None, posts: Sequence[tuple[str, str]],
    on: date, now: datetime, by: Actor | None = None, hashed: str | None = None,
) -> int:  # fmt: skip
    """A new official who must change the password at the first sign-in. `by` is None on the command line; pages hash the
    password before their transaction (`hashed`)."""
    if by is not None:
        _only(by, "system_admin")
    name = name.strip()
    username = username.strip() if username and username.strip() else None
    if not name or len(name) > 40:
        raise Refused("accounts.name_needed")
    if username is not None:
        if not (3 <= len(username) <= 40 and username.isascii() and username.replace("_", "").replace("-", "").isalnum()):
            raise Refused("accounts.bad_username")
        if people_rows.by_username(session, username) is not None:
            raise Refused("accounts.username_taken", username=username)
    if hashed is None and password:
        hashed = hash_password(password)
    kept = hashed if username else None
    ident = people_rows.add_official(session, name=name, username=username, password_hash=kept, demo=False)
    _noted(session, by, "official_created", {"official": ident}, now)
    for role, unit in posts:
        _fits(session, ident, role, unit, on)
        rows.add_post(session, ident, role, unit, on)
        _noted(session, by, "post_added", {"official": ident, "role": role, "unit": unit}, now)
    return ident


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
            deed = Deed("task_released", address=row["address"], body={"official": official})
            conduct.note(session, work.head, work.key, deed, by, now, case_id=work.case_id, instance=work.instance)


def disable(session: Session, by: Actor, official: int, place: County, now: datetime) -> str:
    """No more sign-in; claimed tasks go back to the desk. Returns the name."""
    row = _other(session, by, official)
    people_rows.change_official(session, official, active=False)
    people_rows.close_sessions_of(session, official)
    give_back(session, by, official, now)
    _noted(session, by, "official_disabled", {"official": official}, now)
    return str(row.name)


def enable(session: Session, by: Actor, official: int, now: datetime) -> str:
    row = _other(session, by, official)
    people_rows.change_official(session, official, active=True, failures=0, locked_until=None)
    _noted(session, by, "official_enabled", {"official": official}, now)
    return str(row.name)


def reset_password(session: Session, by: Actor, official: int, hashed: str, now: datetime) -> tuple[str, str]:
    """(name, account). The caller hashed the new password outside the transaction; it must be changed at sign-in."""
    row = _other(session, by, official)
    if row.username is None:
        raise Refused("accounts.no_username")
    people_rows.change_official(
        session, official, password_hash=hashed, must_change=True, failures=0, locked_until=None
    )
    people_rows.close_sessions_of(session, official)
    rows.forget_devices(session, official)
    _noted(session, by, "password_reset", {"official": official}, now)
    return str(row.name), str(row.username)


def add_post(session: Session, by: Actor, official: int, role: str, unit: str, on: date, now: datetime) -> str:
    row = _other(session, by, official, "security_admin")
    _fits(session, official, role, unit, on)
    rows.add_post(session, official, role, unit, on)
    _noted(session, by, "post_added", {"official": official, "role": role, "unit": unit}, now)
    return str(row.name)


def end_post(session: Session, by: Actor, post: int, on: date, now: datetime) -> tuple[str, str, str]:
    """(name, role, unit) of the post that ends today."""
    found = rows.post(session, post)
    if found is None or found.valid_to is not None:
        raise processes.NotFound
    row = _other(session, by, found.official, "security_admin")
    rows.end_post(session, post, on)
    give_back(session, by, found.official, now, lambda work: (work.task or {})["org_unit"] == found.org_unit)
    _noted(session, by, "post_ended", {"official": found.official, "role": found.role, "unit": found.org_unit}, now)
    return str(row.name), str(found.role), str(found.org_unit)


def _fits(session: Session, official: int, role: str, unit: str, on: date) -> None:
    """The role exists and may be held at this unit's level, and does not clash with what the person holds."""
    place = county(session, on)
    levels = place.role(role).get("levels")
    there = place.units.get(unit)
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


def _noted(session: Session, by: Actor | None, kind: str, body: Mapping[str, object], now: datetime) -> None:
    head = record.lock_stream(session, "people")
    _, writes = record.append(session, head, None, Draft(kind, now, by.id if by else None, body))
    session.write(writes)

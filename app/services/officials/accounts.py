"""Accounts: signing in and out, and passwords.

A password that somebody else gave is a code: it opens one session, in which its owner must choose another. Sign-in
sessions, codes, failures and locks use real time.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from app import clock
from app.policy import calendar
from app.policy.jurisdiction import Assignment
from app.store import accounts as rows
from app.store import people as people_rows
from app.store import record
from app.store import time as store_time
from app.store.record import NewEvent
from app.store.session import Session, Store

from ..context import Context, context_of
from ..people import Actor, Refused, county_on
from . import passwords

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH = timedelta(minutes=2)
"""A sign-in session ends after IDLE without a request and ABSOLUTE after it began; `seen_at` is written every TOUCH."""

FREE_FAILURES = 5
FIRST_LOCK, LONGEST_LOCK = timedelta(minutes=1), timedelta(hours=1)
MOST_DEVICES = 10
"""Browsers remembered for one official."""
SHORTEST_PASSWORD, LONGEST_PASSWORD = passwords.SHORTEST, passwords.LONGEST
CODE_LASTS = timedelta(days=3)
"""A password given by an administrator is of no use after its first use, or after this time."""
DEMO_PASSWORD = passwords.DEMO

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
    absent: str = ""
    """The name of for whom this person stands in."""


@dataclass(frozen=True)
class SignedIn:
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
    kept: bool = False
    """Whether something that they typed and that was not taken is kept."""


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
            _may_enter(session, row, password, now)
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


def _may_enter(session: Session, row: Any, password: str, now: datetime) -> None:
    """For who knows the right password: a disabled account, a code that was used or is over, and the published password
    outside the demo open nothing. A code is used up here."""
    if not row.active:
        raise Refused("accounts.disabled")
    if passwords.is_demo(password) and store_time.offset(session) is None:
        raise Refused("accounts.demo_password")
    if not row.must_change:
        return
    if row.code_until is not None and row.code_until <= now:
        raise Refused("accounts.code_over")
    if not rows.use_code(session, row.id, now):
        raise Refused("accounts.code_used")


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


def signed_in(session: Session, token: str, real_now: datetime, procedure_now: datetime, acting: int | None) -> SignedIn:
    """Who holds this token, by one query. `procedure_now` is real time; the demo's offset is added. Raises Expired."""
    hashed = token_hash(token)
    found = rows.signed_in(session, hashed)
    if not found:
        raise Expired
    first = found[0]
    if not first.active or first.seen_at < real_now - IDLE or first.created_at < real_now - ABSOLUTE:
        raise Expired(known=True)
    now = procedure_now + timedelta(microseconds=first.offset_micros or 0)
    on = calendar.local_date(now)
    posts = [
        Post(r.post, r.role, r.org_unit, r.substitutes_for, r.absent_name or "")
        for r in found
        if r.post is not None and r.valid_from <= on and (r.valid_to is None or r.valid_to > on)
    ]
    posts.sort(key=lambda p: p.id != acting)
    actor = Actor(first.official, first.name, tuple(Assignment(p.role, p.unit, p.for_whom) for p in posts))
    return SignedIn(
        token_hash=hashed,
        csrf=first.csrf,
        actor=actor,
        posts=tuple(posts),
        must_change=first.must_change,
        now=now,
        demo=first.offset_micros is not None,
        stale=first.seen_at < real_now - TOUCH,
        newest_entry=first.newest_entry,
        told=first.told,
        kept=first.kept,
    )


def sign_out(session: Session, hashed: bytes) -> None:
    people_rows.close_session(session, hashed)


# --- passwords -----------------------------------------------------------------------------------------------


def change_password(store: Store, official: int, current: str, new: str, again: str, now: datetime) -> str:
    """Ends every session of this person and returns the token of a new one. Raises BadPassword; after FREE_FAILURES wrong
    current passwords the sign-in session is over too (Expired)."""
    with store.reading() as session:
        row = people_rows.official(session, official)
        words = _known_of(session, row, now) if row is not None else []
    if row is None:
        raise Expired
    errors: dict[str, tuple[str, dict[str, object]]] = {}
    if not _matches(row.password_hash, current):
        errors["current"] = ("pages.password_current_wrong", {})
    same = len(new) >= SHORTEST_PASSWORD and new == current
    problem = ("pages.password_same", {}) if same else passwords.problem(new, words)
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
        people_rows.change_official(session, official, password_hash=hashed, must_change=False, failures=0, code_by=None)
        rows.forget_devices(session, official)
        people_rows.close_sessions_of(session, official)
        note(context_of(session, Actor(official, "", ()), now), "password_changed", {"official": official})
        return open_session(session, official, now)


def _known_of(session: Session, row: Any, now: datetime) -> list[str]:
    """What everybody knows about this official, and so no part of the password."""
    county = county_on(session, calendar.local_date(now))
    units = {p.org_unit for p in rows.posts_of(session, row.id, county.on)}
    names = [county.units[code].name for unit in units for code in county.upward(unit)]
    return [row.name, row.username or "", row.email or "", county.name, *names]


def issue(context: Context, official: int, hashed: str) -> None:
    """A code in place of the password: good once, for a while. It counts real time, as sign-in does."""
    people_rows.change_official(
        context.session,
        official,
        password_hash=hashed,
        must_change=True,
        failures=0,
        locked_until=None,
        code_until=clock.now() + CODE_LASTS,
        code_used_at=None,
        code_by=context.actor.id or None,
    )


def note(context: Context, kind: str, body: Mapping[str, object], command_id: bytes | None = None) -> None:
    """What was done with an account or a post, on the people's stream."""
    session = context.session
    head = record.lock_stream(session, "people")
    draft = NewEvent(kind, context.now, context.actor.id or None, body, command_id=command_id)
    _, writes = record.append(session, head, None, draft)
    session.write(writes)

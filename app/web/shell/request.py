"""One request: who asks (one query), is the form ours, and the transaction that the view works in."""

import hmac
import logging
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b

from flask import Flask, Response, current_app, g, request
from flask import session as browser
from werkzeug.exceptions import RequestEntityTooLarge

from app import clock, fonts, forms
from app.config import Config
from app.policy import calendar
from app.services import people
from app.services.context import Context
from app.services.history import readings
from app.services.officials import accounts
from app.services.officials.accounts import SignedIn
from app.services.people import Refused, Several
from app.store import people as people_rows
from app.store.session import Busy, DiskFull, Session, Store

log = logging.getLogger("shouwang.web")
MAX_MEGABYTES = 8
PATIENCE = 5
"""Seconds that a person's own writing waits for another's."""
COOKIE, ACTING = "sw_session", "sw_acting"
FORCED = frozenset({"auth.password", "auth.change_password", "auth.sign_out"})
"""Endpoints that stay open while the password must be changed first."""
AUDITOR_POSTS = frozenset(
    {
        "auth.sign_out",
        "auth.change_password",
        "auth.act_as",
        "cases.search",
        "clock.advance",
        "desk.large",
        "audit.verify",
        "tour.forge",
    }
)
"""What an auditor may post: nothing that touches a household or the record."""


@dataclass(frozen=True)
class Shouwang:
    """What create_app was given; its store waits as long as a person does."""

    store: Store
    config: Config


class NotSignedIn(Exception):
    """`expired`: there was a session, it ended by itself."""

    def __init__(self, expired: bool = False) -> None:
        super().__init__("not signed in")
        self.expired = expired


class MustChange(Exception):
    """The password must be changed before anything else."""


class BadToken(Exception):
    """The form does not carry this session's token."""


class ReadOnly(Exception):
    """An auditor tried to change something."""


@dataclass(frozen=True)
class PageContext(Context):
    """The context of a request, with the sign-in session behind it."""

    signed_in: SignedIn


def here() -> Shouwang:
    found: Shouwang = current_app.extensions["shouwang"]
    return found


def store() -> Store:
    return here().store


@contextmanager
def reading() -> Iterator[PageContext]:
    """For a page: nothing is written."""
    with store().reading() as session:
        yield _enter(session)


def seen(context: PageContext, households: Collection[int], what: str) -> None:
    """Before a page leaves the house, who saw it stands somewhere safe; nobody waits for another's writing."""
    readings.trace(store(), here().config.var, context, households, what)


@contextmanager
def writing() -> Iterator[PageContext]:
    """For what changes something: all inside is saved together or not at all. The form was read before the lock is taken."""
    _ = request.form
    with store().transaction() as session:
        yield _enter(session)


def _enter(session: Session) -> PageContext:
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise NotSignedIn
    acting = request.cookies.get(ACTING, "")
    real = clock.now()
    try:
        post = int(acting) if acting.isascii() and acting.isdigit() and len(acting) < 16 else None
        found = accounts.signed_in(session, token, real, real, post)
    except accounts.Expired as error:
        raise NotSignedIn(error.known) from None
    county = people.county_on(session, calendar.local_date(found.now), found.newest_entry)
    context = PageContext(session, found.actor, county, found.now, found)
    g.context = context
    if found.must_change and request.endpoint not in FORCED:
        raise MustChange
    if request.method == "POST":
        given = request.form.get("csrf_token", "") or request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(unmasked(given).encode(), found.csrf.encode()):
            raise BadToken
        if county.may(found.actor, "inspect") and request.endpoint not in AUDITOR_POSTS:
            raise ReadOnly
    return context


def command(action: str) -> bytes:
    """The command id of this form, bound to person and action: nobody can answer for another's command."""
    text = request.form.get("_command", "")
    if not 16 <= len(text) <= 64:
        raise BadToken
    return blake2b(f"{g.context.actor.id}/{action}/{text}".encode(), digest_size=16).digest()


def new_command() -> str:
    return secrets.token_hex(16)


def version() -> int | None:
    text = request.form.get("_version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def number(name: str) -> int:
    """A small whole number from the form; 0 for anything else."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def words(name: str, longest: int = 2000) -> str:
    """Typed text. Refused, never cut, when it is longer; and with a character that no paper could print."""
    text = plain(request.form.get(name, ""))
    if len(text) > longest:
        raise Several({name: Refused("pages.reason_too_long", maximum=longest, n=len(text))})
    if lost := fonts.lost(text):
        raise Several({name: Refused("pages.no_glyph", **lost)})
    return text


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("pages.date_needed") from None


def asked(name: str, longest: int = 80) -> str:
    """A word of the address."""
    return plain(request.args.get(name, ""))[:longest]


def asked_id(name: str) -> int | None:
    """A row's number from the address; None for anything else."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def page_number() -> int:
    """The page asked for, from 1."""
    text = request.args.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def plain(text: str) -> str:
    """What was typed without characters that no database or paper can carry; a lone surrogate becomes a question mark."""
    return forms.prose(text.encode("utf-8", "replace").decode(), lines=True)


# --- the form token: masked anew on every page, so that compressed pages do not give it away ------------------


def csrf_token() -> str:
    context: PageContext | None = g.get("context")
    if context is not None:
        return masked(context.signed_in.csrf)
    token = browser.get("csrf")
    if not token:
        token = browser["csrf"] = secrets.token_urlsafe(24)
    return masked(str(token))


def masked(token: str) -> str:
    plain = token.encode()
    pad = secrets.token_bytes(len(plain))
    return (pad + bytes(a ^ b for a, b in zip(pad, plain, strict=True))).hex()


def unmasked(given: str) -> str:
    try:
        both = bytes.fromhex(given)
    except ValueError:
        return ""
    half = len(both) // 2
    return bytes(a ^ b for a, b in zip(both[:half], both[half : 2 * half], strict=True)).decode("ascii", "replace")


def check_open_form() -> None:
    """For the sign-in form: the token of the browser's own cookie."""
    expected = browser.get("csrf", "")
    if not expected or not hmac.compare_digest(unmasked(request.form.get("csrf_token", "")), expected):
        raise BadToken


# --- what every answer carries -----------------------------------------------------------------------------


def begin(app: Flask, policy: str) -> None:
    @app.before_request
    def not_too_long() -> None:
        """The limit of form text, for forms without files too."""
        plain = request.mimetype == "application/x-www-form-urlencoded"
        if plain and (request.content_length or 0) > app.config["MAX_FORM_MEMORY_SIZE"]:
            raise RequestEntityTooLarge

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if request.endpoint != "static":
            headers["Cache-Control"] = "no-store"
        _touch()
        return response


def _touch() -> None:
    """Note that the person is still there, at most every two minutes; where somebody writes, or nothing can be written, the
    next page notes it."""
    context: PageContext | None = g.get("context")
    if context is None or not context.signed_in.stale or g.get("signed_out"):
        return
    try:
        with store().transaction(patience=0) as session:
            people_rows.touch_session(session, context.signed_in.token_hash, clock.now())
    except (Busy, DiskFull):
        log.info("not touched", extra={"trace": g.get("trace")})

"""What was looked for, in an address: sealed for this sign-in session, so that "back" and reload show what was found again,
while no name stands in a history or a log. When the session is over nobody can read it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from flask import current_app, request

from app.crypto import SUITES, Tampered

from . import request as req

NAME, LENGTH = "sought", 160
"""Bytes that are sealed, whatever was typed: the length tells nothing."""


def _key() -> bytes:
    """Of the server's secret and the session's own token, of which the server stores no more than its hash."""
    secret = current_app.secret_key or ""
    token = request.cookies.get(req.COOKIE, "")
    return blake2b(token.encode(), key=_short(secret), digest_size=32, person=b"sought").digest()


def _short(secret: str | bytes) -> bytes:
    return blake2b(secret.encode() if isinstance(secret, str) else secret, digest_size=32).digest()


def sealed(words: str) -> str:
    plain = words.encode().ljust(LENGTH)
    return urlsafe_b64encode(SUITES["intl"].seal(_key(), plain, NAME.encode())).decode().rstrip("=")


def opened(text: str) -> str | None:
    """None: it was sealed in another session, or by nobody."""
    try:
        content = urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        return SUITES["intl"].open(_key(), content, NAME.encode()).decode().rstrip()
    except (Tampered, ValueError):
        return None

"""Forms of people without an account: what was typed comes back from a sealed cookie of their own browser, for a quarter of
an hour. No password is ever in it."""

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import Any

from flask import Response, current_app, g, make_response, redirect, request
from werkzeug.exceptions import HTTPException

from app.crypto import SUITES, Tampered

from ..shell.filters import tell

COOKIE, MOST, SECONDS = "sw_typed", 3_600, 900
SECRET = ("password", "current", "new", "again")


def _key() -> bytes:
    secret = current_app.secret_key or ""
    return blake2b(secret.encode() if isinstance(secret, str) else secret, digest_size=32, person=b"typed").digest()


def marked() -> bool:
    """Whether the form was drawn by a page of ours, and by no script."""
    try:
        return request.method == "POST" and bool(request.form.get("_from"))
    except HTTPException:
        return False


def again(response: Response, said: dict[str, str] | None = None) -> Response:
    """A refused form: back to its page, which finds what was typed with `left`; the answer itself where it would not fit."""
    if response.status_code < 400 or not marked():
        return response
    said = said or ({"": g.refusal or tell("pages.kept.stale")} if "refusal" in g else {})
    sent = [(n, v) for n, v in request.form.items(multi=True) if n not in ("csrf_token", "_from", "_puzzle", *SECRET)]
    plain = zlib.compress(json.dumps({"at": request.path, "sent": sent, "said": said}).encode(), 9)
    sealed = urlsafe_b64encode(SUITES["intl"].seal(_key(), plain, COOKIE.encode())).decode()
    if len(sealed) > MOST:
        return response
    g.answered = response.status_code
    back = make_response(redirect(request.full_path.rstrip("?"), 303))
    back.set_cookie(
        COOKIE,
        sealed,
        max_age=SECONDS,
        httponly=True,
        samesite="Lax",
        path=request.path,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )
    return back


def left() -> tuple[dict[str, list[str]], dict[str, str]] | None:
    """(what was typed into the form of this page, what was said of it by field)."""
    try:
        sealed = urlsafe_b64decode(request.cookies.get(COOKIE, ""))
        kept: dict[str, Any] = json.loads(zlib.decompress(SUITES["intl"].open(_key(), sealed, COOKIE.encode())))
    except (Tampered, ValueError, zlib.error):
        return None
    if kept["at"] != request.path:
        return None
    typed: dict[str, list[str]] = {}
    for name, value in kept["sent"]:
        typed.setdefault(name, []).append(value)
    return typed, kept["said"]


def gone(response: Response) -> Response:
    """The answer without the cookie of a kept form: it was taken."""
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path=request.path)
    return response

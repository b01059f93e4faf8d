"""The mark of a form: who was shown which page, in which tab, and which of its forms this is.

A tab is told apart by a random id that goes along in the address (`_tab`) as soon as something was typed there; every form
that is drawn has an id of its own. So neither two forms of a page nor one page in two tabs take each other's place.
"""

import re
import secrets
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import HTTPException

from . import request as req

MARK, TAB = "_from", "_tab"
LONGEST_PAGE = 1_900
_TAB = re.compile(r"[0-9a-f]{12}\Z", re.ASCII)


class Mark(NamedTuple):
    """Of a form: the official to whom `page` was shown, in `tab`; `form` is this one drawing of it."""

    official: int
    page: str
    tab: str = ""
    form: str = ""


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="the mark of a form")


def mark() -> str:
    """What one form of this page carries, signed. Empty for nobody."""
    context: req.PageContext | None = g.get("context")
    if context is None:
        return ""
    page = g.get("page") or here()
    page = page if len(page) <= LONGEST_PAGE else urlsplit(page).path
    signed = _signer().dumps([context.actor.id, page, tab(), secrets.token_hex(6)])
    return signed.encode().hex()  # told from no other value of a page, whatever the address


def person() -> str:
    """Who is signed in, for the page's script: a word that says nothing else, the same in every session."""
    context: req.PageContext | None = g.get("context")
    secret = str(current_app.secret_key or "").encode()
    return blake2b(f"{context.actor.id}".encode() + secret, digest_size=8, person=b"me").hexdigest() if context else ""


def here() -> str:
    """The address of this page, whichever tab it stands in; of an answered form, that of the page it came from."""
    came = of_request() if request.method == "POST" else None
    return came.page if came is not None else without_tab(request.full_path.rstrip("?"))


def tab() -> str:
    """The tab that this page is drawn in: the one that asks, else a new one."""
    if "tab" not in g:
        came = of_request() if request.method == "POST" else None
        asked = came.tab if came is not None else asked_tab()
        g.tab = asked or secrets.token_hex(6)
    return str(g.tab)


def asked_tab() -> str:
    text = request.args.get(TAB, "")
    return text if _TAB.match(text) else ""


def of_request() -> Mark | None:
    """The mark of the form that came."""
    try:
        return read(request.form.get(MARK, ""))
    except HTTPException:
        return None


def read(text: str) -> Mark | None:
    """A mark that we made."""
    try:
        official, page, *rest = _signer().loads(bytes.fromhex(text))
    except (BadSignature, ValueError, TypeError):
        return None
    return Mark(int(official), str(page), *map(str, rest[:2]))


def without_tab(page: str) -> str:
    path, _, query = page.partition("?")
    left = "&".join(part for part in query.split("&") if part and not part.startswith(f"{TAB}="))
    return f"{path}?{left}" if left else path


def in_tab(page: str, ident: str | None) -> str:
    """The address of a page as it stands in this tab."""
    plain = without_tab(page)
    return f"{plain}{'&' if '?' in plain else '?'}{TAB}={ident}" if ident else plain


def came_from(path: str, otherwise: str = "") -> str:
    """The page of this path on which the form stood, searched and filtered as it was, from its first rows; `otherwise`, or
    the path alone, for a form that stood elsewhere."""
    come = of_request()
    found = urlsplit(come.page) if come is not None else None
    if found is None or found.path != path:
        return otherwise or path
    asked = [(name, value) for name, value in parse_qsl(found.query) if name != "page"]
    return f"{path}?{urlencode(asked)}" if asked else path

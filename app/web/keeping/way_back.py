"""The way back to a form that was refused because nobody was signed in any more: each tab comes to its own."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, url_for
from flask import session as browser

from app.services.officials import accounts
from app.store import accounts as account_rows

from ..shell import request as req

LONGEST_BACK = 2_000
"""Characters of the addresses that a browser's note holds until somebody signs in."""


def after_sign_in(token: str, wanted: str) -> str | None:
    """Where somebody who has just signed in left a form that was refused: in this tab (`wanted`), else the latest; another
    official is not led there."""
    left: list[list[Any]] = browser.pop("back", None) or []
    with req.store().reading() as session:
        found = account_rows.signed_in(session, accounts.token_hash(token)) if left else ()
    mine = [str(page) for official, page in left if found and found[0].official == official]
    if wanted in mine:
        page = wanted
    elif wanted in [page for _, page in left]:
        return "/"
    else:
        page = mine[-1] if mine else ""
    if len(mine) > 1:
        browser["back"] = [[found[0].official, other] for other in mine if other != page]
    return page or None


def to_sign_in(official: int, page: str, response: Response) -> Response:
    """Whoever signs in comes back to the form, each tab to its own."""
    left = [one for one in browser.get("back", []) if one[1] != page][-3:]
    while left and sum(len(one[1]) for one in left) + len(page) > LONGEST_BACK:
        left = left[1:]
    browser["back"] = [*left, [official, page]]
    if response.status_code in range(300, 400) and urlsplit(response.location or "").path == url_for("auth.login"):
        return make_response(redirect(url_for("auth.login", next=page)))
    return response

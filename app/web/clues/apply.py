"""自主申报: the public page where a household declares its trouble, and where its tracking code finds the answer. No account.

Served by the county's own process (SQLite), or apart by `serve --public`, which has no key that opens anything.
"""

from datetime import date
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, make_response, render_template, request

from app import clock, forms
from app.labels import say
from app.policy import calendar
from app.services.clues import submissions
from app.services.clues.submissions import Page
from app.services.people import Refused
from app.store import dated, time
from app.store.session import Store

from ..keeping import cookie as kept_cookie
from ..keeping import places
from ..shell import request as req
from ..shell.filters import tell

bp = Blueprint("apply", __name__)
PAGE = "apply_page"
STATES = {"received": 1, "checking": 2, "answered": 3, "over": 3, "unreadable": 3}


@bp.after_request
def _come_back(answer: Response) -> Response:
    """A stale token, a busy or broken server: the form comes back too."""
    return kept_cookie.again(answer) if "refusal" in g else answer


def begin(app: Flask, store: Store, page: Page | None) -> None:
    """`page`: from the public file; None: the process itself knows everything, and follows what is published."""
    app.extensions["apply"] = (store, page)


def _here() -> tuple[Store, Page, date]:
    store, page = current_app.extensions["apply"]
    if page is not None:
        return store, page, calendar.local_date(clock.now())
    with store.reading() as session:
        now = time.now(session)
        today = calendar.local_date(now)
        newest = dated.current_entries(session, None)
        kept = store.cache.get(PAGE)
        if kept is None or kept[0] is not newest or kept[1] != today:
            kept = (newest, today, submissions.page_of(submissions.public_file(session, now)))
            store.cache[PAGE] = kept
    return store, kept[2], today


@bp.get("/apply")
def show() -> Response:
    _, page, today = _here()
    typed = kept_cookie.left()
    if typed is not None:
        said = typed[1]
        judged = submissions.judged(page, {n: v for n, v in typed[0].items() if not n.startswith("_")}, today)
        errors = {"": ("pages.said", {"said": said[""]})} if said else dict(judged.errors)
        return _page(page, today, judged.raw, errors)
    place = req.asked("at", 12)
    known = place if page.places.named(place) else ""
    return _page(page, today, {"place": known} if known else None)


@bp.post("/apply")
def hand_in() -> Response:
    store, page, today = _here()
    req.check_open_form()
    content = {name: values for name, values in request.form.lists() if not name.startswith("_") and name != "csrf_token"}
    cleaned = submissions.judged(page, content, today)
    if places.looks():
        return _page(page, today, cleaned.raw)
    if not cleaned.ok:
        return kept_cookie.again(_page(page, today, cleaned.raw, dict(cleaned.errors), 422))
    try:
        with store.transaction() as session:
            code = submissions.hand_in(
                session, page, cleaned.values, request.form.get("_puzzle", ""), request.remote_addr or "", clock.now()
            )
    except Refused as error:
        refused = _page(page, today, cleaned.raw, {"": (error.code, error.details)}, 422)
        return kept_cookie.again(refused, {"": tell(error.code, **error.details)})
    done = {"code": submissions.written(code), "demo": _demo(page, today), "hotline": page.hotline}
    return kept_cookie.gone(_answer(render_template("clues/apply_done.html", **done)))


def _page(
    page: Page, today: date, raw: dict[str, Any] | None, errors: dict[str, Any] | None = None, status: int = 200
) -> Response:
    cells = forms.draw(page.form, raw, errors, choices=page.choices, looked=places.looked())
    context = {
        "form": page.form,
        "cells": cells,
        "errors": errors or {},
        "puzzle": submissions.puzzle(page, clock.now()),
        "families": [title for _, title in page.families],
        "line": page.line,
        "hotline": page.hotline,
        "demo": _demo(page, today),
    }
    return _answer(render_template("clues/apply.html", **context), status)


@bp.get("/apply/places")
def found() -> Response:
    """What fits while one types, for the script of the page."""
    return places.answer(_here()[1].places)


@bp.get("/apply/status")
def ask() -> Response:
    _, page, today = _here()
    typed = kept_cookie.left()
    more = {"code": typed[0].get("code", [""])[0][:60], "error": typed[1].get("")} if typed is not None else {}
    return _answer(render_template("clues/apply_status.html", **_status(page, today, **more)))


@bp.post("/apply/status")
def status() -> Response:
    """The code comes in the body, never in the address. An unknown one and a wrong one look the same."""
    store, page, today = _here()
    req.check_open_form()
    typed = request.form.get("code", "")[:60]
    code = submissions.read_back(typed)
    found = None
    if code is not None:
        with store.reading() as session:
            found = submissions.status(session, code)
    if found is None:
        context = _status(page, today, code=typed, error=tell("apply.no_such_code"))
        return kept_cookie.again(_answer(render_template("clues/apply_status.html", **context), 404), {"": context["error"]})
    stage = STATES.get(found["state"], 1)
    told = {
        "stage": stage,
        "on": found["on"],
        "answer": found["answer"],
        "over": found["state"] in ("over", "unreadable"),
        "outcome": say(f"apply.outcome.{found['outcome']}") if found["outcome"] else "",
        "may_ask_again": found["outcome"].startswith("exclude"),
    }
    return kept_cookie.gone(
        _answer(render_template("clues/apply_status.html", **_status(page, today, code=typed, found=told)))
    )


def _status(page: Page, today: date, **more: Any) -> dict[str, Any]:
    return {"demo": _demo(page, today), "hotline": page.hotline, "code": "", "error": None, "found": None, **more}


def _demo(page: Page, today: date) -> dict[str, Any] | None:
    return {"today": today, "may_advance": False} if page.demo else None


def _answer(text: str, status: int = 200) -> Response:
    answer = make_response(text, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer

"""What a county shows: the words of its pages and papers, as whoever may do a step reads them."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import docx
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import delete, select

from app import config
from app.clock import now as real_now
from app.services.officials import accounts
from app.store import tables
from app.store import time as clock
from app.store.session import Store
from app.web import create_app
from app.web.shell.request import COOKIE

from . import filling
from .asking import OF_A_STEP
from .making import NOW, all_open

DESKS = ("/", "/notifications", "/lists", "/clues", "/rounds", "/scale", "/months", "/incomes")
LISTS = ("meeting", "notice", "town_report", "county_decision", "receipts")
PAPERS = 2
"""So many of each kind."""


def every(store: Store, var: Path) -> dict[str, str]:
    """By address and reader: what stands there. Looking leaves its traces: a copy is looked at."""
    with store.transaction() as session:
        session.conn.execute(delete(tables.clock))
        clock.set_demo_moment(session, NOW)
    app = create_app(store, config.Config(**{**config.load().__dict__, "var": var, "keys": var / "keys.json"}))
    app.testing = True
    return dict(_read(store, app))


def _read(store: Store, app: Flask) -> Iterator[tuple[str, str]]:
    with store.reading() as session:
        rows = all_open(session)
        able = {row.id: [a.id for a in filling.hands(session, row.id, NOW)] for row in rows}
        a = tables.assignments.c
        desks = {role: who for role, who in session.conn.execute(select(a.role, a.official).order_by(a.official.desc()))}
    many: dict[tuple[str, str], int] = {}
    papers: dict[str, int] = {}
    for row in rows:
        step = (row.process, row.element)
        many[step] = many.get(step, 0) + 1
        if not able[row.id] or (many[step] > OF_A_STEP and (row.case_id is None or row.item is not None)):
            continue
        browser = _signed_in(store, app, able[row.id][0])
        yield f"task {row.id}", _words(browser, f"/tasks/{row.id}")
        if row.case_id is None or row.item is not None:
            continue
        page = browser.get(f"/cases/{row.case_id}")
        yield f"case {row.case_id} by {able[row.id][0]}", _text(page.text)
        for href in re.findall(r'href="(/papers/\d+/[a-z_]+\.docx)"', page.text):
            kind = f"{row.process} {href.rpartition('/')[2]}"
            papers[kind] = papers.get(kind, 0) + 1
            if papers[kind] <= PAPERS:
                yield f"{kind} of case {row.case_id}", _paper(browser.get(href).data)
    for role, official in sorted(desks.items()):
        browser = _signed_in(store, app, official)
        for path in (*DESKS, *(f"/lists/{kind}" for kind in LISTS)):
            yield f"{path} by {role}", _words(browser, path)


def _signed_in(store: Store, app: Flask, official: int) -> FlaskClient:
    with store.transaction() as session:
        token = accounts.open_session(session, official, real_now())
    browser = app.test_client()
    browser.set_cookie(COOKIE, token)
    return browser


def _words(browser: FlaskClient, path: str) -> str:
    answer = browser.get(path)
    return _text(answer.text) if answer.status_code == 200 else str(answer.status_code)


def _text(page: str) -> str:
    """Lines of what can be read, and what stands in the questions."""
    (main,) = html.fromstring(page).xpath("//main")
    lines = [line.strip() for line in main.text_content().splitlines()]
    given = [f"{e.get('name')}: {e.get('value')}" for e in main.iter("input") if e.get("value") and e.get("type") != "hidden"]
    return "\n".join(line for line in (*lines, *given) if line)


def _paper(content: bytes) -> str:
    paper = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in paper.paragraphs), *cells])

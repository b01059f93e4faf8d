"""The kept county as a place to work in: everybody who holds a post can sign in."""

import logging
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, select, update

from app import config
from app.services import people
from app.services.officials import accounts
from app.store import people as people_rows
from app.store import tables
from app.store import time as clock
from app.store.session import Store
from app.web import create_app
from tests.worker.county import PASSWORD, SINCE, Listening, Official, Place

from .making import NOW, TODAY

MORE = {"village": ["village_officer"] * 4, "town": ["town_officer"] * 3 + ["town_leader"] * 3}
"""Hired beside those who were there, so that after checks and meetings somebody is left who took no part."""
FIRST = 10_000


def place(store: Store, var: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    hashed = accounts.hash_password(PASSWORD)
    officials: dict[int, Official] = {}
    o, a = tables.officials, tables.assignments.c
    with store.transaction() as session:
        session.conn.execute(delete(tables.clock))
        clock.set_demo_moment(session, NOW)
        for ident, name in session.conn.execute(select(o.c.id, o.c.name)).all():
            username = f"w{ident:05d}"
            session.conn.execute(update(o).where(o.c.id == ident).values(username=username, password_hash=hashed))
            held = session.conn.execute(select(a.role, a.org_unit).where(a.official == ident)).first()
            if held is not None:
                officials[ident] = Official(ident, username, name, held.role, held.org_unit)
        units = people.county_on(session, TODAY).units.values()
        for unit in units:
            for role in MORE.get(unit.level, ()):
                ident = len(officials) + FIRST
                made_id = people_rows.add_official(
                    session, name=f"演示·{unit.name}{ident}", username=f"m{ident}", password_hash=hashed, demo=True
                )
                people_rows.assign(session, made_id, role, unit.code, SINCE)
                officials[made_id] = Official(made_id, f"m{ident}", f"演示·{unit.name}{ident}", role, unit.code)
    app = create_app(store, config.Config(**{**config.load().__dict__, "var": var, "keys": var / "keys.json"}))
    app.testing = True
    made = Place(
        store,
        app,
        var,
        NOW,
        officials,
        [u.code for u in units if u.level == "village"],
        [u.code for u in units if u.level == "department"],
        [],
        TODAY,
    )
    logging.getLogger("shouwang").addHandler(Listening(made.failures))
    return made

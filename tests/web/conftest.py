"""The county served to Flask's test client: each person has a browser of their own, signed in without typing a password."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import clock, config, forms
from app.services import background, definitions
from app.services.officials import accounts
from app.services.work import timers
from app.store import time as store_time
from app.web import create_app
from app.web.shell import request as req
from tests.conftest import County
from tests.walking import Walk


@dataclass
class Person:
    """One signed-in browser. `post` adds the form's token and a command id, as the pages do."""

    site: "Site"
    name: str
    client: FlaskClient
    csrf: str

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, data: Any = None, *, command: str | None = None, **more: Any) -> TestResponse:
        sent = {"csrf_token": req.masked(self.csrf), "_command": command or req.new_command(), **(data or {})}
        return self.client.post(path, data=sent, **more)


@dataclass
class Site:
    county: County
    app: Any
    people: dict[str, Person] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        if name not in self.people:
            self.people[name] = Person(self, name, self.app.test_client(), "")
            self.sign_in(self.people[name])
        return self.people[name]

    def sign_in(self, person: Person) -> None:
        with self.county.store.transaction() as session:
            token = accounts.open_session(session, self.county.ids[person.name], clock.now())
            person.csrf = accounts.signed_in(session, token, clock.now(), clock.now(), None).csrf
        person.client.set_cookie(req.COOKIE, token)

    def walk(self, number: int = 1, to: str | None = None) -> Walk:
        walk = Walk(self.county, number).open()
        if to:
            walk.to(to)
            self.pass_days(0)
        return walk

    def work_off(self) -> None:
        """The jobs that wait are done as the tick does them: each in a process of its own."""
        store = self.county.store
        children = background.Children(self.app.extensions["shouwang"].config)
        children.tick(store)
        children.wait(store)

    def pass_days(self, days: int) -> None:
        """The clock of the pages follows the test's, and what falls due happens."""
        self.county.now += timedelta(days=days)
        with self.county.store.transaction() as session:
            if self.county.now > store_time.now(session):
                store_time.set_demo_moment(session, self.county.now)
            else:
                self.county.now = store_time.now(session)
        timers.fire_due(self.county.store, self.county.now)

    def strings(self, element: str, values: dict[str, Any]) -> dict[str, Any]:
        """Typed answers as the strings a browser sends."""
        with self.county.store.reading() as session:
            for process in ("identify", "query_assets"):
                form = definitions.latest(session, process).forms.get(element)
                if form is not None:
                    return strings(form, values)
        raise AssertionError(element)

    def do(self, walk: Walk, who: str, element: str, item: str | None = None, **answers: Any) -> TestResponse:
        """Claim and complete by posting the page's form."""
        task = walk.task(element, item)
        person = self.person(who)
        person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
        values = {k: v for k, v in {**walk.usual(element), **answers}.items() if v is not None}
        sent = {**self.strings(element, values), "_version": walk.task(element, item).version}
        return person.post(f"/tasks/{task.id}/complete", sent)


def strings(form: forms.Form, values: dict[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for name, shown in forms.shown(form.fields, values).items():
        if isinstance(shown, list) and shown and isinstance(shown[0], dict):
            for n, row in enumerate(shown):
                sent.update({f"{name}-{n}-{column}": text for column, text in row.items()})
        elif isinstance(shown, dict):
            sent.update({f"{name}-{column}": text for column, text in shown.items()})
        else:
            sent[name] = shown
    return sent


def served(county: County, tmp_path: Path) -> Site:
    with county.store.transaction() as session:
        store_time.set_demo_moment(session, county.now)
    app = create_app(
        county.store, replace(config.load(), var=tmp_path, keys=county.store.keyring.path or tmp_path / "keys.json")
    )
    app.testing = True
    return Site(county, app)


@pytest.fixture
def site(sqlite_county: County, tmp_path: Path) -> Iterator[Site]:
    yield served(sqlite_county, tmp_path)


@pytest.fixture
def both_sites(county: County, tmp_path: Path) -> Iterator[Site]:
    """On SQLite, then on PostgreSQL."""
    yield served(county, tmp_path)

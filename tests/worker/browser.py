"""Someone's browser: signs in with a password, follows what stands on pages, sends forms as a browser would."""

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from . import inventing, reading
from .filling import FILE
from .questions import Sent
from .reading import Button, Page, PageForm


@dataclass(frozen=True)
class File:
    """What came instead of a page."""

    name: str
    media: str
    content: bytes


class Broken(AssertionError):
    """The site answered with a fault of its own."""


@dataclass
class Browser:
    """One person's. `statuses` counts what came back, over everybody who shares it."""

    app: Flask
    username: str
    password: str
    rng: Random
    statuses: Counter[int] = field(default_factory=Counter)

    astray: Counter[str] = field(default_factory=Counter)
    """Pages that a link or a form led to and that were not there, or not for this person."""

    def __post_init__(self) -> None:
        self.client = self.app.test_client()
        self.signed_in = False
        self.name = ""

    def get(self, path: str) -> Page:
        found = self.open(path)
        assert isinstance(found, Page), f"{path} is a file"
        return found

    def open(self, path: str) -> Page | File:
        if not self.signed_in and self.username:
            self.sign_in()
        found = self._took(self.client.get(path, follow_redirects=True))
        if isinstance(found, Page) and self.username and found.path.startswith("/login"):  # signed out for idleness
            self.sign_in()
            found = self._took(self.client.get(path, follow_redirects=True))
            assert isinstance(found, File) or not found.path.startswith("/login"), f"{self.username} could not sign in"
        return found

    def sign_in(self) -> None:
        page = self._took(self.client.get("/login"))
        assert isinstance(page, Page)
        form = next(f for f in page.forms if any(q.path == "password" for q in f.sheet.questions))
        self.send(form, {"username": [self.username], "password": [self.password]}, form.main)
        self.signed_in = True

    def send(
        self, form: PageForm, sent: Sent, button: Button | None = None, files: Mapping[str, tuple[str, bytes]] | None = None
    ) -> Page | File:
        """Press a button of a form that was filled; `files` are handed in under the name of their input."""
        data: dict[str, list[object]] = {}
        for name, value in form.sheet.fixed:
            data.setdefault(name, []).append(value)
        for name, values in sent.items():
            for value in values:
                data.setdefault(name, []).append(self._picture() if value == FILE else value)
        for name, (called, content) in (files or {}).items():
            data[name] = [FileStorage(io.BytesIO(content), called, name)]
        if button is not None and button.name:
            data.setdefault(button.name, []).append(button.value)
        action = button.action if button is not None else form.action
        if form.method == "get":
            return self._took(self.client.get(action, query_string=data, follow_redirects=True))
        multipart = {"content_type": "multipart/form-data"} if form.files else {}
        answer = self.client.post(action, data=data, **multipart)
        if self.signed_in and (answer.location or "").startswith("/login"):
            raise Broken(f"{self.username} was signed out between a page and its form")
        if 300 <= answer.status_code < 400:
            there = urlsplit(answer.location).path
            if there in ("/", "/notifications") or (there.startswith("/tasks/") and not action.startswith(there)):
                return reading.empty(there)  # on to the next thing: it is opened from the inbox
            self.statuses[answer.status_code] += 1
            answer = self.client.get(answer.location, follow_redirects=True)
        return self._took(answer)

    def _picture(self) -> FileStorage:
        return FileStorage(io.BytesIO(inventing.picture(self.rng)), "photo.jpg")

    def _took(self, answer: TestResponse) -> Page | File:
        self.statuses[answer.status_code] += 1
        path = answer.request.path
        if answer.status_code in (400, 403, 404, 405, 413):
            self.astray[f"{answer.status_code} {answer.request.method} {reading.shape(path)}"] += 1
        if answer.status_code >= 500:
            raise Broken(f"{answer.status_code} at {reading.shape(path)}")
        if answer.mimetype != "text/html":
            name = (answer.headers.get("Content-Disposition") or "").rpartition("filename=")[2].strip('"') or path
            return File(name, answer.mimetype, answer.data)
        return reading.read(answer.text, path, answer.status_code, answer.request.method == "POST")

"""Forms waiting in this process: while the database cannot be written to, nothing typed is lost."""

import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from werkzeug.datastructures import FileStorage

from app import clock
from app.store.kept_forms import FormFile, KeptForm

from ..shell import request as req
from ..shell.marks import Mark


@dataclass
class _InMemory:
    kept: KeptForm
    bytes_of: dict[int, bytes]
    at: datetime


MOST, MOST_BYTES, HOURS = 100, 60_000_000, timedelta(hours=2)
_forms: dict[tuple[str, int, str, str, str], _InMemory] = {}
_lock = threading.Lock()


def _home() -> str:
    return str(req.store().engine.url)


def remember(mark: Mark, action: str, content: dict[str, Any], typed: bool, files: list[FileStorage]) -> int:
    """The id (below zero) of a form that is now kept in memory."""
    now = clock.now()
    held, bytes_of = list[FormFile](), dict[int, bytes]()
    with _lock:
        for key in [k for k, one in _forms.items() if one.at < now - HOURS] or list(_forms)[:-MOST]:
            del _forms[key]
        room = MOST_BYTES - sum(len(b) for one in _forms.values() for b in one.bytes_of.values())
        ident = -1 - max((-one.kept.id for one in _forms.values()), default=0)
        for n, file in enumerate(files):
            plain = file.read()
            room -= len(plain)
            if room > 0:
                number = ident * 1000 - n
                held.append(FormFile(number, file.name or "", file.filename or "", file.mimetype, len(plain)))
                bytes_of[number] = plain
        kept = KeptForm(ident, mark.page, action, typed, content, tuple(held), now, mark.tab, mark.form)
        _forms[_home(), mark.official, mark.page, action, mark.form] = _InMemory(kept, bytes_of, now)
    return ident


def at(official: int, path: str) -> list[KeptForm]:
    """What this official left on that page."""
    here = (_home(), official, path)
    with _lock:
        return [one.kept for (home, who, page, *_), one in _forms.items() if (home, who, urlsplit(page).path) == here]


def contents(official: int, idents: set[int]) -> list[tuple[FormFile, bytes]]:
    """The official's own files among these."""
    with _lock:
        mine = [one for (home, who, *_), one in _forms.items() if (home, who) == (_home(), official)]
        return [(file, one.bytes_of[file.id]) for one in mine for file in one.kept.files if file.id in idents]


def forget(official: int, action: str = "", form: str = "", idents: Collection[int] = ()) -> None:
    """The form that was sent to this address, or these."""
    with _lock:
        for key in [
            k
            for k, one in _forms.items()
            if k[:2] == (_home(), official) and (k[3:] == (action, form) or one.kept.id in idents)
        ]:
            del _forms[key]

"""A file that comes in, and what somebody chose of it: its sheets, hidden rows or not, the row of the titles, columns."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from flask import request

from app.policy.calendar import RECORDS_BEGIN
from app.services.people import Refused
from app.sheets.reading import Wanted

LARGEST = 70_000_000
"""Bytes of an upload on pages that take long lists; other pages take less."""


def content() -> bytes:
    """The file that came along; nothing where none did."""
    upload = request.files.get("file")
    if upload is None:
        return b""
    found: bytes = upload.read()
    upload.close()
    return found


def data_day(text: str, today: date) -> date:
    """The day of a file's data. Refused: none, later than today, or before there were any registers."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("register.day_needed") from None
    if not RECORDS_BEGIN <= day <= today:
        raise Refused("register.day_needed")
    return day


def swapped() -> bool:
    """Whether another file came than the one that was looked at: what was chosen of that one does not hold for it."""
    upload = request.files.get("file")
    return bool(request.form.get("_held")) and upload is not None and bool(upload.filename) and not hasattr(upload, "held")


def act() -> str:
    """What is to be done with the file; another one is looked at first."""
    return "look" if swapped() else request.form.get("act", "")


def wanted() -> Wanted:
    """As the fields of `_files.html` say it; what was not said stays open."""
    if swapped():
        return Wanted()
    places = tuple(sorted({int(n) for n in request.form.getlist("sheet") if n.isascii() and n.isdigit() and len(n) < 5}))
    header = request.form.get("above") or request.form.get("header", "")
    return Wanted(
        sheets=places or None,
        hidden={"take": True, "leave": False}.get(request.form.get("hidden", "")),
        header=int(header) if header.isascii() and header.isdigit() and 0 < int(header[:4]) < 100 else None,
    )


def chosen(header: Sequence[str], known: Collection[str]) -> dict[int, str]:
    """What was chosen for each column of the file; empty the first time."""
    found: dict[int, str] = {}
    if swapped():
        return found
    for n in range(len(header)):
        key = request.form.get(f"column-{n}", "")
        if key in known and key not in found.values():
            found[n] = key
    return found


def columns(header: Sequence[str], found: Mapping[int, str]) -> list[dict[str, object]]:
    """For the page: each column's title and what it is taken for."""
    return [{"place": n, "title": title, "field": found.get(n, "")} for n, title in enumerate(header) if title]

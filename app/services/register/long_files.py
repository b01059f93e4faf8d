"""A long file of the register, worked beside the request in pieces that are saved as they come."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from app import clock
from app.labels import say
from app.policy import calendar
from app.sheets.reading import Wanted
from app.store import jobs, kept_forms
from app.store.session import Session, Store
from app.store.types import micros, moment

from ..context import Context
from ..files import tables
from ..people import Refused, county_on
from . import importing, problems
from .importing import Checked, Problem

JOB, SHOWN = "import", 200
NAMES = ("value", "name", "names", "head", "old", "new")
"""What of a problem or note may name somebody."""
ERRORS = "/register/errors.xlsx"
"""Where the rows of one's last long file that were not taken are fetched, as long as a table is kept."""


def wanted_of(
    context: Context,
    content: bytes,
    form: str,
    *,
    wanted: Wanted,
    mapping: Mapping[str, str],
    chosen: Mapping[int, str],
    data_on: date,
    total: int,
    write: bool,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what the work needs, how far it is to begin with). The file is kept sealed under its official until the work is over;
    `form`: the page that it was handed in on, `mapping`: titles chosen before, by which its header was found. Refused: there
    is no room for it."""
    session, by = context.session, context.actor.id
    place = f"{form}#{micros(clock.now())}"
    kept = kept_forms.put(session, by, place, place, {"sent": [], "said": [], "main": None}, False, clock.now())
    file = kept_forms.add_file(session, kept, "file", "register", "", content)
    if file is None:
        raise Refused("register.no_room")
    asked = {
        "by": by,
        "form": form,
        "kept": kept,
        "file": file,
        "wanted": wanted.as_dict(),
        "mapping": dict(mapping),
        "chosen": [[column, key] for column, key in chosen.items()],
        "data_on": data_on.isoformat(),
        "now": micros(context.now),
        "write": write,
        "total": total,
    }
    return asked, {"done": 0, "total": total}


def newest(session: Session, official: int) -> Any | None:
    """This person's newest long file."""
    found = jobs.last_runs(session, JOB, 20)
    return next((r for r in found if r.asked is not None and r.asked["by"] == official), None)


def run(store: Store, asked: Mapping[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Read the kept file as it was looked at, and take it in. What stood in its cells stays out of the result."""
    by, now, write, total = asked["by"], moment(asked["now"]), asked["write"], asked["total"]
    table, checked, digest = _checked(store, asked, calendar.local_date(now))
    counts = importing.apply(
        store,
        checked,
        data_on=date.fromisoformat(asked["data_on"]),
        by=by,
        now=now,
        file_hash=digest,
        write=write,
        progress=lambda done, _: progress({"done": done, "total": total}),
    )
    hidden = say("register.see_file")
    details = [
        [table.row(p.row), p.column, p.code, {k: hidden if k in NAMES else str(v) for k, v in p.details.items()}]
        for p in sorted(counts.problems, key=lambda p: p.row)[:SHOWN]
    ]
    notes = [
        [table.row(n.row), n.number, n.code, {k: hidden if k in NAMES else str(v) for k, v in n.details.items()}]
        for n in sorted(counts.notes, key=lambda n: n.row)[:SHOWN]
    ]
    with store.transaction() as session:
        _keep_errors(session, by, table, checked, counts.problems)
        done = [asked["kept"]]
        if write:
            done += [one.id for one in kept_forms.for_action(session, by, asked["form"])]
        kept_forms.drop_own(session, by, done, clock.now())
    told = {**counts.as_dict(), "rows": checked.rows, "older": counts.older}
    return {"write": write, "data_on": asked["data_on"], "counts": told, "problems": details, "notes": notes}


def failed(asked: Mapping[str, Any], why: Mapping[str, str]) -> dict[str, Any]:
    """What is kept where it broke off."""
    return {"write": asked["write"], "data_on": asked["data_on"], "failed": True}


def _checked(store: Store, asked: Mapping[str, Any], today: date) -> tuple[tables.Table, Checked, bytes]:
    """The kept file as a table, what is right and wrong with it, its digest."""
    said = asked["wanted"]
    wanted = Wanted(None if said["sheets"] is None else tuple(said["sheets"]), said["hidden"], said["header"])
    with store.reading() as session:
        county = county_on(session, today)
        known = importing.columns(session, county)
        ((_, content),) = kept_forms.contents(session, asked["by"], [asked["file"]])
        digest = session.keyring.suite.digest(content)
    table = tables.read(content, importing.titles(known, asked["mapping"]), wanted)
    return table, importing.check(table, known, dict(asked["chosen"]), county), digest


def _keep_errors(session: Session, by: int, table: tables.Table, checked: Checked, found: Sequence[Problem]) -> None:
    """The newest long file's list takes the place of the one before; it goes with the households that it names."""
    now = clock.now()
    kept_forms.drop_own(session, by, [one.id for one in kept_forms.for_action(session, by, ERRORS)], now)
    if not found:
        return
    named = [("row", cell) for row in problems.rows_of(checked, found) for cell in table.rows[row - 1]]
    form = kept_forms.put(session, by, ERRORS, ERRORS, {"sent": named, "said": [], "main": None}, False, now)
    kept_forms.add_file(session, form, "file", "import-errors.xlsx", "", problems.of_table(table, checked, found))

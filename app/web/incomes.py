"""收支采集: many households in one grid, as a file both ways, and the file for the province's platform."""

from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request

from app.services import incomes
from app.services.files import tables
from app.services.history import readings
from app.services.incomes import Rest
from app.services.people import Refused
from app.services.places import Places
from app.store import incomes as rows
from app.store.processes import NotFound

from .keeping import forms as keeping
from .keeping import places
from .shell import files, frame
from .shell import request as visits
from .shell.filters import tell, yuan
from .shell.request import Visit
from .shell.served import attachment

bp = Blueprint("incomes", __name__)


def _page(
    visit: Visit,
    village: str,
    month: str,
    given: dict[tuple[int, str], str] | None = None,
    errors: dict[tuple[int, str], Refused] | None = None,
    wrong: Refused | None = None,
    file: dict[str, Any] | None = None,
    rest: Rest | None = None,
) -> str:
    """The village and month asked for, else the first of those that one may look at."""
    months = incomes.months(visit.county)
    seen, village, month = _chosen(visit, village, month)
    lines = incomes.grid(visit.session, visit.county, village, month)
    entered = rows.entered(visit.session, month, [code for code, *_ in seen]) if not seen.long else {}
    notes = {code: tell("incomes.entered", n=entered.get(code, 0)) for code, *_ in seen} if not seen.long else None
    return render_template(
        "incomes/incomes.html",
        village={"code": village, "name": visit.county.units[village].name},
        way=places.way(seen, village, visits.asked("find", 40), f"/incomes?month={month}&village=", notes),
        month=month,
        months=months,
        command=visits.new_command(),
        lines=[
            {
                "household": one["household"],
                "head": one["head"],
                "entered": one["now"] is not None,
                "cells": [_cell(one, c, given or {}, errors or {}) for c in incomes.COLUMNS],
            }
            for one in lines
        ],
        columns=[tell(f"incomes.column.{c}") for c in incomes.COLUMNS],
        may_type=incomes.may_collect(visit.actor, village, visit.county),
        may_export=incomes.may_export(visit.actor, village, visit.county),
        wrong=tell(wrong.code, **wrong.details) if wrong else None,
        errors=len(errors or {}),
        file=file,
        asked=_asked(rest),
    )


def _chosen(visit: Visit, village: str, month: str) -> tuple[Places, str, str]:
    """(villages that this person may look at, the one of them asked for, its month)."""
    seen = incomes.villages_for(visit.actor, visit.county, rows.villages(visit.session))
    months = incomes.months(visit.county)
    return seen, village if seen.named(village) else seen[0][0], month if month in months else months[0]


def _asked(rest: Rest | None) -> dict[str, Any] | None:
    """The question before others are written down as unchanged: who they are, and what it will say of each."""
    if rest is None:
        return None
    lines = [{"head": head, "figures": [yuan(figures[c]) for c in incomes.COLUMNS]} for head, figures in rest.unchanged]
    return {"mark": rest.mark, "lines": lines}


def _cell(line: Any, column: str, given: Any, errors: Any) -> dict[str, Any]:
    where = (line["household"], column)
    known = line["now"] or line["before"]
    error = errors.get(where)
    return {
        "name": f"{line['household']}/{column}",
        "title": tell(f"incomes.column.{column}"),
        "shown": given.get(where, ""),
        "before": yuan(known[column]) if known else "",
        "wrong": tell(error.code, **error.details) if error else None,
    }


@bp.get("/incomes")
def show() -> str:
    with visits.reading() as visit:
        _, village, month = _chosen(visit, visits.asked("village", 12), visits.asked("month", 7))
        seen = [] if incomes.may_collect(visit.actor, village, visit.county) else _listed(visit, village)
        if _asking(visit, village, seen):
            return _reason_page(visit, village, month)
        page = _page(visit, village, month)
    _seen(visit, seen, "income")  # who types them is in the record anyway
    return page


def _asking(visit: Visit, village: str, households: list[int]) -> list[int]:
    """Those whose figures are shown to this person only with a reason."""
    return readings.asking(visit.session, visit.actor, ((one, village) for one in households), visit.county, visit.now)


def _reason_page(visit: Visit, village: str, month: str, error: str | None = None, text: str = "") -> str:
    place = frame.unit_name(visit.county, village)
    return frame.reason_page(f"/incomes/{village}/reason?month={month}", place, error, text, many=True)


@bp.post("/incomes/<village>/reason")
def give_reason(village: str) -> Any:
    """Why one looks at a village's figures stands with every household of it."""
    reason, month = visits.words("reason", 200), visits.asked("month", 7)
    try:
        with visits.writing() as visit:
            _may_look(visit, village)
            asking = _asking(visit, village, _listed(visit, village))
            readings.record_many(visit.session, visit.actor, asking, "reason", visit.now, reason)
    except Refused as error:
        with visits.reading() as visit:
            _may_look(visit, village)
            return make_response(_reason_page(visit, village, month, tell(error.code, **error.details), reason), 422)
    return redirect(f"/incomes?village={village}&month={month}")


def _may_look(visit: Visit, village: str) -> None:
    if not incomes.villages_for(visit.actor, visit.county, rows.villages(visit.session)).named(village):
        raise NotFound


def _listed(visit: Visit, village: str) -> list[int]:
    return [r.id for r in rows.former_poor(visit.session, village)]


def _seen(visit: Visit, households: list[int], what: str) -> None:
    """Whose figures somebody looked at stands in who-saw-it of each household."""
    if households:
        visits.seen(visit, households, what)


@bp.post("/incomes")
def save() -> Any:
    """What was typed or a file, kept together or not at all; `act=done` also says that all others are as last month: who
    they are is shown and asked once, before anything is recorded."""
    content, wanted = files.content(), files.wanted()
    village, month = visits.words("village", 12), visits.words("month", 7)
    given = _given()
    done = request.form.get("act") == "done"
    if done:
        with visits.reading() as visit:
            known = incomes.may_collect(visit.actor, village, visit.county) and month in incomes.months(visit.county)
            rest = incomes.rest(visit.session, visit.county, village, month, given) if known else None
            if rest is not None and rest.wrong:
                return make_response(_page(visit, village, month, given, rest.wrong), 422)
            if rest is not None and rest.unchanged and request.form.get("_rest", "") != rest.mark:
                keeping.again()
                return make_response(_page(visit, village, month, given, rest=rest))
    try:
        if content:  # read before anything is locked
            with visits.reading() as visit:
                if not incomes.may_collect(visit.actor, village, visit.county):
                    raise NotFound
                lines = incomes.grid(visit.session, visit.county, village, month)
            given = incomes.read(content, lines, wanted)
        with visits.writing() as visit:
            command = visits.command("incomes")
            saved = incomes.save(
                visit.session, visit.actor, visit.county, village, month, given, command, visit.now, all_done=done
            )
    except Refused as error:
        file = tables.shown(error.read, wanted) if isinstance(error, tables.Unasked) else None
        with visits.reading() as visit:
            return make_response(_page(visit, village, month, given, None, error, file), 422)
    if saved.wrong:
        with visits.reading() as visit:
            return make_response(_page(visit, village, month, given, saved.wrong), 422)
    code = "incomes.saved_warned" if saved.warned else "incomes.done" if done else "incomes.saved"
    flash(tell(code, n=saved.kept, warned=saved.warned), "ok")
    return redirect(f"/incomes?village={village}&month={month}")


def _given() -> dict[tuple[int, str], str]:
    found = {}
    for name, text in request.form.items():
        number, _, column = name.partition("/")
        if column in incomes.COLUMNS and number.isascii() and number.isdigit() and len(number) < 16:
            found[int(number), column] = text[:40]
    return found


@bp.get("/incomes/<village>/<month>.xlsx")
def grid_file(village: str, month: str) -> Response:
    with visits.reading() as visit:
        if not incomes.may_collect(visit.actor, village, visit.county) or month not in incomes.months(visit.county):
            raise NotFound
        content = incomes.workbook(incomes.grid(visit.session, visit.county, village, month))
        seen = _listed(visit, village)
    _seen(visit, seen, "export")
    return attachment(content, f"incomes-{village}-{month}.xlsx")


@bp.post("/incomes/<village>/<month>/province")
def province_file(village: str, month: str) -> Response:
    """Taking it away is an act of its own: it is written into the record."""
    with visits.writing() as visit:
        visits.command("incomes-province")
        reason = visits.words("reason", 200)
        content = incomes.province_file(visit.session, visit.actor, visit.county, village, month, visit.now, reason)
    return attachment(content, f"province-{village}-{month}.xlsx")

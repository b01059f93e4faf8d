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
from .shell import request as req
from .shell.filters import tell, yuan
from .shell.request import PageContext
from .shell.served import attachment

bp = Blueprint("incomes", __name__)


def _page(
    context: PageContext,
    village: str,
    month: str,
    given: dict[tuple[int, str], str] | None = None,
    errors: dict[tuple[int, str], Refused] | None = None,
    wrong: Refused | None = None,
    file: dict[str, Any] | None = None,
    rest: Rest | None = None,
) -> str:
    """The village and month asked for, else the first of those that one may look at."""
    months = incomes.months(context.county)
    seen, village, month = _chosen(context, village, month)
    lines = incomes.grid(context.session, context.county, village, month)
    entered = rows.entered(context.session, month, [code for code, *_ in seen]) if not seen.long else {}
    notes = {code: tell("incomes.entered", n=entered.get(code, 0)) for code, *_ in seen} if not seen.long else None
    return render_template(
        "incomes/incomes.html",
        village={"code": village, "name": context.county.units[village].name},
        way=places.way(seen, village, req.asked("find", 40), f"/incomes?month={month}&village=", notes),
        month=month,
        months=months,
        command=req.new_command(),
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
        may_type=incomes.may_collect(context.actor, village, context.county),
        may_export=incomes.may_export(context.actor, village, context.county),
        wrong=tell(wrong.code, **wrong.details) if wrong else None,
        errors=len(errors or {}),
        file=file,
        asked=_asked(rest),
    )


def _chosen(context: PageContext, village: str, month: str) -> tuple[Places, str, str]:
    """(villages that this person may look at, the one of them asked for, its month)."""
    seen = incomes.villages_for(context.actor, context.county, rows.villages(context.session))
    months = incomes.months(context.county)
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
    with req.reading() as context:
        _, village, month = _chosen(context, req.asked("village", 12), req.asked("month", 7))
        seen = [] if incomes.may_collect(context.actor, village, context.county) else _listed(context, village)
        if _asking(context, village, seen):
            return _reason_page(context, village, month)
        page = _page(context, village, month)
    _seen(context, seen, "income")  # who types them is in the record anyway
    return page


def _asking(context: PageContext, village: str, households: list[int]) -> list[int]:
    """Those whose figures are shown to this person only with a reason."""
    return readings.asking(context, ((one, village) for one in households))


def _reason_page(context: PageContext, village: str, month: str, error: str | None = None, text: str = "") -> str:
    place = frame.unit_name(context.county, village)
    return frame.reason_page(f"/incomes/{village}/reason?month={month}", place, error, text, many=True)


@bp.post("/incomes/<village>/reason")
def give_reason(village: str) -> Any:
    """Why one looks at a village's figures stands with every household of it."""
    reason, month = req.words("reason", 200), req.asked("month", 7)
    try:
        with req.writing() as context:
            _may_look(context, village)
            asking = _asking(context, village, _listed(context, village))
            readings.record_many(context, asking, "reason", reason)
    except Refused as error:
        with req.reading() as context:
            _may_look(context, village)
            return make_response(_reason_page(context, village, month, tell(error.code, **error.details), reason), 422)
    return redirect(f"/incomes?village={village}&month={month}")


def _may_look(context: PageContext, village: str) -> None:
    if not incomes.villages_for(context.actor, context.county, rows.villages(context.session)).named(village):
        raise NotFound


def _listed(context: PageContext, village: str) -> list[int]:
    return [r.id for r in rows.former_poor(context.session, village)]


def _seen(context: PageContext, households: list[int], what: str) -> None:
    """Whose figures somebody looked at stands in who-saw-it of each household."""
    if households:
        req.seen(context, households, what)


@bp.post("/incomes")
def save() -> Any:
    """What was typed or a file, kept together or not at all; `act=done` also says that all others are as last month: who
    they are is shown and asked once, before anything is recorded."""
    content, wanted = files.content(), files.wanted()
    village, month = req.words("village", 12), req.words("month", 7)
    given = _given()
    done = request.form.get("act") == "done"
    if done:
        with req.reading() as context:
            known = incomes.may_collect(context.actor, village, context.county) and month in incomes.months(context.county)
            rest = incomes.rest(context.session, context.county, village, month, given) if known else None
            if rest is not None and rest.wrong:
                return make_response(_page(context, village, month, given, rest.wrong), 422)
            if rest is not None and rest.unchanged and request.form.get("_rest", "") != rest.mark:
                keeping.again()
                return make_response(_page(context, village, month, given, rest=rest))
    try:
        if content:  # read before anything is locked
            with req.reading() as context:
                if not incomes.may_collect(context.actor, village, context.county):
                    raise NotFound
                lines = incomes.grid(context.session, context.county, village, month)
            given = incomes.read(content, lines, wanted)
        with req.writing() as context:
            command = req.command("incomes")
            saved = incomes.save(context, village, month, given, command, all_done=done)
    except Refused as error:
        file = tables.shown(error.read, wanted) if isinstance(error, tables.Unasked) else None
        with req.reading() as context:
            return make_response(_page(context, village, month, given, None, error, file), 422)
    if saved.wrong:
        with req.reading() as context:
            return make_response(_page(context, village, month, given, saved.wrong), 422)
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
    with req.reading() as context:
        if not incomes.may_collect(context.actor, village, context.county) or month not in incomes.months(context.county):
            raise NotFound
        content = incomes.workbook(incomes.grid(context.session, context.county, village, month))
        seen = _listed(context, village)
    _seen(context, seen, "export")
    return attachment(content, f"incomes-{village}-{month}.xlsx")


@bp.post("/incomes/<village>/<month>/province")
def province_file(village: str, month: str) -> Response:
    """Taking it away is an act of its own: it is written into the record."""
    with req.writing() as context:
        req.command("incomes-province")
        reason = req.words("reason", 200)
        content = incomes.province_file(context, village, month, reason)
    return attachment(content, f"province-{village}-{month}.xlsx")

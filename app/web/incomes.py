"""收支采集: many households in one grid, as a file both ways, and the file for the province's platform."""

import io
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file

from app.services import department_files, incomes
from app.services.people import Refused
from app.store import incomes as rows
from app.store.processes import NotFound

from . import visits
from .filters import tell
from .visits import Visit

bp = Blueprint("incomes", __name__)


def _where(visit: Visit, village: str, month: str) -> tuple[str, list[tuple[str, str]], str, list[str]]:
    """(the village chosen, all one may look at, the month chosen, months that may be typed)."""
    seen = incomes.villages_for(visit.actor, visit.place, rows.villages(visit.session))
    if not seen:
        raise NotFound
    months = incomes.months(visit.place)
    return (village if village in dict(seen) else seen[0][0]), seen, (month if month in months else months[0]), months


def _page(
    visit: Visit, village: str, month: str, given: dict[tuple[int, str], str] | None = None,
    errors: dict[tuple[int, str], Refused] | None = None, wrong: Refused | None = None,
) -> str:  # fmt: skip
    village, seen, month, months = _where(visit, village, month)
    lines = incomes.grid(visit.session, visit.place, village, month)
    entered = rows.entered(visit.session, month, [code for code, _ in seen])
    return render_template(
        "incomes.html", village={"code": village, "name": visit.place.units[village].name},
        villages=[{"code": c, "name": n, "current": c == village, "entered": entered.get(c, 0)} for c, n in seen],
        month=month, months=months, command=visits.new_command(),
        lines=[
            {"household": one["household"], "head": one["head"], "entered": one["now"] is not None, "cells": [
                _cell(one, c, given or {}, errors or {}) for c in incomes.COLUMNS
            ]}
            for one in lines
        ],
        columns=[tell(f"incomes.column.{c}") for c in incomes.COLUMNS],
        may_type=incomes.may_collect(visit.actor, village, visit.place),
        may_export=incomes.may_export(visit.actor, village, visit.place),
        wrong=tell(wrong.code, **wrong.details) if wrong else None, errors=len(errors or {}),
    )  # fmt: skip


def _cell(line: Any, column: str, given: Any, errors: Any) -> dict[str, Any]:
    where = (line["household"], column)
    now, before = line["now"], line["before"]
    error = errors.get(where)
    return {
        "name": f"{line['household']}/{column}", "title": tell(f"incomes.column.{column}"),
        "shown": given.get(where, _yuan(now[column]) if now else ""), "before": _yuan(before[column]) if before else "",
        "wrong": tell(error.code, **error.details) if error else None,
    }  # fmt: skip


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}" if fen % 100 == 0 else f"{fen / 100:,.2f}"


@bp.get("/incomes")
def show() -> str:
    with visits.reading() as visit:
        return _page(visit, visits.asked("village", 12), visits.asked("month", 7))


@bp.post("/incomes")
def save() -> Any:
    """What was typed or a file, kept together or not at all; `act=done` also says that all others are as last month."""
    upload = request.files.get("file")
    content = upload.read() if upload is not None and upload.filename else b""
    village, month = visits.words("village", 12), visits.words("month", 7)
    given = _given()
    errors: dict[tuple[int, str], Refused] = {}
    try:
        with visits.writing() as visit:
            command = visits.command("incomes")
            village, _, chosen, _ = _where(visit, village, month)
            if not incomes.may_collect(visit.actor, village, visit.place):
                raise NotFound
            lines = incomes.grid(visit.session, visit.place, village, chosen)
            if content:
                given = incomes.read(content, lines)
            figures, errors = incomes.typed(lines, given)
            if not errors:
                done = request.form.get("act") == "done"
                kept, warned = incomes.save(
                    visit.session, visit.actor, visit.place, village, month, figures, command, visit.now, all_done=done
                )
    except Refused as error:
        with visits.reading() as visit:
            return make_response(_page(visit, village, month, given, None, error), 422)
    if errors:
        with visits.reading() as visit:
            return make_response(_page(visit, village, month, given, errors), 422)
    code = "incomes.saved_warned" if warned else "incomes.done" if done else "incomes.saved"
    flash(tell(code, n=kept, warned=warned), "ok")
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
        code, _, chosen, _ = _where(visit, village, month)
        if code != village or chosen != month or not incomes.may_collect(visit.actor, village, visit.place):
            raise NotFound
        content = incomes.workbook(incomes.grid(visit.session, visit.place, village, month), month)
    return _file(content, f"incomes-{village}-{month}.xlsx")


@bp.post("/incomes/<village>/<month>/province")
def province_file(village: str, month: str) -> Response:
    """Taking it away is a deed: it is written into the record."""
    with visits.writing() as visit:
        visits.command("incomes-province")
        code, _, chosen, _ = _where(visit, village, month)
        if code != village or chosen != month:
            raise NotFound
        content = incomes.province_file(visit.session, visit.actor, visit.place, village, month, visit.now)
    return _file(content, f"province-{village}-{month}.xlsx")


def _file(content: bytes, name: str) -> Response:
    answer = make_response(send_file(io.BytesIO(content), mimetype=department_files.ENDING["xlsx"], max_age=0))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer

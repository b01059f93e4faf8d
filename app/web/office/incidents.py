"""What is stuck, for the system administrator: element, cause and codes, and another try. No household's name."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template

from app.services.work import incidents

from ..cases import case_view
from ..shell import request as req
from ..shell.filters import tell

bp = Blueprint("incidents", __name__)


@bp.get("/incidents")
def listed() -> str:
    with req.reading() as context:
        found = incidents.listed(context)
        closed = incidents.listed(context, is_open=False, limit=20)
        return render_template(
            "office/incidents.html",
            incidents=[_row(seen) for seen in found],
            closed=[_closed(seen) for seen in closed],
            command=req.new_command,
        )


def _row(seen: incidents.Seen) -> dict[str, Any]:
    row = seen.row
    return {
        "id": row.id,
        "version": 1,
        "case_number": case_view.number_of(row.case_id or row.instance, row.clue_on),
        "process": seen.process,
        "element": seen.element,
        "element_id": row.element,
        "opened_at": row.opened_at,
        "cause": seen.cause,
        "codes": [row.code, *([row.details["cause"]] if row.details.get("cause") else [])],
        "tries": 0,
        "retry": seen.retry,
        "needs": seen.needs,
    }


def _closed(seen: incidents.Seen) -> dict[str, Any]:
    number = case_view.number_of(seen.row.case_id or seen.row.instance, seen.row.clue_on)
    return {"case_number": number, "element": seen.element, "cause": seen.cause, "closed_at": seen.row.closed_at, "by": None}


@bp.post("/incidents/<int:incident>/retry")
def retry(incident: int) -> Any:
    with req.writing() as context:
        command = req.command(f"retry/{incident}")
        stuck = incidents.retry(context, incident, command)
    flash(tell("pages.retry_failed", cause=stuck) if stuck else tell("pages.retry_worked"), "warn" if stuck else "ok")
    return redirect("/incidents")

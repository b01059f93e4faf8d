"""The procedures in force and their diagrams: no household's data in them, open to whoever signed in."""

from typing import Any

from flask import Blueprint, Response, redirect, render_template

from app.labels import say
from app.policy import calendar
from app.services import definitions, doors
from app.services.deployments import clauses
from app.services.deployments import words as words_of_diagrams
from app.services.history import progress
from app.store import dated, operation
from app.store.processes import NotFound

from ..shell import request as req
from ..shell.request import PageContext

bp = Blueprint("designs", __name__)


@bp.get("/diagrams")
def first() -> Any:
    with req.reading() as context:
        newest = _newest(context)
        if newest:
            entrance = doors.process(context.session, doors.APPLICATION, context.today)
            return redirect(f"/diagrams/{entrance if entrance in newest else next(iter(newest))}")
        return render_template(
            "office/diagram.html", processes=[], process=None, diagram=None, warnings=[], xml_download=None
        )


def _newest(context: PageContext) -> dict[str, Any]:
    """Process id -> its newest deployment."""
    found: dict[str, Any] = {}
    for row in dated.all_deployments(context.session):
        found.setdefault(row.process, row)
    return found


@bp.get("/diagrams/words")
def words() -> str:
    """What a diagram may say; in this county also the questions that tables may read and the doors that stand open."""
    with req.reading() as context:
        found = words_of_diagrams.catalogue(context.county.entries)
        kinds = [(say(f"types.head.{kind}"), listed) for kind, listed in found.items()]
        return render_template("office/diagram_words.html", kinds=kinds)


@bp.get("/diagrams/<process>")
def show(process: str) -> str:
    with req.reading() as context:
        newest = _newest(context)
        if process not in newest:
            raise NotFound
        made = {name: definitions.bundle(context.session, row.id) for name, row in newest.items()}
        row, chosen = newest[process], made[process]
        return render_template(
            "office/diagram.html",
            processes=[
                {
                    "id": name,
                    "name": made[name].definition.top.name,
                    "version": r.version,
                    "author": r.author,
                    "deployed_on": calendar.local_date(r.deployed_at),
                    "approver": r.approver,
                    "current": name == process,
                }
                for name, r in newest.items()
            ],
            process={
                "id": process,
                "name": chosen.definition.top.name,
                "version": row.version,
                "author": row.author,
                "deployed_on": calendar.local_date(row.deployed_at),
                "approver": row.approver,
                "reason": row.reason if row.reason != "-" else None,
                "running": operation.running_instances(context.session, process),
            },
            diagram={
                "xml_url": f"/diagrams/{row.id}/file.bpmn",
                "state_url": None,
                "text_open": False,
                "elements": progress.as_text(chosen, context.county),
            },
            warnings=clauses.lost_by(context.session, row.id, context.county),
            xml_download=f"/diagrams/{row.id}/file.bpmn",
        )


@bp.get("/diagrams/<int:deployment>/file.bpmn")
def file(deployment: int) -> Response:
    with req.reading() as context:
        if not any(row.id == deployment for row in dated.all_deployments(context.session)):
            raise NotFound
        content = definitions.bundle(context.session, deployment).diagram
    return Response(content, mimetype="application/xml")

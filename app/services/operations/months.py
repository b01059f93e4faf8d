"""What rescreen.bpmn does by itself: which departments are asked, when a month closes, and how it is reported."""

from typing import Any

from app.policy import calendar
from app.policy import parameters as params
from app.store import rescreening as rows

from ..files import templates
from ..people import Refused
from .model import ANY, Operation
from .world import CaseWorld


def _run_of(world: CaseWorld) -> Any:
    row = rows.run(world.session, world.work.subject_id)
    if row is None:
        raise Refused("rescreening.no_run")
    return row


def open_month(world: CaseWorld, address: str, scope: Any) -> dict[str, Any]:
    """Which departments are asked: those with a template that may be used on this day."""
    usable = [t.department for t in templates.templates(world.county) if t.usable(world.county.on)]
    return {"departments": list(dict.fromkeys(usable))}


def close_month(world: CaseWorld, address: str, scope: Any) -> dict[str, Any]:
    """Everything sent, or the days are over: the month closes with what arrived and names what did not."""
    run = _run_of(world)
    sent = {f.department for f in rows.files_of(world.session, run.id)} | set(world.answered("month_data", scope))
    missing = [d for d in scope.get("departments", []) if d not in sent]
    rows.change_run(world.session, run.id, status="comparing")
    rows.add_counts(world.session, run.id, missing=missing)
    return {"missing": "yes" if missing else "no"}


def report_month(world: CaseWorld, address: str, scope: Any) -> dict[str, Any]:
    """All files are compared: the duties are done, the figures stand."""
    run = _run_of(world)
    failed = [int(h) for h in run.counts.get("failed", [])]
    status = "caught_up" if run.late else "done" if _in_time(world, run) else "late"
    rows.close_duties(world.session, run.period, status, failed, world.now)
    rows.change_run(world.session, run.id, status="closed", closed_at=world.now)
    return {"duties": status}


def _in_time(world: CaseWorld, run: Any) -> bool:
    limit = params.number(world.county.entries, "rescreen_limit_days", calendar.local_date(run.started_at))
    return world.county.on <= calendar.add_days(calendar.local_date(run.started_at), limit)


_RUN = ("run",)
OPERATIONS = {
    "open_month": Operation(run=open_month, subjects=_RUN, gives={"departments": ANY}),
    "close_month": Operation(run=close_month, subjects=_RUN, needs=("departments",), gives={"missing": ("yes", "no")}),
    "report_month": Operation(run=report_month, subjects=_RUN, gives={"duties": ("caught_up", "done", "late")}),
}

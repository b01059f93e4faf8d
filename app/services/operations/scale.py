"""The steps of scale_risk.bpmn: what the meeting must have, what departments and towns answer, how it ends."""

from collections.abc import Mapping
from typing import Any

from app.engine.values import OperationFailed
from app.policy import calendar
from app.policy import parameters as params
from app.store import scale as rows

from ..subjects.table import STUDY
from .model import ANY, Operation
from .world import CaseWorld

# --- what the diagram does by itself --------------------------------------------------------------------------------


def set_measures(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Who works: departments with a measure, towns with a duty and its day."""
    departments, towns = list(scope.get("asked_departments", ())), list(scope.get("asked_towns", ()))
    if not departments or not towns:
        raise OperationFailed("operations.nobody_asked")
    days = params.days(world.county.entries, "due_guard_in_town", world.county.on)
    due = calendar.add(world.county.on, days.n, days.unit, world.workday)
    rows.open_town_duties(world.session, world.work.subject_id, towns, due.day)
    return {"departments": departments, "towns": towns}


def close_scale_risk(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    outcome = "none" if scope.get("study_result") == "none" else "settled"
    rows.change_risk(world.session, world.work.subject_id, status="closed", outcome=outcome, closed_at=world.now)
    return {"outcome": outcome}


OPERATIONS = {
    "set_measures": Operation(
        run=set_measures,
        subjects=(STUDY,),
        needs=("asked_departments", "asked_towns"),
        gives={"departments": ANY, "towns": ANY},
        fails=("operations.nobody_asked",),
    ),
    "close_scale_risk": Operation(run=close_scale_risk, subjects=(STUDY,), gives={"outcome": ("none", "settled")}),
}

"""The steps of scale_risk.bpmn: what the meeting must have, what departments and towns answer, how it ends."""

from collections.abc import Mapping
from typing import Any

from app.engine.values import OperationFailed
from app.forms.model import Message
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import scale as rows

from .operation import ANY, Operation
from .people import County
from .subjects import STUDY
from .world import CaseWorld

Found = tuple[dict[str, Message], dict[str, Any]]


def study(place: County, values: Mapping[str, Any]) -> Found:
    """A meeting needs both leading bureaus and the 领导小组 (wx2021-25#6.1.2, #6.1.4); what it orders begins after it."""
    errors: dict[str, Message] = {}
    leads = {e.key: str(e.value["name"]) for e in place.entries.all("department", place.on) if e.value.get("leads")}
    absent = [name for key, name in leads.items() if key not in values.get("bureaus", leads)]
    if absent:
        errors["bureaus"] = ("scale.bureaus_missing", {"names": say("stories.comma").join(absent)})
    if values.get("group_present", "yes") != "yes":
        errors["group_present"] = ("scale.group_missing", {})
    measures = values.get("scale_measures", ())
    for at, measure in enumerate(measures):
        if measure.get("until", "9") < values.get("held_on", ""):
            errors[f"scale_measures-{at}-until"] = ("scale.until_before_meeting", {})
    departments = list(dict.fromkeys(m["department"] for m in measures if "department" in m))
    return errors, {"asked_departments": departments, "asked_towns": list(values.get("scale_towns", ()))}


# --- what the diagram does by itself --------------------------------------------------------------------------------


def set_measures(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Who works: departments with a measure, towns with a duty and its day."""
    departments, towns = list(scope.get("asked_departments", ())), list(scope.get("asked_towns", ()))
    if not departments or not towns:
        raise OperationFailed("operations.nobody_asked")
    days = params.days(world.place.entries, "due_guard_in_town", world.place.on)
    due = calendar.add(world.place.on, days.n, days.unit, world.workday)
    rows.open_town_duties(world.session, world.work.subject_id, towns, due.day)
    return {"departments": departments, "towns": towns}


def close_scale_risk(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    outcome = "none" if scope.get("study_result") == "none" else "settled"
    rows.change_risk(world.session, world.work.subject_id, status="closed", outcome=outcome, closed_at=world.now)
    return {"outcome": outcome}


OPERATIONS = {
    "set_measures": Operation(
        run=set_measures, subjects=(STUDY,), needs=("asked_departments", "asked_towns"),
        gives={"departments": ANY, "towns": ANY}, fails=("operations.nobody_asked",),
    ),
    "close_scale_risk": Operation(run=close_scale_risk, subjects=(STUDY,), gives={"outcome": ("none", "settled")}),
}

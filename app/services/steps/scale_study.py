"""Studying a risk of a place, and what departments and towns answer (6.1)."""

from collections.abc import Callable, Mapping
from typing import Any

from app.forms.model import CodedMessage
from app.labels import say
from app.store import scale as rows

from ..people import County
from .model import Here, Judged, Keep, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    return Judged(*study(here.county, values))


def _with(add: Callable[[Here, dict[str, Any], Values], None]) -> Keep:
    """What was said stands with the study."""

    def keep(here: Here, values: Values) -> None:
        row = rows.risk(here.session, here.work.subject_id)
        if row is not None and here.work.key is not None:
            content = rows.content(here.session, row)
            add(here, content, values)
            rows.keep(here.session, row.id, here.work.key, content)

    return keep


def _studied(here: Here, content: dict[str, Any], values: Values) -> None:
    content |= {"study": dict(values), "departments": {}, "towns": {}, "tracks": []}


def _carried_out(here: Here, content: dict[str, Any], values: Values) -> None:
    content.setdefault("departments", {})[here.task_item] = dict(values)


def _guarded(here: Here, content: dict[str, Any], values: Values) -> None:
    """A town's answer is its duty done."""
    content.setdefault("towns", {})[here.task_item] = dict(values)
    rows.town_duty_done(here.session, here.work.subject_id, here.task_item or "", here.today, here.now)


def _tracked(here: Here, content: dict[str, Any], values: Values) -> None:
    content.setdefault("tracks", []).append(dict(values))


STUDY = StepType(
    "scale_study",
    reads=("held_on", "bureaus", "scale_measures", "scale_towns"),
    gives={"asked_departments": (), "asked_towns": ()},
    subjects=("scale",),
    judge=judge,
    keep=_with(_studied),
)
MEASURE = StepType("scale_measure", subjects=("scale",), keep=_with(_carried_out))
GUARD = StepType("scale_guard", subjects=("scale",), keep=_with(_guarded))
TRACK = StepType("scale_track", subjects=("scale",), keep=_with(_tracked))
Found = tuple[dict[str, CodedMessage], dict[str, Any]]


def study(county: County, values: Mapping[str, Any]) -> Found:
    """A meeting needs both leading bureaus and the 领导小组 (wx2021-25#6.1.2, #6.1.4); what it orders begins after it."""
    errors: dict[str, CodedMessage] = {}
    leads = {e.key: str(e.value["name"]) for e in county.entries.all("department", county.on) if e.value.get("leads")}
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

"""Studying a risk of a place, and what departments and towns answer (6.1)."""

from collections.abc import Callable
from typing import Any

from app.store import scale as rows

from .. import scale_steps
from .model import Here, Judged, Keep, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    return Judged(*scale_steps.study(here.place, values))


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
    "scale_study", reads=("held_on", "bureaus", "scale_measures", "scale_towns"),
    gives={"asked_departments": (), "asked_towns": ()}, subjects=("scale",), judge=judge, keep=_with(_studied),
)
MEASURE = StepType("scale_measure", subjects=("scale",), keep=_with(_carried_out))
GUARD = StepType("scale_guard", subjects=("scale",), keep=_with(_guarded))
TRACK = StepType("scale_track", subjects=("scale",), keep=_with(_tracked))

"""Ordering a round of visits, and what a village says when it has made it (2.2.1)."""

from app.store import visits as visit_rows

from .model import Here, Judged, StepType, Values


def judge_order(here: Here, values: Values) -> Judged:
    if values["sweep_until"] <= values["planned_on"]:
        return Judged({"sweep_until": ("visits.until_before_plan", {})})
    return Judged()


def judge_sweep(here: Here, values: Values) -> Judged:
    """Households that nobody visited need a reason."""
    if not values.get("left_reason") and visit_rows.any_open(here.session, here.work.subject_id, here.task_item):
        return Judged({"left_reason": ("visits.why_left", {})})
    return Judged()


ORDER = StepType("round_order", reads=("planned_on", "sweep_until"), subjects=("run",), judge=judge_order)
SWEEP = StepType("village_round", reads=("left_reason",), subjects=("run",), judge=judge_sweep)

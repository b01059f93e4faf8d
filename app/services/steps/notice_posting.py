"""Posting the public notice (4.1.3): from which day it hangs."""

from datetime import date, timedelta

from app.policy import parameters as params

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    posted_on = date.fromisoformat(values["posted_on"])
    back = params.number(here.county.entries, here.parameter(TYPE, "notice_backdate_days"), here.today)
    reviewed = str(here.scope.get("reviewed_on") or "")
    if reviewed and posted_on < date.fromisoformat(reviewed):
        return Judged({"posted_on": ("steps.posted_before_review", {"reviewed": reviewed})})
    if posted_on < here.today - timedelta(days=back):
        return Judged({"posted_on": ("steps.posted_too_long_ago", {"days": back})})
    return Judged(process={"posted_on": values["posted_on"]})


TYPE = StepType(
    "notice_posting",
    reads=("posted_on",),
    uses=("reviewed_on",),
    gives={"posted_on": ()},
    subjects=("case",),
    judge=judge,
    raises=("late_objection",),
    parameters={"notice_backdate_days": "notice_backdate_days"},
)

"""Taking the notice down when its days are over (4.1.3). The last of them was counted when it was posted
(`operations/cases.py` start_notice_period), by `notice_days` in `bpmn/entries/parameters.toml`."""

from datetime import date

from app.store import cases as case_rows

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    ends = here.scope.get("notice_ends_on")
    if ends and values["taken_down_on"] <= ends:
        return Judged({"taken_down_on": ("steps.taken_down_early", {"ends": ends})})
    return Judged()


def keep(here: Here, values: Values) -> None:
    case_rows.take_down(here.session, here.work.case_id or 0, date.fromisoformat(values["taken_down_on"]))


TYPE = StepType(
    "notice_removal",
    reads=("taken_down_on",),
    uses=("notice_ends_on",),
    subjects=("case",),
    protects=("notice",),
    judge=judge,
    keep=keep,
)

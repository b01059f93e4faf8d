"""Investigating an objection, by the village or once more by the town: sustained, what hangs is void."""

from app.store import cases as case_rows

from .model import Here, StepType, Values


def keep(here: Here, values: Values) -> None:
    if "sustained" in (values.get("objection_result"), values.get("appeal_result")):
        case_rows.void_notices(here.session, here.work.case_id or 0, here.now)


TYPE = StepType(
    "objection_inquiry",
    reads=("objection_result",),
    subjects=("case",),
    protects=("objection",),
    keep=keep,
    codes={"objection_result": ("sustained", "unfounded")},
    shows=("objection",),
)
REVIEW = StepType(
    "objection_review",
    reads=("appeal_result",),
    subjects=("case",),
    keep=keep,
    shows=("objection",),
    codes={"appeal_result": ("sustained", "unfounded")},
)

"""Verifying a clue (2.3): what was found, and what follows from it."""

from ..subjects import clue as clue_subject
from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    return Judged(*clue_subject.check(here.session, here.work, here.county, values, here.today))


TYPE = StepType(
    "clue_check",
    reads=("checked_on", "verify_way", "verifiers", "clue_result"),
    subjects=("clue",),
    judge=judge,
    codes={"clue_result": ("enter", "watch", "exclude", "duplicate", "not_ours")},
)

"""The town's check on the spot (4.1.4), and its acceptance of an elimination (4.2.5): two people at least."""

from app.policy import parameters as params

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    wanted = params.number(here.county.entries, here.parameter(TYPE, "min_checkers"), here.today)
    if len(set(values["verifiers"])) < wanted:
        return Judged({"verifiers": ("steps.too_few_checkers", {"wanted": wanted})})
    return Judged()


CHECKERS = {"min_checkers": "min_checkers"}
TYPE = StepType(
    "town_check",
    reads=("verifiers",),
    parameters=CHECKERS,
    protects=("verifiers",),
    judge=judge,
    shows=("reasons", "differences"),
)
ACCEPTANCE = StepType(
    "exit_acceptance", reads=("verifiers",), parameters=CHECKERS, protects=("verifiers",), judge=judge, shows=("reasons",)
)

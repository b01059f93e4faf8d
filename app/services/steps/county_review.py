"""The county's look at what the town reported, and what civil affairs say of it (4.1.6)."""

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    """A confirmation by civil affairs counts for one pass only."""
    return Judged(process={"civil_result": "none"})


TYPE = StepType("county_review", gives={"civil_result": ("none",)}, judge=judge, shows=("reasons", "differences"))
EXIT = StepType("exit_county_review", shows=("reasons", "differences"))
CIVIL = StepType("civil_confirmation", shows=("reasons",))
COLLECTION = StepType("village_collection", shows=("reasons",))

"""Registering an application (3.1.2, 3.2): its day is the case's."""

from app.store import clues as clue_rows

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    """The day of application; a household's own declaration is its application, however late it is typed."""
    applied = here.today
    known = clue_rows.of_case(here.session, here.work.case_id) if here.work.case_id is not None else ()
    if here.work.case is not None and any(clue.channel == "self" for clue in known):
        applied = here.work.case["clue_on"]
    return Judged(process={"applied_on": applied.isoformat()})


TYPE = StepType("application", gives={"applied_on": ()}, subjects=("case",), judge=judge)

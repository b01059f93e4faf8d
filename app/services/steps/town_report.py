"""The town government's report to the county (4.1.5): one of its leaders signs, whoever types."""

from app.labels import say
from app.store import people as people_rows

from .model import Here, Judged, StepType, Values

LEADER = "town_leader"


def judge(here: Here, values: Values) -> Judged:
    held = people_rows.assignments_of(here.session, int(values["signer"]), here.today)
    if not any(a.role == LEADER for a in held):
        unit = (here.work.task or {}).get("org_unit", "")
        leaders = {row.id: row.name for row in people_rows.holders(here.session, [LEADER], [unit], here.today)}
        named = say("stories.comma").join(leaders.values())
        return Judged({"signer": ("steps.signer_is_no_leader", {"leaders": named})})
    return Judged()


TYPE = StepType("town_report", reads=("signer",), protects=("signer",), judge=judge, shows=("reasons", "differences"))

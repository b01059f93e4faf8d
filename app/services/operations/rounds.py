"""What lookback.bpmn does by itself: the villages and households of a round, and its figures."""

from collections.abc import Mapping
from typing import Any

from app.store import rescreening as runs
from app.store import visits as visit_rows
from app.store.session import Session

from ..people import Refused
from .model import ANY, Operation
from .world import CaseWorld


def list_households(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Every household of the register on its grid's list; each village has one step."""
    run = world.work.subject_id
    many = visit_rows.list_all(world.session, run)
    runs.change_run(world.session, run, status="open")
    runs.add_counts(world.session, run, households=many)
    return {"villages": visit_rows.villages_of(world.session, run)}


def count_lookback(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """What nobody reached is named; the figures of the report are kept as they stand."""
    run = runs.run(world.session, world.work.subject_id)
    if run is None:
        raise Refused("rescreening.no_run")
    left = visit_rows.leave_open(world.session, run.id)
    runs.change_run(world.session, run.id, status="closed", closed_at=world.now)
    runs.add_counts(world.session, run.id, figures=figures(world.session, run), left=left)
    return {"left": "yes" if left else "no"}


OPERATIONS = {
    "list_households": Operation(run=list_households, subjects=("run",), gives={"villages": ANY}),
    "count_lookback": Operation(run=count_lookback, subjects=("run",), gives={"left": ("yes", "no")}),
}


def figures(session: Session, run: Any) -> dict[str, int]:
    """{visited, calm, signs, absent, outside, clues, entered, approved}: 体外循环 is outside, 应纳未纳 is approved. `absent`:
    gone to and nobody seen, which is not visited. Of a round that is over, what came of its clues goes on changing."""
    if run.counts.get("figures"):
        return {**run.counts["figures"], **visit_rows.missed_before(session, key_of(run))}
    total = visit_rows.totals(session, run.id)
    kept = {name: total[name] for name in ("calm", "signs", "absent", "outside")}
    return {"visited": total[visit_rows.DONE], **kept, **visit_rows.missed_before(session, key_of(run))}


def key_of(run: Any) -> str:
    """Under which name its clues are kept."""
    return f"{run.kind}:{run.period}"

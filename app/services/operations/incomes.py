"""What collect_income.bpmn does by itself."""

from collections.abc import Mapping
from typing import Any

from app.store import incomes as rows
from app.store import rescreening as runs

from ..people import Refused
from .model import ANY, Operation
from .world import CaseWorld


def close_income(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """The month is over: how many households have figures."""
    run = runs.run(world.session, world.work.subject_id)
    if run is None:
        raise Refused("rescreening.no_run")
    n = sum(rows.entered(world.session, run.period).values())
    runs.change_run(world.session, run.id, status="closed", closed_at=world.now)
    runs.add_counts(world.session, run.id, entered=n)
    return {"entered": n}


OPERATIONS = {"close_income": Operation(run=close_income, subjects=("run",), gives={"entered": ANY})}

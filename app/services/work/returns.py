"""What a return takes back of the steps and operations it passes, and how the reopened step begins."""

from collections.abc import Collection
from datetime import datetime

from app.engine.check_elements import Declared
from app.store import cases as case_rows
from app.store import drafts
from app.store.processes import Work
from app.store.session import Session

from ..definitions import Bundle
from ..operations import OPERATIONS
from ..steps import holds, last_values, type_of


def undo_later(session: Session, work: Work, bundle: Bundle, target: str, now: datetime) -> None:
    """After a return: a posted notice is void if the case will be posted again; holds of later steps close, open asset
    answers stay valid."""
    ahead = bundle.definition.top.reachable(target) | {target}
    if work.case_id is None:
        return
    made = [*(type_of(bundle, element) for element in sorted(ahead)), *_operations(bundle, ahead)]
    raised = {kind for one in made for kind in one.raises}
    for undo in dict.fromkeys(one.undo for one in made if one.undo is not None):
        undo(session, work, now)
    for hold in case_rows.open_holds(session, work.case_id):
        if hold.kind in raised:
            case_rows.lift_holds(session, work.case_id, hold.kind, now)
        elif hold.kind in holds.OF_A_TASK and not ahead.isdisjoint(hold.elements.split(",")):
            case_rows.lift_hold(session, work.case_id, hold.id, hold.kind, now)


def _operations(bundle: Bundle, elements: Collection[str]) -> list[Declared]:
    known = bundle.definition.top.elements
    named = (known[element].properties.get("operator", "") for element in sorted(elements) if element in known)
    return [OPERATIONS[name] for name in named if name in OPERATIONS]


def prefill(session: Session, work: Work, address: str, element: str, official: int, now: datetime) -> None:
    """The reopened step starts from what its last doer had typed."""
    values = last_values(session, work, element)
    task = next((t for t in case_rows.tasks_of_instance(session, work.instance) if t.address == address), None)
    if values is not None and task is not None and work.key is not None:
        drafts.save(session, task.id, official, work.key, {"_typed": values}, now)

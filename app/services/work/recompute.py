"""When the real standard arrives: facts and decision are made again for a case that went on with the provisional one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app.decisions.tables import Table, evaluate
from app.engine.instance import scope_of
from app.engine.values import Return
from app.policy import parameters as params
from app.policy.parameters import Entries
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import processes
from app.store.session import Session

from .. import doors, events, operations, steps
from ..context import context_of
from ..definitions import Bundle, bundle
from ..events import EventData
from ..operations.model import Operation
from ..people import SYSTEM
from . import commands, returns


@dataclass(frozen=True)
class _Facts:
    """How a procedure computes its facts: the element and its operation, and which table decides by them."""

    element: str
    made: Operation
    table: Table

    def day(self, scope: Mapping[str, Any]) -> date:
        """The day whose standard it takes."""
        return date.fromisoformat(str(scope[self.made.day]))


def _facts_of(bundle: Bundle) -> _Facts:
    for element in bundle.definition.top.elements.values():
        made = operations.OPERATIONS.get(element.properties.get("operator", ""))
        if made is not None and made.day:
            return _Facts(element.id, made, bundle.definition.tables[bundle.decision_after(element.id)])
    raise LookupError(bundle.process)


def standard_is_known(session: Session, case_id: int, entries: Entries) -> bool:
    """Whether the standard of the day that counts (application, assessment) has been published."""
    row = doors.main_instance(session, case_id)
    if row is None or row.state is None:
        return False
    day = _facts_of(bundle(session, row.deployment)).day(scope_of(row.state))
    return not params.monitoring_line(entries, day).provisional


def facts_again(session: Session, case_id: int, now: datetime) -> int:
    """1 if the standard of the day that counts is now published and the case was recomputed, else 0.

    The same result lifts the hold; a different one sends the case back to the village review.
    """
    row = doors.main_instance(session, case_id)
    if row is None or row.state is None:
        return 0
    work = processes.lock_instance(session, row.id)
    if work.state is None or work.key is None or work.key.bytes is None:
        return 0
    scope = scope_of(work.state)
    context = context_of(session, SYSTEM, now)
    made = bundle(session, work.deployment)
    of = _facts_of(made)
    if params.monitoring_line(context.county.entries, of.day(scope)).provisional:
        return 0
    world = commands.world_for(context, work, made)
    result = of.made.run(world, of.element, scope)
    facts = household_rows.snapshot(session, result["snapshot"], work.key)
    hit = evaluate(of.table, (facts or {})["facts"])
    outputs = dict(hit.one())
    decided = of.table.outputs[0].name
    same = outputs[decided] == scope.get(decided)
    case_rows.lift_holds(session, case_id, "provisional_standard", now)
    body = {"snapshot": result["snapshot"], "rows": list(hit.rows), "outputs": outputs, "same": same}
    head = events.append(
        context,
        work.head,
        work.key,
        EventData("facts_recomputed", body=body),
        case_id=case_id,
        instance=work.instance,
    )
    if not same:
        again = replace(work, head=head)
        world = commands.world_for(context, again, made)
        values = {"snapshot": result["snapshot"], **outputs}
        review = steps.returns_to(made, "provisional_standard")
        returns.undo_later(session, again, made, review, now)
        commands.execute(world, Return(review, values), EventData("case_returned", body={"cause": "standard"}))
    return 1

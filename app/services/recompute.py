"""When the real standard arrives: facts and decision are made again for a case that went on with the provisional one."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from app.decisions.tables import evaluate
from app.engine.instance import scope_of
from app.engine.values import Return
from app.policy import calendar
from app.policy import parameters as params
from app.policy.parameters import Entries
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import processes
from app.store.session import Session

from . import conduct, operations, steps
from .conduct import Deed
from .definitions import bundle
from .people import SYSTEM, county


@dataclass(frozen=True)
class _Facts:
    """Of which day a procedure takes the standard, who computes its facts, which table decides what."""

    day: str
    compute: operations.Operation
    table: str
    output: str


_OF = {
    "identify": _Facts("applied_on", operations.compute_facts, "decide_category", "category"),
    "eliminate": _Facts("assessed_on", operations.compute_exit_facts, "decide_elimination", "exit_proposal"),
}


def standard_is_known(session: Session, case_id: int, entries: Entries) -> bool:
    """Whether the standard of the day that counts (application, assessment) has been published."""
    row = case_rows.main_instance(session, case_id)
    if row is None or row.state is None:
        return False
    day = date.fromisoformat(str(scope_of(row.state)[_OF[row.process].day]))
    return not params.monitoring_line(entries, day).provisional


def facts_again(session: Session, case_id: int, now: datetime) -> int:
    """1 if the standard of the day that counts is now published and the case was recomputed, else 0.

    The same result lifts the hold; a different one sends the case back to the village review.
    """
    row = case_rows.main_instance(session, case_id)
    if row is None or row.state is None:
        return 0
    work = processes.lock_instance(session, row.id)
    if work.state is None or work.key is None or work.key.bytes is None:
        return 0
    scope = scope_of(work.state)
    place = county(session, calendar.local_date(now))
    of = _OF[work.process]
    if params.monitoring_line(place.entries, date.fromisoformat(str(scope[of.day]))).provisional:
        return 0
    made = bundle(session, work.deployment)
    world = conduct.world_for(session, work, made, SYSTEM, place, now)
    result = of.compute(world, of.compute.__name__, scope)
    facts = household_rows.snapshot(session, result["snapshot"], work.key)
    table = made.definition.tables[of.table]
    hit = evaluate(table, (facts or {})["facts"])
    outputs = dict(hit.one())
    same = outputs[of.output] == scope.get(of.output)
    case_rows.lift_holds(session, case_id, "provisional_standard", now)
    body = {"snapshot": result["snapshot"], "rows": list(hit.rows), "outputs": outputs, "same": same}
    head = conduct.note(
        session, work.head, work.key, Deed("facts_recomputed", body=body), SYSTEM, now, case_id=case_id,
        instance=work.instance,
    )  # fmt: skip
    if not same:
        again = replace(work, head=head)
        world = conduct.world_for(session, again, made, SYSTEM, place, now)
        values = {"snapshot": result["snapshot"], **outputs}
        review = steps.review_of(made)
        steps.undo_later(session, again, made, review, now)
        conduct.carry_out(world, Return(review, values), Deed("case_returned", body={"cause": "standard"}))
    return 1

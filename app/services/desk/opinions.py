"""Asking colleagues to sign before a step is done (counter-signing, adding a signer): the step waits for every one of them.

Each asked opinion is a hold on that step, lifted by who was asked, or taken back by who holds the task. An opinion informs;
it is no act of the step: it decides nothing and separates nobody.
"""

from collections.abc import Iterable
from typing import Any

from app.policy.jurisdiction import Assignment
from app.store import cases as case_rows
from app.store import notifications, processes, record
from app.store.processes import NotFound, Work
from app.store.rows import Case
from app.store.session import Session

from .. import events
from ..cases import applications
from ..context import Context
from ..events import EventData
from ..history import stories
from ..people import County, Refused, all_right, sees
from .colleagues import no_readers, readers

KIND = "opinion"
VERDICTS = ("agree", "disagree")


def ask(context: Context, task: int, to: Iterable[int], question: str, command_id: bytes) -> int:
    """Ask these people about the task in hand; the step cannot be completed before they answered. Returns how many."""
    session, actor, now = context.session, context.actor, context.now
    work, case_id, held, county = _at_task(context, task)
    row: Any = work.task or {}
    if record.event_of_command(session, command_id) is not None:
        return len(set(to) - {actor.id})
    if row["status"] != "open" or row["assignee"] != actor.id:
        raise Refused("opinions.not_in_hand")
    question = question.strip()
    asked = {h.cause for h in _open(session, case_id, row["element"])}
    wanted = set(to) - {actor.id} - asked
    askable = {ident for ident, _, _ in askable_at(session, work, county)}
    nobody = no_readers(session, wanted - askable) if wanted else "opinions.nobody"
    all_right(to=nobody, text=None if question else "opinions.question_needed")
    for person in sorted(wanted):
        case_rows.open_hold(session, case_id, kind=KIND, elements=[row["element"]], lifted_by="", cause=person, now=now)
    data = EventData(
        "opinion_asked",
        held.role,
        held.unit,
        row["address"],
        command_id,
        body={"told": sorted(wanted)},
        values={"reason": question},
    )
    events.append(context, work.head, work.key, data, case_id=case_id, instance=work.instance)
    notifications.add(session, wanted, "opinion_asked", actor.id, now, case_id=case_id)
    return len(wanted)


def askable_at(session: Session, work: Work, county: County) -> list[tuple[int, str, str]]:
    """(official, name, unit) of those who may open the household of this task, may act, and are no kin of it."""
    return [r for r in readers(session, work.village or "", county, acting=True) if r[0] not in work.kin]


def _at_task(context: Context, task: int) -> tuple[Work, int, Assignment, County]:
    """The task of a case, locked, and the post under which this person may open its household."""
    county = context.county
    work = processes.lock_task(context.session, task)
    held = sees(context.actor, work.village or "", county)
    if held is None or work.case_id is None:
        raise NotFound
    return work, work.case_id, held, county


def _open(session: Session, case_id: int, element: str | None = None) -> list[Any]:
    return [
        h
        for h in case_rows.open_holds(session, case_id)
        if h.kind == KIND and (element is None or element in h.elements.split(","))
    ]


def give(context: Context, case_id: int, verdict: str, text: str, command_id: bytes) -> None:
    """What the asked person says; the step goes on once everybody has."""
    session, actor, now = context.session, context.actor, context.now
    _, held = applications.take_case(context, case_id)
    if record.event_of_command(session, command_id) is not None:
        return
    mine = [h for h in _open(session, case_id) if h.cause == actor.id]
    if not mine:
        raise Refused("opinions.nothing_asked")
    text = text.strip()
    unsaid = "opinions.why_not" if verdict == "disagree" and not text else None
    all_right(verdict=None if verdict in VERDICTS else "opinions.verdict_needed", text=unsaid)
    step, instance = _step_of(session, case_id, mine[0])
    work = processes.lock_instance(session, instance)
    if actor.id in work.kin:
        raise Refused("opinions.kin")
    case_rows.lift_hold(session, case_id, mine[0].id, KIND, now)
    data = EventData(
        "opinion_given",
        held.role,
        held.unit,
        step.address,
        command_id,
        body={"verdict": verdict},
        values={"reason": text} if text else None,
    )
    events.append(context, work.head, work.key, data, case_id=case_id, instance=instance)
    if step.assignee is not None:
        notifications.add(session, [step.assignee], "opinion_given", actor.id, now, case_id=case_id, task=step.id)


def withdraw(context: Context, task: int, command_id: bytes) -> None:
    """Who holds the task goes on without the answers that are still missing."""
    session = context.session
    work, case_id, held, _ = _at_task(context, task)
    row: Any = work.task or {}
    if record.event_of_command(session, command_id) is not None:
        return
    if row["status"] != "open" or row["assignee"] != context.actor.id:
        raise Refused("opinions.not_in_hand")
    waiting = _open(session, case_id, row["element"])
    if not waiting:
        raise Refused("opinions.nothing_asked")
    for hold in waiting:
        case_rows.lift_hold(session, case_id, hold.id, KIND, context.now)
    data = EventData(
        "opinion_withdrawn", held.role, held.unit, row["address"], command_id, body={"told": sorted(h.cause for h in waiting)}
    )
    events.append(context, work.head, work.key, data, case_id=case_id, instance=work.instance)


def _step_of(session: Session, case_id: int, hold: Any) -> tuple[Any, int]:
    """The open task whose step waits, and its instance."""
    for row in case_rows.tasks_of(session, case_id):
        if row.status == "open" and row.element in hold.elements.split(","):
            return row, row.instance
    raise Refused("opinions.nothing_asked")


def asked_of(context: Context, case: Case, key: record.DataKey) -> dict[str, Any] | None:
    """What this person is asked about the case: step, by whom, question; None if nothing."""
    session, actor = context.session, context.actor
    mine = [h for h in _open(session, case.id) if h.cause == actor.id]
    if not mine:
        return None
    told = stories.events(session, case.id, key)
    for event in reversed(told):
        if event.kind == "opinion_asked" and actor.id in event.body.get("told", ()):
            teller = stories.teller(session, context.county, [event], frozenset())
            question = (event.values or {}).get("reason", "")
            return {"who": teller.who(event), "step": teller.step_name(event), "question": question}
    return None

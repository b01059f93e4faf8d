"""A household's case as rows: the case, its stream and its first instance, before anything moves."""

from datetime import date, datetime
from typing import Any

from app.policy import calendar
from app.policy import parameters as params
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import processes, record
from app.store.processes import Work
from app.store.session import Session

from ..context import Context
from ..definitions import Bundle


def first_of(bundle: Bundle) -> str:
    """The step of a procedure that takes down an application."""
    return bundle.of_type("application")[0]


def first_instance(
    session: Session, bundle: Bundle, case_id: int, household: int, key: Any, village: str, now: datetime
) -> Work:
    """The stream of a new case and its first instance, which has no state yet."""
    head = record.new_stream(session, f"case:{case_id}")
    instance = processes.new_instance(
        session,
        process=bundle.process,
        deployment=bundle.deployment,
        subject=("case", case_id),
        case_id=case_id,
        stream=head.stream,
        now=now,
    )
    return Work(
        instance=instance,
        process=bundle.process,
        deployment=bundle.deployment,
        state=None,
        status="open",
        subject_kind="case",
        subject_id=case_id,
        case_id=case_id,
        case=None,
        household=household,
        village=village,
        head=head,
        key=key,
    )


def new_case(
    context: Context,
    bundle: Bundle,
    household: int,
    key: Any,
    village: str,
    clue: int,
    found_on: date,
) -> Work:
    """The case that a clue leads to; its limit runs from the day on which the clue was found."""
    session, now = context.session, context.now
    limit = params.number(context.county.entries, "case_limit_days", found_on)
    case_id = case_rows.add_case(
        session,
        household=household,
        clue_on=found_on,
        limit_at=calendar.end_of(calendar.add_days(found_on, limit)),
        now=now,
    )
    clue_rows.attach(session, clue, case_id)
    return first_instance(session, bundle, case_id, household, key, village, now)

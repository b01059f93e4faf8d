"""The household withdraws its authorisation: no department is asked any more, and approval waits until it signs again."""

from app.policy import calendar
from app.store import cases as case_rows
from app.store import processes, record
from app.store.session import Session

from .. import definitions, events
from ..context import Context
from ..events import EventData
from ..people import Refused
from . import applications

HOLD = "authorisation_withdrawn"


def standing(session: Session, case_id: int, key: record.DataKey) -> bool:
    """Whether an authorisation was signed and not withdrawn."""
    case = case_rows.get(session, case_id)
    if case is None or case.closed_at is not None or case.decided_at is not None or key.bytes is None:
        return False
    known = case_rows.details(session, case_id, case.details, key)
    return bool(known.get("authorised_until")) and not known.get("authorisation_withdrawn_on")


def withdraw(context: Context, case_id: int, reason: str, command_id: bytes) -> None:
    """Running asset queries end; answers already given stay with the case, for they were lawful when asked."""
    session, now = context.session, context.now
    case, held = applications.take_case(context, case_id, "authorise", "cases.not_yours", reason)
    if record.event_of_command(session, command_id) is not None:
        return
    key = record.data_key(session, case.data_key)
    if not standing(session, case_id, key):
        raise Refused("cases.none")
    if not reason.strip():
        raise Refused("tasks.reason_needed")
    on = calendar.local_date(now)
    known = case_rows.details(session, case_id, case.details, key)
    case_rows.save_details(session, case_id, key, {**known, "authorisation_withdrawn_on": on.isoformat()})
    case_rows.lift_holds(session, case_id, "asset_answers", now)
    case_rows.open_hold(session, case_id, kind=HOLD, lifted_by="village_officer", cause=None, now=now)
    rows = case_rows.instances_of(session, case_id)
    main = processes.lock_instance(session, rows[0].id)
    data = EventData(
        "authorisation_withdrawn",
        held.role,
        held.unit,
        None,
        command_id,
        on.isoformat(),
        values={"reason": reason.strip()},
    )
    head = events.append(context, main.head, main.key, data, case_id=case_id, instance=main.instance)
    for row in rows:
        if row.ended_at is None and definitions.bundle(session, row.deployment).of_type("asset_answer"):
            processes.end_instance(session, row.id, now)
            stopped = EventData("procedure_stopped", held.role, held.unit)
            head = events.append(context, head, main.key, stopped, case_id=case_id, instance=row.id)

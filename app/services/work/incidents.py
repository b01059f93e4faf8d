"""What is stuck: seen and retried by the system administrator; data are put right by the responsible official, and only
after a second person has confirmed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.values import EngineError, Retry
from app.forms import text as typed
from app.labels import say
from app.policy import calendar
from app.policy.jurisdiction import Assignment
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import incidents, processes, record
from app.store.processes import NotFound, Work
from app.store.record import DataKey
from app.store.session import Session

from .. import events
from ..context import Context
from ..definitions import bundle
from ..events import EventData
from ..history import stories
from ..household import file as household_file
from ..people import County, Refused, all_right, post_for, trial
from ..register.values import LONGEST
from . import commands

WITHOUT_RETRY = ("tasks.nobody", "tasks.nobody_apart", "engine.stuck")
PROPOSED, CONFIRMED = "data_correction_proposed", "data_corrected"


@dataclass(frozen=True)
class Seen:
    """An incident in words. `needs`: whose turn it is where a retry does not help."""

    row: Any
    process: str
    element: str
    cause: str
    needs: str | None
    retry: bool


def listed(context: Context, *, is_open: bool = True, limit: int = 200) -> list[Seen]:
    session = context.session
    if not context.county.may(context.actor, "retry_incidents"):
        raise NotFound
    return [_seen(session, row, context.county) for row in incidents.incident_rows(session, is_open=is_open, limit=limit)]


MOST_LISTED = 20
"""Listed in an inbox; the rest are counted."""


def waiting(context: Context) -> tuple[list[Seen], int]:
    """(the oldest, how many more): what is stuck of the units this person answers for, in words; of the whole county at the
    county."""
    session, county = context.session, context.county
    held = [a.unit for a in context.actor.assignments if a.role in county.who_may("correct_cases") and a.unit in county.units]
    if not held:
        return [], 0
    units = None
    if county.code not in held:
        units = [*held, *(child.code for unit in held for child in county.children(unit))]
    found = incidents.incident_rows(session, is_open=True, units=units, limit=1000)
    return [_seen(session, row, county) for row in found[:MOST_LISTED]], max(0, len(found) - MOST_LISTED)


def _seen(session: Session, row: Any, county: County) -> Seen:
    made = bundle(session, row.deployment)
    element = made.definition.elements.get(row.element)
    needs = None
    if row.code in WITHOUT_RETRY:
        needs = say("incidents.nobody") if row.code.startswith("tasks.nobody") else say("incidents.stuck")
    elif row.code == "operations.failed":
        needs = say("incidents.correct", unit=county.units[row.org_unit].name if row.org_unit in county.units else "")
    return Seen(
        row,
        made.definition.top.name,
        element.name if element else row.element or say("incidents.whole"),
        cause_in_words(row.code, row.details, county),
        needs,
        row.code not in WITHOUT_RETRY,
    )


def cause_in_words(code: str, details: Mapping[str, Any], county: County) -> str:
    """The sentence of an incident: names of fields, roles and places instead of their codes."""
    said = {name: str(value) for name, value in details.items()}
    cause = said.get("cause", "")
    entry = county.entries.get("field", cause, county.on) if cause and " " not in cause else None
    if entry is not None:
        return say("incidents.missing_field", label=entry.value["label"])
    if "unit" in said:
        said["unit"] = county.units[said["unit"]].name if said["unit"] in county.units else said["unit"]
    if "roles" in said:
        roles = said["roles"].split(",")
        said["roles"] = say("stories.comma").join(str(county.role(r).get("title", r)) for r in roles)
    try:
        return say(code, **said)
    except KeyError:
        return say("incidents.other", kind=code)


def retry(context: Context, incident: int, command_id: bytes) -> str | None:
    """Try the stuck element again. Returns None when it went on, else why it did not (a sentence)."""
    session = context.session
    if not context.county.may(context.actor, "retry_incidents"):
        raise NotFound
    if record.event_of_command(session, command_id) is not None:
        return None
    found = incidents.incident_rows(session, is_open=True, ident=incident)
    if not found and incidents.incident_rows(session, is_open=False, ident=incident):
        raise Refused("incidents.mended_already")
    if not found:
        raise NotFound
    row = found[0]
    if row.code in WITHOUT_RETRY:
        raise Refused("incidents.no_retry")
    return _try_again(context, row, command_id)


def _try_again(context: Context, row: Any, command_id: bytes | None) -> str | None:
    session = context.session
    work = processes.lock_instance(session, row.instance)
    made = bundle(session, work.deployment)
    world = commands.world_for(context, work, made)
    data = EventData("incident_retried", address=row.address, command_id=command_id)
    try:
        step, _ = commands.execute(world, Retry(row.address), data)
    except EngineError as error:
        raise Refused(error.code, **error.details) from error
    stuck = next((f for f in step.failures if f.address == row.address), None)
    return None if stuck is None else cause_in_words(stuck.code, stuck.details, context.county)


# --- data put right by two people -----------------------------------------------------------------------------


def missing(session: Session, case_id: int, county: County) -> tuple[Any, str] | None:
    """(incident, field key) of a case that is stuck because its household file lacks one field; None if it is not."""
    for row in incidents.incidents_of_case(session, case_id):
        key = str(row.details.get("cause", ""))
        entry = county.entries.get("field", key, county.on) if key and " " not in key else None
        if entry is not None and entry.value["level"] == "household" and entry.value["kind"] in ("code", "text", "money"):
            return row, key
    return None


def proposal(session: Session, case_id: int, key: DataKey) -> stories.Told | None:
    """The correction that waits for its second person."""
    waiting = None
    for event in stories.events(session, case_id, key):
        if event.kind == PROPOSED:
            waiting = event
        elif event.kind == CONFIRMED:
            waiting = None
    return waiting


def propose(context: Context, case_id: int, value: str, reason: str, command_id: bytes) -> None:
    """The responsible official says what the missing value is; nothing changes until another person agrees."""
    session = context.session
    county, work, row, key, held = _stuck_case(context, case_id)
    if record.event_of_command(session, command_id) is not None:
        return
    _, wrong = trial(lambda: _typed(county, work, session, key, value))
    if not value.strip():
        wrong = Refused("incidents.value_needed")
    all_right(value=wrong, reason=None if reason.strip() else "tasks.reason_needed")
    data = EventData(
        PROPOSED,
        held.role,
        held.unit,
        row.address,
        command_id,
        body={"field": key},
        values={"value": value.strip(), "reason": reason.strip()},
    )
    events.append(context, work.head, work.key, data, case_id=case_id, instance=work.instance)


def confirm(context: Context, case_id: int, command_id: bytes) -> str | None:
    """A second person agrees: the file gets its value and the stuck element is tried again."""
    session, now = context.session, context.now
    county, work, row, key, held = _stuck_case(context, case_id)
    if record.event_of_command(session, command_id) is not None:
        return None
    waiting = proposal(session, case_id, work.key) if work.key else None
    if waiting is None or waiting.body.get("field") != key or not waiting.values or work.key is None:
        raise Refused("incidents.nothing_proposed")
    if waiting.actor == context.actor.id:
        raise Refused("incidents.second_person")
    if work.household is None:
        raise NotFound
    document, number = household_rows.document(session, work.household, work.key)
    if document is None:
        raise Refused("cases.erased")
    value = _typed(county, work, session, key, str(waiting.values["value"]))
    today = calendar.local_date(now)
    content = {
        **document,
        "household": {**document["household"], key: value},
        "sources": {**document["sources"], key: [str(waiting.actor), today.isoformat()]},
    }
    household_file.save(session, work.household, work.key, content, as_of=today, now=now, number=number + 1)
    data = EventData(
        CONFIRMED,
        held.role,
        held.unit,
        row.address,
        command_id,
        body={"field": key, "proposed_by": waiting.actor},
        values={"value": waiting.values["value"]},
    )
    events.append(context, work.head, work.key, data, case_id=case_id, instance=work.instance)
    return _try_again(context, row, None)


def _stuck_case(context: Context, case_id: int) -> tuple[County, Work, Any, str, Assignment]:
    session, county = context.session, context.county
    case = case_rows.get(session, case_id)
    held = post_for(context.actor, county.who_may("correct_cases"), case.org_unit, county) if case is not None else None
    if held is None:
        raise NotFound
    found = missing(session, case_id, county)
    if found is None:
        raise Refused("incidents.mended_already")
    row, key = found
    return county, processes.lock_instance(session, row.instance), row, key, held


def _typed(county: County, work: Work, session: Session, key: str, value: str) -> str | int:
    """The value as the household file keeps it; a code must be one of its list."""
    entry = county.entries.require("field", key, county.on)
    value = value.strip()
    try:
        if entry.value["kind"] == "money":
            return typed.money(value)
        value = typed.short(value, LONGEST)
    except typed.TextError as refused:
        raise Refused(refused.code, **{"title": entry.value["label"], **refused.details}) from None
    if entry.value["kind"] == "code":
        options = bundle(session, work.deployment).codes["$defs"]
        known = options.get(entry.value["codes"], {}) if isinstance(options, dict) else {}
        if value not in {o["const"] for o in known.get("oneOf", ())}:
            raise Refused("incidents.bad_value")
    return value

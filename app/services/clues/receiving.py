"""A clue comes in by one of six channels: matched to a household, joined with what is known already, or verified."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from app.policy import parameters as params
from app.store import cases as case_rows
from app.store import clues as rows
from app.store import households as household_rows
from app.store import record
from app.store.processes import NotFound
from app.store.record import DataKey
from app.store.rows import Clue
from app.store.session import Session

from .. import doors, events, places
from ..context import Context
from ..definitions import Bundle
from ..events import EventData
from ..operations import answers
from ..people import Actor, County, Refused, sees
from ..places import Places
from ..work import commands


@dataclass(frozen=True)
class Report:
    """What somebody says, or a comparison found. `place`: code of a village or town. `content` goes under lock and key:
    words, phone, id_number, value and threshold (fen or days, whole numbers), unit, rule, severity, code."""

    channel: str
    found_on: date
    sign: str
    place: str
    name: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    household: int | None = None
    source: str | None = None
    sender_unit: str | None = None
    data_on: date | None = None
    run: str | None = None
    demo: bool = False


@dataclass(frozen=True)
class Received:
    """`joined`: the clue it was joined with, when the same sign of the same household is known."""

    clue: int
    instance: int | None = None
    joined: int | None = None
    again: bool = False


def sign_of(county: County, key: str) -> Mapping[str, Any]:
    """A sign as dated data has it: title, family (one of the plan's ten), risk (national code)."""
    entry = county.entries.get("sign", key, county.on)
    if entry is None:
        raise Refused("clues.unknown_sign", sign=key)
    return entry.value


def receive(context: Context, report: Report, command_id: bytes | None = None) -> Received:
    """One clue, in the caller's transaction. The same command again gives the first answer again."""
    session = context.session
    if command_id is not None:
        before = record.event_of_command(session, command_id)
        if before is not None:
            return _received(session, before)
    county = context.county
    if report.found_on > context.today:
        raise Refused("cases.clue_in_future")
    if report.place not in county.units or county.units[report.place].level not in ("village", "town"):
        raise Refused("clues.unknown_place")
    sign = sign_of(county, report.sign)
    household, key, unit = matched(session, report)
    if household is not None:
        household_rows.lock(session, household)
        known = rows.latest_of_sign(session, household, report.sign)
        if known is not None and stands_for(context, known, report):
            return _join(context, known, report, sign, key, unit, command_id)
    key = key or record.new_data_key(session, "clue")
    ident = _add(context, report, sign, household, key, unit)
    if household is None:
        record.name_owner(session, key, f"clue:{ident}")
    bundle = doors.latest(session, doors.CLUE, county.on)
    instance = begin(context, bundle, ident, household, key, unit, command_id, report.channel)
    return Received(ident, instance)


def _received(session: Session, event: Any) -> Received:
    """What a command that was already carried out made: a clue of its own, or one that joined the stream's."""
    stream = int(record.stream_name(session, event.stream).removeprefix("clue:"))
    if event.kind == "clue_joined":
        return Received(int(json.loads(event.body)["clue"]), None, joined=stream, again=True)
    return Received(stream, event.instance, again=True)


def matched(session: Session, report: Report) -> tuple[int | None, DataKey | None, str]:
    """(household, its key, where the clue lies). By ID number or a household already known; never by name alone."""
    household = report.household
    number = report.content.get("id_number")
    if household is None and number:
        found = household_rows.with_person(session, str(number))
        household = found[0] if len(found) == 1 else None
    row = household_rows.get(session, household) if household is not None else None
    key = record.data_key(session, row.data_key) if row is not None else None
    if row is None or key is None or key.bytes is None:
        return None, None, report.place
    return row.id, key, str(row.org_unit)


def stands_for(context: Context, known: Any, report: Report) -> bool:
    """Whether a known clue stands for this one: still unchecked, its case is under way, or (for what computers find)
    checked not long ago and not grown since. What a person reports once more is looked at once more."""
    session, county = context.session, context.county
    if known.status == "open":
        return True
    if known.status == "entered" and case_rows.open_case_of(session, known.household) is not None:
        return True
    if report.channel not in ("data", "platform"):
        return False
    days = params.number(county.entries, "clue_again_days", county.on)
    if context.now >= (known.checked_at or known.recorded_at) + timedelta(days=days):
        return False
    before, value = rows.content(session, known).get("value"), report.content.get("value")
    if not isinstance(before, int) or not isinstance(value, int):
        return True
    return value * 100 < before * (100 + params.number(county.entries, "clue_grow_percent", county.on))


def _add(
    context: Context,
    report: Report,
    sign: Mapping[str, Any],
    household: int | None,
    key: DataKey,
    unit: str,
    **more: Any,
) -> int:
    return rows.add(
        context.session,
        key,
        report.content,
        household=household,
        channel=report.channel,
        found_on=report.found_on,
        sender=context.actor.id or None,
        sender_unit=report.sender_unit,
        source=report.source,
        sign=report.sign,
        family=sign["family"],
        risk=sign["risk"],
        org_unit=unit,
        data_on=report.data_on,
        run=report.run,
        name=None if household is not None else report.name or None,
        recorded_at=context.now,
        demo=report.demo,
        **{"status": "open", **more},
    )


def _join(
    context: Context,
    known: Any,
    report: Report,
    sign: Mapping[str, Any],
    key: DataKey | None,
    unit: str,
    command_id: bytes | None,
) -> Received:
    """Not piled up: the clue is kept with its sender, and the one it belongs to answers for it."""
    session = context.session
    if key is None:
        raise NotFound
    head = record.lock_stream(session, f"clue:{known.id}")
    ident = _add(context, report, sign, known.household, key, unit, status="joined", merged_into=known.id)
    rows.again(session, known.id)
    body = {"clue": ident, "channel": report.channel, "found_on": report.found_on.isoformat()}
    data = EventData("clue_joined", unit=report.sender_unit, command_id=command_id, body=body, values=dict(report.content))
    events.append(context, head, key, data)
    if known.status not in rows.OPEN:
        answers.tell(session, rows.get(session, ident), context.now)
    return Received(ident, None, joined=known.id)


def begin(
    context: Context,
    bundle: Bundle,
    clue: int,
    household: int | None,
    key: DataKey,
    unit: str,
    command_id: bytes | None,
    channel: str,
) -> int:
    """The clue's stream and its first run of verify_clue."""
    world = commands.new_instance(context, ("clue", clue), bundle, unit, key, household)
    held = next((a for a in context.actor.assignments), None)
    body = {"clue": clue, "channel": channel}
    data = EventData(
        "clue_received", held.role if held else None, held.unit if held else None, command_id=command_id, body=body
    )
    commands.start(world, {}, data)
    return world.work.instance


# --- who may enter and see what ------------------------------------------------------------------------------------


def channels_of(actor: Actor, county: County) -> list[str]:
    """Channels this person may enter clues for, from the dated `clue_entry`."""
    found: dict[str, None] = {}
    for held in actor.assignments:
        entry = county.entries.get("clue_entry", held.role, county.on)
        if entry is not None:
            found.update(dict.fromkeys(str(c) for c in entry.value["channels"]))
    return list(found)


def places_for(actor: Actor, county: County) -> Places:
    """(code, name, town) of where a clue may lie: one's own villages and town; the whole county for the hotline, the
    window's town and departments."""
    if county.may(actor, "enter_clues_for_unit"):
        return places.somewhere(county)
    return places.reported(county, {u for a in actor.assignments for u in county.upward(a.unit)})


@dataclass(frozen=True)
class Seen:
    """A clue as one person may know it. `area`: opens its household; else only what they sent and what came of it."""

    row: Clue
    content: Mapping[str, Any]
    area: bool
    sent: bool


def visible(context: Context, clue: int) -> Seen:
    """NotFound for who neither covers where it lies nor sent it."""
    session = context.session
    row = rows.get(session, clue)
    if row is None or row.sign is None:
        raise NotFound
    area, sent = opens(context.actor, context.county, row)
    if not area and not sent:
        raise NotFound
    return Seen(row, rows.content(session, row), area, sent)


def opens(actor: Actor, county: County, row: Clue) -> tuple[bool, bool]:
    """(whether this person covers where the clue lies, whether they sent it)."""
    area = row.org_unit is not None and sees(actor, row.org_unit, county) is not None
    return area, row.sender == actor.id or row.sender_unit in {a.unit for a in actor.assignments}


def sending_unit(actor: Actor, county: County, channel: str) -> str | None:
    """The department that stands behind a clue entered by its officials."""
    roles = county.who_may("send_department_files") if channel == "data" else ()
    return next((a.unit for a in actor.assignments if a.role in roles), None)

"""What verify_clue.bpmn does by itself: place and grade a clue, carry out what the verification found, answer the sender."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from app.engine.values import OperationFailed
from app.policy import calendar
from app.policy import parameters as params
from app.policy.facts import GRADING
from app.store import cases as case_rows
from app.store import clues as rows
from app.store import households as household_rows
from app.store import notifications, processes, record
from app.store import people as people_rows
from app.store.processes import Work
from app.store.record import DataKey
from app.store.session import Session

from .. import doors, events, finding, steps
from ..definitions import Bundle
from ..events import EventData
from ..household import file as household_file
from ..people import SYSTEM, post_for
from ..subjects.table import CLUE
from . import answers, entering
from .model import ANY, Operation
from .world import CaseWorld, Opening, Start

Result = dict[str, Any]
OUTSIDE = "outside"
"""The place of a clue that lies in another county."""
CLOSED = {"enter": "entered", "watch": "watching", "exclude": "excluded", "duplicate": "duplicate", "not_ours": "forwarded"}
"""What the verification found -> the clue's status."""


def row_of(world: CaseWorld) -> Any:
    row = rows.get(world.session, world.work.subject_id)
    if row is None:
        raise OperationFailed("operations.no_clue")
    return row


def place_clue(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """Where the clue lies: its village, or the town that is to find out. A dispatch moves it. Tables read the facts of the
    clue itself (snapshot 0)."""
    row = row_of(world)
    sent = str(scope.get("dispatch_result") or "")
    if sent == OUTSIDE:
        return {"snapshot": 0, "placed": OUTSIDE}
    unit = {"village": scope.get("village"), "other_town": scope.get("town")}.get(sent) or row.org_unit
    found = world.county.units.get(str(unit))
    if found is None or found.level not in ("village", "town"):
        raise OperationFailed("operations.no_place")
    if found.code != world.work.village:
        world.work = next_round(world.session, world.work, row.id, org_unit=found.code)
    return {"snapshot": 0, "placed": found.level}


def settle_clue(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """Carry out what was found: open the case, watch, exclude, join, pass on. A green channel leaves a debt of procedure."""
    row = row_of(world)
    found = str(scope.get("clue_result") or "not_ours")
    said = dict(world.values) if "clue_result" in world.values else _said(world)
    before = {k: v for k, v in rows.content(world.session, row).items() if k not in (*TOLD, "gap")}
    content = {**before, **_told(scope, said)}
    status = CLOSED[found]
    changes: dict[str, Any] = {"status": status, "outcome": _outcome(world, scope, found), "checked_at": world.now}
    if found == "watch":
        until = str(scope["watch_until"])
        changes["watch_until"] = date.fromisoformat(until)
        world.starts.append(Start(doors.CLUE_WATCH, {"watch_until": until}))
    elif found == "duplicate":
        changes["merged_into"] = int(scope["duplicate_of"])
        rows.follow(world.session, row.id, int(scope["duplicate_of"]))
    elif found == "not_ours" and _target(world, scope) is not None:
        target = str(_target(world, scope))
        changes |= {"status": "open", "org_unit": target}
        world.starts.append(Start(doors.CLUE, {}, org_unit=target))
    if found == "enter":
        household, key = _household(world, row, said)
        changes |= {"household": household, "name": None}
        case_id = _case_of(world, row, household, key, said)
        if scope.get("help_first") == "yes":
            _owe(world, row, household, case_id, said)
    _keep(world, row, content)
    rows.change(world.session, row.id, **changes)
    doubted = _doubted(row, content, scope, found)
    return {
        "gap": str(scope.get("gap_cause") or "none") if found == "enter" else "none",
        "data_wrong": "yes" if doubted else "no",
        "data_from": doubted,
    }


def _doubted(row: Any, content: Mapping[str, Any], scope: Mapping[str, Any], found: str) -> list[str]:
    """The department whose value the village found wrong. One that stood by it once is not asked again."""
    wrong = found == "exclude" and scope.get("exclude_reason") == "data_wrong" and row.channel in ("data", "platform")
    return [str(row.sender_unit).partition("-")[2]] if wrong and row.sender_unit and "recheck" not in content else []


def note_recheck(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """校核: what the department found in its own files; the village reads it when it is asked to look once more."""
    row = row_of(world)
    _keep(world, row, {**rows.content(world.session, row), "recheck": str(world.values.get("recheck_note", ""))})
    said: Mapping[str, Any] = next(iter(world.answered("data_recheck", scope).values()), {})
    return {"data_result": str(said.get("data_result", "corrected"))}


def verify_again(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The day to look again has come, or the department stands by its data: the clue is open once more."""
    row = row_of(world)
    if row.status in ("watching", "excluded"):
        rows.change(world.session, row.id, status="open")
        world.starts.append(Start(doors.CLUE, {}))
    return {}


def answer_sender(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """3.3.2: what was found goes back to whoever reported it, and to those whose clue was joined with it."""
    row = row_of(world)
    if row.status != "open":  # one passed on within the county is answered from there
        answers.tell_all(world.session, row, world.now)
    return {}


def _outcome(world: CaseWorld, scope: Mapping[str, Any], found: str) -> str:
    if found == "exclude":
        return f"exclude_{scope.get('exclude_reason', 'other')}"
    if found == "not_ours":
        return "passed_on" if _target(world, scope) is not None else OUTSIDE
    return found


def _target(world: CaseWorld, scope: Mapping[str, Any]) -> str | None:
    """The village or town of this county to which it is passed on."""
    code = str(scope.get("to_place") or "")
    return code if code in world.county.units else None


def _said(world: CaseWorld) -> dict[str, Any]:
    """The answers of the verification, where another step came between."""
    return steps.last_of_type(world.session, world.work, world.bundle, "clue_check") or {}


TOLD = ("answer", "findings", "watch_help", "help_given", "gap_note")
"""What one verification says; the next one says it anew."""


def _told(scope: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: said[name] for name in TOLD if said.get(name)}
    return kept | ({"gap": scope["gap_cause"]} if scope.get("gap_cause") else {})


def _keep(world: CaseWorld, row: Any, content: Mapping[str, Any]) -> None:
    key = record.data_key(world.session, row.data_key)
    if key.bytes is None:
        raise OperationFailed("operations.erased")
    rows.keep(world.session, row.id, key, content)


def _household(world: CaseWorld, row: Any, said: Mapping[str, Any]) -> tuple[int, DataKey]:
    """The household that is meant, by its head's ID number; one that no register knows is made."""
    session = world.session
    ident, demo = row.household, bool(row.demo)
    if ident is None:
        found = household_rows.with_person(session, str(said["head_id_number"]))
        ident = found[0] if found else None
    values = {k: said[k] for k in ("phone", "risks", "disaster_kind") if k in said}
    who = str(world.actor.id)
    today = calendar.local_date(world.now)
    if ident is None:
        ident, key = household_rows.add(
            session,
            village=world.work.village or "",
            head_name=str(said["head_name"]),
            pinyin=finding.index(str(said["head_name"])),
            household_type=None,
            demo=demo,
        )
        file = household_file.first(str(said["head_name"]), str(said["head_id_number"]), values, who=who, on=today)
        household_file.save(session, ident, key, file, as_of=today, now=world.now, number=1)
        return ident, key
    household_rows.lock(session, ident)
    kept = household_rows.get(session, ident)
    if kept is None:
        raise OperationFailed("operations.no_case")
    key = record.data_key(session, kept.data_key)
    document, number = household_rows.document(session, ident, key)
    if document is None:
        raise OperationFailed("operations.erased")
    household = {**document["household"], **values}
    members = household_file.numbered(document["members"], said.get("head_id_number"))
    if household != document["household"] or members is not document["members"]:
        sources = {**document["sources"], **{k: [who, today.isoformat()] for k in values}}
        document = {**document, "household": household, "members": members, "sources": sources}
        household_file.save(session, ident, key, document, as_of=today, now=world.now, number=number + 1)
    return ident, key


def _case_of(world: CaseWorld, row: Any, household: int, key: DataKey, said: Mapping[str, Any]) -> int:
    """The case, which stands before its registration with everything already known once the clue's step is saved; one under
    way takes the clue in."""
    session = world.session
    running = case_rows.open_case_of(session, household)
    if running is not None:
        head = record.lock_stream(session, f"case:{running}")
        data = EventData("clue_joined", body={"clue": row.id, "channel": row.channel, "found_on": row.found_on.isoformat()})
        events.append(world.context, head, key, data, case_id=running)
        contacts = {c.official for c in people_rows.contacts_of(session, household)}
        notifications.add(session, contacts, "clue_on_case", world.actor.id or None, world.now, case_id=running)
        rows.attach(session, row.id, running)
        return running
    for earlier in case_rows.cases_of(session, household, case_rows.MONITORING):
        events.stop_case(world.context, earlier.id)
    village = str(getattr(household_rows.get(session, household), "org_unit", world.work.village))
    bundle = doors.latest(session, doors.CONFIRMED, world.county.on)
    work = entering.new_case(world.context.acting(SYSTEM), bundle, household, key, village, row.id, row.found_on)
    held = post_for(world.actor, {a.role for a in world.actor.assignments}, village, world.county)
    body = {"clue": row.id, "channel": row.channel, "found_on": row.found_on.isoformat()}
    data = EventData("case_opened", held.role if held else None, held.unit if held else None, body=body)
    world.starts.append(Opening(work, bundle, data, _typed(world, row, bundle, household, key, village, said)))
    return work.case_id or 0


def _typed(
    world: CaseWorld, row: Any, bundle: Bundle, household: int, key: DataKey, village: str, said: Mapping[str, Any]
) -> dict[str, Any]:
    """What the registration finds filled in: what was said at the verification, and what the household's file says."""
    form = bundle.forms[entering.first_of(bundle)]
    known = {
        **{k: said[k] for k in ("head_name", "head_id_number", "phone", "risks", "disaster_kind") if k in said},
        "village": village,
        "situation": str(rows.content(world.session, row).get("words") or said.get("findings", ""))[:500],
        "helped": "no",
    }
    document, _ = household_rows.document(world.session, household, key)
    settled = household_file.settled(form, document, village) if document is not None else {}
    return {name: known[name] for name in form.by_name if name in known} | settled


def _owe(world: CaseWorld, row: Any, household: int, case_id: int, said: Mapping[str, Any]) -> None:
    """先帮后补: help was given, the procedure is owed, unless the household has been through it."""
    case = case_rows.get(world.session, case_id)
    if case is not None and case.decided_at is not None:
        return
    helped_on = date.fromisoformat(str(said["helped_on"]))
    days = params.number(world.county.entries, "debt_days", calendar.local_date(world.now))
    rows.add_debt(
        world.session,
        clue=row.id,
        household=household,
        case_id=case_id,
        org_unit=world.work.village,
        helped_on=helped_on,
        due_on=calendar.local_date(world.now) + timedelta(days=days),
        opened_at=world.now,
    )


def decided(world: CaseWorld) -> None:
    """The case that a clue led to has its decision: debts of procedure are paid, and the senders are told."""
    rows.settle_debts(world.session, world.case_id, world.now)
    for row in rows.of_case(world.session, world.case_id):
        if row.sign is not None:
            answers.tell_all(world.session, row, world.now, "clue_decided")


_CLUE = (CLUE,)
OPERATIONS = {
    "verify_again": Operation(run=verify_again, subjects=_CLUE),
    "place_clue": Operation(
        run=place_clue,
        subjects=_CLUE,
        gives={"snapshot": ANY, "placed": ("village", "town", OUTSIDE)},
        facts=GRADING,
        fails=("operations.no_clue", "operations.no_place"),
    ),
    "settle_clue": Operation(
        run=settle_clue, subjects=_CLUE, gives={"gap": ANY, "data_wrong": ("yes", "no"), "data_from": ANY}
    ),
    "answer_sender": Operation(run=answer_sender, subjects=_CLUE),
    "note_recheck": Operation(run=note_recheck, subjects=_CLUE, gives={"data_result": ("stands", "corrected")}),
}


def next_round(session: Session, work: Work, clue: int, **columns: Any) -> Work:
    """The instance goes on elsewhere, or has found its household: row, instance and the work at hand agree."""
    rows.change(session, clue, **columns)
    moved = {k: v for k, v in columns.items() if k in ("household", "org_unit")}
    processes.move_instance(session, work.instance, **moved)
    return replace(work, household=columns.get("household", work.household), village=columns.get("org_unit", work.village))

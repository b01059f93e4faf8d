"""Who is of a household: another head, who left and why, what a newer list asks, and in which village it lies."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.policy import calendar, family
from app.policy.model import GONE
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import questions, record
from app.store.processes import NotFound
from app.store.record import NewEvent
from app.store.rows import Household
from app.store.session import Session

from .. import events
from ..context import Context
from ..events import EventData
from ..household import file as household_file
from ..people import Actor, County, Refused, post_for, trial, villages_seen
from .file import Change, to_edit, words_of

STAYS = "wish"
"""The reason for another head after which the old one is still of the household."""


def codes(session: Session, listed: str) -> list[dict[str, str]]:
    options = words_of(session).codes.get("$defs", {}).get(listed, {}).get("oneOf", ())
    return [{"code": str(o["const"]), "name": str(o["title"])} for o in options]


def _known(session: Session, listed: str, code: str) -> str:
    """A code's title. Refused for one that the list does not have."""
    found = next((o["name"] for o in codes(session, listed) if o["code"] == code), None)
    if found is None:
        raise Refused("register.why_needed")
    return found


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused("register.day_of_change") from None
    if not date(2000, 1, 1) <= day <= today:
        raise Refused("register.day_of_change")
    return day


def _member(made: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = next((m for m in made["members"] if m["key"] == key), None)
    if found is None:
        raise NotFound
    member: dict[str, Any] = found
    return member


# --- the head ------------------------------------------------------------------------------------------------------


class RelationsOpen(Refused):
    """Relations to the new head that nobody said and none follows. `members`: their keys; `told`: every member's so far."""

    def __init__(self, members: list[str], told: Mapping[str, str]) -> None:
        super().__init__("register.relations_open")
        self.members, self.told = members, told


def change_head(
    context: Context,
    household: int,
    member: str,
    why: str,
    on: str,
    said: Mapping[str, str],
    note: str,
    command_id: bytes,
) -> None:
    """`member` is head from a day; the one before is no longer counted, but for their own wish. `said`: relations to the new
    head by member. Raises RelationsOpen for those that must be asked."""
    session = context.session
    title, unsaid = trial(lambda: _known(session, "head_why", why))
    day, no_day = trial(lambda: _day(on, calendar.local_date(context.now)))
    no_member = None if member else Refused("register.head_counted")
    wrong = {"member": no_member, "why": unsaid, "on": no_day} | ({"reason": None} if unsaid else {})  # the title says why
    change = to_edit(context, household, note.strip() or title or "", command_id, lambda _: wrong)
    if change is None or day is None:
        return
    made = change.draft()
    new, old = _member(made, member), family.head_of(made["members"])
    if new.get("status") == GONE:
        raise Refused("register.head_counted")
    if old is not None and old["key"] == member:
        raise Refused("register.head_already")
    relations = {o["code"] for o in codes(session, "relation")} - {"head"}
    if any(code not in relations for code in said.values()):
        raise Refused("incidents.bad_value")
    made["members"], open_ = family.with_head(made["members"], member, said)
    if old is not None and why != STAYS:
        left = _member(made, old["key"])
        _gone(change, made, left, why, day, note)
        open_ = [key for key in open_ if key != old["key"]]
    if open_:
        raise RelationsOpen(open_, {m["key"]: m["relation"] for m in made["members"]})
    source = [str(context.actor.id), day.isoformat()]
    made["sources"]["head"] = source
    made["sources"] |= {f"member:{m['key']}:relation": source for m in family.counted(made["members"])}
    body = {"member": member, "why": why, "on": day.isoformat()} | ({"before": old["key"]} if old is not None else {})
    change.save(session, made, "head_changed", body, {"name": new.get("name", "")}, as_of=day)
    if old is not None and why != STAYS:
        _answered(session, change, old["key"], "yes")


def _gone(change: Change, made: dict[str, Any], member: dict[str, Any], why: str, day: date, note: str) -> None:
    made["sources"][f"member:{member['key']}"] = [str(change.actor.id), day.isoformat()]
    member |= {"status": GONE, "gone_kind": why, "gone_on": day.isoformat(), "gone_why": note.strip()}


def _answered(session: Session, change: Change, member: str, how: str) -> None:
    question = questions.one(session, change.one.row.id, "left", member)
    if question is not None:
        questions.close(session, [question.id], how, change.now, change.actor.id)


# --- who left ------------------------------------------------------------------------------------------------------


def leave(
    context: Context,
    household: int,
    member: str,
    why: str,
    on: str,
    note: str,
    command_id: bytes,
) -> None:
    """A member died, married out or moved away on a day: kept, and no longer counted. A head is followed by another first."""
    session = context.session
    title, unsaid = trial(lambda: _known(session, "left_why", why))
    day, no_day = trial(lambda: _day(on, calendar.local_date(context.now)))
    wrong = {"why": unsaid, "on": no_day} | ({"reason": None} if unsaid else {})
    change = to_edit(context, household, note.strip() or title or "", command_id, lambda _: wrong)
    if change is None or day is None:
        return
    made = change.draft()
    found = _member(made, member)
    if found.get("relation") == "head":
        raise Refused("register.head_stays")
    if found.get("status") == GONE:
        raise Refused("register.gone_already")
    _gone(change, made, found, why, day, note)
    change.save(session, made, "member_gone", {"member": member, "why": why, "on": day.isoformat()}, {}, as_of=day)
    _answered(session, change, member, "yes")


def stays(context: Context, household: int, member: str, command_id: bytes, reason: str) -> None:
    """A member's stay although the newer list leaves them out: of the household as of today; that list does not ask again."""
    session = context.session
    change = to_edit(context, household, reason, command_id)
    if change is None:
        return
    made = change.draft()
    found = _member(made, member)
    question = questions.one(session, household, "left", member)
    if question is None or found.get("status") == GONE:
        raise Refused("register.answered_already")
    made["sources"][f"member:{member}:status"] = [str(context.actor.id), change.one.county.on.isoformat()]
    change.save(session, made, "member_stays", {"member": member}, {})
    _answered(session, change, member, "no")


# --- in which village ----------------------------------------------------------------------------------------------


def may_answer_move(actor: Actor, county: County, village: str, to: str) -> tuple[bool, bool]:
    """(may say for the village it leaves, for the one it comes to)."""
    return post_for(actor, county.who_may("move_households"), village, county) is not None, post_for(
        actor, county.who_may("move_households"), to, county
    ) is not None


def answer_move(context: Context, ident: int, yes: bool, command_id: bytes) -> bool:
    """One village, or one office above both, says whether the household moves; it moves once both sides said yes, and what is
    to be done for it goes along. Whether it moved."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    question = questions.get(session, ident)
    row = household_rows.get(session, question.household) if question is not None and question.kind == "moved" else None
    if question is None or row is None or question.unit_to not in county.units:
        raise NotFound
    leaves, comes = may_answer_move(actor, county, row.org_unit, question.unit_to)
    if not leaves and not comes:
        raise NotFound
    head = record.lock_stream(session, f"household:{row.id}")
    case = case_rows.open_case_of(session, row.id)
    if record.event_of_command(session, command_id) is not None:
        return False
    question = questions.get(session, ident)
    if question is None or question.closed_at is not None:
        raise Refused("register.answered_already")
    held = post_for(actor, county.who_may("move_households"), row.org_unit if leaves else question.unit_to, county)
    body: dict[str, Any] = {
        "household": row.id,
        "role": held.role if held else "",
        "unit": held.unit if held else "",
        "unit_from": row.org_unit,
        "unit_to": question.unit_to,
    }
    left_by, taken_by = actor.id if leaves else question.left_by, actor.id if comes else question.taken_by
    moved = yes and left_by is not None and taken_by is not None
    questions.answer_side(session, ident, left_by=left_by if yes else None, taken_by=taken_by if yes else None)
    if moved or not yes:
        questions.close(session, [ident], "yes" if yes else "no", now, actor.id)
    key = record.data_key(session, row.data_key)
    if moved:
        _move(session, county, row, question.unit_to)
        body |= {"left_by": left_by, "taken_by": taken_by}
    if moved or not yes:
        _placed(context, row, key)
    kind = "household_moved" if moved else "move_agreed" if yes else "move_refused"
    _, writes = record.append(session, head, key, NewEvent(kind, now, actor.id, body, command_id=command_id))
    session.write(writes)
    if moved and case is not None:
        case_head = record.lock_stream(session, f"case:{case}")
        units = {"unit_from": row.org_unit, "unit_to": question.unit_to}
        data = EventData("household_moved", body["role"], body["unit"], body=units)
        events.append(context, case_head, key, data, case_id=case)
    return moved


def _move(session: Session, county: County, row: Household, village: str) -> None:
    household_rows.change(session, row.id, f"household:{row.id}", org_unit=village)
    towns = county.units[row.org_unit].parent, county.units[village].parent
    places = {row.org_unit: village} | ({towns[0]: towns[1]} if towns[0] and towns[1] and towns[0] != towns[1] else {})
    case_rows.move_open_tasks(session, row.id, {old: new for old, new in places.items() if old and new})


def _placed(context: Context, row: Household, key: record.DataKey) -> None:
    """Since when it is known in which village the household lies: an older list does not ask again."""
    session, county = context.session, context.county
    document, number = household_rows.document(session, row.id, key)
    if document is None:
        raise Refused("cases.erased")
    made = {**document, "sources": {**document["sources"], "org_unit": [str(context.actor.id), county.on.isoformat()]}}
    household_file.save(session, row.id, key, made, as_of=county.on, now=context.now, number=number + 1)


# --- what is to be answered ----------------------------------------------------------------------------------------


def open_questions(context: Context, limit: int, household: int | None = None) -> list[dict[str, Any]]:
    """What lists and colleagues ask of the households here, oldest first: who is meant, and what this person may answer."""
    session, actor, county = context.session, context.actor, context.county
    if household is not None:
        row = household_rows.get(session, household)
        listed = [(q, row) for q in questions.open_of(session, [household])]
    else:
        listed = [(q, q) for q in questions.standing(session, villages_seen(actor, county), limit)]
    found = []
    for question, row in listed:
        if row is None or row.org_unit not in county.units:
            continue
        shown = {
            "id": question.id,
            "household": question.household,
            "kind": question.kind,
            "member": question.member,
            "head": row.head_name or "",
            "village": county.units[row.org_unit].name,
            "number": row.number or "",
            "data_on": question.data_on,
            "to": county.name_of(question.unit_to or ""),
            "name": "",
            "other": "",
            "is_head": False,
            "leaves": False,
            "comes": False,
            "left": question.left_by is not None,
            "taken": question.taken_by is not None,
            "edit": post_for(actor, county.who_may("edit_households"), row.org_unit, county) is not None,
            "reason": "",
            "mine": question.asked_by == actor.id,
        }
        if question.kind == "moved":
            shown["leaves"], shown["comes"] = may_answer_move(actor, county, row.org_unit, question.unit_to)
        else:
            shown |= _named(session, question)
        found.append(shown)
    return found


def _named(session: Session, question: Any) -> dict[str, Any]:
    row = household_rows.get(session, question.household)
    if row is None:
        return {}
    document, _ = household_rows.document(session, row.id, record.data_key(session, row.data_key))
    members = {m["key"]: m for m in (document or {}).get("members", ())}
    member = members.get(question.member, {})
    other = members.get(question.other or "", {})
    said = (document or {}).get("merges_asked", {}).get(question.member, {})
    return {
        "name": member.get("name", ""),
        "other": other.get("name", ""),
        "is_head": member.get("relation") == "head",
        "reason": said.get("reason", ""),
    }

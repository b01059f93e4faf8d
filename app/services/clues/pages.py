"""Clues in words: lines of a list, one clue's page, debts of procedure; as much as this person may know."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from app.forms.text import yuan
from app.labels import say
from app.policy import calendar
from app.store import clues as rows
from app.store import households as household_rows
from app.store import inbox, processes
from app.store import people as people_rows
from app.store.processes import Work
from app.store.record import data_key
from app.store.rows import Clue
from app.store.session import Session

from ..context import Context
from ..history import stories
from ..household import knowledge
from ..operations import answers
from ..people import Actor, County, sees, units_seen
from ..subjects.table import Reader
from . import receiving
from .receiving import Seen

TABS = ("open", "watching", "done", "sent")


def clues_seen(actor: Actor, county: County) -> set[str] | None:
    """Villages and towns whose clues this person may read; None: all."""
    return units_seen(actor, county, "village", "town")


def may_send(actor: Actor, county: County) -> bool:
    return bool(receiving.channels_of(actor, county)) or county.may(actor, "send_department_files")


def tab_count(counted: Mapping[tuple[str, str], int], status: Collection[str]) -> int:
    return sum(n for (one, _), n in counted.items() if one in status)


def grades(counted: Mapping[tuple[str, str], int], status: Collection[str]) -> list[tuple[str, int]]:
    mine = {grade: n for (one, grade), n in counted.items() if one in status}
    return [(grade, mine.get(grade, 0)) for grade in ("red", "orange", "yellow")]


def channel_name(county: County, channel: str) -> str:
    entry = county.entries.get("term", f"channel.{channel}", county.on)
    return str(entry.value["label"]) if entry else channel


def sources(county: County, channel: str) -> list[tuple[str, str]]:
    """Where a clue of this channel may come from, in today's names."""
    return [
        (e.key, str(e.value["title"])) for e in county.entries.all("clue_source", county.on) if e.value["channel"] == channel
    ]


def sign_title(county: County, sign: str | None) -> str:
    entry = county.entries.get("sign", sign or "", county.on)
    return str(entry.value["title"]) if entry else str(sign or "")


def knows(actor: Actor, county: County, row: Clue) -> bool:
    """Whether this person may read what sign of risk it is: by their field groups there, or because they sent it."""
    sent = row.sender == actor.id or row.sender_unit in {a.unit for a in actor.assignments}
    return sent or "risk" in knowledge.groups_here(actor, row.org_unit or "", county)


def shown_sign(actor: Actor, county: County, row: Clue) -> str:
    return sign_title(county, row.sign) if knows(actor, county, row) else say("clues.sign_hidden")


def amount(value: Any, unit: str) -> str:
    """A value or threshold in words."""
    if value is None:
        return ""
    return say(f"clues.unit.{unit}", value=yuan(int(value)) if unit == "fen" else value)


def line(context: Context, row: Clue, head_name: str | None) -> dict[str, Any]:
    """One clue of a list, and the name of its household's head. Who only sent it reads no name that they did not send."""
    session, actor, county = context.session, context.actor, context.county
    area = row.org_unit is not None and sees(actor, row.org_unit, county) is not None
    root = rows.get(session, row.merged_into) if row.merged_into is not None else row
    content = rows.content(session, row) if not area else {}
    name = (head_name or row.name) if area else row.name or content.get("member")
    return {
        "id": row.id,
        "sign": shown_sign(actor, county, row),
        "name": name or say("clues.unnamed"),
        "grade": row.grade if knows(actor, county, row) else None,
        "place": knowledge.place_of(county, row.org_unit or "") if area else "",
        "channel": channel_name(county, row.channel),
        "found_on": row.found_on,
        "matched": row.household is not None,
        "times": row.times,
        "status": say(f"clues.status.{row.status}"),
        "case_id": row.case_id if area else None,
        "outcome": answers.outcome_words(root.outcome) if root is not None and _stands(root) else "",
        "watch_until": row.watch_until if row.status == "watching" else None,
        "days": (context.today - row.found_on).days,
    }


def _stands(row: Clue) -> bool:
    """Whether the outcome is the last word: a clue that is looked at once more keeps its earlier one, told to nobody."""
    return bool(row.outcome) and (row.status != "open" or row.outcome == "passed_on")


def of_case(context: Context, case_id: int) -> list[dict[str, Any]]:
    """The clues that led to a case or joined it, and debts of procedure."""
    session, county = context.session, context.county
    owed = {d.clue: d for d in rows.debts_of_case(session, case_id) if d.settled_at is None}
    return [
        {
            "id": row.id,
            "sign": shown_sign(context.actor, county, row),
            "channel": channel_name(county, row.channel),
            "found_on": row.found_on,
            "owed_until": owed[row.id].due_on if row.id in owed else None,
        }
        for row in rows.of_case(session, case_id)
        if row.sign is not None
    ]


def told(context: Context, idents: Collection[int]) -> dict[int, str]:
    """Clue -> what it is and what became of it, in one phrase; of those that this person may open."""
    phrases = {}
    for row in rows.some(context.session, idents).values() if idents else ():
        if row.sign is not None and any(receiving.opens(context.actor, context.county, row)):
            made = line(context, row, row.head_name)
            became = made["outcome"] or made["status"]
            phrases[row.id] = say("clues.told", name=made["name"], sign=made["sign"], outcome=became)
    return phrases


def sender(session: Session, county: County, row: Clue) -> str:
    """Who stands behind a clue; a household or neighbour that declared stays unnamed."""
    if row.sender is not None:
        name = people_rows.names(session, [row.sender]).get(row.sender, "")
        unit = county.units.get(row.sender_unit or "")
        return f"{unit.name} {name}" if unit else name
    if row.sender_unit is not None and row.sender_unit in county.units:
        return county.units[row.sender_unit].name
    return say("clues.by_household") if row.channel == "self" else say("clues.by_system")


def facts(
    session: Session,
    county: County,
    row: Clue,
    content: Mapping[str, Any],
    groups: Collection[str],
    *,
    area: bool,
    sent: bool = False,
) -> list[dict[str, Any]]:
    """What was reported, as (label, value) rows."""
    source = dict(sources(county, row.channel)).get(row.source or "")
    channel = channel_name(county, row.channel)
    unit, told_all = str(content.get("unit", "count")), sent or "risk" in groups
    reporter = county.units.get(row.sender_unit or "")
    named = told_all or reporter is None or reporter.level != "department"  # which department reports tells what of
    told: list[tuple[str, Any]] = [
        ("sign", sign_title(county, row.sign) if told_all else None),
        ("channel", say("clues.source", channel=channel, source=source) if source and named else channel),
        ("sender", sender(session, county, row) if named else None),
        ("found_on", row.found_on),
        ("data_on", row.data_on),
        ("name", row.name or content.get("member")),
    ]
    if told_all:
        told += [
            ("value", amount(content.get("value"), unit)),
            ("threshold", amount(content.get("threshold"), unit)),
            ("words", content.get("words")),
        ]
    if area and "risk" in groups:
        told += [("watch_help", content.get("watch_help")), ("recheck", content.get("recheck"))]
    if area and "identity" in groups:
        told.append(("phone", content.get("phone")))
    if row.times > 1:
        told.append(("times", say("clues.times", n=row.times)))
    found = [{"label": say(f"clues.row.{k}"), "value": _shown(v), "note": None} for k, v in told if v]
    if area and row.household is None and row.name:
        twins = household_rows.called(session, row.name, {row.org_unit}, 10) if row.org_unit else []
        if twins:
            listed = say("stories.comma").join(
                say("clues.namesake", village=county.units[h.org_unit].name, name=h.head_name) for h in twins
            )
            value = say("clues.namesakes", names=listed)
            found.append({"label": say("clues.row.namesakes"), "value": value, "note": None})
    return found


def beside_form(session: Session, county: County, work: Work, item: str | None, reader: Reader) -> list[dict[str, Any]]:
    """What a step about a clue shows: what was reported, and what the last look found."""
    row = rows.get(session, work.subject_id)
    if row is None:
        return []
    content = rows.content(session, row)
    told = facts(session, county, row, content, reader.groups, area=reader.area, sent=reader.sent)
    if row.outcome:
        last = say("clues.last", outcome=answers.outcome_words(row.outcome), answer=content.get("answer", ""))
        told.append({"label": say("clues.row.last"), "value": last, "note": None})
    return [{"title": say("clues.known"), "open": True, "note": None, "rows": told, "table": None}]


def _shown(value: Any) -> str:
    return say("pages.day_full", year=value.year, month=value.month, day=value.day) if isinstance(value, date) else str(value)


def context(context: Context, seen: Seen) -> dict[str, Any]:
    """One clue's page: for the area with history and household, for the sender with the answer."""
    session, actor, county, now = context.session, context.actor, context.county, context.now
    row = seen.row
    root = rows.get(session, row.merged_into) if row.merged_into is not None else row
    if root is None:
        root = row
    groups = knowledge.groups_here(actor, row.org_unit or "", county)
    content = seen.content if root is row or not seen.area else {**rows.content(session, root), **seen.content}
    household = household_rows.get(session, row.household) if row.household is not None and seen.area else None
    answer = rows.content(session, root).get("answer", "")
    return {
        "clue": {
            **line(context, row, household.head_name if household is not None else None),
            "joined": root.id if root is not row else None,
            "open": root.status == "open",
        },
        "facts": facts(session, county, row, content, groups, area=seen.area, sent=seen.sent),
        "answer": answer if root.status != "open" and (seen.sent or "risk" in groups) else "",
        "area": seen.area,
        "household": {"id": household.id, "head": household.head_name} if household is not None else None,
        "task": _task(session, actor, root) if seen.area else None,
        "story": _story(session, county, root, groups) if seen.area else [],
        "debts": [_debt(county, d, calendar.local_date(now)) for d in rows.open_debts_of(session, root.id)]
        if seen.area
        else [],
    }


def _task(session: Session, actor: Actor, row: Clue) -> int | None:
    """The open step that this person could take up."""
    for run in processes.instances_of_subject(session, "clue", row.id):
        for task in inbox.open_of_instance(session, run.id):
            roles = set(task.roles.split(","))
            if any(a.unit == task.org_unit and a.role in roles for a in actor.assignments):
                return int(task.id)
    return None


def _story(session: Session, county: County, row: Clue, groups: frozenset[str]) -> list[dict[str, Any]]:
    if row.data_key is None:
        return []
    told = stories.events_in(session, f"clue:{row.id}", data_key(session, row.data_key))
    return stories.story(stories.teller(session, county, told, groups))


def debts(session: Session, county: County, units: Collection[str] | None, today: date) -> list[dict[str, Any]]:
    """先帮后补: what is still owed in this area, the nearest due first."""
    return [_debt(county, d, today) for d in rows.open_debts(session, units)]


def _debt(county: County, row: Any, today: date) -> dict[str, Any]:
    return {
        "clue": row.clue,
        "case_id": row.case_id,
        "head": row.head_name or say("status.erased"),
        "place": knowledge.place_of(county, row.org_unit),
        "helped_on": row.helped_on,
        "due_on": row.due_on,
        "days_left": (row.due_on - today).days,
    }

"""One household's file as its page shows it: every value with who gave it and when, how it changed, and correction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.forms import text as typed
from app.labels import say
from app.policy import family
from app.policy.jurisdiction import Assignment
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import people as people_rows
from app.store import questions, record
from app.store.processes import NotFound
from app.store.record import NewEvent
from app.store.rows import Household
from app.store.session import Session

from .. import doors
from ..context import Context
from ..history import readings, stories
from ..household import file as household_file
from ..household.knowledge import GROUPS, Words, field_words, groups_here, lines_table
from ..people import Actor, County, Refused, all_right, post_for, sees, trial
from ..register.importing import SOURCE
from ..register.values import LONGEST

SIMPLE = ("text", "phone", "code", "integer", "money", "id_number", "date")
"""Kinds of values that are corrected one at a time; income lines and members as a whole come by a visit."""


@dataclass(frozen=True)
class Opened:
    """A household this person may open, with its newest file (None once erased)."""

    row: Household
    county: County
    groups: frozenset[str]
    key: record.DataKey
    document: Mapping[str, Any] | None
    version: int


def open_one(context: Context, household: int) -> Opened:
    session, actor, county = context.session, context.actor, context.county
    row = household_rows.get(session, household)
    if row is None or sees(actor, row.org_unit, county) is None:
        raise NotFound
    key = record.data_key(session, row.data_key)
    document, version = household_rows.document(session, household, key)
    return Opened(row, county, groups_here(actor, row.org_unit, county), key, document, version)


def words_of(session: Session) -> Words:
    return Words(doors.shared(session).codes)


def values(session: Session, one: Opened) -> list[dict[str, Any]]:
    """Household values this person may see, by group: label, value, source, and whether it can be corrected here."""
    if one.document is None:
        return []
    words = words_of(session)
    household, sources = one.document["household"], one.document.get("sources", {})
    names = _names(session, sources)
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in one.county.entries.all("field", one.county.on):
        value = entry.value
        if value["level"] != "household" or value.get("derived") or value["group"] not in one.groups:
            continue
        if value["kind"] == "table" or entry.key in ("head_name", "head_id_number", "org_unit"):
            continue
        known = household.get(entry.key)
        text = field_words(words, value, entry.key, known, one.county) if known not in (None, "", []) else ""
        found.setdefault(str(value["group"]), []).append(
            {
                "key": entry.key,
                "label": value["label"],
                "value": text,
                "source": _source(sources.get(entry.key), names),
                "editable": value["kind"] in SIMPLE,
                "options": _options(words, value),
            }
        )
    return [{"title": say(f"groups.{group}"), "rows": found[group]} for group in GROUPS if group in found]


def _options(words: Words, value: Mapping[str, Any]) -> list[dict[str, str]]:
    if value["kind"] != "code":
        return []
    listed = words.codes.get("$defs", {}).get(value["codes"], {}).get("oneOf", ())
    return [{"code": o["const"], "name": o["title"]} for o in listed]


def _names(session: Session, sources: Mapping[str, Any]) -> dict[int, str]:
    return people_rows.names(session, [int(s[0]) for s in sources.values() if str(s[0]).isdigit()])


def _source(source: Any, names: Mapping[int, str]) -> str:
    """Who gave a value and when, in words."""
    if not source or not source[1]:
        return ""
    who, on = str(source[0]), date.fromisoformat(str(source[1]))
    day = say("pages.day_full", year=on.year, month=on.month, day=on.day)
    name = say("register.from_province") if who == SOURCE else names.get(int(who), "") if who.isdigit() else ""
    return say("stories.source", who=name, on=day)


def members(session: Session, one: Opened) -> list[dict[str, Any]]:
    """Every member ever, the gone ones too; values by the groups this person may see."""
    if one.document is None:
        return []
    words, found = words_of(session), []
    sources = one.document.get("sources", {})
    names = _names(session, sources)
    for member in one.document["members"]:
        rows = []
        for entry in one.county.entries.all("field", one.county.on):
            value = entry.value
            if value["level"] != "member" or value["group"] not in one.groups or entry.key in ("key", "name", "status"):
                continue
            known = member.get(entry.key)
            rows.append(
                {
                    "key": entry.key,
                    "label": value["label"],
                    "editable": value["kind"] in SIMPLE and entry.key != "relation",
                    "value": field_words(words, value, entry.key, known, one.county) if known not in (None, "") else "",
                    "options": _options(words, value),
                    "source": _source(family.source_of(sources, member["key"], entry.key), names) if known else "",
                }
            )
        found.append(
            {
                "key": member["key"],
                "name": member.get("name", ""),
                "gone": member.get("status") == "gone",
                "gone_why": _gone_words(words, member),
                "rows": rows,
                "head": member.get("relation") == "head",
                "paper_owed": not member.get("id_number") and member.get("status") != "gone",
                "into": next(
                    (m.get("name", "") for m in one.document["members"] if m["key"] == member.get("merged_into")), ""
                ),
            }
        )
    return found


def _gone_words(words: Words, member: Mapping[str, Any]) -> str:
    """Why and since when somebody is no longer counted."""
    if member.get("status") != "gone":
        return ""
    parts = [words.title("left_why", member["gone_kind"])] if member.get("gone_kind") else []
    if member.get("gone_on"):
        on = date.fromisoformat(str(member["gone_on"]))
        parts.append(say("pages.day_full", year=on.year, month=on.month, day=on.day))
    return say("register.gone_comma").join([*parts, *filter(None, [str(member.get("gone_why") or "")])])


def history(session: Session, one: Opened, limit: int = 200) -> list[dict[str, Any]]:
    """How the file changed, newest first: field, before, after, day. Only groups this person may see."""
    if one.document is None:
        return []
    words = words_of(session)
    found: list[dict[str, Any]] = []
    before: Mapping[str, Any] = {"household": {}, "members": []}
    for at, as_of, document in household_rows.versions(session, one.row.id, one.key):
        if document is None:
            continue
        names = _names(session, document.get("sources", {}))
        changes = _changes(one, words, before, document)
        sources = document.get("sources", {})
        for label, old, new, key in changes:
            member, _, field = key.removeprefix("member:").partition(":")
            source = family.source_of(sources, member, field) if key.startswith("member:") else sources.get(key)
            found.append(
                {"on": as_of, "at": at, "label": label, "before": old, "after": new, "source": _source(source, names)}
            )
        found += [{**line, "at": at} for line in _merges(session, before, document)]
        before = document
    return found[::-1][:limit]


def _changes(one: Opened, words: Words, before: Any, after: Any) -> list[tuple[str, str, str, str]]:
    found = []
    for entry in one.county.entries.all("field", one.county.on):
        value, key = entry.value, entry.key
        if value["level"] != "household" or value["group"] not in one.groups:
            continue
        if value["kind"] == "table" or value.get("derived"):
            continue
        old, new = before["household"].get(key), after["household"].get(key)
        if old != new:
            found.append((str(value["label"]), _said(words, value, key, old, one), _said(words, value, key, new, one), key))
    known = {m["key"]: m for m in before["members"]}
    joined = {key for pair in _joined(before, after) for key in pair}
    for member in after["members"]:
        old_member = known.get(member["key"])
        name = str(member.get("name", ""))
        if old_member is None:
            found.append((say("register.member_added"), "", name, f"member:{member['key']}:name"))
            continue
        if member["key"] in joined:
            continue
        for entry in one.county.entries.all("field", one.county.on):
            value, key = entry.value, entry.key
            if value["level"] != "member" or value["group"] not in one.groups or key == "key":
                continue
            if old_member.get(key) != member.get(key):
                label = say("register.of_member", name=name, label=value["label"])
                found.append(
                    (
                        label,
                        _said(words, value, key, old_member.get(key), one),
                        _said(words, value, key, member.get(key), one),
                        f"member:{member['key']}:{key}",
                    )
                )
    return found


def _joined(before: Any, after: Any) -> list[tuple[str, str]]:
    """(entry, the one it was put to or taken from) of a version: told as one line, not as the values it changed."""
    known = {m["key"]: m.get("merged_into") for m in before["members"]}
    return [
        (m["key"], str(m.get("merged_into") or known[m["key"]]))
        for m in after["members"]
        if m["key"] in known and m.get("merged_into") != known[m["key"]]
    ]


def _merges(session: Session, before: Any, after: Any) -> list[dict[str, Any]]:
    """Entries put together or taken apart, each with its own day and who did it."""
    members = {m["key"]: m for m in after["members"]}
    found = []
    for drop, keep in _joined(before, after):
        dropped, kept = members[drop], members.get(keep, {})
        both = say("stories.comma").join(str(m.get("name", "")) for m in (kept, dropped))
        if not dropped.get("merged_into"):
            who, day = family.source_of(after.get("sources", {}), drop, "key")
            people = [int(who)] if who.isdigit() else []
            line = {"label": say("register.parted_line"), "before": str(kept.get("name", "")), "after": both}
        else:
            day = str(dropped.get("merged_on") or family.source_of(after.get("sources", {}), drop, "key")[1])
            people = [dropped["merged_by"]] if dropped.get("merged_by") else []
            line = {"label": say("register.merged_line"), "before": both, "after": str(kept.get("name", ""))}
        asked = dropped.get("merge_asked_by")
        names = people_rows.names(session, [*people, *([asked] if asked else [])])
        on = date.fromisoformat(day)
        told = say("pages.day_full", year=on.year, month=on.month, day=on.day)
        who_ = names.get(people[0], "") if people else ""
        line["source"] = (
            say("register.merged_by_two", asked=names.get(asked, ""), who=who_, on=told)
            if asked
            else say("register.merged_by", who=who_, on=told)
        )
        found.append({**line, "on": on})
    return found


def _said(words: Words, value: Mapping[str, Any], key: str, known: Any, one: Opened) -> str:
    return field_words(words, value, key, known, one.county) if known not in (None, "", []) else ""


# --- correction ---------------------------------------------------------------------------------------------------


def may_edit(actor: Actor, one: Opened) -> bool:
    return (
        one.document is not None
        and post_for(actor, one.county.who_may("edit_households"), one.row.org_unit, one.county) is not None
    )


def correct(
    context: Context,
    household: int,
    member: str | None,
    key: str,
    text: str,
    reason: str,
    command_id: bytes,
) -> None:
    """Put one value right, with a reason; the old one stays in the file's earlier version and in the event."""

    session = context.session

    def wrong(one: Opened) -> dict[str, Refused | None]:
        return {"value": trial(lambda: _value(session, one, member, key, text))[1]}

    change = to_edit(context, household, reason, command_id, wrong)
    if change is None:
        return
    one = change.one
    value = _value(session, one, member, key, text)
    made = change.draft()
    source = [str(context.actor.id), one.county.on.isoformat()]
    field = key if member is None else f"member:{member}:{key}"
    if member is None:
        old = made["household"].get(key)
        made["household"][key] = value
    else:
        found = next((m for m in made["members"] if m["key"] == member), None)
        if found is None:
            raise NotFound
        old = found.get(key)
        found[key] = value
    made["sources"][field] = source
    if old == value:
        raise Refused("register.same_value")
    told = {"field": key} | ({"member": member} if member else {})
    change.save(session, made, "value_corrected", told, {"before": old, "after": value})


def _value(session: Session, one: Opened, member: str | None, key: str, text: str) -> Any:
    """What was typed for one field, as the file keeps it."""
    entry = one.county.entries.get("field", key, one.county.on)
    level = "member" if member else "household"
    if entry is None or entry.value["level"] != level or entry.value["group"] not in one.groups:
        raise NotFound
    if entry.value["kind"] not in SIMPLE or key in ("relation", "status", "key", "org_unit", "head_name"):
        raise Refused("register.not_here")
    value = _typed(session, key, entry.value, text, one.county.on)
    if entry.value["kind"] == "id_number":
        _nobody_elses(session, one, value, member)
    return value


def _nobody_elses(session: Session, one: Opened, number: str, member: str | None) -> None:
    """A number belongs to one person: of another household, or another of this one, it is no correction."""
    if any(ident != one.row.id for ident in household_rows.with_person(session, number)):
        raise Refused("register.number_elsewhere")
    for other in (one.document or {}).get("members", ()):
        if other["key"] != member and other.get("id_number") == number and other.get("status") != "gone":
            raise Refused("register.number_twice", name=other.get("name", ""))


@dataclass(frozen=True)
class Change:
    """A household's file opened to be changed by one person for a reason, its streams locked."""

    one: Opened
    head: record.Head
    held: Assignment
    actor: Actor
    reason: str
    now: datetime
    command_id: bytes

    def draft(self) -> dict[str, Any]:
        """A copy of the file that may be changed."""
        document = self.one.document or {}
        return {
            **document,
            "household": dict(document["household"]),
            "members": [dict(m) for m in document["members"]],
            "sources": dict(document.get("sources", {})),
        }

    def save(
        self,
        session: Session,
        made: Mapping[str, Any],
        kind: str,
        body: Mapping[str, Any],
        values: Mapping[str, Any],
        *,
        as_of: date | None = None,
    ) -> None:
        """The next version of the file (true from `as_of`, else today), and the event that says what was changed, by whom
        and why."""
        household_file.save(
            session,
            self.one.row.id,
            self.one.key,
            dict(made),
            as_of=as_of or self.one.county.on,
            now=self.now,
            number=self.one.version + 1,
        )
        told = {"household": self.one.row.id, "role": self.held.role, "unit": self.held.unit, **body}
        secret = {"values": {**values, "reason": self.reason}}
        draft = NewEvent(kind, self.now, self.actor.id, told, secret, command_id=self.command_id)
        _, writes = record.append(session, self.head, self.one.key, draft)
        session.write(writes)


def to_edit(
    context: Context,
    household: int,
    reason: str,
    command_id: bytes,
    wrong: Callable[[Opened], Mapping[str, Refused | None]] = lambda _: {},
) -> Change | None:
    """None if this command was carried out before. Refused for who may not edit, or without a reason. `wrong`: what is wrong
    with the form's other fields."""
    session, actor = context.session, context.actor
    head = _locked(session, household)
    if record.event_of_command(session, command_id) is not None:
        return None
    one = open_one(context, household)
    held = post_for(actor, one.county.who_may("edit_households"), one.row.org_unit, one.county)
    if held is None or one.document is None:
        raise Refused("register.not_yours_to_edit")
    unsaid: Refused | None = Refused("tasks.reason_needed")
    if reason.strip():
        _, unsaid = trial(lambda: readings.because(context, household, one.row.org_unit, reason))
    others = wrong(one)
    all_right(**{**others, "reason": others.get("reason", unsaid)})
    return Change(one, head, held, actor, reason.strip(), context.now, command_id)


def _locked(session: Session, household: int) -> record.Head:
    """The household's stream, and those of its open cases: who works on a case writes the same file."""
    head = record.lock_stream(session, f"household:{household}")
    for case in case_rows.cases_of(session, household):
        if case.closed_at is None:
            record.lock_stream(session, f"case:{case.id}")
    return head


def _typed(session: Session, key: str, value: Mapping[str, Any], text: str, today: date) -> Any:
    kind = value["kind"]
    try:
        if key == "name":
            return typed.person_name(text) or _empty()
        if kind == "code":
            if text not in {o["code"] for o in _options(words_of(session), value)}:
                raise Refused("incidents.bad_value")
            return text
        if kind == "money":
            return typed.money(text)
        if kind == "integer":
            number_of = typed.integer(text)
            if number_of > value.get("most", number_of):
                raise typed.TextError("forms.number.maximum", limit=value["most"])
            return number_of
        if kind == "phone":
            number = typed.phone(text)
            typed.check_phone(number)
            return number
        if kind == "id_number":
            number = typed.id_number(text)
            typed.check_paper_number(number)
            typed.check_born(number, today)
            return number
        if kind == "date":
            day = typed.day(text)
            if key == "born":
                typed.check_born(day, today)
            return day
        return typed.short(text, LONGEST) or _empty()
    except typed.TextError as refused:
        raise Refused(refused.code, **{"title": value["label"], **refused.details}) from None


def _empty() -> Any:
    raise Refused("register.empty")


def mark_gone(context: Context, household: int, member: str, why: str, command_id: bytes) -> None:
    """A member who died, married out or moved away is kept, not deleted, and no longer counted; or is back again."""
    session, actor = context.session, context.actor
    change = to_edit(context, household, why, command_id)
    if change is None:
        return
    made = change.draft()
    found = next((m for m in made["members"] if m["key"] == member), None)
    if found is None:
        raise NotFound
    back = found.get("status") == "gone"
    if found.get("relation") == "head" and not back:
        raise Refused("register.head_stays")
    if found.get("merged_into"):
        raise Refused("register.merged_member")
    found |= {"status": "present" if back else "gone", "gone_why": "" if back else why.strip()}
    for name in ("gone_kind", "gone_on"):
        found.pop(name, None)
    made["sources"][f"member:{member}"] = [str(actor.id), change.one.county.on.isoformat()]
    change.save(session, made, "member_back" if back else "member_gone", {"member": member}, {})
    question = questions.one(session, household, "left", member)
    if question is not None:
        questions.close(session, [question.id], "no" if back else "yes", context.now, actor.id)


def cases_of(session: Session, household: int) -> list[Any]:
    return list(case_rows.cases_of(session, household))


def lines(session: Session, one: Opened) -> list[dict[str, Any]]:
    """Income and expenditure lines as tables."""
    if one.document is None or "income" not in one.groups:
        return []
    words = words_of(session)
    return [
        lines_table(words, str(entry.value["label"]), entry.key, one.document["household"][entry.key])
        for entry in one.county.entries.all("field", one.county.on)
        if entry.value["kind"] == "table" and entry.value.get("rows") == "line" and one.document["household"].get(entry.key)
    ]


def stories_of(session: Session, one: Opened) -> list[dict[str, Any]]:
    """The story of every case of the household, oldest first, as this person may read it."""
    found = []
    for case in case_rows.cases_of(session, one.row.id):
        told = stories.events(session, case.id, one.key)
        teller = stories.teller(session, one.county, told, one.groups)
        found.append({"on": case.clue_on, "lines": stories.story(teller)})
    return found

"""The household's file: what is known, from whom and since when; and its shape for forms and rules."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.forms import Form, split
from app.policy import family, naming
from app.policy.household_file import checks_of, household_of
from app.policy.identity import normalise_id
from app.policy.model import GONE, Checks, Household
from app.store import households as household_rows
from app.store.record import DataKey
from app.store.session import Session

from .. import finding

Document = dict[str, Any]


NUMBER, VILLAGE = "household:head_id_number", "household:org_unit"
IDENTITY = {"household:head_name": "name", NUMBER: "id_number", VILLAGE: None}
"""Which household it is: what its head's entry and its village say. No step changes that beside something else."""


def known(document: Document, village: str | None) -> dict[str, Any]:
    """Answers that forms need not ask, by `x-belongs-to`."""
    found = {f"household:{key}": value for key, value in document["household"].items()}
    found["household:members"] = family.counted(document["members"])
    head = family.head_of(document["members"]) or {}
    found |= {place: head.get(key) or None if key else village for place, key in IDENTITY.items()}
    return found


def settled(form: Form, document: Document, village: str | None) -> dict[str, Any]:
    """What a form asks of which household it is and the file says: by field, as it stands."""
    facts = known(document, village)
    asked = (item for item in form.fields if item.belongs_to in IDENTITY)
    return {item.name: facts[item.belongs_to] for item in asked if facts[item.belongs_to] is not None}


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """What lists search of a file: its head's name in both writings, its type. Nothing of what the file does not say."""
    head = family.head_of(document["members"])
    found: dict[str, Any] = {}
    if head is not None and head.get("name"):
        found = {"head_name": head["name"], "pinyin": finding.index(head["name"])}
    kind = document["household"].get("household_type")
    return {**found, "household_type": kind} if kind else found


def save(session: Session, ident: int, key: DataKey, content: Document, *, as_of: date, now: datetime, number: int) -> None:
    """The next version of a household's file; every list follows it."""
    household_rows.save_document(session, ident, key, content, plain=plain(content), as_of=as_of, now=now, number=number)


def agrees(place: str, given: str, stands: str) -> bool:
    """Whether an answer names the same head, however it was written."""
    return normalise_id(given) == normalise_id(stands) if place == NUMBER else naming.same(given, stands)


def learn(document: Document, form: Form, values: Mapping[str, Any], *, who: str, on: date) -> Document | None:
    """The file with what this form adds, each value with its source and date; None if it adds nothing."""
    parts = split(form, values)
    household = {k: v for k, v in parts.get("household", {}).items() if f"household:{k}" not in IDENTITY}
    rows = household.pop("members", None) or parts.get("member")
    members = numbered(document["members"], parts.get("household", {}).get("head_id_number"))
    if not household and not rows and members is document["members"]:
        return None
    sources = dict(document["sources"])
    sources.update({key: [who, on.isoformat()] for key in household})
    if rows:
        members = _merge_members(members, rows)
        sources["members"] = [who, on.isoformat()]
    return {"household": {**document["household"], **household}, "members": members, "sources": sources}


def numbered(members: list[Document], number: str | None) -> list[Document]:
    """The members, their head with this ID number where none was known."""
    head = family.head_of(members)
    if not number or head is None or head.get("id_number"):
        return members
    return [{**one, "id_number": number} if one is head else one for one in members]


def _merge_members(known_members: list[Document], rows: list[Mapping[str, Any]]) -> list[Document]:
    """Rows join the members they name (by key, else as the rules recognise a person); others are new. Nobody is ever removed;
    who had gone and is named again is back."""
    members = [dict(m) for m in known_members]
    by_key = {m["key"]: m for m in members}
    named = {row["key"] for row in rows if row.get("key") in by_key}
    others = [row for row in rows if row.get("key") not in by_key]
    known = family.recognised([m for m in members if m["key"] not in named], others)
    keys = iter([known.get(at) for at in range(len(others))])
    for row in rows:
        key = row["key"] if row.get("key") in by_key else next(keys)
        found = by_key.get(key or "")
        if found is None:
            found = {"key": f"m{len(members) + 1}"}
            members.append(found)
        elif found.get("status") == GONE and "status" not in row:
            found["status"] = "present"
        found.update({k: v for k, v in row.items() if k != "key" and v not in (None, "")})
    return members


def first(head_name: str, id_number: str | None, household: Mapping[str, Any], *, who: str, on: date) -> Document:
    """A new file with its head as first member."""
    member = {"key": "m1", "name": head_name, "relation": "head", "status": "present"}
    if id_number:
        member["id_number"] = id_number
    sources = {key: [who, on.isoformat()] for key in [*household, "members"]}
    return {"household": dict(household), "members": [member], "sources": sources}


def facts(document: Document) -> tuple[Household, Checks]:
    """The file as the rules read it. Raises MissingFact for what a household check must have brought."""
    return household_of(document["household"], document["members"]), checks_of(document["household"])

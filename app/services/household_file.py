"""The household's file: what is known, from whom and since when; and its shape for forms and rules."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.forms import Form, split
from app.policy.household_file import checks_of, household_of
from app.policy.model import Checks, Household

Document = dict[str, Any]


def known(document: Document) -> dict[str, Any]:
    """By `x-belongs-to`: what forms need not ask."""
    found = {f"household:{key}": value for key, value in document["household"].items()}
    found["household:members"] = document["members"]
    return found


def learn(document: Document, form: Form, values: Mapping[str, Any], *, who: str, on: date) -> Document | None:
    """The file with what this form adds, each value with its source and date; None if it adds nothing."""
    parts = split(form, values)
    household = dict(parts.get("household", {}))
    rows = household.pop("members", None) or parts.get("member")
    if not household and not rows:
        return None
    sources = dict(document["sources"])
    sources.update({key: [who, on.isoformat()] for key in household})
    members = document["members"]
    if rows:
        members = _merge_members(members, rows)
        sources["members"] = [who, on.isoformat()]
    return {"household": {**document["household"], **household}, "members": members, "sources": sources}


def _merge_members(known_members: list[Document], rows: list[Mapping[str, Any]]) -> list[Document]:
    """Rows join the members they name (by key, else by ID number); others are new. Nobody is ever removed."""
    members = [dict(m) for m in known_members]
    by_key = {m["key"]: m for m in members}
    by_number = {m["id_number"]: m for m in members if m.get("id_number")}
    for row in rows:
        found = by_key.get(row.get("key") or "") or by_number.get(row.get("id_number") or "")
        if found is None:
            found = {"key": f"m{len(members) + 1}"}
            members.append(found)
        found.update({k: v for k, v in row.items() if k != "key" and v not in (None, "")})
        if found.get("id_number"):
            by_number[found["id_number"]] = found
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

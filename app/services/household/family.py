"""What every form that is about the people of a household must keep: one head, and a guardian's signature for a minor."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from app import forms
from app.forms import Field, Form
from app.forms.model import CodedMessage, asked
from app.policy import family
from app.policy import parameters as params
from app.policy.parameters import Entries

from . import file as household_file

Document = Mapping[str, Any]


def asks(form: Form) -> bool:
    """Whether a form has anything to do with these rules."""
    return any(f.minor or f.belongs_to == "member:relation" for item in form.fields for f in (item, *item.columns))


def errors(
    form: Form, document: Document, values: Mapping[str, Any], today: date, entries: Entries
) -> dict[str, CodedMessage]:
    """By field path. The day that counts is that of the step, where the form asks it."""
    said = forms.happened_on(form, values)
    day = date.fromisoformat(said) if said else today
    adult = params.adult_age(entries, day)
    found: dict[str, CodedMessage] = {}
    for item in form.fields:
        if item.widget == "table":
            found |= _one_head(form, item, document, values, today)
            found |= _signers(item, document, values.get(item.name) or (), day, adult)
        elif item.minor and asked(item, values):
            found |= _head(item, document, values, day, adult)
    return found


def for_head(form: Form, document: Document, since: date | None, today: date, entries: Entries) -> Form:
    """The form without what is asked only of a minor head, where the head was grown-up all the time."""
    head = family.head_of(document.get("members", ()))
    if head is not None and family.is_minor(head, since or today, params.adult_age(entries, today)):
        return form
    return replace(form, fields=tuple(item for item in form.fields if item.minor != "head"))


def _one_head(
    form: Form, table: Field, document: Document, values: Mapping[str, Any], today: date
) -> dict[str, CodedMessage]:
    """As many heads as there must be once the rows have joined the file: one among those who are counted."""
    relation = next((c for c in table.columns if c.belongs_to == "member:relation"), None)
    if relation is None or table.belongs_to != "household:members" or not values.get(table.name):
        return {}
    learned = household_file.learn({**document}, form, values, who="", on=today)
    members = family.counted((learned or document)["members"])
    status = next((c for c in table.columns if c.belongs_to == "member:status"), None)
    if not members and status is not None:
        return {f"{table.name}-0-{status.name}": ("steps.nobody_counted", {"title": status.title})}
    heads = [m for m in members if m.get("relation") == "head"]
    if len(heads) == 1:
        return {}
    rows = list(enumerate(values[table.name]))
    said = [n for n, row in rows if row.get(relation.name) == "head"]
    place = said[-1] if heads and said else next((n for n, row in rows if family.counted([row])), 0)
    names = chr(0x3001).join(str(m.get("name", "")) for m in heads)
    code = "steps.two_heads" if heads else "steps.no_head"
    return {f"{table.name}-{place}-{relation.name}": (code, {"names": names})}


def _signers(table: Field, document: Document, rows: Any, day: date, adult: int) -> dict[str, CodedMessage]:
    how = next((c for c in table.columns if c.minor and c.minor != "head"), None)
    if how is None:
        return {}
    by_key = {m["key"]: m for m in document.get("members", ())}
    wanted = next(option.title for option in how.options if option.code == how.minor)
    minors = {family.plain_name(m.get("name")) for m in by_key.values() if family.is_minor(m, day, adult)}
    found: dict[str, CodedMessage] = {}
    for n, row in enumerate(rows):
        person = {**by_key.get(row.get("key") or "", {}), **row}
        if not family.is_minor(person, day, adult):
            continue
        path = f"{table.name}-{n}-"
        if row.get(how.name) != how.minor:
            found[path + how.name] = ("steps.minor_signs", {"name": row.get("name", ""), "how": wanted, "adult": adult})
            continue
        for column in table.columns:
            guardian = family.plain_name(row.get(column.name)) if column.guardian else ""
            if guardian and (guardian in minors or guardian == family.plain_name(row.get("name"))):
                found[path + column.name] = ("steps.guardian_grown", {"name": row.get(column.name, ""), "adult": adult})
    return found


def _head(item: Field, document: Document, values: Mapping[str, Any], day: date, adult: int) -> dict[str, CodedMessage]:
    head = family.head_of(document.get("members", ()))
    if head is None or not family.is_minor(head, day, adult):
        return {}
    given = values.get(item.name)
    if not given:
        return {item.name: ("steps.head_is_minor", {"name": head.get("name", ""), "title": item.title, "adult": adult})}
    minors = {family.plain_name(m.get("name")) for m in document["members"] if family.is_minor(m, day, adult)}
    if item.guardian and family.plain_name(given) in minors:
        return {item.name: ("steps.guardian_grown", {"name": given, "adult": adult})}
    return {}

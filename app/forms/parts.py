"""Where a form's values go: task data, the household file, the case, the step; what is known beforehand."""

from collections.abc import Iterable, Mapping
from typing import Any

from app.forms.model import Field, Form
from app.forms.schema import load
from app.forms.text import day_in_words, yuan

ENUMERATION = chr(0x3001)  # the Chinese mark between listed things


def process_values(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """What enters task data: ids, codes and decisions only (the schema reader refuses free text there)."""
    return {item.name: values[item.name] for item in form.fields if _kept(item, "process", values)}


def acting_people(form: Form, values: Mapping[str, Any]) -> list[int | str]:
    """Who acted in this step by its form: official ids, or names where only names are known; each once."""
    found: list[int | str] = []
    for item in form.fields:
        if item.acting and item.name in values:
            value = values[item.name]
            found += value if isinstance(value, list) else [value]
        if item.widget == "table":
            for row in values.get(item.name, ()):
                found += [row[column.name] for column in item.columns if column.acting and column.name in row]
    return list(dict.fromkeys(found))


def happened_on(form: Form, values: Mapping[str, Any]) -> str | None:
    """The day the step was done away from the screen, if the form asks it."""
    return next((values[item.name] for item in form.fields if item.happened and item.name in values), None)


def split(form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """By owner: {"household": {key: value}, "case": {column: value}, "process": {...}, "step": {...}}.

    A table goes whole to its own owner. Its `member:` columns stand once more under "member", as rows in the
    same order: what the household file learns from a table that belongs to the step (signers, for one).
    """
    made: dict[str, Any] = {}
    for item in form.fields:
        if item.name not in values:
            continue
        prefix, _, key = item.belongs_to.partition(":")
        part = made.setdefault(prefix, {})
        name = key or item.name
        part[name] = part[name] + values[item.name] if item.widget == "table" and name in part else values[item.name]
        members = [column.name for column in item.columns if column.belongs_to.startswith("member:")]
        if members:
            made["member"] = [{name: row[name] for name in members if name in row} for row in values[item.name]]
    return made


def blank(form: Form, known: Mapping[str, Any]) -> dict[str, Any]:
    """What this form need not ask, by field name.

    `known` is keyed as `x-belongs-to` says ("household:phone", "case:clue_on"); "household:members" is a list
    of dicts by member key, and fills every table with `member:` columns.
    """
    made: dict[str, Any] = {}
    for item in form.fields:
        members = [column for column in item.columns if column.belongs_to.startswith("member:")]
        if members:
            people = known.get("household:members") or ()
            if people:
                made[item.name] = [
                    {c.name: row[key] for c in members if row.get(key := _key(c)) is not None} for row in people
                ]
        elif item.columns and item.widget == "table":
            if rows := known.get(item.belongs_to):
                made[item.name] = [{c.name: row[c.name] for c in item.columns if c.name in row} for row in rows]
        elif known.get(item.belongs_to) is not None:
            made[item.name] = known[item.belongs_to]
    return made


def names(form: Form) -> set[str]:
    """All field names, columns as `table.column`."""
    return {item.name for item in form.fields} | {
        f"{item.name}.{column.name}" for item in form.fields for column in item.columns
    }


def process_names(schema: Mapping[str, Any], codes: Mapping[str, Any]) -> dict[str, set[str] | None]:
    """Names this form puts into task data, with their codes (None: ids, or a list the page hands in)."""
    return {
        item.name: {option.code for option in item.options} or None
        for item in load(schema, codes).fields
        if item.belongs_to == "process"
    }


def told(form: Form, values: Mapping[str, Any], choices: Mapping[str, Any] | None = None) -> list[tuple[str, Any]]:
    """Typed values as words: (title, text) in form order; a table is a list of rows of such pairs."""
    listed = choices or {}
    return _pairs((item for item in form.fields if item.widget not in ("hidden", "scan")), values, listed)


def _pairs(fields: Iterable[Field], values: Mapping[str, Any], choices: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        (item.title, words(item, values[item.name], choices))
        for item in fields
        if item.name in values and item.widget != "hidden"
    ]


def words(item: Field, value: Any, choices: Mapping[str, Any]) -> Any:
    """One typed value as text: titles for codes and ids, yuan for fen, dates as said; pairs for a table or votes."""
    if item.widget == "table":
        return [_pairs(item.columns, row, choices) for row in value]
    if item.widget == "votes":
        return _pairs(item.columns, value, choices)
    if item.widget == "money":
        return yuan(value)
    if item.widget == "date":
        return day_in_words(str(value))
    titles = {option.code: option.title for option in item.options}
    titles |= {str(code): title for code, title, *_ in choices.get(item.choices, ())}
    several = value if isinstance(value, list) else [value]
    return ENUMERATION.join(titles.get(str(one), str(one)) for one in several)


def _key(item: Field) -> str:
    return item.belongs_to.partition(":")[2]


def _kept(item: Field, owner: str, values: Mapping[str, Any]) -> bool:
    return item.belongs_to == owner and item.name in values

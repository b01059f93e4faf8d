"""Submitted strings -> typed values, or an error per field; nothing that was typed is lost."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.forms import text
from app.forms.judge import Choices, in_order, judge, title_at
from app.forms.model import CodedMessage, Field, Form, asked

MAX_NAMES = 6_000
MAX_ROWS = 200
KEPT = 20_000  # characters of one over-long string that are shown again

_ROW = re.compile(r"([a-z][a-z0-9_]*)-(\d{1,3})-([a-z][a-z0-9_]*)\Z", re.ASCII)
_CELL = re.compile(r"([a-z][a-z0-9_]*)-([a-z][a-z0-9_]*)\Z", re.ASCII)
_REMOVE = re.compile(r"_remove-([a-z][a-z0-9_]*)-(\d{1,3})\Z", re.ASCII)
# Between names people put a new line, a comma or the Chinese enumeration mark, comma or semicolon.
_BETWEEN_NAMES = re.compile("[\n,;" + "".join(map(chr, (0x3001, 0xFF0C, 0xFF1B))) + "]")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of a submit.

    `values`: typed (fen, ISO dates, ids, codes); questions not asked or left empty are absent.
    `errors`: path ("phone", "members-0-id_number", "votes-for", "" for the page) -> (code, args), form order.
    `raw`: what to show again, per field: str, list of str, list of rows, or counts by column.
    """

    values: dict[str, Any]
    errors: dict[str, CodedMessage] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.errors


def clean(
    form: Form,
    submitted: Mapping[str, Sequence[str]],
    known: Mapping[str, Any] | None = None,
    *,
    choices: Choices | None = None,
    today: date | None = None,
    since: date | None = None,
    unlisted: Mapping[str, Collection[str]] | None = None,
) -> Cleaned:
    """Judge what a page sent.

    Names are `field`, `table-0-column` or `votes-for`; names that begin with "_" belong to the page and are
    skipped, except `_remove-table-0`, which leaves a row out. `known` (typed, by field name, from `blank`)
    stands for every field the page did not send at all. `choices` are the lists the page offered for fields
    with `x-choices`; `since` and `today` bound dates of what has already happened. `unlisted`: table -> hidden keys of rows
    that `known` does not list and that may be named all the same. A question whose condition does not hold is dropped.
    """
    if len(submitted) > MAX_NAMES:
        return Cleaned({}, {"": ("forms.too_many", {"max": MAX_NAMES})}, {})
    errors: dict[str, CodedMessage] = {}
    single, rows = _sorted_by_field(form, submitted, errors)
    values: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for item in form.fields:
        if item.widget == "table":
            if item.name in rows:
                found = _rows(item, rows[item.name], errors)
                raw[item.name] = [shown_row for shown_row, _ in found]
                if found:
                    values[item.name] = [row for _, row in found]
                continue
        elif item.widget == "votes":
            cells = {k.split("-", 1)[1]: v for k, v in single.items() if k.startswith(f"{item.name}-")}
            if cells:
                raw[item.name], counts = _level(item.columns, cells, errors, f"{item.name}-")
                if counts or any(path.startswith(f"{item.name}-") for path in errors):
                    values[item.name] = counts
                continue
        elif item.name in single:
            shown_one, one = _level((item,), {item.name: single[item.name]}, errors, "")
            raw |= shown_one
            values |= one
            continue
        if known and item.name in known:
            values[item.name] = known[item.name]
            raw |= shown((item,), known)
    values = _asked_only(form.fields, values, errors)
    judge(form, values, errors, known=known or {}, choices=choices or {}, today=today, since=since, unlisted=unlisted or {})
    return Cleaned(values, in_order(form, errors), raw)


def strict(
    form: Form,
    values: Mapping[str, Any],
    *,
    choices: Choices | None = None,
    today: date | None = None,
    since: date | None = None,
) -> Cleaned:
    """Judge typed values (from a program) by the same rules; nothing is converted or dropped."""
    errors: dict[str, CodedMessage] = {}
    given = dict(values)
    for path in _not_asked(form.fields, given):
        errors[path] = ("forms.not_asked", {"title": title_at(form, path)})
    judge(form, given, errors, known=given, choices=choices or {}, today=today, since=since)
    return Cleaned(given, in_order(form, errors), shown(form.fields, given))


def without_strangers(
    form: Form, raw: Mapping[str, Any], known: Mapping[str, Any], unlisted: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    """What a page shows, without rows whose hidden key names nobody any more: typed before two entries became one."""
    made = dict(raw)
    for table in form.fields:
        hidden = [column.name for column in table.columns if column.widget == "hidden"] if table.widget == "table" else []
        for name in hidden if isinstance(made.get(table.name), list) else ():
            there = {str(row.get(name)) for row in known.get(table.name, ())} | set(unlisted.get(table.name, ()))
            made[table.name] = [row for row in made[table.name] if row.get(name) in (None, "", *there)]
    return made


def shown(fields: Iterable[Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """Typed values -> the strings that inputs show (fen become yuan); the shape of `Cleaned.raw`."""
    made: dict[str, Any] = {}
    for item in fields:
        value = values.get(item.name)
        if value is None:
            continue
        if item.widget == "table":
            rows = value if isinstance(value, list) else []
            made[item.name] = [shown(item.columns, row) for row in rows if isinstance(row, Mapping)]
        elif item.widget == "votes":
            made[item.name] = shown(item.columns, value) if isinstance(value, Mapping) else {}
        elif isinstance(value, list | tuple):
            several = [str(one) for one in value]
            made[item.name] = "\n".join(several) if item.widget == "people" else several
        elif item.widget == "money" and isinstance(value, int):
            made[item.name] = text.yuan(value)
        else:
            made[item.name] = str(value)
    return made


def _sorted_by_field(
    form: Form, submitted: Mapping[str, Sequence[str]], errors: dict[str, CodedMessage]
) -> tuple[dict[str, Sequence[str]], dict[str, dict[int, dict[str, Sequence[str]]]]]:
    fields = form.by_name
    single: dict[str, Sequence[str]] = {}
    rows: dict[str, dict[int, dict[str, Sequence[str]]]] = {}
    removed: set[tuple[str, int]] = set()
    for name, strings in submitted.items():
        if name.startswith("_") or name == "csrf_token":
            if (match := _REMOVE.match(name)) and any(strings):
                removed.add((match[1], int(match[2])))
            continue
        item = fields.get(name)
        if item is not None and item.widget not in ("table", "votes"):
            single[name] = strings
        elif (match := _ROW.match(name)) and _has_column(fields.get(match[1]), "table", match[3]):
            rows.setdefault(match[1], {}).setdefault(int(match[2]), {})[match[3]] = strings
        elif (match := _CELL.match(name)) and _has_column(fields.get(match[1]), "votes", match[2]):
            single[name] = strings
        else:
            errors.setdefault("", ("forms.unknown_field", {"name": name[:40]}))
    for table, index in removed:
        if table in rows:
            rows[table].pop(index, None)
    return single, rows


def _has_column(item: Field | None, widget: str, column: str) -> bool:
    return item is not None and item.widget == widget and any(found.name == column for found in item.columns)


def _rows(
    table: Field, submitted: Mapping[int, Mapping[str, Sequence[str]]], errors: dict[str, CodedMessage]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(shown, typed) per row that says anything, numbered anew from 0."""
    hidden = {column.name for column in table.columns if column.widget == "hidden"}
    made: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for index in sorted(submitted):
        cells = submitted[index]
        if not any(one.strip() for name, found in cells.items() if name not in hidden for one in found):
            continue
        if len(made) >= MAX_ROWS:
            errors.setdefault(table.name, ("forms.list.max", {"title": table.title, "max": table.max_items}))
            break
        made.append(_level(table.columns, cells, errors, f"{table.name}-{len(made)}-"))
    return made


def _level(
    fields: Iterable[Field], submitted: Mapping[str, Sequence[str]], errors: dict[str, CodedMessage], prefix: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plain fields of one level: what to show again, and the values that could be read."""
    raw: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for item in fields:
        strings = submitted.get(item.name)
        if strings is None:
            continue
        kept = [one[:KEPT] for one in strings[:MAX_ROWS] if one]
        raw[item.name] = kept if item.many and item.widget != "people" else (kept[0] if kept else "")
        try:
            value = _value(item, strings)
        except text.TextError as refused:
            errors[f"{prefix}{item.name}"] = (refused.code, {"title": item.title, **refused.details})
            continue
        if value is not None:
            values[item.name] = value
    return raw, values


def _value(item: Field, strings: Sequence[str]) -> Any:
    """The typed value of one field; None when nothing was typed."""
    most = max(4 * item.max_length, 200) * (max(item.max_items, 1) if item.widget == "people" else 1)
    given = [one for one in strings if one]
    if any(len(one) > most for one in given):
        raise text.TextError("forms.too_long", max=item.max_length or 40)
    if item.widget == "people":
        typed = map(text.person_name, _BETWEEN_NAMES.split("\n".join(given)))
        return [name for name in typed if name] or None
    if len(given) > (MAX_ROWS if item.many else 1):
        raise text.TextError("forms.one_value")
    if item.many:
        ids = item.widget in ("officials", "scan")
        several = [one for one in map(text.figures if ids else text.prose, given) if one]
        return ([text.integer(one) for one in several] if ids else several) or None
    if not given or not given[0].strip():
        return None
    return _read(item, given[0])


def _read(item: Field, string: str) -> Any:
    if item.widget == "money":
        return text.money(string)
    if item.kind == "integer":
        return text.integer(string)
    if item.format == "date":
        return text.day(string)
    if item.format in ("id-number", "paper-number"):
        return text.id_number(string)
    if item.format == "phone":
        return text.phone(string)
    if item.format == "name":
        return text.person_name(string) or None
    return text.prose(string, lines=item.widget == "textarea") or None


def _asked_only(
    fields: Iterable[Field], values: Mapping[str, Any], errors: dict[str, CodedMessage], prefix: str = ""
) -> dict[str, Any]:
    """Without what was not asked; conditions read only what stands before them, so one pass is enough."""
    kept: dict[str, Any] = {}
    for item in fields:
        here = f"{prefix}{item.name}"
        if not asked(item, kept):
            for path in [one for one in errors if one == here or one.startswith(f"{here}-")]:
                del errors[path]
        elif item.name in values:
            value = values[item.name]
            if item.widget == "table":
                value = [_asked_only(item.columns, row, errors, f"{here}-{index}-") for index, row in enumerate(value)]
            kept[item.name] = value
    return kept


def _not_asked(fields: Iterable[Field], values: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for item in fields:
        if item.name not in values:
            continue
        if not asked(item, values):
            found.append(item.name)
        elif item.widget == "table" and isinstance(values[item.name], list):
            for index, row in enumerate(values[item.name]):
                if isinstance(row, Mapping):
                    found += [f"{item.name}-{index}-{name}" for name in _not_asked(item.columns, row)]
    return found

"""What is wrong with typed values: what the schema says, then what a schema cannot say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from jsonschema import ValidationError

from app import fonts
from app.forms import text
from app.forms.model import CodedMessage, Field, Form
from app.policy.identity import birth_date

Choices = Mapping[str, Sequence[Sequence[Any]]]
"""Lists a page offers, by name (officials, villages): (code or id, words) or (code or id, words, heading)."""


def judge(
    form: Form,
    values: Mapping[str, Any],
    errors: dict[str, CodedMessage],
    *,
    known: Mapping[str, Any],
    choices: Choices,
    today: date | None,
    since: date | None = None,
    unlisted: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Add what the schema says, then what a schema cannot say; a field that already has an error keeps it."""
    for problem in form.validator.iter_errors(values):
        for path, message in _said(form, problem):
            errors.setdefault(path, message)
    for item in form.fields:
        value = values.get(item.name)
        if value is None or item.name in errors:
            continue
        for path, column, one in _leaves(item, value):
            if found := _beyond_schema(column, one, choices, today, since):
                errors.setdefault(path, found)
        if item.widget == "table" and isinstance(value, list):
            _judge_table(item, value, errors, known, (unlisted or {}).get(item.name, ()))
        elif item.widget == "hidden" and value != known.get(item.name):
            errors.setdefault("", ("forms.unknown_field", {"name": item.name}))


def _leaves(item: Field, value: Any) -> Iterable[tuple[str, Field, Any]]:
    if item.widget == "table" and isinstance(value, list):
        for index, row in enumerate(value):
            if isinstance(row, Mapping):
                for column in item.columns:
                    if column.name in row:
                        yield f"{item.name}-{index}-{column.name}", column, row[column.name]
    elif item.widget != "votes":
        yield item.name, item, value


FIRST_DAY = "2000-01-01"
"""No date of what was done lies before it: a slip of the keyboard, not a fact."""


def _beyond_schema(item: Field, value: Any, choices: Choices, today: date | None, since: date | None) -> CodedMessage | None:
    if item.choices in choices and item.choices:
        offered = {str(code) for code, *_ in choices[item.choices]}
        if any(str(one) not in offered for one in (value if isinstance(value, list) else [value])):
            return "forms.choice.not_offered", {"title": item.title}
    if item.past and today is not None and isinstance(value, str) and value > today.isoformat():
        return "forms.date.future", {"title": item.title, "today": today.isoformat()}
    if item.happened and since is not None and isinstance(value, str) and value < since.isoformat():
        return "forms.date.before", {"title": item.title, "since": since.isoformat()}
    if item.widget in ("text", "textarea", "people") and isinstance(value, str) and (lost := fonts.lost(value)):
        return "forms.text.font", {"title": item.title, **lost}
    first = text.FIRST_BIRTH.isoformat() if item.belongs_to == "member:born" else FIRST_DAY
    if item.format == "date" and isinstance(value, str) and value < first:
        return "forms.date.too_early", {"title": item.title, "since": first}
    if item.format in ("id-number", "paper-number") and today is not None and (birth_date(str(value)) or today) > today:
        return "forms.id_number.birth", {"title": item.title}
    return None


def _judge_table(
    table: Field, rows: list[Any], errors: dict[str, CodedMessage], known: Mapping[str, Any], unlisted: Collection[str]
) -> None:
    hidden = [column.name for column in table.columns if column.widget == "hidden"]
    for name in hidden:
        offered = {row.get(name) for row in known.get(table.name, ()) if isinstance(row, Mapping)}
        offered |= set(unlisted)
        used = [row[name] for row in rows if isinstance(row, Mapping) and name in row]
        if len(set(used)) != len(used) or not set(used) <= offered:
            errors.setdefault("", ("forms.unknown_field", {"name": f"{table.name}.{name}"}))
    if table.unique:
        seen: dict[Any, int] = {}
        for index, row in enumerate(rows):
            one = row.get(table.unique) if isinstance(row, Mapping) else None
            if one is not None and seen.setdefault(one, index) != index:
                path = f"{table.name}-{index}-{table.unique}"
                errors.setdefault(path, ("forms.table.duplicate", {"row": index + 1, "first": seen[one] + 1}))


def _said(form: Form, problem: ValidationError) -> list[tuple[str, CodedMessage]]:
    """A complaint of the schema validator as (path, message) pairs of ours."""
    steps = list(problem.absolute_path)
    item = _field_at(form.fields, steps)
    here = _path(steps, item)
    rule: str = str(problem.validator)
    limit: Any = problem.validator_value
    instance: Any = problem.instance
    if rule == "required":
        fields = {one.name: one for one in (item.columns if item else form.fields)}
        missing = [fields[name] for name in limit if name not in instance and name in fields]
        return [(_under(steps, one), _required(one)) for one in missing]
    if rule == "additionalProperties":
        fields_here = {one.name for one in (item.columns if item else form.fields)}
        extra = sorted(str(name) for name in instance if name not in fields_here)
        return [("", ("forms.unknown_field", {"name": extra[0][:40] if extra else ""}))]
    title = item.title if item else ""
    if rule == "format":
        try:
            text.FORMATS[str(limit)](str(instance))
        except text.TextError as refused:
            return [(here, (refused.code, {"title": title, **refused.details}))]
    if rule == "minItems" and not instance and item:
        return [(here, _required(item))]
    if rule == "minLength" and item:
        return [(here, _required(item))]
    if rule in ("minimum", "maximum") and item and item.widget == "money":
        if rule == "minimum" and instance < 0:
            return [(here, ("forms.money.negative", {"title": title}))]
        return [(here, (f"forms.money.{rule}", {"title": title, "limit": text.yuan(int(limit))}))]
    code = {
        "enum": "forms.choice.unknown",
        "maxLength": "forms.too_long",
        "minimum": "forms.number.minimum",
        "maximum": "forms.number.maximum",
        "minItems": "forms.list.min",
        "maxItems": "forms.list.max",
        "uniqueItems": "forms.list.duplicate",
    }.get(rule, "forms.type")
    return [(here, (code, {"title": title, "max": limit, "min": limit, "limit": limit}))]


def _required(item: Field) -> CodedMessage:
    kind = {"scan": "scan", "table": "table", "radio": "choice", "select": "choice", "checks": "choice"}
    kind["officials"] = "choice"
    return f"forms.required.{kind.get(item.widget, 'text')}", {"title": item.title}


def _field_at(fields: tuple[Field, ...], steps: Sequence[str | int]) -> Field | None:
    found: Field | None = None
    for step in steps:
        if isinstance(step, str):
            found = next((item for item in fields if item.name == step), found)
            fields = found.columns if found else ()
    return found


def _path(steps: Sequence[str | int], item: Field | None) -> str:
    """The input's name; the place within a list of plain codes is left out."""
    used = steps[:-1] if item and item.many and steps and isinstance(steps[-1], int) else steps
    return "-".join(map(str, used))


def _under(steps: Sequence[str | int], item: Field) -> str:
    return "-".join(map(str, [*steps, item.name]))


def title_at(form: Form, path: str) -> str:
    found = _field_at(form.fields, [part for part in path.split("-") if not part.isdigit()])
    return found.title if found else ""


def in_order(form: Form, errors: Mapping[str, CodedMessage]) -> dict[str, CodedMessage]:
    """Errors in the order of the page, so that the first one is the first to be seen."""
    order = {item.name: index for index, item in enumerate(form.fields)}

    def place(path: str) -> tuple[int, int, int]:
        parts = path.split("-")
        item = form.by_name.get(parts[0])
        columns = [column.name for column in item.columns] if item else []
        row = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
        return order.get(parts[0], -1), row, columns.index(parts[-1]) if parts[-1] in columns else -1

    return {path: errors[path] for path in sorted(errors, key=place)}

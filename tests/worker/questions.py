"""What a form asks, as anybody would see it: the same questions whether a page drew them or a schema says them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app import forms

Sent = dict[str, list[str]]
"""Strings by the name of their input, as a browser sends them."""

KINDS = (
    "text",
    "lines",
    "name",
    "names",
    "id",
    "phone",
    "date",
    "money",
    "integer",
    "one",
    "many",
    "file",
    "counts",
    "table",
)


@dataclass(frozen=True)
class Choice:
    code: str
    title: str


@dataclass(frozen=True)
class Condition:
    """Asked (or required) when one of `codes` is chosen in `of`; `negated`: when none of them is."""

    of: str
    codes: tuple[str, ...]
    negated: bool = False

    def holds(self, sent: Mapping[str, Sequence[str]]) -> bool:
        return any(one in self.codes for one in sent.get(self.of, ())) is not self.negated


@dataclass(frozen=True)
class Row:
    """One row of a table; `given`: it stands there already, with what is known."""

    index: str
    cells: tuple["Question", ...]
    given: bool = False


@dataclass(frozen=True)
class Question:
    """One input. `path` is its name; `given` what stands in it; `needed`: to be answered at least under a condition."""

    path: str
    title: str
    kind: str
    hint: str = ""
    required: bool = False
    needed: bool = False
    when: tuple[Condition, ...] = ()
    choices: tuple[Choice, ...] = ()
    people: bool = False
    given: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    longest: int = 0
    first_day: str = ""
    last_day: str = ""
    cells: tuple["Question", ...] = ()
    rows: tuple[Row, ...] = ()

    def asked(self, sent: Mapping[str, Sequence[str]]) -> bool:
        return not self.when or any(one.holds(sent) for one in self.when)


@dataclass(frozen=True)
class Sheet:
    """A form to fill: `key` names its kind (two forms of one kind are filled alike), `fixed` goes back as it came."""

    key: str
    questions: tuple[Question, ...]
    fixed: tuple[tuple[str, str], ...] = ()

    def leaves(self) -> Iterator[Question]:
        """Every input, cells of tables and of counts too."""
        for one in self.questions:
            yield one
            yield from one.cells
            for row in one.rows:
                yield from row.cells


# --- from a schema ------------------------------------------------------------------------------------------------------

_KIND = {
    "text": "text",
    "textarea": "lines",
    "date": "date",
    "money": "money",
    "integer": "integer",
    "radio": "one",
    "select": "one",
    "checks": "many",
    "table": "table",
    "people": "names",
    "scan": "file",
    "votes": "counts",
}
_FORMAT = {"name": "name", "id-number": "id", "phone": "phone"}


def of_form(
    key: str, form: forms.Form, known: Mapping[str, Any] | None = None, choices: Mapping[str, Any] | None = None
) -> Sheet:
    """The questions of a form that no page has drawn: schema, known values and lists to choose from alone."""
    drawn = forms.draw(form, known=known, choices=choices)
    return Sheet(key, tuple(_of_cell(cell) for cell in drawn if cell.field.widget != "hidden"), _hidden(drawn))


def _hidden(cells: Sequence[forms.Cell]) -> tuple[tuple[str, str], ...]:
    found = [(c.path, str(c.value)) for c in cells if c.field.widget == "hidden" and c.value]
    rows = (inner for c in cells for row in c.rows for inner in row.cells)
    return (*found, *((c.path, str(c.value)) for c in rows if c.field.widget == "hidden" and c.value))


def _of_cell(cell: forms.Cell) -> Question:
    item = cell.field
    kind = _KIND.get(item.widget) or ("many" if item.many else "one")
    kind = _FORMAT.get(item.format, kind) if kind == "text" else kind
    value = cell.value if isinstance(cell.value, list | tuple) else [cell.value] if cell.value else []
    rows = [
        Row(row.index, tuple(_of_cell(c) for c in row.cells if c.field.widget != "hidden"), given=not row.spare)
        for row in cell.rows
    ]
    if cell.copy is not None and len(rows) < item.max_items:  # one may always add a row
        rows.append(
            Row(str(len(rows)), tuple(_of_cell(_at(c, len(rows))) for c in cell.copy.cells if c.field.widget != "hidden"))
        )
    return Question(
        path=cell.path,
        title=cell.title,
        kind=kind,
        hint=item.hint,
        required=cell.required,
        needed=bool(item.needed_when),
        when=tuple(Condition(_beside(cell.path, c.field), c.codes, c.negated) for c in item.when),
        choices=tuple(Choice(o.code, o.title) for o in cell.options),
        people=item.widget == "officials",
        given=tuple(map(str, value)),
        least=item.minimum,
        most=item.maximum if item.kind == "integer" else item.max_items or None,
        longest=item.max_length,
        cells=tuple(_of_cell(c) for c in cell.cells),
        rows=tuple(rows),
    )


def _at(cell: forms.Cell, index: int) -> forms.Cell:
    return replace(cell, path=cell.path.replace("__i__", str(index)))


def _beside(path: str, name: str) -> str:
    """A field of the same level: of the same row of a table."""
    table = path.rpartition("-")[0]
    return f"{table}-{name}" if table else name

"""A form ready to draw: every input with its name, value, error, choices and what is known. No HTML here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.forms.clean import shown
from app.forms.judge import Choices
from app.forms.model import CodedMessage, Condition, Field, Findable, Form, Option
from app.forms.parts import words

PLACEHOLDER = "__i__"
MOST = 50
"""So many of the choices that were found are shown."""
WHOLE = 300
"""A list up to here (a county's villages) is there to choose from as well, before anything was typed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition in words: the question, the answers that count, and whether they are the excluded ones."""

    title: str
    answers: tuple[str, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Finder:
    """Choices found by typing: what was typed (`text`, in `group`), how many fit, where a script asks for more."""

    url: str
    text: str
    group: str
    groups: tuple[str, ...]
    found: int
    chosen: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; `index` is a number, or PLACEHOLDER in the row that a script copies."""

    index: str
    cells: tuple["Cell", ...]
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One input (or table, or votes grid) as a template needs it.

    `path` is the input's name; `value` a string, or a list for `field.many`. `known` is the text of what the
    household file already says, when nothing else was typed: shown instead of an open input, or with `fixed` instead of
    any: it is not changed here. `when` is the
    data attribute for scripts ("risks=disaster", "how=guardian|proxy", alternatives separated by commas).
    `first`: the first thing wrong on the page.
    """

    field: Field
    path: str
    value: Any = ""
    error: CodedMessage | None = None
    known: str | None = None
    fixed: bool = False
    options: tuple[Option, ...] = ()
    when: str = ""
    asked: tuple[Asked, ...] = ()
    needed: tuple[Asked, ...] = ()
    first: bool = False
    rows: tuple[Row, ...] = ()
    copy: Row | None = None
    cells: tuple["Cell", ...] = ()
    finder: Finder | None = None

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def title(self) -> str:
        return self.field.title

    @property
    def required(self) -> bool:
        """Whether it must be answered whenever it is asked."""
        return self.field.required or bool(self.field.when and self.field.needed_when)

    @property
    def groups(self) -> list[tuple[str, list[Option]]]:
        """Options by heading, in their order."""
        made: dict[str, list[Option]] = {}
        for option in self.options:
            made.setdefault(option.group, []).append(option)
        return list(made.items())


def draw(
    form: Form,
    raw: Mapping[str, Any] | None = None,
    errors: Mapping[str, CodedMessage] | None = None,
    *,
    known: Mapping[str, Any] | None = None,
    choices: Choices | None = None,
    extra: Mapping[str, int] | None = None,
    prefix: str = "",
    looked: Mapping[str, tuple[str, str]] | None = None,
    fixed: Collection[str] = (),
) -> tuple[Cell, ...]:
    """The cells of a page; `prefix` goes before every input's name (one of several forms on it).

    `raw` is `Cleaned.raw` (None: the page is opened for the first time).

    `known` as for `clean`; `extra` adds empty rows to a table ("add a row" without a script). `looked`: input's name ->
    (text, heading) typed to find a choice in a list too long to show. `fixed`: names of what is known and not changed here.
    """
    errors = errors or {}
    known_raw = shown(form.fields, known or {})
    fixed = [name for name in fixed if name in known_raw]
    page = _Page(
        raw={**known_raw, **(raw or {}), **{name: known_raw[name] for name in fixed}},
        errors=errors,
        known=known_raw,
        known_values=known or {},
        choices=choices or {},
        extra=extra or {},
        first=next(iter(errors), ""),
        prefix=prefix,
        looked=looked or {},
        fixed=fixed,
    )
    return tuple(_cell(page, item, form.fields) for item in form.fields)


@dataclass(frozen=True, slots=True)
class _Page:
    raw: Mapping[str, Any]
    errors: Mapping[str, CodedMessage]
    known: Mapping[str, Any]
    known_values: Mapping[str, Any]
    choices: Choices
    extra: Mapping[str, int]
    first: str
    prefix: str
    looked: Mapping[str, tuple[str, str]]
    fixed: Collection[str]


def _cell(page: _Page, item: Field, siblings: Sequence[Field]) -> Cell:
    if item.widget == "table":
        return _table(page, item, siblings)
    value = page.raw.get(item.name)
    known = page.known.get(item.name)
    if item.widget == "votes":
        counts = value if isinstance(value, Mapping) else {}
        cells = tuple(
            _input(page, column, f"{item.name}-{column.name}", counts.get(column.name), None) for column in item.columns
        )
        return _input(page, item, item.name, None, None, siblings=siblings, cells=cells)
    said = words(item, page.known_values[item.name], page.choices) if known and known == value else None
    return _input(page, item, item.name, value, said, siblings=siblings)


def _table(page: _Page, item: Field, siblings: Sequence[Field]) -> Cell:
    typed = [row for row in page.raw.get(item.name) or () if isinstance(row, Mapping)]
    spare = max(1 if typed else item.spare_rows, page.extra.get(item.name, 0))
    spare = max(0, min(spare, item.max_items - len(typed)))
    rows = [_row(page, item, str(index), row) for index, row in enumerate(typed)]
    rows += [_row(page, item, str(len(typed) + index), {}, spare=True) for index in range(spare)]
    copy = _row(page, item, PLACEHOLDER, {}, spare=True)
    return _input(page, item, item.name, None, None, siblings=siblings, rows=tuple(rows), copy=copy)


def _row(page: _Page, table: Field, index: str, row: Mapping[str, Any], spare: bool = False) -> Row:
    known, values = _known_row(page, table, index, row)
    cells = []
    for column in table.columns:
        value = row.get(column.name)
        said = None
        if value and known.get(column.name) == value:
            said = words(column, values[column.name], page.choices)
        path = f"{table.name}-{index}-{column.name}"
        cells.append(_input(page, column, path, value, said, siblings=table.columns))
    return Row(index, tuple(cells), spare)


def _known_row(page: _Page, table: Field, index: str, row: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The known row that a typed row continues: the one with the same hidden key, else in the same place."""
    shown_rows: Sequence[Mapping[str, Any]] = page.known.get(table.name) or ()
    typed_rows: Sequence[Mapping[str, Any]] = page.known_values.get(table.name) or ()
    hidden = [column.name for column in table.columns if column.widget == "hidden"]
    for place, found in enumerate(shown_rows):
        same_key = bool(hidden) and all(row.get(name) == found.get(name) for name in hidden) and hidden[0] in found
        if same_key or (not any(name in found for name in hidden) and str(place) == index):
            return found, typed_rows[place]
    return {}, {}


def _input(
    page: _Page,
    item: Field,
    path: str,
    value: Any,
    said: str | None,
    *,
    siblings: Sequence[Field] = (),
    rows: tuple[Row, ...] = (),
    copy: Row | None = None,
    cells: tuple[Cell, ...] = (),
) -> Cell:
    error = page.errors.get(path)
    chosen, options, finder = _offered(item, page.choices, value, *page.looked.get(page.prefix + path, ("", "")))
    return Cell(
        field=item,
        path=page.prefix + path,
        value=chosen if chosen is not None else ([] if item.many and item.widget != "people" else ""),
        error=error,
        known=said if not error or path in page.fixed else None,
        fixed=said is not None and path in page.fixed,
        options=options,
        when=",".join(f"{page.prefix}{one.field}{'!=' if one.negated else '='}{'|'.join(one.codes)}" for one in item.when),
        asked=_in_words(item.when, siblings),
        needed=_in_words(item.needed_when, siblings),
        first=bool(error) and path == page.first,
        rows=rows,
        copy=copy,
        cells=cells,
        finder=finder,
    )


def _offered(
    item: Field, choices: Choices, value: Any, text: str, group: str
) -> tuple[Any, tuple[Option, ...], Finder | None]:
    """(what is chosen, what may be chosen, how it is found): the form's own codes, narrowed to the page's list where there is
    one. Of a list too long to show, what was chosen and what was found; the only one found is chosen."""
    if item.choices not in choices:
        return value, item.options, None
    listed: Any = choices[item.choices]
    if not item.options and getattr(listed, "long", False):
        return searched(listed, value, text, group, many=item.many)
    options = [Option(str(code), *words_) for code, *words_ in listed]
    if item.options:
        offered = {option.code for option in options}
        return value, tuple(option for option in item.options if option.code in offered), None
    return value, tuple(options), None


def searched(
    listed: Findable, value: Any, text: str = "", group: str = "", *, many: bool = False
) -> tuple[Any, tuple[Option, ...], Finder]:
    """What is chosen, the choices to show, and how they were found."""
    found = listed.find(text, group)
    whole = [*listed] if not text and not group and len(listed) <= WHOLE else []
    if len(found) == 1 and text:
        value = list(dict.fromkeys([*(value or []), found[0][0]])) if many else found[0][0]
    chosen = [one for code in (value if many else [value]) or () if code and (one := listed.named(code)) is not None]
    shown = dict.fromkeys(whole or [*chosen, *found[:MOST]])
    named = "" if many or not chosen else chosen[0][1]
    finder = Finder(listed.url, text, group, tuple(listed.groups), len(found), named)
    return value, tuple(Option(code, *words_) for code, *words_ in shown), finder


def _in_words(conditions: Sequence[Condition], siblings: Sequence[Field]) -> tuple[Asked, ...]:
    found = []
    for condition in conditions:
        subject = next((item for item in siblings if item.name == condition.field), None)
        if subject:
            rest = [option.title for option in subject.options if option.code not in condition.codes]
            answers = [option.title for option in subject.options if option.code in condition.codes]
            shorter = len(rest) < len(answers)  # "not the one" reads better than "one of the other four"
            found.append(Asked(subject.title, tuple(rest if shorter else answers), condition.negated is not shorter))
    return tuple(found)

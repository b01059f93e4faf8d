"""What a form is once its schema has been read: frozen values that a template draws and `clean` judges by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from jsonschema import Draft202012Validator

from app.errors import CodedError

CodedMessage = tuple[str, dict[str, Any]]
"""A problem as (dotted code, named arguments); never a Chinese sentence."""

Kind = Literal["string", "integer", "array", "object"]


class FormError(CodedError):
    """A schema this layer does not draw; `path` says where in the file."""

    def __init__(self, code: str, path: str, **details: object) -> None:
        super().__init__(code, **details)
        self.path = path


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a list; `group` heads it in a long select."""

    code: str
    title: str
    group: str = ""


class Findable(Protocol):
    """A list of choices that may be too long to show: what fits is found by typing. `url`: where a script asks."""

    @property
    def url(self) -> str: ...

    @property
    def long(self) -> bool: ...

    @property
    def groups(self) -> list[str]: ...

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[tuple[str, ...]]: ...

    def find(self, text: str, group: str = "") -> list[tuple[str, ...]]: ...

    def named(self, code: str) -> tuple[str, ...] | None: ...


@dataclass(frozen=True, slots=True)
class Condition:
    """True when one of `codes` is chosen in `field` (a field of the same form, or of the same table row)."""

    field: str
    codes: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One question. Columns of a table (and the counts of a votes grid) are fields of their own.

    `when`: asked only if any of these holds; `needed_when`: always asked, but required only then.
    `minor`: of a row whose person is a minor, the code that must be chosen; of a field about the head, asked only of a minor
    head; `guardian`: names who signs for a minor.
    `batch`: in a list of households asked `once`, `each`, or `made` from the rest.
    `choices`: name of a list the page hands in (officials, villages, ...); checked like `options`.
    """

    name: str
    title: str
    hint: str
    widget: str
    kind: Kind
    belongs_to: str
    required: bool = False
    options: tuple[Option, ...] = ()
    choices: str = ""
    when: tuple[Condition, ...] = ()
    needed_when: tuple[Condition, ...] = ()
    columns: tuple["Field", ...] = ()
    format: str = ""
    max_length: int = 0
    min_items: int = 0
    max_items: int = 0
    minimum: int | None = None
    maximum: int | None = None
    acting: bool = False
    confirm: bool = False
    past: bool = False
    happened: bool = False
    unique: str = ""
    sensitive: str = ""
    batch: str = "each"
    spare_rows: int = 1
    minor: str = ""
    guardian: bool = False

    @property
    def many(self) -> bool:
        """Whether the value is a list of plain codes, ids or names (a table is not)."""
        return self.kind == "array" and self.widget != "table"

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(option.code for option in self.options)


@dataclass(frozen=True, slots=True)
class Form:
    """A schema, read. Compare by identity; share between requests and threads."""

    title: str
    description: str
    fields: tuple[Field, ...]
    validator: Draft202012Validator = field(repr=False, compare=False)

    @property
    def by_name(self) -> dict[str, Field]:
        return {item.name: item for item in self.fields}

    @property
    def uploads(self) -> tuple[str, ...]:
        """Names of fields whose file arrives with the request: the form then needs multipart/form-data."""
        return tuple(item.name for item in self.fields if item.widget == "scan")


def holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    """Whether a condition is met by typed (or submitted) values of the same level."""
    chosen = values.get(condition.field)
    several = chosen if isinstance(chosen, list | tuple) else [chosen]
    hit = any(str(one) in condition.codes for one in several if one is not None)
    return hit is not condition.negated


def asked(item: Field, values: Mapping[str, Any]) -> bool:
    """Whether a field is asked at all, given the others."""
    return not item.when or any(holds(condition, values) for condition in item.when)

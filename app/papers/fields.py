"""Fields of papers: each checks its own value and makes it uniform, or refuses it by a code.

Dates come as ISO strings or dates, lists as lists.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import date, datetime
from typing import Any

from app.errors import CodedError
from app.fonts import MARK
from app.policy import naming

SHORT, LINE, _PROSE, _ITEMS = 60, 200, 2000, 500
_DIGITS = 7  # no figure on a public sheet is this long; ID numbers, accounts and phones are
_GROUP = re.compile(r"[\w \-#()\u00b7\u3001\uff08\uff09\u3013]+")
_NUMBER = re.compile(rf"\d(?:[\s\-]?\d){{{_DIGITS - 1},}}")
_UNKNOWN = {"Cs", "Cn", "Co"}
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Check = Callable[[object, str], object]


class PaperError(CodedError):
    """A paper that cannot be made: a dotted `code` and the arguments of its sentence."""


def from_plain(cls: "type[PaperValues]", values: object, where: str) -> "PaperValues":
    if type(values) is cls:
        return values
    if not isinstance(values, Mapping):
        raise PaperError("papers.value.type", field=where)
    known = {f.name: f for f in fields_of(cls)}
    for key in values:
        if key not in known:
            raise PaperError("papers.value.unknown", field=f"{where}.{key}")
    for name, f in known.items():
        if name not in values and not f.metadata["optional"]:
            raise PaperError("papers.value.missing", field=f"{where}.{name}")
    return cls(**values)


def _clean(value: object, where: str, longest: int, lines: bool = False) -> str:
    if not isinstance(value, str):
        raise PaperError("papers.value.type", field=where)
    if len(value) > longest:
        raise PaperError("papers.value.long", field=where, longest=longest)
    value = value.replace("\r\n", "\n") if lines else value
    for char in value:
        if unicodedata.category(char) == "Cc" and not (lines and char == "\n"):
            raise PaperError("papers.value.character", field=where)
    if _BIDI.search(value):
        raise PaperError("papers.value.character", field=where)
    return "".join(map(_printed, value)).strip()


def _printed(char: str) -> str:
    """A character that no font can know becomes the printers' mark: one of them stops no paper."""
    kind = unicodedata.category(char)
    if kind in ("Zl", "Zp"):
        return " "
    return MARK if kind in _UNKNOWN and not 0x20000 <= ord(char) <= 0x3FFFD else char


def text(longest: int = LINE, optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        text = _clean(value, where, longest)
        if not text and not optional:
            raise PaperError("papers.value.missing", field=where)
        return text

    return _checked(check, optional, "")


def prose(optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        text = _clean(value, where, _PROSE, lines=True)
        if not text and not optional:
            raise PaperError("papers.value.missing", field=where)
        return text

    return _checked(check, optional, "")


def public(longest: int = SHORT) -> Any:
    """Text on a sheet that everyone reads: no long run of digits, spaced or full-width ones included."""

    def check(value: object, where: str) -> str:
        text = _clean(value, where, longest)
        if not text:
            raise PaperError("papers.value.missing", field=where)
        joined = re.sub(r"[\s\W_]+", "", unicodedata.normalize("NFKC", text))
        run = 0
        for char in joined:
            run = run + 1 if char.isdigit() else 0
            if run >= _DIGITS:
                raise PaperError("papers.value.number", field=where)
        return text

    return _checked(check)


def name(optional: bool = False) -> Any:
    """A person's name as it is stored. The rule for names is kept at entry (`policy.naming`); what an older register holds
    beyond it must not stop a paper. Only a number in place of a name is refused."""

    def check(value: object, where: str) -> str:
        text = _clean(naming.folded(value) if isinstance(value, str) else value, where, LINE)
        if not text and not optional:
            raise PaperError("papers.value.missing", field=where)
        if sum(char.isdigit() for char in text) > naming.MOST_DIGITS:
            raise PaperError("papers.value.number", field=where)
        return text

    return _checked(check, optional, "")


def group() -> Any:
    """A group of villagers, as somebody wrote it, up to where it goes on to say something else; a number long enough to be
    an ID or a phone is blotted out."""

    def check(value: object, where: str) -> str:
        text = _clean(value, where, LINE)
        if not text:
            raise PaperError("papers.value.missing", field=where)
        part = _GROUP.search(text)
        return _NUMBER.sub(lambda found: "*" * len(found[0]), part[0].strip()) if part else MARK

    return _checked(check)


def phone(optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        text = _clean(value, where, 30)
        if not text and optional:
            return text
        if not re.fullmatch(r"[0-9+() \-/\u3001\uff08\uff09\u8f6c]{3,30}", text):
            raise PaperError("papers.value.phone", field=where)
        return text

    return _checked(check, optional, "")


def code(codes: Collection[str], optional: bool = False) -> Any:
    def check(value: object, where: str) -> str:
        if not isinstance(value, str) or (value not in codes and not (optional and value == "")):
            raise PaperError("papers.value.code", field=where)
        return value

    return _checked(check, optional, "", codes=tuple(codes))


def count(least: int = 0, most: int = 9999) -> Any:
    def check(value: object, where: str) -> int:
        if type(value) is not int or not least <= value <= most:
            raise PaperError("papers.value.count", field=where, least=least, most=most)
        return value

    return _checked(check)


def day(optional: bool = False) -> Any:
    def check(value: object, where: str) -> date | None:
        if optional and value in (None, ""):
            return None
        if type(value) is date:
            return value
        try:
            return date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise PaperError("papers.value.date", field=where) from None

    return _checked(check, optional, None)


def moment() -> Any:
    def check(value: object, where: str) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return datetime.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise PaperError("papers.value.date", field=where) from None

    return _checked(check)


def texts(longest: int = SHORT, least: int = 1) -> Any:
    def check(value: object, where: str) -> tuple[str, ...]:
        texts = tuple(_clean(item, where, longest) for item in _items(value, where, least))
        if not all(texts):
            raise PaperError("papers.value.missing", field=where)
        return texts

    return _checked(check, optional=least == 0, default=())


def rows(cls: "Callable[[], type[PaperValues]]", least: int = 1) -> Any:
    def check(value: object, where: str) -> "tuple[PaperValues, ...]":
        return tuple(from_plain(cls(), item, where) for item in _items(value, where, least))

    return _checked(check, optional=least == 0, default=(), rows=cls)


def _items(value: object, where: str, least: int) -> "list[object] | tuple[object, ...]":
    if not isinstance(value, list | tuple):
        raise PaperError("papers.value.type", field=where)
    if not least <= len(value) <= _ITEMS:
        raise PaperError("papers.value.items", field=where, least=least, most=_ITEMS)
    return value


def _checked(
    check: Check,
    optional: bool = False,
    default: object = None,
    rows: object = None,
    codes: tuple[str, ...] = (),
) -> Any:
    metadata = {"check": check, "optional": optional, "rows": rows, "codes": codes}
    return field(default=default, metadata=metadata) if optional else field(metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperValues:
    """Base of all papers' values: every field is checked and made uniform when the object is built."""

    def __post_init__(self) -> None:
        for f in fields_of(self):
            where = f"{type(self).__name__}.{f.name}"
            object.__setattr__(self, f.name, f.metadata["check"](getattr(self, f.name), where))

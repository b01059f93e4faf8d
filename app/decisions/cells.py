"""One cell of a judgement table: the few FEEL unary tests we carry out, kept as exact sets of values.

    -            anything                      < 5   <= 5   > 5   >= 5
    "a", "b"     one of a list                 [1..3]  (1..3)  ]1..3[  and the mixed forms
    true false   date("2021-08-09")            not( any of the above )

Nothing else is read. The reader is a flat loop over tokens: no recursion, nothing to nest.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple, NoReturn, get_args

from app.decisions.errors import TableError

Type = Literal["number", "string", "boolean", "date"]
TYPES: tuple[Type, ...] = get_args(Type)
Value = int | Decimal | str | bool | date
Answer = Value | tuple[str, ...]
"""What an output cell says: a value, or a list of codes."""
Scalar = int | Decimal
Cut = tuple[Scalar, int]
"""A place between values: (v, 0) lies just before v, (v, 1) just after it. Dates count as ordinals."""

BELOW_ALL: Cut = (Decimal("-Infinity"), 0)
ABOVE_ALL: Cut = (Decimal("Infinity"), 1)
MAX_CHARACTERS = 2_000
MAX_DIGITS = 20


class InvalidCell(TableError):
    """Codes decisions.cell.*; every one carries `text`, the cell as it was written."""


class Piece(NamedTuple):
    """All values from one cut up to another."""

    low: Cut
    high: Cut


@dataclass(frozen=True)
class Cell:
    """A set of values of one type. Only the parts of that type are used.

    pieces: number and date, sorted and apart. names, outside: string (outside = all but the names).
    truths: boolean. names keep the order in which they were written.
    """

    text: str
    type: Type
    any: bool = False
    pieces: tuple[Piece, ...] = ()
    names: tuple[str, ...] = ()
    outside: bool = False
    truths: tuple[bool, ...] = ()

    def matches(self, value: Value | None) -> bool:
        """Whether the value passes; nothing (None) and a value of another type pass only `-`."""
        if self.any:
            return True
        if value is None or not is_of_type(value, self.type):
            return False
        if isinstance(value, bool):
            return value in self.truths
        if isinstance(value, str):
            return (value in self.names) != self.outside
        point = (scalar(value), 0)
        return any(piece.low <= point < piece.high for piece in self.pieces)

    @property
    def fractional(self) -> bool:
        """Whether a number in it is written with a decimal point."""
        cuts = (cut for piece in self.pieces for cut in piece)
        return self.type == "number" and any(isinstance(v, Decimal) and v.is_finite() for v, _ in cuts)


def anything(type: Type) -> Cell:
    return Cell("-", type, any=True)


def is_of_type(value: object, type: Type) -> bool:
    """Exact: True is no number, a moment is no date, a float is nothing at all."""
    if isinstance(value, bool):
        return type == "boolean"
    if isinstance(value, int):
        return type == "number"
    if isinstance(value, Decimal):
        return type == "number" and value.is_finite()
    if isinstance(value, datetime):
        return False
    return (type == "date" and isinstance(value, date)) or (type == "string" and isinstance(value, str))


def scalar(value: Value) -> Scalar:
    """A number as it is, a date as its ordinal."""
    if isinstance(value, date):
        return value.toordinal()
    if isinstance(value, str):
        raise TypeError("text has no place on a line")
    return value


def parse_cell(text: str, type: Type) -> Cell:
    """Read one input cell for a column of `type`. Raises InvalidCell."""
    text = text.strip()
    if text == "-":
        return anything(type)
    tokens = _tokens(text)
    negated = tokens[0] == ("word", "not")
    if negated:
        if len(tokens) < 3 or tokens[1] != ("op", "(") or tokens[-1] != ("op", ")"):
            _refuse("syntax", text, at="not")
        tokens = tokens[2:-1]
    cell = _union(_tests(tokens, text, type), text, type)
    if negated:
        cell = _complement(cell)
    if not (cell.pieces or cell.names or cell.outside or cell.truths):
        _refuse("matches_nothing", text)
    return cell


def parse_answer(text: str, type: Type) -> Answer:
    """Read one output cell: a literal of `type`, or a list of texts, `["a", "b"]`. Raises InvalidCell."""
    text = text.strip()
    tokens = _tokens(text)
    if tokens[0] == ("op", "["):
        return _listed(tokens, text, type)
    if len(tokens) != 1:
        _refuse("not_a_literal", text)
    return _literal(tokens[0], text, type)


# --- reading

_Token = tuple[str, str]
_TOKEN = re.compile(
    r"""\s*(?:
      date\s*\(\s*"(?P<date>[^"\\]*)"\s*\)
    | "(?P<string>(?:[^"\\\x00-\x1f]|\\["\\])*)"
    | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<op><=|>=|<|>|\.\.|[\[\](),])
    )""",
    re.VERBOSE,
)
_GROUPED = re.compile("(?:[,\uff0c\u3001 \u00a0\u2009\u202f'_][0-9]{3})+(?![0-9])")
"""What follows the first three figures of 500,000; in a list of numbers a blank stands behind the comma."""
_PERCENT, _MONEY = "%\uff05\u2030", "\u00a5\uffe5$"
# Punctuation as a Chinese keyboard gives it.
_FULL_WIDTH = "\uff0c\u3001\uff08\uff09\uff1c\uff1e\u2264\u2265\u201c\u201d\u2018\u2019\u3010\u3011\u2026\uff0d\u2014\u3002"


def _refuse(why: str, text: str, **details: object) -> NoReturn:
    raise InvalidCell(f"decisions.cell.{why}", text=text[:80], **details)


def _tokens(text: str) -> list[_Token]:
    if not text:
        _refuse("empty", text)
    if len(text) > MAX_CHARACTERS:
        _refuse("too_long", text, limit=MAX_CHARACTERS)
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            rest = text[at:].lstrip()
            if rest[0] in _MONEY:
                _refuse("unit", text, unit=rest[0])
            full = rest[0] in _FULL_WIDTH or "\uff01" <= rest[0] <= "\uff5e"
            _refuse("full_width" if full else "syntax", text, at=rest[:10])
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
        if found.lastgroup == "number":
            _refuse_dressed(found["number"], text, at)
    return tokens


def _refuse_dressed(number: str, text: str, end: int) -> None:
    """Refused: a number with a mark for thousands, a percent sign, a unit or zeros before it, which would be another one."""
    behind = text[end : end + 1]
    if len(number.removeprefix("-")) < 4 and (group := _GROUPED.match(text, end)):
        _refuse("thousands", text, number=number + re.sub("[^0-9]", "", group[0]))
    if behind and behind in _PERCENT:
        _refuse("percent", text)
    if behind and (behind in _MONEY or (behind.isalpha() and not behind.isascii() and not "\uff01" <= behind <= "\uff5e")):
        _refuse("unit", text, unit=behind)
    if re.match("-?0[0-9]", number):
        _refuse("zeros", text, number=number)


def _listed(tokens: Sequence[_Token], text: str, type: Type) -> tuple[str, ...]:
    inside = tokens[1:-1]
    if tokens[-1] != ("op", "]") or any(token != ("op", ",") for token in inside[1::2]) or (inside and not len(inside) % 2):
        _refuse("not_a_list", text)
    if type != "string":
        _refuse("list_of_text", text)
    found = tuple(str(_literal(token, text, type)) for token in inside[::2])
    if len(set(found)) < len(found):
        _refuse("twice_in_list", text)
    return found


def _tests(tokens: Sequence[_Token], text: str, type: Type) -> list[Value | Piece]:
    """The tests of a comma list, each a single value or a stretch of values."""
    tests: list[Value | Piece] = []
    rest = list(reversed(tokens))

    def take(what: str = "") -> _Token:
        if not rest:
            _refuse("unfinished", text)
        token = rest.pop()
        if what and (token[0] != "op" or token[1] not in what.split()):
            _refuse("syntax", text, at=token[1][:10])
        return token

    while True:
        token = take()
        kind, mark = token
        if kind != "op":
            tests.append(_literal(token, text, type))
        elif mark in ("<", "<=", ">", ">="):
            end = _ordered(take(), text, type)
            if mark[0] == "<":
                tests.append(Piece(BELOW_ALL, (end, int(mark == "<="))))
            else:
                tests.append(Piece((end, int(mark == ">")), ABOVE_ALL))
        elif mark in ("[", "(", "]"):
            low = _ordered(take(), text, type)
            take("..")
            high = _ordered(take(), text, type)
            close = take("] ) [")[1]
            piece = Piece((low, int(mark != "[")), (high, int(close == "]")))
            if piece.low >= piece.high:
                _refuse("empty_interval", text)
            tests.append(piece)
        else:
            _refuse("syntax", text, at=mark)
        if not rest:
            return tests
        take(",")


def _ordered(token: _Token, text: str, type: Type) -> Scalar:
    if type in ("string", "boolean"):
        _refuse("no_order", text)
    return scalar(_literal(token, text, type))


def _literal(token: _Token, text: str, type: Type) -> Value:
    kind, written = token
    value: Value
    if kind == "number":
        if len(written) > MAX_DIGITS:
            _refuse("number_too_long", text, limit=MAX_DIGITS)
        value = Decimal(written) if "." in written else int(written)
    elif kind == "string":
        value = re.sub(r"\\(.)", r"\1", written)
    elif kind == "date":
        value = _date(written, text)
    elif token in (("word", "true"), ("word", "false")):
        value = written == "true"
    elif token == ("word", "not"):
        _refuse("nested_not", text)
    else:
        _refuse("syntax", text, at=written[:10])
    if not is_of_type(value, type):
        _refuse(f"want_{type}", text)
    return value


def iso_date(text: str) -> date | None:
    """Exactly yyyy-mm-dd, or None."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _date(written: str, text: str) -> date:
    value = iso_date(written)
    if value is None:
        _refuse("no_such_date", text)
    return value


# --- sets


def _union(tests: Sequence[Value | Piece], text: str, type: Type) -> Cell:
    if type == "string":
        return Cell(text, type, names=tuple(dict.fromkeys(test for test in tests if isinstance(test, str))))
    if type == "boolean":
        return Cell(text, type, truths=tuple(dict.fromkeys(test for test in tests if isinstance(test, bool))))
    pieces: list[Piece] = []
    for piece in sorted(test if isinstance(test, Piece) else _point(scalar(test)) for test in tests):
        if pieces and piece.low <= pieces[-1].high:
            pieces[-1] = Piece(pieces[-1].low, max(pieces[-1].high, piece.high))
        else:
            pieces.append(piece)
    return Cell(text, type, pieces=tuple(pieces))


def _point(value: Scalar) -> Piece:
    return Piece((value, 0), (value, 1))


def _complement(cell: Cell) -> Cell:
    if cell.type == "string":
        return Cell(cell.text, cell.type, names=cell.names, outside=True)
    if cell.type == "boolean":
        return Cell(cell.text, cell.type, truths=tuple(v for v in (True, False) if v not in cell.truths))
    ends = [BELOW_ALL, *(cut for piece in cell.pieces for cut in piece), ABOVE_ALL]
    between = (Piece(low, high) for low, high in zip(ends[::2], ends[1::2], strict=True))
    return Cell(cell.text, cell.type, pieces=tuple(piece for piece in between if piece.low < piece.high))

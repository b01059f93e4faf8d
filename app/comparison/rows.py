"""A department's file, checked: text cells in, typed columns and problems by row out. Whole columns at a time; only what is
written oddly is looked at cell by cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.policy.identity import birth_date, check_digit, normalise_id

Fallback = Callable[[str], Any]
"""One oddly written cell -> its value; raises Unreadable."""


class Unreadable(Exception):
    """A cell that cannot become a value; `code` and `details` make the sentence."""

    def __init__(self, code: str, **details: object) -> None:
        super().__init__(code)
        self.code, self.details = code, details


@dataclass(frozen=True)
class Column:
    """What a file tells of a person. kind: money (fen), integer, code, date, text. `empty`: what an empty cell means;
    None: it must be filled. `words`: as written -> code."""

    key: str
    titles: tuple[str, ...]
    kind: str
    empty: Any = None
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def required(self) -> bool:
        return self.empty is None and self.kind != "text"


@dataclass(frozen=True)
class Problem:
    """`row`: 1 = first below the header. `column`: its title."""

    row: int
    column: str
    code: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """`rows`: `row` (int32), `pid` (int64: the first 17 digits of the ID number; the last is a check digit), `born`
    (date32) and the columns; only good rows, in their order. `read`: rows that are not empty throughout."""

    rows: pa.Table
    problems: list[Problem]
    read: int


ID = "id_number"
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int32)
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_POWERS = 10 ** np.arange(16, -1, -1, dtype=np.int64)
_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
TYPES = {"money": pa.int64(), "integer": pa.int64(), "code": pa.string(), "date": pa.date32(), "text": pa.string()}


def check(
    cells: Mapping[str, pa.Array], columns: Sequence[Column], id_title: str, on: date, fallbacks: Mapping[str, Fallback]
) -> Checked:
    """`cells`: column key -> text cells without blanks at the ends, "" where empty; all of one length, `id_number` among
    them. Rows empty throughout are passed over. `fallbacks`: kind -> how an oddly written cell is read."""
    many = len(cells[ID])
    numbers = np.arange(1, many + 1, dtype=np.int32)
    filled = np.zeros(many, dtype=bool)
    for cell in cells.values():
        filled |= pc.not_equal(cell, "").to_numpy(zero_copy_only=False)
    problems: list[Problem] = []
    bad = ~filled
    pids, born = _people(cells[ID], id_title, on, filled, problems, bad)
    made: dict[str, pa.Array] = {}
    for column in columns:
        made[column.key] = _values(cells[column.key], column, filled, fallbacks, problems, bad)
    _twice(pids, numbers, id_title, problems, bad)
    keep = pa.array(~bad)
    names = ["row", "pid", "born", *made]
    table = pa.table([pa.array(numbers), pa.array(pids), pa.array(born), *made.values()], names=names).filter(keep)
    return Checked(table, sorted(problems, key=lambda p: (p.row, p.column)), int(filled.sum()))


def _people(
    cell: pa.Array, title: str, on: date, filled: Any, problems: list[Problem], bad: Any
) -> tuple[Any, Any]:
    """ID numbers as whole numbers, and birth dates as days since 1970."""
    many = len(cell)
    text = pc.utf8_upper(cell).to_numpy(zero_copy_only=False).astype("S18") if _ascii(cell) else _as_bytes(cell)
    lengths = pc.utf8_length(cell).to_numpy(zero_copy_only=False)
    letters = np.frombuffer(text.tobytes(), dtype=np.uint8).reshape(many, 18).astype(np.int32)
    digits = letters[:, :17] - 48
    shaped = (lengths == 18) & ((digits >= 0) & (digits <= 9)).all(axis=1) & (digits[:, 0] > 0)
    digits = np.where(shaped[:, None], digits, 0)
    right = shaped & (_CHECKS[(digits @ _WEIGHTS) % 11] == letters[:, 17])
    pids = digits.astype(np.int64) @ _POWERS
    year = digits[:, 6:10] @ np.array([1000, 100, 10, 1])
    month = digits[:, 10:12] @ np.array([10, 1])
    day = digits[:, 12:14] @ np.array([10, 1])
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _DAYS[np.clip(month, 0, 12)] + ((month == 2) & leap)
    real = right & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest) & (year >= 1900)
    born = np.full(many, "NaT", dtype="datetime64[D]")
    if real.any():
        months = (year[real] - 1970) * 12 + month[real] - 1
        born[real] = months.astype("datetime64[M]").astype("datetime64[D]") + (day[real] - 1).astype("timedelta64[D]")
    real &= ~(born > np.datetime64(on))
    for at in np.flatnonzero(filled & ~real):
        _odd_number(str(cell[at]), int(at), title, on, pids, born, problems, bad)
    return pids, born


def _ascii(cell: pa.Array) -> bool:
    return bool(pc.all(pc.string_is_ascii(cell)).as_py() in (True, None))


def _as_bytes(cell: pa.Array) -> Any:
    return np.array([t.encode("ascii", "replace").upper()[:18] for t in cell.to_pylist()], dtype="S18")


def _odd_number(
    text: str, at: int, title: str, on: date, pids: Any, born: Any, problems: list[Problem], bad: Any
) -> None:
    """A number that is not written as usual: full width, blanks, a small x; or wrong, and then why."""
    number = normalise_id(text)
    code = ""
    if not text:
        code = "register.empty"
    elif "E+" in number or "." in number:
        code = "comparison.id_as_number"
    elif len(number) != 18 or not number[:17].isdigit() or number[0] == "0":
        code = "comparison.id_shape"
    elif check_digit(number[:17]) != number[17]:
        code = "comparison.id_check_digit"
    else:
        day = birth_date(number)
        if day is None or day > on or day.year < 1900:
            code = "comparison.id_birth"
        else:
            pids[at], born[at] = int(number[:17]), np.datetime64(day)
            return
    problems.append(Problem(at + 1, title, code))
    bad[at] = True


def _values(
    cell: pa.Array, column: Column, filled: Any, fallbacks: Mapping[str, Fallback], problems: list[Problem], bad: Any
) -> pa.Array:
    empty = pc.equal(cell, "").to_numpy(zero_copy_only=False)
    kind = TYPES[column.kind]
    if column.kind == "text":
        return cell
    usual, values = _usual(cell, column)
    odd = np.flatnonzero(filled & ~empty & ~usual)
    found = values
    if len(odd):
        listed = values.to_pylist()
        for at in odd:
            try:
                listed[at] = fallbacks[column.kind](str(cell[at])) if column.kind != "code" else _unknown(str(cell[at]))
            except Unreadable as error:
                problems.append(Problem(int(at) + 1, column.titles[0], error.code, error.details))
                bad[at] = True
                listed[at] = None
        found = pa.array(listed, kind)
    if column.empty is not None:
        return pc.fill_null(found, pa.scalar(column.empty, kind)) if empty.any() else found
    for at in np.flatnonzero(filled & empty):
        problems.append(Problem(int(at) + 1, column.titles[0], "register.empty"))
        bad[at] = True
    return found


def _unknown(text: str) -> Any:
    raise Unreadable("register.unknown_word", value=text[:20])


def _usual(cell: pa.Array, column: Column) -> tuple[Any, pa.Array]:
    """(which cells are written as usual, their values with null elsewhere)."""
    if column.kind == "code":
        words = list(column.words)
        place = pc.index_in(cell, pa.array(words))
        codes = pa.array([column.words[w] for w in words])
        return pc.is_valid(place).to_numpy(zero_copy_only=False), pc.take(codes, place)
    pattern = {"money": r"^\d{1,11}(\.\d{1,2})?$", "integer": r"^\d{1,9}$", "date": r"^\d{4}-\d{2}-\d{2}$"}[column.kind]
    usual = pc.match_substring_regex(cell, pattern)
    plain = pc.if_else(usual, cell, pa.scalar(None, pa.string()))
    if column.kind == "money":
        fen = pc.multiply_checked(pc.cast(plain, pa.decimal128(16, 2)), pa.scalar(100, pa.decimal128(3, 0)))
        values = pc.cast(fen, pa.int64())
    elif column.kind == "integer":
        values = pc.cast(plain, pa.int64())
    else:
        read = pc.cast(pc.strptime(plain, format="%Y-%m-%d", unit="s", error_is_null=True), pa.date32())
        usual = pc.fill_null(pc.equal(pc.strftime(read, format="%Y-%m-%d"), plain), False)  # a 30th of February moves on
        values = pc.if_else(usual, read, pa.scalar(None, pa.date32()))
    return usual.to_numpy(zero_copy_only=False), values


def _twice(pids: Any, numbers: Any, title: str, problems: list[Problem], bad: Any) -> None:
    """One person twice in a file: the first stands."""
    good = np.flatnonzero(~bad)
    order = good[np.argsort(pids[good], kind="stable")]
    same = np.flatnonzero(pids[order][1:] == pids[order][:-1]) + 1
    for place in same:
        first = place
        while first > 0 and pids[order[first - 1]] == pids[order[place]]:
            first -= 1
        at = int(order[place])
        problems.append(Problem(at + 1, title, "comparison.twice", {"first": int(numbers[order[first]])}))
        bad[at] = True

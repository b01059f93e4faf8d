"""A department's file, checked: text cells in, typed columns and problems by row out. Whole columns at a time; only what is
written oddly is looked at cell by cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.errors import CodedError
from app.policy import wording
from app.policy.identity import birth_date, check_digit, normalise_id, paper_kind

PEOPLE = pa.schema([("pid", pa.int64()), ("household", pa.int64()), ("member", pa.int32()), ("former_poor", pa.bool_())])
"""The matching extract, what a file is compared with. pid: the first 17 digits of an ID number."""

Fallback = Callable[[str], Any]
"""One oddly written cell -> its value; raises Unreadable."""


class Unreadable(CodedError):
    """A cell that cannot become a value; `code` and `details` make the sentence."""


@dataclass(frozen=True)
class Column:
    """What a file tells of a person. kind: money (fen), integer, code, date, text. `empty`: what an empty cell means;
    None: it must be filled. `words`: as written -> code; `around`: what may stand before or behind them. `least`, `most`:
    between which a figure lies."""

    key: str
    titles: tuple[str, ...]
    kind: str
    empty: Any = None
    words: Mapping[str, str] = field(default_factory=dict)
    around: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

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
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8) - np.uint8(48)
_SMALL_X, _LARGE_X = np.uint8(ord("x") - 48), np.uint8(ord("X") - 48)
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
        filled |= _lengths(cell) > 0
        if filled.all():
            break
    problems: list[Problem] = []
    bad = ~filled if not filled.all() else np.zeros(many, dtype=bool)
    pids, born = _people(cells[ID], id_title, on, filled, problems, bad)
    made: dict[str, pa.Array] = {}
    for column in columns:
        made[column.key] = _values(cells[column.key], column, filled, fallbacks, problems, bad)
    _twice(pids, numbers, id_title, problems, bad)
    table = pa.table([pa.array(numbers), pa.array(pids), pa.array(born), *made.values()], names=["row", "pid", "born", *made])
    if bad.any():
        table = table.filter(pa.array(~bad))
    return Checked(table, sorted(problems, key=lambda p: (p.row, p.column)), int(filled.sum()))


def _people(cell: pa.Array, title: str, on: date, filled: Any, problems: list[Problem], bad: Any) -> tuple[Any, Any]:
    """ID numbers as whole numbers, and birth dates."""
    places = np.ascontiguousarray(_letters(cell).T) - np.uint8(48)  # what is no digit wraps round to more than nine
    shaped = (places[:17] <= 9).all(axis=0) & (places[0] > 0)
    total = np.zeros(len(cell), dtype=np.int16)
    pids = np.zeros(len(cell), dtype=np.int64)
    for place, weight in enumerate(_WEIGHTS):
        total += places[place] * np.int16(weight)
        pids *= 10
        pids += places[place]
    last = places[17]
    right = shaped & (_CHECKS[total % 11] == np.where(last == _SMALL_X, _LARGE_X, last))
    year, month, day = (_number(places[begin:end]) for begin, end in ((6, 10), (10, 12), (12, 14)))
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _DAYS[np.clip(month, 0, 12)] + ((month == 2) & leap)
    real = right & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest) & (year >= 1900)
    born = np.full(len(cell), "NaT", dtype="datetime64[D]")
    if real.any():
        months = (year[real] - 1970) * 12 + month[real] - 1
        born[real] = months.astype("datetime64[M]").astype("datetime64[D]") + (day[real] - 1).astype("timedelta64[D]")
    real &= ~(born > np.datetime64(on))
    for at in np.flatnonzero(filled & ~real):
        _odd_number(str(cell[at]), int(at), title, on, pids, born, problems, bad)
    return pids, born


def _number(places: Any) -> Any:
    """Digits, the highest first, as one number each."""
    found = np.zeros(places.shape[1], dtype=np.int16)
    for place in places:
        found = found * np.int16(10) + place
    return found.astype(np.int32)


def _lengths(cell: pa.Array) -> Any:
    """Bytes of each cell."""
    _, offsets, _ = cell.buffers()
    if offsets is None:
        return np.zeros(len(cell), dtype=np.int32)
    return np.diff(np.frombuffer(offsets, dtype=np.int32)[cell.offset : cell.offset + len(cell) + 1])


def trimmed(cell: pa.Array) -> pa.Array:
    """Without blanks at the ends; a column that has no blank at all is left as it is."""
    _, _, data = cell.buffers()
    if data is None:
        return cell
    letters = np.frombuffer(data, dtype=np.uint8)
    blank = (letters <= ord(" ")).any() or (letters == 0xC2).any() or (letters == 0xE3).any()  # the wide ones begin so
    return pc.utf8_trim_whitespace(cell) if blank else cell


def _letters(cell: pa.Array) -> Any:
    """The bytes of each number, 18 a row; zeros for whatever is not 18 bytes long."""
    usual = _lengths(cell) == 18
    fixed = cell if usual.all() else pc.if_else(pa.array(usual), cell, pa.scalar("0" * 18))
    _, offsets, data = fixed.buffers()
    if data is None:
        return np.zeros((0, 18), dtype=np.uint8)
    first = np.frombuffer(offsets, dtype=np.int32)[fixed.offset]
    return np.frombuffer(data, dtype=np.uint8)[first : first + 18 * len(fixed)].reshape(-1, 18)


def _odd_number(text: str, at: int, title: str, on: date, pids: Any, born: Any, problems: list[Problem], bad: Any) -> None:
    """A number that is not written as usual: full width, blanks, a small x; or wrong, and then why."""
    number = normalise_id(text)
    code = ""
    if not text:
        code = "register.empty"
    elif "E+" in number or "." in number:
        code = "comparison.id_as_number"
    elif paper_kind(number) is not None:
        code = "comparison.id_paper"
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
    empty = _lengths(cell) == 0
    kind = TYPES[column.kind]
    if column.kind == "text":
        return cell
    usual, values = _usual(cell, column)
    odd = np.flatnonzero(filled & ~empty & ~usual)
    found = values
    if len(odd):
        listed = values.to_pylist()
        read = _worded(column) if column.kind == "code" else fallbacks[column.kind]
        for at in odd:
            try:
                listed[at] = read(str(cell[at]))
            except Unreadable as error:
                problems.append(Problem(int(at) + 1, column.titles[0], error.code, error.details))
                bad[at] = True
                listed[at] = None
        found = pa.array(listed, kind)
    for limit, code, beyond in ((column.least, "minimum", pc.less), (column.most, "maximum", pc.greater)):
        out = pc.fill_null(beyond(found, limit), False).to_numpy(zero_copy_only=False) if limit is not None else ~filled
        for at in np.flatnonzero(filled & out):
            problems.append(Problem(int(at) + 1, column.titles[0], f"forms.number.{code}", {"limit": limit}))
            bad[at] = True
    if column.empty is not None:
        return pc.fill_null(found, pa.scalar(column.empty, kind)) if empty.any() else found
    for at in np.flatnonzero(filled & empty):
        problems.append(Problem(int(at) + 1, column.titles[0], "register.empty"))
        bad[at] = True
    return found


NAMED = 4
"""Words of each code that are named where another stands."""


def _worded(column: Column) -> Fallback:
    """Reads a word that is not written as the column's own."""
    words = {wording.folded(word): code for word, code in column.words.items()}
    shown = [
        word
        for code in dict.fromkeys(column.words.values())
        for word in [w for w, of in column.words.items() if of == code][:NAMED]
    ]

    def read(text: str) -> Any:
        code = wording.find(text, words, column.around)
        if code is None:
            raise Unreadable("register.unknown_word", value=text[:20], words=chr(0x3001).join(shown))
        return code

    return read


def _usual(cell: pa.Array, column: Column) -> tuple[Any, pa.Array]:
    """(which cells are written as usual, their values with null elsewhere)."""
    if column.kind == "code":
        words = list(column.words)
        place = pc.index_in(cell, pa.array(words))
        codes = pa.array([column.words[w] for w in words])
        return pc.is_valid(place).to_numpy(zero_copy_only=False), pc.take(codes, place)
    if column.kind == "money":
        whole = _plain_money(cell)
        if whole is not None:
            return pc.is_valid(whole).to_numpy(zero_copy_only=False), whole
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


def _plain_money(cell: pa.Array) -> pa.Array | None:
    """The whole column at once where every cell is empty or figures with at most one point and two decimals; else None."""
    _, offsets, data = cell.buffers()
    if data is None:
        return None
    ends = np.frombuffer(offsets, dtype=np.int32)[cell.offset : cell.offset + len(cell) + 1]
    letters = np.frombuffer(data, dtype=np.uint8)
    starts = ends[:-1][np.diff(ends) > 0]
    if not _FIGURES[letters[ends[0] : ends[-1]]].all() or (letters[starts] == ord(".")).any():
        return None
    filled = cell if len(starts) == len(cell) else pc.if_else(pc.equal(cell, ""), pa.scalar(None, pa.string()), cell)
    try:
        yuan = pc.cast(filled, pa.float64())
    except pa.ArrowInvalid:
        return None
    fen = pc.multiply(yuan, 100.0)  # exact once rounded: below 2^53, and a third decimal is seen
    whole = pc.round(fen)
    apart, most = pc.max(pc.abs(pc.subtract(fen, whole))).as_py(), pc.max(whole).as_py()
    if most is not None and (apart > _HAIR or most >= _MOST):
        return None
    return pc.cast(whole, pa.int64())


_HAIR, _MOST = 0.01, 1e13
_FIGURES = np.isin(np.arange(256), np.frombuffer(b"0123456789.", dtype=np.uint8))


def _twice(pids: Any, numbers: Any, title: str, problems: list[Problem], bad: Any) -> None:
    """One person twice in a file: the first stands."""
    good = np.flatnonzero(~bad)
    ordered = np.sort(pids if len(good) == len(pids) else pids[good])
    if not (ordered[1:] == ordered[:-1]).any():
        return
    order = good[np.argsort(pids[good], kind="stable")]
    same = np.flatnonzero(pids[order][1:] == pids[order][:-1]) + 1
    for place in same:
        first = place
        while first > 0 and pids[order[first - 1]] == pids[order[place]]:
            first -= 1
        at = int(order[place])
        problems.append(Problem(at + 1, title, "comparison.twice", {"first": int(numbers[order[first]])}))
        bad[at] = True

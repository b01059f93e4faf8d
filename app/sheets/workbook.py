"""XLSX: values by calamine; from the XML what it does not tell: hidden rows and columns, formulas, errors, per cent."""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from . import numbers
from .numbers import Format
from .packed import BROKEN, Part, Parts, formats, opened, worksheets
from .sheet import CELL, MOST_CELLS, MOST_ROWS, MOST_SHEETS, MOST_TEXT, Place, Sheet, Unusable, line_of

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
MOST_TAGS = 12_000_000
_ROW_AT, _FAR = re.compile(rb' r="(\d{1,9})"'), re.compile(rb' r="([A-Z]{2,3})(\d{1,7})')
_ROW_AT_ODDLY = re.compile(rb"""\sr\s*=\s*["'](\d{1,9})""")
_FAR_ODDLY = re.compile(rb"""\sr\s*=\s*["']([A-Z]{2,3})(\d{1,7})""")
_TELLING = b"hidden", b"zeroHeight", b"filterColumn", b'"e"', b"'e'"
_NOTHING = rb"""\s*=\s*["'](?:0|0?\.\d*)["']"""
_TELLING_TAGS = tuple(map(re.compile, (rb"<f[\s/>]", rb":f[\s/>]", rb"ht" + _NOTHING, rb"width" + _NOTHING)))
"""Wherever one of these stands the whole sheet is looked at; most have none. Each begins with letters that are found fast."""
_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")


def read(content: bytes) -> list[Sheet]:
    """Every worksheet, in its order."""
    archive = opened(content)
    parts = Parts(archive)
    try:
        found, styles = worksheets(parts)
        if len(found) > MOST_SHEETS:
            raise Unusable("tables.too_many_sheets", most=MOST_SHEETS)
        shown = formats(parts, styles)
        looked = [_look(parts, part, shown) for part in found]
        if sum(each.cells for each in looked) > MOST_TAGS:
            raise Unusable("tables.too_much_inside")
        if sum(each.rows for each in looked) > 2 * LAST_ROW:
            raise Unusable("tables.too_many_rows", most=MOST_ROWS)
        marks = [_marks(parts, part, each, shown) for part, each in zip(found, looked, strict=True)]
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [_sheet(book, part, each) for part, each in zip(found, marks, strict=True)]
    except (*BROKEN, CalamineError, RecursionError, ValueError):
        raise Unusable("tables.unreadable") from None


@dataclass
class _Look:
    """What counting alone shows."""

    rows: int = 0
    cells: int = 0
    last_row: int = 1
    last_column: int = 26
    telling: bool = False


def _look(parts: Parts, part: Part, shown: Mapping[str, Format]) -> _Look:
    found = _Look()
    styled = re.compile(rb"""\ss\s*=\s*["'](?:%s)["']""" % b"|".join(s.encode() for s in shown)) if shown else None
    for piece in parts.pieces(part.path):
        if not found.rows and piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise Unusable("tables.unreadable")  # XML in UTF-16: no writer of spreadsheets makes it
        found.rows += piece.count(b"<row") + piece.count(b":row")
        found.cells += piece.count(b"<c") + piece.count(b":c")
        if found.rows > LAST_ROW + 10:
            raise Unusable("tables.too_many_rows", most=MOST_ROWS)
        if found.cells > MOST_TAGS:
            raise Unusable("tables.too_much_inside")
        oddly = b" r='" in piece or b"r =" in piece or b"\nr=" in piece or b"\tr=" in piece
        rows, far = (_ROW_AT_ODDLY, _FAR_ODDLY) if oddly else (_ROW_AT, _FAR)
        corners = set(far.findall(piece))
        found.last_row = max([found.last_row, *map(int, rows.findall(piece)), *(int(row) for _, row in corners)])
        found.last_column = max([found.last_column, *(_column(c.decode()) for c in {c for c, _ in corners})])
        found.telling = (
            found.telling
            or any(mark in piece for mark in _TELLING)
            or any(tag.search(piece) for tag in _TELLING_TAGS)
            or (styled is not None and styled.search(piece) is not None)
        )
    found.last_row = max(found.last_row, found.rows)
    return found


def _column(letters: str) -> int:
    """A = 1."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return column


@dataclass
class _Marks:
    """Of one sheet, rows and columns from 0. `instead`: what a cell shows where its value says something else."""

    odd: dict[Place, str] = field(default_factory=dict)
    instead: dict[Place, str] = field(default_factory=dict)
    hidden: list[int] = field(default_factory=list)
    shown: set[int] = field(default_factory=set)
    hidden_columns: list[int] = field(default_factory=list)
    filtered: bool = False
    rows_hide: bool = False
    filled: tuple[int, int] = (0, 0)


class _Walk:
    """One pass over a sheet's XML, whatever its prefixes and quotes."""

    def __init__(self, formats_: Mapping[str, Format]) -> None:
        self.marks, self.formats = _Marks(), formats_
        self.row, self.column = -1, -1
        self.error: list[str] | None = None
        self.style: Format | None = None
        self.value: list[str] | None = None
        self.in_formula = self.unseen = False

    def began(self, name: str, one: Mapping[str, str]) -> None:
        marks = self.marks
        if name == "c":
            ref = _REF.match(one["r"]) if "r" in one else None
            self.column = _column(ref[1]) - 1 if ref else self.column + 1
            if ref:
                self.row = int(ref[2]) - 1
            shown, number = self.formats.get(one.get("s", "")), one.get("t", "n") == "n"
            self.unseen = shown is not None and (shown.hides == "all" or (shown.hides == "number" and number))
            self.style = shown if number and not self.unseen else None
            self.error = [] if one.get("t") == "e" else None
        elif name in ("v", "is"):
            marks.filled = (max(marks.filled[0], self.row + 1), max(marks.filled[1], self.column + 1))
            if self.style is not None and name == "v":
                self.value = []
            if self.unseen:
                marks.odd[self.row, self.column] = "tables.unseen"
        elif name == "row":
            self.row = int(one["r"]) - 1 if one.get("r", "").isdigit() else self.row + 1
            self.column = -1
            if _on(one.get("hidden")) or _zero(one.get("ht")):
                marks.hidden.append(self.row)
            else:
                marks.shown.add(self.row)
        elif name == "f":
            self.in_formula = True
            marks.odd[self.row, self.column] = "tables.formula"
            if one.get("t") in ("array", "dataTable") and "ref" in one:
                marks.odd |= dict.fromkeys(_within(one["ref"]), "tables.formula")
        elif name == "col" and (_on(one.get("hidden")) or _zero(one.get("width"))):
            first, last = int(one.get("min", 1)), min(int(one.get("max", 1)), LAST_COLUMN)
            marks.hidden_columns += range(first - 1, last)
        elif name == "sheetFormatPr":
            marks.rows_hide = _on(one.get("zeroHeight"))
        elif name == "filterColumn":
            marks.filtered = True

    def ended(self, name: str) -> None:
        if name == "v" and self.value is not None and self.style is not None:
            value, at = "".join(self.value), (self.row, self.column)
            told = numbers.shown(value, self.style)
            if told is None:
                self.marks.odd.setdefault(at, "tables.shown_otherwise")
            elif told != value:
                self.marks.instead[at] = told
            self.value = None
        elif name == "f":
            self.in_formula = False
        elif name == "c" and self.error is not None:
            self.marks.odd.setdefault((self.row, self.column), "tables.error")
            self.marks.instead[self.row, self.column] = "".join(self.error)[:20] or "#N/A"
            self.error = None

    def text(self, data: str) -> None:
        if self.value is not None:
            self.value.append(data)
        elif self.error is not None and not self.in_formula:
            self.error.append(data)


def _on(value: str | None) -> bool:
    return value in ("1", "true")


def _zero(value: str | None) -> bool:
    """A height below a point, or a width below one figure: nobody sees what stands there."""
    try:
        return value is not None and float(value) < 1
    except ValueError:
        return False


def _within(ref: str) -> list[Place]:
    corners = _REF.findall(ref)
    if not corners:
        return []
    (c1, r1), (c2, r2) = corners[0], corners[-1]
    down, across = range(int(r1) - 1, int(r2)), range(_column(c1) - 1, _column(c2))
    if len(down) * len(across) > MOST_ROWS:
        raise Unusable("tables.far_cell")
    return [(r, c) for r in down for c in across]


def _marks(parts: Parts, part: Part, look: _Look, shown: Mapping[str, Format]) -> _Marks:
    if not look.telling and look.last_row * look.last_column <= MOST_CELLS:
        return _Marks()
    walk = _Walk(shown)
    parts.elements(part.path, walk.began, ended=walk.ended, text=walk.text)
    marks = walk.marks
    if marks.filled[0] * marks.filled[1] > MOST_CELLS or marks.filled[1] > LAST_COLUMN:
        raise Unusable("tables.far_cell")
    if marks.rows_hide:
        marks.hidden = sorted(set(range(marks.filled[0])) - marks.shown | set(marks.hidden))
    return marks


def _sheet(book: CalamineWorkbook, part: Part, marks: _Marks) -> Sheet:
    sheet = book.get_sheet_by_index(part.index)
    if sheet.name != part.name:
        sheet = book.get_sheet_by_name(part.name)
    top, left = sheet.start or (0, 0)
    width = left + sheet.width or 1
    if (top + sheet.height) * width > MOST_CELLS:
        raise Unusable("tables.far_cell")
    lines = [CELL * (width - 1)] * top
    odd, typed = marks.odd, dict.fromkeys((at for at, told in marks.instead.items() if told.endswith("%")), "percent")
    total = 0
    touched = {row for row, _ in marks.instead}
    for number, row in enumerate(_rows(sheet), top):
        cells = [""] * left + row if left else row
        if number in touched:
            for column in range(width):
                if (number, column) in marks.instead:
                    cells[column] = marks.instead[number, column]
        try:
            line = line_of(cells)
        except TypeError:  # something in it is no text
            line = line_of([_text(value, odd, typed, (number, column)) for column, value in enumerate(cells)])
        total += len(line)
        if total > MOST_TEXT:
            raise Unusable("tables.too_much_inside")
        lines.append(line)
    if len(lines) - lines.count(CELL * (width - 1)) > MOST_ROWS:
        raise Unusable("tables.too_many_rows", most=MOST_ROWS)
    for number, column in marks.instead:
        if marks.instead[number, column].startswith("#") and number < len(lines):
            odd.setdefault((number, column), "tables.error")
    merged = [(a, b, c, d) for (a, b), (c, d) in sheet.merged_cell_ranges or ()]
    return Sheet(part.name, lines, part.state, odd, marks.hidden, marks.hidden_columns, marks.filtered, merged, typed)


def _rows(sheet: CalamineSheet) -> Sequence[list[Any]] | Any:
    return sheet.iter_rows() if sheet.height and sheet.width else ()


def _text(value: Any, odd: dict[Place, str], typed: dict[Place, str], at: Place) -> str:
    """What was typed. A whole number stays exact below 2^53; an ID number does not fit there."""
    if type(value) is str:
        return value.strip()
    if isinstance(value, bool):
        typed[at] = "yes_no"
        return str(value).upper()
    if isinstance(value, float):
        if value.is_integer():
            if abs(value) >= numbers.EXACT:
                odd.setdefault(at, "tables.damaged")
            return str(int(value))
        typed[at] = "fraction"
        return f"{value:.15g}"  # as many places as a spreadsheet shows
    if isinstance(value, date):
        typed[at] = "day"
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    if isinstance(value, (time, timedelta)):
        typed[at] = "time"
    return "" if value is None else str(value).strip()

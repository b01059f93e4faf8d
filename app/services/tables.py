"""Files of rows, as offices send them: CSV in UTF-8 or GB18030, XLSX. What they hide is said, never guessed."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from app.labels import say

from .people import Refused

LARGEST = 64_000_000
UNPACKED = 600_000_000
"""Bytes of a file, and of what an XLSX may unpack to."""
MOST_ROWS = 400_000
MOST_CELLS = 24_000_000
"""Of the rectangle that a sheet spans: one cell in a far corner would fill the memory."""
_ROWS = re.compile(rb"""r\s*=\s*["'](\d+)["']""")
_FAR = re.compile(rb"""r\s*=\s*["']([A-Z]{2,3})\d""")
_FILLED = re.compile(
    rb"""<(?:\w+:)?c\b[^>]*?\br\s*=\s*["']([A-Z]{1,3})(\d+)["'][^>]*(?<!/)>\s*"""
    rb"(?:<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*)?<(?:\w+:)?(?:v\b[^>]*>[^<]|is\b)"
)
_FORMULA = re.compile(rb'<c r="([A-Z]{1,3}\d+)"[^>]*><f[ >/]')


@dataclass(frozen=True)
class Table:
    """Cells as text, without blanks at the ends. `odd`: (row, column title) -> why a cell is not what was typed."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    odd: dict[tuple[int, int], str]


def read_plain(content: bytes, width: int) -> Table:
    """A table whose first `width` columns hide nothing. Refused: as `read`, and the first cell that is not what was typed."""
    table = read(content)
    for (row, column), why in sorted(table.odd.items()):
        if column < width and any(table.rows[row]):
            raise Refused("tables.odd_cell", row=row + 2, title=table.header[column], why=say(why))
    return table


def read(content: bytes) -> Table:
    """Refused: too large, no such format, empty, not readable; each says what to do."""
    if len(content) > LARGEST:
        raise Refused("tables.too_large", megabytes=LARGEST // 1_000_000)
    if content.startswith(b"PK\x03\x04"):
        return _xlsx(content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused("tables.old_excel")
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("tables.no_table")
    return _csv(content)


def _csv(content: bytes) -> Table:
    text = None
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None:
        raise Refused("tables.encoding")
    first = text.partition("\n")[0]
    found = csv.reader(io.StringIO(text), delimiter="\t" if first.count("\t") > first.count(",") else ",")
    try:
        return _table([tuple(cell.strip() for cell in row) for row in found], {})
    except csv.Error:
        raise Refused("tables.no_table") from None


def _xlsx(content: bytes) -> Table:
    formulas: set[str] = set()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > UNPACKED:
                raise Refused("tables.too_large", megabytes=LARGEST // 1_000_000)
            sheets = sorted(name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
            if sheets:
                plain = archive.read(sheets[0])
                if _spans(plain) > MOST_CELLS:
                    raise Refused("tables.far_cell")
                formulas = {ref.decode() for ref in _FORMULA.findall(plain)}
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        cells = sheet.to_python()
        merged = sheet.merged_cell_ranges or []
        top, left = sheet.start or (0, 0)
    except (zipfile.BadZipFile, CalamineError, KeyError, NotImplementedError):
        raise Refused("tables.unreadable") from None
    odd: dict[tuple[int, int], str] = {}
    rows = []
    for number, row in enumerate(cells):
        texts = []
        for column, value in enumerate(row):
            if type(value) is str:  # nearly every cell
                texts.append(value.strip())
                continue
            text, why = _text(value)
            if why:
                odd[number, column] = why
            texts.append(text)
        rows.append(tuple(texts))
    wide = max((len(row) for row in rows), default=0)
    for ref in formulas:
        match = re.fullmatch(r"([A-Z]+)(\d+)", ref)
        if match:
            r, c = int(match[2]) - 1 - top, _column(match[1]) - 1 - left
            if 0 <= r < len(rows) and 0 <= c < wide:
                odd[r, c] = "tables.formula"
    looked_at = 0
    for (row_1, column_1), (row_2, column_2) in merged:
        down = range(max(row_1 - top, 0), min(row_2 - top + 1, len(rows)))
        across = range(max(column_1 - left, 0), min(column_2 - left + 1, wide))
        looked_at += len(down) * len(across)
        if looked_at > MOST_CELLS:
            raise Refused("tables.far_cell")
        odd |= {(r, c): "tables.merged" for r in down for c in across}
    return _table(rows, odd)


def _column(letters: str) -> int:
    """A = 1."""
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    return column


def _spans(sheet: bytes) -> int:
    """Cells of the rectangle from A1 to the furthest row and column that hold something; rows and columns that only have a
    style are looked through when they would make it too large."""
    down = max((int(row) for row in _ROWS.findall(sheet)), default=1)
    found = down * max((_column(letters.decode()) for letters in set(_FAR.findall(sheet))), default=26)
    if found > MOST_CELLS:
        filled = set(_FILLED.findall(sheet))
        found = max((int(row) for _, row in filled), default=1) * max((_column(c.decode()) for c, _ in filled), default=1)
    return found


def _text(value: Any) -> tuple[str, str]:
    """(text, why it is not what was typed). A whole number stays exact below 2^53; an ID number does not fit there."""
    if value is None:
        return "", ""
    if isinstance(value, bool):
        return str(int(value)), ""
    if isinstance(value, float):
        if value.is_integer():
            return str(int(value)), "tables.damaged" if abs(value) >= 2**53 else ""
        return repr(value), ""
    if isinstance(value, datetime):
        return value.date().isoformat(), ""
    if isinstance(value, date):
        return value.isoformat(), ""
    return str(value).strip(), ""


def _table(rows: Sequence[tuple[str, ...]], odd: dict[tuple[int, int], str]) -> Table:
    """The first row that has at least two filled cells, none of them merged, is the header; titles above it are passed."""
    at = next((n for n, row in enumerate(rows[:10]) if sum(bool(c) for c in row) > 1 and (n, 0) not in odd), None)
    if at is None:
        raise Refused("tables.empty")
    if len(rows) - at - 1 > MOST_ROWS:
        raise Refused("tables.too_many_rows", most=MOST_ROWS)
    header = tuple(re.sub(r"\s+", "", cell) for cell in rows[at])
    width = len(header)
    body = [tuple((*row, *[""] * width)[:width]) for row in rows[at + 1 :]]
    return Table(header, body, {(r - at - 1, c): why for (r, c), why in odd.items() if r > at})

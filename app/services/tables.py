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

from .people import Refused

LARGEST = 64_000_000
UNPACKED = 600_000_000
"""Bytes of a file, and of what an XLSX may unpack to."""
MOST_ROWS = 400_000
_FORMULA = re.compile(rb'<c r="([A-Z]{1,3}\d+)"[^>]*><f[ >/]')


@dataclass(frozen=True)
class Table:
    """Cells as text, without blanks at the ends. `odd`: (row, column title) -> why a cell is not what was typed."""

    header: tuple[str, ...]
    rows: list[tuple[str, ...]]
    odd: dict[tuple[int, int], str]


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
                formulas = {ref.decode() for ref in _FORMULA.findall(archive.read(sheets[0]))}
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
            text, why = _text(value)
            if why:
                odd[number, column] = why
            texts.append(text)
        rows.append(tuple(texts))
    for ref in formulas:
        match = re.fullmatch(r"([A-Z]+)(\d+)", ref)
        if match:
            column = 0
            for letter in match[1]:
                column = column * 26 + ord(letter) - 64
            odd[int(match[2]) - 1 - top, column - 1 - left] = "tables.formula"
    for (row_1, column_1), (row_2, column_2) in merged:
        for r in range(row_1, min(row_2, row_1 + MOST_ROWS) + 1):
            for c in range(column_1, column_2 + 1):
                odd[r - top, c - left] = "tables.merged"
    return _table(rows, odd)


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

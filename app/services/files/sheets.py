"""Workbooks that leave the house: rows in, bytes out. Text stays text, whatever a name begins with: never a formula."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter


def fill(sheet: Any, lines: Iterable[Sequence[Any]]) -> None:
    for line in lines:
        sheet.append([_plain(sheet, value) if isinstance(value, str) and value[:1] == "=" else value for value in line])


def _plain(sheet: Any, value: str) -> Cell:
    cell = Cell(sheet, 1, 1, value)
    cell.data_type = "s"
    return cell


def book(lines: Iterable[Sequence[Any]], width: int = 16, freeze: str = "A2") -> bytes:
    """One sheet; the first line is its header."""
    made = Workbook()
    sheet = made.worksheets[0]
    fill(sheet, lines)
    for at, cell in enumerate(sheet[1], 1):
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.freeze_panes = freeze
    return as_bytes(made)


def as_text(lines: Iterable[Sequence[str]]) -> bytes:
    """One sheet in which every cell is text, and stays text when somebody types over it; the first line is its header."""
    made = Workbook(write_only=True)
    sheet = made.create_sheet()
    sheet.freeze_panes = "A2"
    for number, line in enumerate(lines):
        cells = []
        for value in line:
            cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST])
            cell.data_type, cell.number_format = "s", "@"
            if number == 0:
                cell.font = Font(bold=True)
            cells.append(cell)
        sheet.append(cells)
    return as_bytes(made)


LONGEST = 32_767
"""Characters that a cell may have."""


def as_bytes(made: Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()

"""Rows above the titles that are no lines of title: nobody would miss them before it is too late."""

import re
import unicodedata
from collections.abc import Sequence
from statistics import median_low

from .header import Header, is_numbering
from .sheet import CELL, Sheet, is_blank

LOOKED_AT = 60
_NUMBER = re.compile(r"\d{15}|\d{17}[\dXx]")
_FIGURE, _LONG = re.compile(r"[-+]?[\d,.]+%?"), re.compile(r"\d{8,}")
_DAY = re.compile(r"\d{4}[-/.\u5e74]\d{1,2}(?:[-/.\u6708]\d{1,2})?[\u6708\u65e5]?")


def data_above(sheet: Sheet, header: Header) -> list[int]:
    """Rows (from 0) above the titles that look like those below: as full, with the same kinds of cells in the same columns.
    Lines of title, of units, notes and numbering do not."""
    above = [n for n in range(header.top) if not is_blank(sheet.lines[n]) and not is_numbering(sheet.lines[n])]
    if not above:
        return []
    begin = header.bottom + 1
    below = [_cells(line) for line in sheet.lines[begin : begin + LOOKED_AT] if not is_blank(line) and not is_numbering(line)]
    titled = [column for column, title in enumerate(header.titles) if title]
    usual = median_low([sum(bool(row[c]) for c in titled) for row in below]) if below else len(titled)
    kinds = {column: {_kind(row[column]) for row in below if row[column]} for column in titled}
    values = {column: {row[column] for row in below} for column in titled}

    def is_data(row: Sequence[str]) -> bool:
        filled = [c for c in titled if row[c]]
        if sum(map(bool, row)) > 1 and any(_NUMBER.fullmatch(cell) for cell in row):
            return True
        if len(filled) < max(2, min(3, usual)) or any(cell.endswith(":") for cell in row):
            return False
        if not below:
            return 2 * len(filled) >= usual and any(_kind(row[c]) != "word" for c in filled)
        like = [c for c in filled if _kind(row[c]) in kinds[c]]
        telling = [c for c in like if _kind(row[c]) != "word" or row[c] in values[c]]
        naming = [c for c in like if _kind(row[c]) != "figure" or _LONG.fullmatch(row[c])]
        return bool(telling and naming) and 3 * len(like) >= 2 * len(filled)

    return [n for n in above if is_data(_cells(sheet.lines[n]))]


def _cells(line: str) -> list[str]:
    return [unicodedata.normalize("NFKC", cell).strip() for cell in line.split(CELL)]


def _kind(cell: str) -> str:
    """What sort of thing a cell is: a figure, a day, words, or a code by the kinds of its characters."""
    if _FIGURE.fullmatch(cell):
        return "figure"
    if _DAY.fullmatch(cell):
        return "day"
    if not any(c.isdigit() for c in cell):
        return "word"
    return "code " + "".join(sorted({"9" if c.isdigit() else "a" if c.isascii() else "w" for c in cell if c.isalnum()}))

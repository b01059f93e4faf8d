"""Where a sheet's titles stand: found by the titles that are known, in one row or up to three; never a row of data."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .sheet import CELL, Sheet, is_blank, plain_title

LOOKED_AT = 40
DEEPEST = 3
ENOUGH = 2
"""Known titles that make a row a header."""
_DATA = re.compile(r"[-+]?[\d.,]+%?\Z|.*\d{6}")


@dataclass(frozen=True)
class Header:
    """Rows `top` to `bottom` (from 0), a title for each column; `sure`: by known titles."""

    top: int
    bottom: int
    titles: tuple[str, ...]
    known: int

    @property
    def sure(self) -> bool:
        return self.known >= ENOUGH


def find(sheet: Sheet, titles: Collection[str], at: int | None = None) -> Header | None:
    """`titles`: as `plain_title` makes them. `at`: the header's last row as somebody said. None: no row may be a header."""
    rows = [[cell.strip() for cell in line.split(CELL)] for line in sheet.lines[: LOOKED_AT + DEEPEST]]
    best: Header | None = None
    for top in range(min(len(rows), LOOKED_AT) if at is None else at + 1):
        for bottom in range(top, min(top + DEEPEST, len(rows))):
            if _holds_data(rows[bottom]):
                break
            if at is not None and bottom != at:
                continue
            block = rows[top : bottom + 1]
            if not all(_titles_in(row, titles) for row in block):
                continue
            made = _composed(top, block, titles)
            if best is None or made.known > best.known:
                best = made
    if best is not None and (best.sure or at is not None):
        return best
    return _unknown(sheet, rows, titles, at)


def _unknown(sheet: Sheet, rows: Sequence[list[str]], titles: Collection[str], at: int | None) -> Header | None:
    """The first row that may be one of titles that nobody knows yet: several cells, all words, rows of data below."""
    wide = {row for row, column, _, last in sheet.merged if last > column}
    for number, row in enumerate(rows[:LOOKED_AT]):
        if at is not None and number != at:
            continue
        filled = sum(bool(cell) for cell in row)
        if filled < 2 or _holds_data(row) or (number in wide and at is None):
            if at is None and filled > 1 and _holds_data(row):
                return None
            continue
        if at is None and len(set(filter(None, row))) < filled:
            continue
        return _composed(number, [row], titles)
    return None


def _holds_data(row: Sequence[str]) -> bool:
    return any(_DATA.match(cell) for cell in row)


def _titles_in(row: Sequence[str], titles: Collection[str]) -> int:
    return sum(plain_title(cell) in titles for cell in row if cell)


def _composed(top: int, block: Sequence[Sequence[str]], titles: Collection[str]) -> Header:
    """Under each column the lowest known title, else the lowest that is there."""
    made = []
    for column in range(len(block[0])):
        cells = [row[column] for row in reversed(block) if row[column]]
        made.append(next((c for c in cells if plain_title(c) in titles), cells[0] if cells else ""))
    short = tuple("".join(title.split()) for title in made)
    return Header(top, top + len(block) - 1, short, len({plain_title(t) for t in short} & set(titles)))


def is_numbering(line: str) -> bool:
    """The row of column numbers that statistical tables have below their titles: 1, 2, 3 ..."""
    cells = [cell.strip() for cell in line.split(CELL) if cell.strip()]
    figures = [int(cell) for cell in cells if cell.isascii() and cell.isdigit() and len(cell) < 4]
    return len(figures) > 2 and len(figures) >= len(cells) - 2 and figures == list(range(1, len(figures) + 1))


def repeats(sheet: Sheet, header: Header) -> list[int]:
    """Rows further down that say the titles again, as printed pages do."""
    block = {line for line in sheet.lines[header.top : header.bottom + 1] if not is_blank(line)}
    if all(sheet.lines.count(line) == 1 for line in block):
        return []
    return [n for n in range(header.bottom + 1, len(sheet.lines)) if sheet.lines[n] in block]

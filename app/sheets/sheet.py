"""One sheet as it was read, before anybody says what its rows mean."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.errors import CodedError

CELL = "\x1f"
"""Stands between the cells of a line; a line holds no line break."""
BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1f\x85\u2028\u2029]+")

MOST_ROWS = 400_000
MOST_CELLS = 28_000_000
"""Of the rectangle that a sheet spans: one cell in a far corner would fill the memory."""
MOST_TEXT = 250_000_000
"""Characters of all rows: one long text may stand in a million cells."""
MOST_SHEETS = 1_000

Place = tuple[int, int]
"""(row, column), both from 0."""
Span = tuple[int, int, int, int]
"""(first row, first column, last row, last column)."""


class Unusable(CodedError):
    """A file that is not read; `code` and `details` make the sentence."""


@dataclass
class Sheet:
    """`lines[n]` is row n + 1: as many cells in each, with CELL between. `odd`: why a cell is not what was typed.
    `hidden`: rows, `hidden_columns`: columns that nobody sees on opening. `merged` joins cells. `typed`: cells that are no
    text and no whole number: "day", "time", "percent", "yes_no", "fraction"."""

    name: str
    lines: list[str]
    state: str = "visible"
    odd: dict[Place, str] = field(default_factory=dict)
    hidden: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()
    filtered: bool = False
    merged: Sequence[Span] = ()
    typed: Mapping[Place, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        return self.lines[0].count(CELL) + 1 if self.lines else 0


_MUST = re.compile(r"[(\[](?:\u975e?\u5fc5\u586b|\u9009\u586b|\u5fc5\u9009)(?:\u9879)?[)\]]")
"""How templates say beside a title whether its cells must be filled."""


def plain_title(text: str) -> str:
    """A title as it is compared: without blanks, marks of "required" and the difference of full and half width."""
    return _MUST.sub("", "".join(unicodedata.normalize("NFKC", text).split())).strip("*:").casefold()


_ERROR = re.compile(r"#(?:N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|DIV/0!|SPILL!|CALC!|FIELD!|GETTING_DATA|#+)\Z", re.IGNORECASE)
"""What a spreadsheet writes for a cell that it could not work out, or that was too narrow."""
_SHORT = re.compile(r"[-+]?\d(?:\.\d+)?E\+\d{1,3}\Z", re.IGNORECASE)
"""A long number in short (4.4E+17): most of its digits are gone."""


def odd_texts(lines: Sequence[str]) -> dict[Place, str]:
    """Cells whose text says that a spreadsheet could not work them out, or shortened them."""
    found = {}
    for at, line in enumerate(lines):
        if "#" in line or "E+" in line or "e+" in line:
            for column, cell in enumerate(line.split(CELL)):
                if _ERROR.match(cell.strip()):
                    found[at, column] = "tables.error"
                elif _SHORT.match(cell.strip()):
                    found[at, column] = "tables.damaged"
    return found


def line_of(cells: Sequence[str]) -> str:
    """Cells as one line; a line break within one becomes a blank."""
    line = CELL.join(cells)
    if line.count(CELL) != len(cells) - 1 or BREAKS.search(line.replace(CELL, "")):
        return CELL.join(BREAKS.sub(" ", cell).strip() for cell in cells)
    return line


def is_blank(line: str) -> bool:
    return not line.strip(CELL + " \t\u3000\xa0")


Words = Mapping[str, str]
"""Regular expressions of words that end a table: `total`, `note`."""

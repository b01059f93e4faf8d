"""Rows that could not be taken, as a workbook the office can put right and hand in again: each row once, with all that is
wrong with it, and every row of its household."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.labels import say

from ..files import sheets, tables
from .importing import Checked, Problem

OWN = ("row", "column", "why")
"""What stands before the columns of the file itself."""


class Said(NamedTuple):
    """One thing that is wrong with a row: the column's title, why, what stood in a cell that is left empty."""

    column: str
    why: str
    value: str = ""


class Line(NamedTuple):
    """Row as its sheet numbers it, what is wrong with it, its cells."""

    row: str
    wrong: Sequence[Said]
    cells: Sequence[str]


def as_workbook(header: Sequence[str], lines: Iterable[Line]) -> bytes:
    """Every cell is text: a number keeps its digits, and nothing is run as a formula."""
    titles = [*(say(f"register.{name}") for name in OWN), *header]
    return sheets.as_text([titles, *([one.row, *_told(one.wrong), *one.cells] for one in lines)])


def _told(wrong: Sequence[Said]) -> tuple[str, str]:
    """(titles of the columns, why); several in one cell, each with its column."""
    if not wrong:
        return "", say("register.with_others")
    columns = say("stories.comma").join(dict.fromkeys(one.column for one in wrong if one.column))
    if len(wrong) == 1 and not wrong[0].value:
        return columns, wrong[0].why
    return columns, " ".join(_why(one) for one in wrong)


def _why(one: Said) -> str:
    value = say("tables.odd_value", value=one.value) if one.value else ""
    return say("register.why_of", column=one.column, value=value, why=one.why) if one.column else one.why


def grouped(problems: Iterable[Problem]) -> dict[int, list[Problem]]:
    """By row, in the order of the rows."""
    found: dict[int, list[Problem]] = {}
    for one in sorted(problems, key=lambda p: p.row):
        found.setdefault(one.row, []).append(one)
    return found


def rows_of(checked: Checked, problems: Iterable[Problem]) -> list[int]:
    """The rows with something wrong and all others of their households: those that must come in together."""
    wrong = {row for one in problems for row in (one.row, one.details.get("with_row", one.row)) if isinstance(row, int)}
    together = [rows for rows in checked.together if not wrong.isdisjoint(rows)]
    return sorted(wrong.union(*together))


def of_table(table: tables.Table, checked: Checked, problems: Sequence[Problem]) -> bytes:
    """The register's problems. A cell that is no text is left empty: what it shows is not what was meant."""
    own = [say(f"register.{name}") for name in OWN]
    kept = [n for n, title in enumerate(table.header) if title not in own]  # a list of this kind that came in again
    lines = _lines(table, grouped(problems), rows_of(checked, problems))
    return as_workbook([table.header[n] for n in kept], (one._replace(cells=[one.cells[n] for n in kept]) for one in lines))


def _lines(table: tables.Table, wrong: Mapping[int, Sequence[Problem]], rows: Iterable[int]) -> Iterator[Line]:
    for row in rows:
        cells, said = list(table.rows[row - 1]), []
        for one in wrong.get(row, ()):
            emptied = one.code.startswith("tables.no_text") and one.column in table.header
            if emptied:
                cells[table.header.index(one.column)] = ""
            said.append(Said(one.column, say(one.code, **one.details), one.value if emptied else ""))
        yield Line(table.row(row), said, cells)

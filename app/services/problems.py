"""Rows that could not be taken, as a workbook the office can put right: row, column, why, then the row as it stood."""

from collections.abc import Iterable, Sequence

from app.labels import say

from . import sheets, tables
from .register import Problem

Line = tuple[str, str, str, Sequence[str]]
"""Row as its sheet numbers it, column's title, why, the row's cells."""


def as_workbook(header: Sequence[str], lines: Iterable[Line]) -> bytes:
    """One line for each problem. Every cell is text: a number keeps its digits, and nothing is run as a formula."""
    titles = [say("register.row"), say("register.column"), say("register.why"), *header]
    return sheets.as_text([titles, *([row, column, why, *cells] for row, column, why, cells in lines)])


def of_table(table: tables.Table, problems: Iterable[Problem]) -> bytes:
    """The register's problems."""
    return as_workbook(table.header, (
        (table.row(one.row), one.column, say(one.code, **one.details), table.rows[one.row - 1])
        for one in sorted(problems, key=lambda p: p.row)
    ))  # fmt: skip

"""Rows that could not be taken, as a file the office can put right: why, then the row as it stood."""

import csv
import io
from collections.abc import Sequence

from app.labels import say

from .register import Problem
from .tables import Table

DANGEROUS = ("=", "+", "-", "@", "\t")
"""A cell that begins so would be run as a formula by a spreadsheet."""


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) and not text.lstrip("+-").replace(".", "", 1).isdigit() else text


def as_csv(table: Table, problems: Sequence[Problem]) -> bytes:
    """CSV with a byte order mark, so that a spreadsheet reads the Chinese; one line per problem."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([say("register.row"), say("register.column"), say("register.why"), *table.header])
    for one in sorted(problems, key=lambda p: p.row):
        row = table.rows[one.row - 1] if 0 < one.row <= len(table.rows) else ()
        why = say(one.code, **one.details)
        writer.writerow([one.row, one.column, why, *(safe(cell) for cell in row)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()

"""Rows of a department's file against the people of the register: who shows a sign, how strong, over which threshold."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

import ibis
import pyarrow as pa

from app.decisions.model import Table

from . import tables

FOUND = pa.schema(
    [
        ("row", pa.int32()),
        ("pid", pa.int64()),
        ("household", pa.int64()),
        ("member", pa.int32()),
        ("sign", pa.string()),
        ("severity", pa.string()),
        ("threshold", pa.int64()),
        ("value", pa.int64()),
        ("table_row", pa.int32()),
    ]
)
"""value: in the unit of its sign; null where the sign is a code. household: null for a person in no file of ours."""


@contextmanager
def connection(*, threads: int = 2, memory: str = "200MB") -> Iterator[Any]:
    """DuckDB in this process, in memory; it goes with the block."""
    con = ibis.duckdb.connect(threads=threads, memory_limit=memory)
    try:
        yield con
    finally:
        con.disconnect()


def compare(con: Any, rows: pa.Table, people: pa.Table, table: Table, on: date) -> pa.Table:
    """Findings in order of row. `rows`: as `rows.check` made them; derived for the table: former_poor, age (whole years)."""
    asked = expression(ibis.memtable(rows), ibis.memtable(people), table, rows.column_names, on)
    found: pa.Table = con.to_pyarrow(asked)
    return found.cast(FOUND)


def expression(rows: Any, people: Any, table: Table, names: list[str], on: date) -> Any:
    """The whole comparison of one file as one expression."""
    joined = rows.left_join(people, rows.pid == people.pid).select(rows, people.household, people.member, people.former_poor)
    joined = joined.mutate(former_poor=joined.former_poor.fill_null(False), age=age(joined.born, on))
    columns: Mapping[str, Any] = {column.name: joined[column.name] for column in table.inputs}
    said = tables.outputs(table, columns)
    numbers = [column.name for column in table.inputs if column.type == "number" and column.name in names]
    measured: Any = ibis.null("int64")
    if numbers:
        branches = [(said["measured"] == ibis.literal(name), joined[name].cast("int64")) for name in numbers]
        measured = ibis.cases(*branches, else_=ibis.null("int64"))
    found = joined.select(
        row=joined.row,
        pid=joined.pid,
        household=joined.household,
        member=joined.member,
        sign=said["sign"],
        severity=said["severity"],
        threshold=said["threshold"].cast("int64"),
        value=measured,
        table_row=said["row"],
    )
    return found.filter((found.severity != "none") & found.severity.notnull()).order_by("row")


def age(born: Any, on: date) -> Any:
    """Whole years on a day, as `policy.identity.age`."""
    before = (born.month() > on.month) | ((born.month() == on.month) & (born.day() > on.day))
    return (ibis.literal(on.year) - born.year() - before.cast("int64")).cast("int64")

"""A decision table as one Ibis expression: the same rows speak as in `app.decisions.evaluate`, for a million rows at once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
from ibis.expr.types import BooleanValue, Value

from app.decisions.cells import Cell, Cut, Piece
from app.decisions.model import Output, Table


def outputs(table: Table, columns: Mapping[str, Value]) -> dict[str, Value]:
    """Output name -> expression over `columns` (input name -> expression). FIRST and UNIQUE tables; a row that nothing speaks
    for gets null, where `evaluate` would refuse. An empty input passes only `-`, as there."""
    if table.hit_policy == "COLLECT":
        raise ValueError("a COLLECT table says several things of one row")
    if any(column.many for column in table.outputs):
        raise ValueError("a column of one value says a list")
    hits = [_speaks(rule.cells, table, columns) for rule in table.rules]
    made: dict[str, Value] = {}
    for place, output in enumerate(table.outputs):
        branches = [(hit, _literal(rule.outputs[place], output)) for hit, rule in zip(hits, table.rules, strict=True)]
        made[output.name] = ibis.cases(*branches, else_=ibis.null(_kind(output)))
    made["row"] = ibis.cases(*((hit, ibis.literal(n, "int32")) for n, hit in enumerate(hits, 1)), else_=ibis.null("int32"))
    return made


def _speaks(cells: tuple[Cell, ...], table: Table, columns: Mapping[str, Value]) -> BooleanValue:
    found: Any = ibis.literal(True)
    for column, cell in zip(table.inputs, cells, strict=True):
        if not cell.any:
            found = found & matches(cell, columns[column.name]).fill_null(False)
    return found


def matches(cell: Cell, value: Any) -> Any:
    """Whether a value passes the cell."""
    if cell.any:
        return ibis.literal(True)
    if cell.type == "boolean":
        return value.isin([ibis.literal(t) for t in cell.truths])
    if cell.type == "string":
        return value.notin(list(cell.names)) if cell.outside else value.isin(list(cell.names))
    found: Any = ibis.literal(False)
    for piece in cell.pieces:
        found = found | _inside(piece, cell, value)
    return found


def _inside(piece: Piece, cell: Cell, value: Any) -> Any:
    """One stretch of numbers or dates; an end at infinity asks nothing."""
    found: Any = value.notnull()
    low, high = piece
    if _finite(low):
        found = found & (value > _point(low, cell) if low[1] else value >= _point(low, cell))
    if _finite(high):
        found = found & (value <= _point(high, cell) if high[1] else value < _point(high, cell))
    return found


def _finite(cut: Cut) -> bool:
    return isinstance(cut[0], int) or cut[0].is_finite()


def _point(cut: Cut, cell: Cell) -> Any:
    if cell.type == "date":
        return ibis.literal(date.fromordinal(int(cut[0])), "date")
    return ibis.literal(cut[0], "int64" if isinstance(cut[0], int) else "decimal(38, 10)")


def _kind(output: Output) -> str:
    return {"number": "decimal(38, 10)", "string": "string", "boolean": "boolean", "date": "date"}[output.type]


def _literal(value: Any, output: Output) -> Any:
    return ibis.literal(value, _kind(output))

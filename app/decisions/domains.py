"""The atoms of a column: the fewest groups of values that no cell of the table tells apart.

Whatever holds for one value of an atom holds for all of it: a finite look at atoms is exact for every value.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Literal

from app.decisions.cells import ABOVE_ALL, BELOW_ALL, Cell, Cut, Piece, Scalar, Value, scalar
from app.decisions.model import Input, Table

_DAYS = Piece((date.min.toordinal(), 0), (date.max.toordinal() + 1, 0))
_NUMBERS = Piece(BELOW_ALL, ABOVE_ALL)


@dataclass(frozen=True)
class Atom:
    """`example` is one value of it. Numbers and dates also know their stretch of values."""

    example: Value
    stretch: Piece | None = None


def atoms(table: Table, place: int) -> list[Atom]:
    """The atoms of the column at `place`: numbers, dates ascending; text as first written; false, true."""
    column = table.inputs[place]
    cells = [rule.cells[place] for rule in table.rules]
    allowed = column.allowed
    if column.type == "boolean":
        found = [Atom(False), Atom(True)]
    elif column.type == "string":
        found = _texts([allowed, *cells] if allowed else cells)
    else:
        found = _stretches(column, [allowed, *cells] if allowed else cells)
    return [atom for atom in found if allowed is None or allowed.matches(atom.example)]


def nearest(column: Input, atom: Atom, side: Literal["low", "high"]) -> Value:
    """The lowest or highest value of a stretch.

    Where there is none (an open end): the next value at the precision of that end's own digits, else any.
    """
    stretch = atom.stretch
    if stretch is None:
        return atom.example
    value, after = stretch.low if side == "low" else stretch.high
    if isinstance(value, Decimal) and not value.is_finite():
        return atom.example
    if _discrete(column):
        return _value(column, value if side == "low" else value - 1)
    if (side == "low") == (after == 0):
        return _value(column, value)
    with localcontext(prec=60):
        exact = Decimal(value)
        step = Decimal((0, (1,), min(0, int(exact.as_tuple().exponent))))
        close = exact + step if side == "low" else exact - step
    return close if stretch.low <= (close, 0) < stretch.high else atom.example


def _discrete(column: Input) -> bool:
    return column.whole or column.type == "date"


def _texts(cells: Iterable[Cell]) -> list[Atom]:
    names = list(dict.fromkeys(name for cell in cells for name in cell.names))
    other, count = "other", 1
    while other in names:
        count += 1
        other = f"other_{count}"
    return [Atom(name) for name in [*names, other]]


def _stretches(column: Input, cells: Iterable[Cell]) -> list[Atom]:
    everything = _DAYS if column.type == "date" else _NUMBERS
    cuts = {everything.low, everything.high}
    for cell in cells:
        for value, after in (cut for piece in cell.pieces for cut in piece):
            if isinstance(value, Decimal) and not value.is_finite():
                continue
            cuts.add((value + after, 0) if _discrete(column) else (value, after))
    ordered = sorted(cuts)
    pieces = [Piece(low, high) for low, high in pairwise(ordered)]
    return [Atom(_value(column, _inside(piece)), piece) for piece in pieces]


def _inside(piece: Piece) -> Scalar:
    """Some value of the stretch, a whole one where there is one."""
    (low, after_low), (high, after_high) = piece
    if piece.low == BELOW_ALL and piece.high == ABOVE_ALL:
        return 0
    with localcontext(prec=60):
        if piece.low == BELOW_ALL:
            return _floor(high) - (high == _floor(high) and not after_high)
        whole = _floor(low) + (low != _floor(low) or after_low)
        if (whole, 0) < piece.high:
            return whole
        if after_low == 0:
            return low
        return high if after_high else (Decimal(low) + Decimal(high)) / 2


def _floor(value: Scalar) -> int:
    return int(value // 1) - (value < 0 and value != int(value)) if isinstance(value, Decimal) else value


def _value(column: Input, value: Scalar) -> Value:
    return date.fromordinal(int(value)) if column.type == "date" else value


def stretch_of(found: list[Atom], value: Value) -> int:
    """The place of the atom that holds a number or a date."""
    point: Cut = (scalar(value), 0)
    for place, atom in enumerate(found):
        if atom.stretch is not None and atom.stretch.low <= point < atom.stretch.high:
            return place
    raise ValueError("no atom holds this value")

"""Why this answer: which single fact, were it different, would have changed it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.decisions.cells import Value
from app.decisions.domains import atoms, nearest, stretch_of
from app.decisions.model import Input, Outputs, Table
from app.decisions.tables import MissingFact, NoRow, SeveralRows, evaluate, known_facts


@dataclass(frozen=True)
class Change:
    """Had `name` been `after` instead of `before`, the answer would have been `outputs`, by `rows`.

    outputs as in Hit; None (and no rows) where no row would speak. `after` is text where `before` is.
    """

    name: str
    label: str
    before: Value
    after: Value
    outputs: Outputs | list[Outputs] | None
    rows: tuple[int, ...]
    row_ids: tuple[str, ...]


def single_changes(table: Table, facts: Mapping[str, Value | None]) -> list[Change]:
    """In column order. Numbers and dates: the nearest value below, then above, that changes the outputs.

    Text and booleans: for each other outcome, the first value (as first written in the table) that leads to
    it. Unknown inputs are not varied. A value after which an unknown input would count is passed over.
    Raises as `evaluate`.
    """
    now = evaluate(table, facts).outputs
    known = known_facts(table, facts)
    changes: list[Change] = []
    for place, column in enumerate(table.inputs):
        if column.name not in known:
            continue
        for values in _ways(table, place, column, known[column.name]):
            seen = [now]
            for value in values:
                change = _changed(table, facts, column, value)
                if change is None or change.outputs in seen:
                    continue
                changes.append(change)
                if column.type in ("number", "date"):
                    break
                if change.outputs is not None:
                    seen.append(change.outputs)
    return changes


def _ways(table: Table, place: int, column: Input, value: Value) -> Iterator[Iterable[Value]]:
    """The other values to try, nearest first: one list per direction."""
    found = atoms(table, place)
    if column.type in ("string", "boolean"):
        yield (atom.example for atom in found if atom.example != value)
        return
    here = stretch_of(found, value)
    yield (nearest(column, atom, "high") for atom in reversed(found[:here]))
    yield (nearest(column, atom, "low") for atom in found[here + 1 :])


def _changed(table: Table, facts: Mapping[str, Value | None], column: Input, value: Value) -> Change | None:
    before = facts[column.name]
    assert before is not None
    after = str(value) if isinstance(before, str) else value
    try:
        hit = evaluate(table, {**facts, column.name: after})
    except NoRow:
        return Change(column.name, column.label, before, after, None, (), ())
    except (MissingFact, SeveralRows):
        return None
    return Change(column.name, column.label, before, after, hit.outputs, hit.rows, hit.row_ids)

"""What can be said of a judgement table before anybody is judged by it: gaps, overlaps, silent rows.

Every column falls into atoms (see `domains`); a set of rows is an integer with one bit per row, and "which
rows accept this atom" is such a set. The search for a gap walks column by column, keeps the set of rows still
possible, and stops as soon as one of them accepts whatever is left. It is exact; its steps are counted, and a
table that needs too many is refused instead of being half checked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from app.decisions.cells import Value
from app.decisions.domains import Atom, atoms
from app.decisions.errors import TableError
from app.decisions.model import Finding, Rule, Table
from app.decisions.reader import parse_dmn

STEPS = 200_000  # a few seconds
COMPARISONS = 3_000_000
SHOWN = 20


class TooComplex(TableError):
    """Code decisions.too_complex: the check would take too long."""


@dataclass(frozen=True)
class Gap:
    """Inputs for which no row speaks."""

    example: dict[str, Value]


@dataclass(frozen=True)
class Overlap:
    """Two rows that speak for the same inputs."""

    rows: tuple[int, int]
    row_ids: tuple[str, str]
    example: dict[str, Value]


def gaps(table: Table, *, limit: int = SHOWN, steps: int = STEPS) -> list[Gap]:
    """Up to `limit` gaps, each of another kind; none = every input finds a row.

    Raises TooComplex where the steps run out before the first is found.
    """
    grid = _grid(table)
    everyone = (1 << len(table.rules)) - 1
    found: list[Gap] = []
    try:
        for hole in islice(_holes(grid, everyone, _Steps(steps)), limit):
            found.append(Gap(_example(table, grid, hole)))
    except TooComplex:
        if not found:
            raise
    return found


def overlaps(table: Table, *, limit: int = SHOWN) -> list[Overlap]:
    """Up to `limit` pairs of rows sharing an input, in row order, under any hit policy. Raises TooComplex."""
    return list(islice(_overlaps(table), limit))


def unreachable(table: Table, *, steps: int = STEPS) -> list[Rule]:
    """Rows that cannot speak first: others above them take all their inputs. Raises TooComplex."""
    grid, budget = _grid(table), _Steps(steps)
    hidden = []
    for place, rule in enumerate(table.rules):
        above = (1 << place) - 1
        if next(_holes(_within(grid, place), above, budget), None) is None:
            hidden.append(rule)
    return hidden


def never_matching(table: Table) -> list[tuple[Rule, int]]:
    """Rows with a cell that none of its column's values can pass, and that column's place."""
    grid = _grid(table)
    found = []
    for place, rule in enumerate(table.rules):
        dead = [c for c, masks in enumerate(grid.accepting) if not any(mask >> place & 1 for mask in masks)]
        if dead:
            found.append((rule, dead[0]))
    return found


def check(table: Table) -> list[Finding]:
    """Everything wrong with a table; errors forbid its use, warnings do not. Never raises.

    A table with problems of reading gets only those. A gap is an error under UNIQUE and FIRST, a warning
    under COLLECT, where an empty list is an answer.
    """
    if table.problems:
        return list(table.problems)
    for place, column in enumerate(table.inputs):
        if not atoms(table, place):
            return [Finding("decisions.no_allowed_value", {"column": column.label}, column=column.name)]
    findings: list[Finding] = []
    try:
        for finding in _all(table):
            findings.append(finding)
    except TooComplex as error:
        findings.append(Finding(error.code, error.details))
    return findings


def _all(table: Table) -> Iterator[Finding]:
    dead = never_matching(table)
    for rule, place in dead:
        yield _about(rule, "decisions.never_matches", column=table.inputs[place].label)
    if table.hit_policy == "UNIQUE":
        for overlap in overlaps(table):
            first, second = overlap.rows
            args = {"first": first, "second": second, "example": in_words(table, overlap.example)}
            yield Finding(
                "decisions.overlap",
                args,
                row=first,
                row_id=overlap.row_ids[0],
                line=table.rules[first - 1].line,
                example=overlap.example,
            )
    collects = table.hit_policy == "COLLECT"
    for gap in gaps(table):
        args = {"example": in_words(table, gap.example)}
        yield Finding(
            "decisions.gap_collect" if collects else "decisions.gap",
            args,
            "warning" if collects else "error",
            example=gap.example,
        )
    if table.hit_policy == "FIRST":
        known = [rule.number for rule, _ in dead]
        try:
            hidden = unreachable(table)
        except TooComplex:
            hidden = []
            yield Finding("decisions.unreachable_unknown", severity="warning")
        for rule in hidden:
            if rule.number not in known:
                yield _about(rule, "decisions.unreachable")


def check_dmn(data: bytes) -> list[Finding]:
    """`check` of a file, whatever is in it: a file that is no table gives its one refusal."""
    try:
        table = parse_dmn(data)
    except TableError as error:
        line = error.details.get("line")
        return [Finding(error.code, error.details, line=line if isinstance(line, int) else None)]
    return check(table)


def in_words(table: Table, example: dict[str, Value]) -> str:
    """`label=value` for each input, comma separated; text in quotes, true and false as they are written."""
    return ", ".join(f"{column.label}={written(example[column.name])}" for column in table.inputs)


def written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _about(rule: Rule, code: str, **args: object) -> Finding:
    """A warning about one row."""
    args |= {"row": rule.number}
    return Finding(code, args, "warning", row=rule.number, row_id=rule.id, line=rule.line)


# --- the search


@dataclass
class _Steps:
    left: int

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooComplex("decisions.too_complex")


@dataclass(frozen=True)
class _Grid:
    """Per column: its atoms, the rows that accept each atom, and the rows that do not accept them all."""

    atoms: Sequence[Sequence[Atom]]
    accepting: Sequence[Sequence[int]]
    choosy: Sequence[int]


def _grid(table: Table) -> _Grid:
    columns = [atoms(table, place) for place in range(len(table.inputs))]
    work = sum(
        len(column) * sum(1 + len(rule.cells[place].pieces) for rule in table.rules) for place, column in enumerate(columns)
    )
    if work > COMPARISONS:
        raise TooComplex("decisions.too_complex")
    accepting = [
        [sum(1 << row for row, rule in enumerate(table.rules) if rule.cells[place].matches(atom.example)) for atom in column]
        for place, column in enumerate(columns)
    ]
    return _of(columns, accepting)


def _of(columns: Sequence[Sequence[Atom]], accepting: Sequence[Sequence[int]]) -> _Grid:
    choosy = []
    for masks in accepting:
        union = always = masks[0] if masks else 0
        for mask in masks:
            union, always = union | mask, always & mask
        choosy.append(~always)
    return _Grid(columns, accepting, choosy)


def _within(grid: _Grid, row: int) -> _Grid:
    """The part of the grid that one row accepts."""
    kept = [[i for i, mask in enumerate(masks) if mask >> row & 1] for masks in grid.accepting]
    return _of(
        [[column[i] for i in keep] for column, keep in zip(grid.atoms, kept, strict=True)],
        [[masks[i] for i in keep] for masks, keep in zip(grid.accepting, kept, strict=True)],
    )


def _holes(grid: _Grid, rows: int, budget: _Steps) -> Iterator[dict[int, int]]:
    """Choices of atoms (column -> place of the atom) that none of `rows` accepts, whatever the other columns.

    The same set of rows over the same columns is looked at once: its holes would be the same again.
    """
    if not all(grid.atoms):
        return
    seen: set[tuple[int, tuple[int, ...]]] = set()

    def walk(live: int, columns: Sequence[int], chosen: dict[int, int]) -> Iterator[dict[int, int]]:
        if not live:
            yield chosen
            return
        telling = tuple(column for column in columns if live & grid.choosy[column])
        undecided = 0
        for column in telling:
            undecided |= grid.choosy[column]
        if live & ~undecided or (live, telling) in seen:
            return
        seen.add((live, telling))
        budget.take()
        column = max(telling, key=lambda c: (live & grid.choosy[c]).bit_count())
        rest = [other for other in telling if other != column]
        children: dict[int, int] = {}
        for place, mask in enumerate(grid.accepting[column]):
            children.setdefault(live & mask, place)
        for child in sorted(children, key=lambda mask: (mask.bit_count(), children[mask])):
            yield from walk(child, rest, {**chosen, column: children[child]})

    yield from walk(rows, range(len(grid.atoms)), {})


def _example(table: Table, grid: _Grid, hole: dict[int, int]) -> dict[str, Value]:
    columns = enumerate(table.inputs)
    return {column.name: grid.atoms[place][hole.get(place, 0)].example for place, column in columns}


def _overlaps(table: Table) -> Iterator[Overlap]:
    grid = _grid(table)
    taken = [
        [sum(1 << i for i, mask in enumerate(masks) if mask >> row & 1) for masks in grid.accepting]
        for row in range(len(table.rules))
    ]
    for low, first in enumerate(table.rules):
        for high in range(low + 1, len(table.rules)):
            pairs = list(zip(taken[low], taken[high], strict=True))
            if not all(one & other for one, other in pairs):
                continue
            shared = {place: _lowest_bit(one & other) for place, (one, other) in enumerate(pairs)}
            second = table.rules[high]
            numbers, ids = (first.number, second.number), (first.id, second.id)
            yield Overlap(numbers, ids, _example(table, grid, shared))


def _lowest_bit(bits: int) -> int:
    return (bits & -bits).bit_length() - 1

"""Evaluating a judgement table: facts in, the rows that speak and what they say out."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from app.decisions.cells import Value, is_of_type, iso_date
from app.decisions.errors import TableError
from app.decisions.model import Finding, Hit, HitPolicy, Input, Output, Outputs, Rule, Table
from app.decisions.reader import InvalidTable, parse_dmn

__all__ = [
    "Finding",
    "Hit",
    "HitPolicy",
    "Input",
    "InvalidTable",
    "MissingFact",
    "NoRow",
    "Output",
    "Outputs",
    "Rule",
    "SeveralRows",
    "Table",
    "WrongFact",
    "evaluate",
    "known_facts",
    "parse_dmn",
]

MAX_NUMBER_DIGITS = 30


class MissingFact(TableError):
    """The answer depends on an input that is not known. `name` is the first such input, `names` all."""

    def __init__(self, name: str, names: tuple[str, ...] = (), label: str = "") -> None:
        super().__init__("decisions.fact.missing", name=name, label=label or name)
        self.name = name
        self.names = names or (name,)


class WrongFact(TableError):
    """A fact the column cannot hold. Codes decisions.fact.want_*, .not_whole, .too_large, .not_allowed."""


class NoRow(TableError):
    """No row of a UNIQUE or FIRST table speaks; a table that passed the check never raises this."""


class SeveralRows(TableError):
    """Several rows of a UNIQUE table speak; a table that passed the check never raises this."""


def evaluate(table: Table, facts: Mapping[str, Value | None]) -> Hit:
    """Facts by input name; a date may be a date or yyyy-mm-dd; numbers are int or Decimal, never float.

    An unknown input (absent or None) passes only `-`. Where a row would speak but for an unknown input,
    nothing is guessed: MissingFact. Other facts than the table's inputs are ignored.
    Raises MissingFact, WrongFact, NoRow, SeveralRows, and InvalidTable for a table with problems.
    """
    if table.problems:
        problem = table.problems[0]
        raise InvalidTable(problem.code, **problem.args)
    known = known_facts(table, facts)
    hits: list[Rule] = []
    for rule in table.rules:
        if _speaks(rule, table, known):
            hits.append(rule)
            if table.hit_policy == "FIRST":
                break
    rows = tuple(rule.number for rule in hits)
    if table.hit_policy == "UNIQUE" and len(hits) > 1:
        raise SeveralRows("decisions.several_rows", rows=", ".join(map(str, rows)))
    if table.hit_policy != "COLLECT" and not hits:
        raise NoRow("decisions.no_row", table=table.name)
    names = [column.name for column in table.outputs]
    said: list[Outputs] = [
        {name: list(v) if isinstance(v, tuple) else v for name, v in zip(names, rule.outputs, strict=True)} for rule in hits
    ]
    given = {name: value for name in known if (value := facts[name]) is not None}
    return Hit(
        outputs=said if table.hit_policy == "COLLECT" else said[0],
        rows=rows,
        row_ids=tuple(rule.id for rule in hits),
        inputs=given,
        clauses=tuple(dict.fromkeys(clause for rule in hits for clause in rule.clause.split())),
    )


def known_facts(table: Table, facts: Mapping[str, Value | None]) -> dict[str, Value]:
    """The table's known inputs, in column order, each a value of its column's type. Raises WrongFact."""
    known = {}
    for column in table.inputs:
        value = facts.get(column.name)
        if value is not None:
            known[column.name] = _fitting(column, value)
    return known


def _speaks(rule: Rule, table: Table, known: Mapping[str, Value]) -> bool:
    unknown = []
    for column, cell in zip(table.inputs, rule.cells, strict=True):
        if cell.any:
            continue
        if column.name not in known:
            unknown.append(column)
        elif not cell.matches(known[column.name]):
            return False
    if unknown:
        raise MissingFact(unknown[0].name, tuple(column.name for column in unknown), unknown[0].label)
    return True


def _fitting(column: Input, value: Value) -> Value:
    if column.type == "date" and isinstance(value, str):
        value = iso_date(value) or value
    if not is_of_type(value, column.type):
        raise WrongFact(f"decisions.fact.want_{column.type}", label=column.label, value=str(value)[:40])
    if isinstance(value, (int, Decimal)) and not isinstance(value, (bool, date)):
        if abs(value) >= 10**MAX_NUMBER_DIGITS:
            raise WrongFact("decisions.fact.too_large", label=column.label, limit=MAX_NUMBER_DIGITS)
        if column.whole and isinstance(value, Decimal) and value != value.to_integral_value():
            raise WrongFact("decisions.fact.not_whole", label=column.label, value=str(value)[:40])
    if column.allowed is not None and not column.allowed.matches(value):
        raise WrongFact("decisions.fact.not_allowed", label=column.label, value=str(value)[:40])
    return value

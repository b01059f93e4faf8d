"""One decision table, two ways to run it: row by row in Python, a million rows at once in Ibis. They must say the same."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.comparison import findings, rows
from app.comparison.tables import outputs
from app.decisions.cells import InvalidCell, parse_cell
from app.decisions.model import Input, Output, Rule, Table
from app.decisions.tables import MissingFact, NoRow, evaluate, parse_dmn
from tests.walking import nobody

DECISIONS = Path(__file__).parents[2] / "bpmn" / "decisions"
SHIPPED = sorted(DECISIONS.glob("find_*.dmn"))
CON = ibis.duckdb.connect()
DAYS = st.dates(date(1999, 12, 25), date(2001, 1, 5))
NUMBERS = st.integers(-3, 12)


def ends(write: Any) -> st.SearchStrategy[str]:
    return st.one_of(
        st.just("-"),
        st.tuples(st.sampled_from(["<", "<=", ">", ">="]), write).map(lambda p: f"{p[0]} {p[1]}"),
        st.tuples(st.sampled_from(["[", "("]), write, write, st.sampled_from(["]", ")"])).map(
            lambda p: f"{p[0]}{p[1]}..{p[2]}{p[3]}"
        ),
        st.lists(write, min_size=1, max_size=3).map(", ".join),
        st.lists(write, min_size=1, max_size=2).map(lambda p: f"not({', '.join(p)})"),
    )


CELLS = {
    "number": ends(NUMBERS.map(str)),
    "date": ends(DAYS.map(lambda d: f'date("{d}")')),
    "string": st.one_of(
        st.just("-"), st.lists(st.sampled_from(['"a"', '"b"']), min_size=1, max_size=2).map(", ".join), st.just('not("a")')
    ),
    "boolean": st.sampled_from(["-", "true", "false", "true, false"]),
}
VALUES = {"number": NUMBERS, "date": DAYS, "string": st.sampled_from(["a", "b", "c"]), "boolean": st.booleans()}
ARROW = {"number": pa.int64(), "date": pa.date32(), "string": pa.string(), "boolean": pa.bool_()}


@st.composite
def cases(draw: st.DrawFn) -> tuple[Table, list[dict[str, Any]]]:
    kinds: Any = draw(st.lists(st.sampled_from(["number", "date", "string", "boolean"]), min_size=1, max_size=3))
    inputs = tuple(Input(f"i{n}", f"i{n}", kind) for n, kind in enumerate(kinds))
    made = []
    for number in range(1, draw(st.integers(1, 5)) + 1):
        try:
            cells = tuple(parse_cell(draw(CELLS[i.type]), i.type) for i in inputs)
        except InvalidCell:
            cells = tuple(parse_cell("-", i.type) for i in inputs)
        made.append(Rule(f"r{number}", number, cells, (f"s{number}", number)))
    table = Table("t", "t", "FIRST", inputs, (Output("said", "said", "string"), Output("n", "n", "number")), tuple(made))
    facts = draw(st.lists(st.fixed_dictionaries({i.name: VALUES[i.type] for i in inputs}), min_size=1, max_size=12))
    return table, facts


def in_ibis(table: Table, facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = [column.name for column in table.inputs]
    data = pa.table(
        {
            "at": pa.array(range(len(facts))),
            **{c.name: pa.array([f[c.name] for f in facts], ARROW[c.type]) for c in table.inputs},
        }
    )
    rows_ = ibis.memtable(data)
    said = outputs(table, {name: rows_[name] for name in names})
    return CON.to_pyarrow(rows_.select("at", **said).order_by("at")).to_pylist()


def in_python(table: Table, fact: dict[str, Any]) -> dict[str, Any] | None:
    try:
        hit = evaluate(table, fact)
    except NoRow:
        return None
    return {**hit.one(), "row": hit.rows[0]}


@settings(max_examples=150, deadline=None)
@given(cases())
def test_a_table_says_the_same_row_by_row_and_all_at_once(case: tuple[Table, list[dict[str, Any]]]) -> None:
    table, facts = case
    for fact, said in zip(facts, in_ibis(table, facts), strict=True):
        expected = in_python(table, fact)
        got = {k: int(v) if isinstance(v, Decimal) else v for k, v in said.items() if k != "at"}
        assert got == (expected or dict.fromkeys(got)), (fact, [r.cells for r in table.rules])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_countys_own_tables_too(path: Path, data: st.DataObject) -> None:
    table = parse_dmn(path.read_bytes())
    edges = sorted({int(v) for r in table.rules for c in r.cells for p in c.pieces for v, _ in p if isinstance(v, int)})
    numbers = st.one_of(
        st.integers(0, 10_000_000), *([st.sampled_from(edges), st.sampled_from([e - 1 for e in edges])] if edges else [])
    )
    drawn: dict[str, Any] = {"number": numbers, "boolean": st.booleans()}
    strategies = {
        c.name: st.sampled_from(c.allowed.names) if c.type == "string" and c.allowed else drawn[c.type] for c in table.inputs
    }
    facts = data.draw(st.lists(st.fixed_dictionaries(strategies), min_size=1, max_size=20))
    for fact, said in zip(facts, in_ibis(table, facts), strict=True):
        expected = in_python(table, fact)
        assert expected is not None
        assert {k: int(v) if isinstance(v, Decimal) else v for k, v in said.items() if k != "at"} == expected, fact


def test_an_empty_input_passes_only_the_dash() -> None:
    table = parse_dmn((DECISIONS / "find_finance.dmn").read_bytes())
    (said,) = in_ibis(table, [{"overdue_days": None}])
    assert said["severity"] == "none"
    with pytest.raises(MissingFact):
        evaluate(table, {"overdue_days": None})


def people(*numbers: str, poor: bool = False) -> pa.Table:
    return pa.table(
        [[int(n[:17]) for n in numbers], list(range(1, len(numbers) + 1)), [1] * len(numbers), [poor] * len(numbers)],
        schema=rows.PEOPLE,
    )


def test_findings_name_household_value_threshold_and_row_in_order_every_time() -> None:
    table = parse_dmn((DECISIONS / "find_medins.dmn").read_bytes())
    columns = [
        rows.Column("self_paid", ("自付",), "money", 0),
        rows.Column("insured", ("参保",), "code", "yes", {"是": "yes", "否": "no"}),
    ]
    cells = {
        "id_number": pa.array([nobody(3), nobody(1), nobody(2), nobody(9)]),
        "self_paid": pa.array(["25000.5", "19999.99", "45000", "20000"]),
        "insured": pa.array(["是", "", "是", "否"]),
    }
    checked = rows.check(cells, columns, "身份证号", date(2021, 9, 1), {})
    assert checked.problems == [] and checked.read == 4
    known = people(nobody(1), nobody(2), nobody(3))
    found = [findings.compare(CON, checked.rows, known, table, date(2021, 9, 1)) for _ in range(3)]
    assert found[0].equals(found[1]) and found[1].equals(found[2])
    listed = [(r["row"], r["household"], r["sign"], r["severity"], r["value"], r["threshold"]) for r in found[0].to_pylist()]
    assert listed == [
        (1, 3, "medins_self_paid", "medium", 2500050, 2000000),
        (3, 2, "medins_self_paid", "high", 4500000, 2000000),
        (4, None, "medins_self_paid", "medium", 2000000, 2000000),
    ]
    poor = findings.compare(CON, checked.rows, people(nobody(1), poor=True), table, date(2021, 9, 1)).to_pylist()
    assert [(r["row"], r["severity"], r["threshold"]) for r in poor if r["household"] == 1] == [(2, "high", 500000)]


def test_the_age_is_counted_in_whole_years() -> None:
    born = ibis.memtable(pa.table({"born": pa.array([date(2010, 9, 1), date(2010, 9, 2), date(2012, 2, 29)])}))
    years = CON.to_pyarrow(born.select(age=findings.age(born.born, date(2021, 9, 1)))).column("age").to_pylist()
    assert sorted(years) == [9, 10, 11]

import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.decisions.analysis import TooComplex, check, check_dmn, gaps, overlaps, unreachable
from app.decisions.tables import NoRow, SeveralRows, evaluate
from app.decisions.why import single_changes
from app.labels import say
from tests.decisions.builder import column, dmn, row, table


def codes(found) -> list[str]:
    for finding in found:
        assert say(finding.code, **finding.args) != finding.code
    return [finding.code.removeprefix("decisions.") for finding in found]


# --- against brute force: every value of a small world is tried

DAY = date(2021, 8, 9)


def _number(decimal: bool) -> st.SearchStrategy[str]:
    scale = st.integers(-1, 3).map(lambda n: f"{n}.5" if decimal and n >= 0 else str(n))
    return _ordered(scale)


def _interval(parts: tuple[str, str, str, str]) -> str:
    """Mostly with the small end first; literals of one digit sort as text, negative ones are few."""
    opening, *ends, closing = parts
    low, high = sorted(ends)
    return f"{opening}{low}..{high}{closing}"


def _ordered(literal: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    test = st.one_of(
        literal,
        st.tuples(st.sampled_from(["<", "<=", ">", ">="]), literal).map(" ".join),
        st.tuples(st.sampled_from("[]("), literal, literal, st.sampled_from("])[")).map(_interval),
    )
    return _listed(test)


def _listed(test: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    listed = st.lists(test, min_size=1, max_size=2).map(", ".join)
    return st.one_of(st.just("-"), listed, listed.map("not({})".format))


CELLS = {
    "whole": _number(False),
    "fine": _number(True),
    "text": _listed(st.sampled_from(['"a"', '"b"'])),
    "coded": _listed(st.sampled_from(['"a"', '"b"'])),
    "flag": _listed(st.sampled_from(["true", "false"])),
    "day": _ordered(st.integers(0, 2).map(lambda n: f'date("{DAY + timedelta(n)}")')),
}
COLUMNS = {
    "whole": column("whole"),
    "fine": column("fine", "number", "[-2.0..5]"),
    "text": column("text", "string"),
    "coded": column("coded", "string", '"a","b","c"'),
    "flag": column("flag", "boolean"),
    "day": column("day", "date"),
}
WORLD = {
    "whole": list(range(-3, 6)),
    "fine": [Decimal(n) / 4 for n in range(-8, 21)],
    "text": ["a", "b", "z"],
    "coded": ["a", "b", "c"],
    "flag": [False, True],
    "day": [DAY + timedelta(n) for n in range(-2, 5)],
}


@st.composite
def tables(draw, policy):
    names = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3, unique=True))
    cells = draw(st.lists(st.tuples(*(CELLS[name] for name in names)), min_size=1, max_size=6))
    return table(policy, [COLUMNS[name] for name in names], cells)


def world(read):
    names = [column.name for column in read.inputs]
    return [dict(zip(names, values, strict=True)) for values in product(*(WORLD[name] for name in names))]


def speaking(read, facts) -> list[int]:
    return [
        rule.number
        for rule in read.rules
        if all(cell.matches(facts[column.name]) for cell, column in zip(rule.cells, read.inputs, strict=True))
    ]


@settings(max_examples=150, deadline=None)
@given(tables("UNIQUE"))
def test_gaps_and_overlaps_are_what_trying_everything_finds(read) -> None:
    assume(not read.problems)  # an empty interval, a not() of everything: refused on reading
    tried = [(facts, speaking(read, facts)) for facts in world(read)]
    # the world counts fine in quarters, finer than any distance between two written numbers
    assert bool(gaps(read)) == any(not rows for _, rows in tried)
    pairs = {(low, high) for _, rows in tried for low in rows for high in rows if low < high}
    found = overlaps(read, limit=1000)
    assert {overlap.rows for overlap in found} == pairs
    for gap in gaps(read):
        with pytest.raises(NoRow):
            evaluate(read, gap.example)
    for overlap in found:
        assert set(overlap.rows) <= set(speaking(read, overlap.example))
    for facts, rows in tried:
        try:
            assert list(evaluate(read, facts).rows) == rows
        except NoRow:
            assert rows == []
        except SeveralRows:
            assert len(rows) > 1
    assert bool([f for f in check(read) if f.severity == "error"]) == any(len(rows) != 1 for _, rows in tried)


@settings(max_examples=100, deadline=None)
@given(tables("FIRST"))
def test_unreachable_rows_are_those_that_never_come_first(read) -> None:
    assume(not read.problems)
    first = {rows[0] for facts in world(read) if (rows := speaking(read, facts))}
    assert {rule.number for rule in unreachable(read)} == {rule.number for rule in read.rules} - first
    for facts in world(read):
        rows = speaking(read, facts)
        if rows:
            assert evaluate(read, facts).rows == (rows[0],)


@settings(max_examples=60, deadline=None)
@given(tables("COLLECT"), st.data())
def test_no_nearer_value_than_the_one_named_changes_the_outputs(read, data) -> None:
    assume(not read.problems)
    facts = data.draw(st.sampled_from(world(read)))
    now, changes = evaluate(read, facts).outputs, single_changes(read, facts)
    for column_ in read.inputs:
        name, here = column_.name, facts[column_.name]
        others = [v for v in WORLD[name] if evaluate(read, {**facts, name: v}).outputs != now]
        named = [change.after for change in changes if change.name == name]
        assert bool(named) == bool(others)
        for value in named:
            assert evaluate(read, {**facts, name: value}).outputs != now
        if name in ("whole", "day"):
            below, above = [v for v in others if v < here], [v for v in others if v > here]
            assert named == [*([max(below)] if below else []), *([min(above)] if above else [])]


# --- what a designer is told


def test_a_gap_and_an_overlap_come_with_inputs_that_show_them() -> None:
    read = table(
        "UNIQUE",
        [column("n", label="人数"), column("k", "string")],
        [
            ["<= 5", '"a"'],
            [">= 5", '"a"'],
            ["-", 'not("a","b")'],
        ],
    )
    found = check(read)
    assert codes(found) == ["overlap", "gap"]
    assert found[0].example == {"n": 5, "k": "a"}
    assert found[1].example is not None and found[1].example["k"] == "b"
    assert say(found[0].code, **found[0].args).startswith('第 1 行与第 2 行重叠：人数=5, k="a" 时')


def test_whole_numbers_leave_no_gap_between_neighbours_but_fractions_do() -> None:
    whole = table("UNIQUE", [column("n")], [["<= 3"], [">= 4"]])
    assert check(whole) == []
    fine = table("UNIQUE", [column("n")], [["<= 3.0"], [">= 4"]])
    assert [gap.example for gap in gaps(fine)] == [{"n": Decimal("3.5")}]
    assert check(table("UNIQUE", [column("n", "date")], [['<= date("9999-12-31")']])) == []


def test_allowed_values_bound_what_must_be_covered() -> None:
    read = table(
        "UNIQUE",
        [column("k", "string", '"a","b"'), column("n", "number", ">= 0")],
        [
            ['"a"', "-"],
            ['"b"', "< 10"],
        ],
    )
    assert [gap.example for gap in gaps(read)] == [{"k": "b", "n": 10}]
    assert check(table("UNIQUE", [column("k", "string", '"a","b"')], [['"a"'], ['"b"']])) == []
    nothing = table("UNIQUE", [column("n", "number", "(3..4)")], [["-"]])
    assert codes(check(nothing)) == ["no_allowed_value"]


def test_a_row_that_never_speaks_is_a_warning() -> None:
    read = table("FIRST", [column("n")], [["> 0"], ["> 10"], ["(3..4)"], ["-"], ["-"]])
    found = check(read)
    assert codes(found) == ["never_matches", "unreachable", "unreachable"]
    assert {finding.severity for finding in found} == {"warning"}
    assert [finding.row for finding in found] == [3, 2, 5]


def test_a_gap_is_only_a_warning_where_rows_are_collected() -> None:
    found = check(table("COLLECT", [column("n")], [["> 0"], ["> 10"]]))
    assert [(finding.code, finding.severity) for finding in found] == [("decisions.gap_collect", "warning")]


def test_a_made_up_text_is_none_of_the_named_ones() -> None:
    read = table("UNIQUE", [column("k", "string")], [['"other"'], ['"other_2"']])
    assert [gap.example for gap in gaps(read)] == [{"k": "other_3"}]


def test_a_table_with_problems_gets_those_and_a_broken_file_its_refusal() -> None:
    assert codes(check_dmn(dmn("UNIQUE", [column("n")], [row(["?"], ['"a"'])]))) == ["cell.syntax"]
    assert codes(check_dmn(dmn("ANY", [column("n")], []))) == ["hit_policy"]
    assert [finding.code for finding in check_dmn(b"<!DOCTYPE x><x/>")] == ["decisions.xml.doctype"]


# --- size


def _partition(generator: random.Random, rows: int, columns: int) -> list[list[str]]:
    """A complete table without overlaps, by splitting boxes of 0..99 again and again."""
    boxes = [[(0, 99)] * columns]
    while len(boxes) < rows:
        box = boxes.pop(generator.randrange(len(boxes)))
        place = generator.randrange(columns)
        low, high = box[place]
        if low == high:
            boxes.append(box)
            continue
        at = generator.randrange(low, high)
        boxes.append([*box[:place], (low, at), *box[place + 1 :]])
        boxes.append([*box[:place], (at + 1, high), *box[place + 1 :]])
    return [[f"[{low}..{high}]" if (low, high) != (0, 99) else "-" for low, high in box] for box in boxes]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST"])
def test_sixty_rows_of_eight_inputs_are_checked_exactly(policy: str) -> None:
    generator = random.Random(7)
    cells = _partition(generator, 60, 8)
    inputs = [column(f"n{place}", "number", "[0..99]") for place in range(8)]
    assert check(table(policy, inputs, cells)) == []
    lost = cells.pop(generator.randrange(60))
    found = check(table(policy, inputs, cells))
    assert set(codes(found)) == {"gap"}
    inside = table("COLLECT", inputs, [lost])
    assert all(evaluate(inside, finding.example).rows == (1,) for finding in found)


@pytest.mark.timeout(120)
def test_random_rows_of_eight_inputs_never_hang() -> None:
    generator = random.Random(1)
    for width in (30, 60, 90, 99):
        cells = []
        for _ in range(60):
            lows = [generator.randrange(100 - width) if width < 99 else 0 for _ in range(8)]
            cells.append([f"[{low}..{low + width}]" for low in lows])
        inputs = [column(f"n{place}", "number", "[0..99]") for place in range(8)]
        check(table("FIRST", inputs, cells))


def test_gaps_found_before_the_steps_ran_out_are_kept(monkeypatch) -> None:
    cells = [["> 1", "< 9", "-"], ["> 5", "(3..20)", "> 1"], ["(0..9)", "> 1", "< 9"]]
    read = table("FIRST", [column(f"n{place}") for place in range(3)], cells)
    assert len(gaps(read)) > len(gaps(read, steps=3)) > 0
    monkeypatch.setattr("app.decisions.analysis.unreachable", lambda read: unreachable(read, steps=1))
    assert codes(check(read))[-1] == "unreachable_unknown"


@pytest.mark.timeout(120)
def test_too_much_is_said_instead_of_hanging() -> None:
    read = table("FIRST", [column(f"n{place}") for place in range(3)], [["> 1", "-", "-"], ["-", "> 1", "-"]])
    with pytest.raises(TooComplex):
        gaps(read, steps=1)
    wide = ", ".join(str(2 * n) for n in range(400))
    huge = table("FIRST", [column("n"), column("m")], [[wide, "-"]] * 100)
    assert codes(check(huge)) == ["too_complex"]

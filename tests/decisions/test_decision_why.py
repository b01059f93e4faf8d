from datetime import date
from decimal import Decimal

import pytest

from app.decisions.tables import MissingFact
from app.decisions.why import single_changes
from tests.decisions.builder import column, table
from tests.decisions.test_decision_tables import category


def told(changes) -> list[tuple]:
    return [(change.name, change.before, change.after, change.outputs, change.rows) for change in changes]


def test_each_single_fact_that_would_have_changed_the_category_is_named() -> None:
    facts = {"household_type": "former_poor", "reference_gap": 12000, "sudden_event": False}
    assert told(single_changes(category(), facts)) == [
        ("household_type", "former_poor", "ordinary", {"result": "marginal"}, (3,)),
        ("reference_gap", 12000, 0, {"result": "none"}, (4,)),
        ("sudden_event", False, True, {"result": "sudden"}, (1,)),
    ]


def test_a_fact_that_changes_only_the_row_is_no_change() -> None:
    read = table("UNIQUE", [column("n")], [["< 10", '"a"'], ["[10..20]", '"a"'], ["> 20", '"b"']])
    assert told(single_changes(read, {"n": 5})) == [("n", 5, 21, {"result": "b"}, (3,))]


def test_the_nearest_threshold_on_each_side_below_first() -> None:
    read = table("UNIQUE", [column("n")], [["< 10", '"a"'], ["[10..20]", '"b"'], ["> 20", '"c"']])
    assert [change.after for change in single_changes(read, {"n": 15})] == [9, 21]
    fine = table("UNIQUE", [column("n")], [["< 0.50", '"a"'], ["[0.50..1]", '"b"'], ["> 1", '"c"']])
    assert [change.after for change in single_changes(fine, {"n": Decimal("0.7")})] == [Decimal("0.49"), 2]


def test_dates_move_by_days_and_keep_the_form_they_came_in() -> None:
    read = table("UNIQUE", [column("on", "date")], [['< date("2021-08-09")'], ['>= date("2021-08-09")']])
    assert [c.after for c in single_changes(read, {"on": date(2022, 1, 1)})] == [date(2021, 8, 8)]
    assert [c.after for c in single_changes(read, {"on": "2021-01-01"})] == ["2021-08-09"]


def test_text_gives_one_value_per_other_outcome_in_the_order_written() -> None:
    read = table(
        "UNIQUE",
        [column("k", "string")],
        [
            ['"d","e"', '"x"'],
            ['"c"', '"y"'],
            ['"b"', '"x"'],
            ['not("b","c","d","e")', '"z"'],
        ],
    )
    assert [(c.after, c.outputs) for c in single_changes(read, {"k": "c"})] == [
        ("d", {"result": "x"}),
        ("other", {"result": "z"}),
    ]


def test_a_change_that_leaves_no_row_or_an_empty_list_is_told_too() -> None:
    cells = [["> 0"], ["> 10"]]
    assert told(single_changes(table("FIRST", [column("n")], cells), {"n": 5})) == [("n", 5, 0, None, ())]
    collected = table("COLLECT", [column("n")], cells)
    assert [(c.after, c.outputs) for c in single_changes(collected, {"n": 5})] == [
        (0, []),
        (11, [{"result": "1"}, {"result": "2"}]),
    ]


def test_what_is_unknown_is_neither_varied_nor_guessed() -> None:
    assert told(single_changes(category(), {"sudden_event": True})) == []
    with pytest.raises(MissingFact):
        single_changes(category(), {"sudden_event": False})


def test_values_that_are_not_allowed_are_not_proposed() -> None:
    read = table("UNIQUE", [column("n", "number", "[0..10]")], [["[0..10]"]])
    assert single_changes(read, {"n": 5}) == []

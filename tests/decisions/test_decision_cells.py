from datetime import date, datetime
from decimal import Decimal

import pytest

from app.decisions.cells import InvalidCell, parse_answer, parse_cell
from app.labels import say

D = Decimal


def refused(text: str, type: str) -> str:
    with pytest.raises(InvalidCell) as caught:
        parse_cell(text, type)  # type: ignore[arg-type]
    sentence = say(caught.value.code, row=1, column="c", **caught.value.details)
    assert sentence != caught.value.code
    return caught.value.code.removeprefix("decisions.cell.")


@pytest.mark.parametrize(
    ("text", "type", "inside", "outside"),
    [
        ("-", "number", [1, None], []),
        ("5", "number", [5, D("5.0")], [4, 6, D("5.1"), None, True, "5"]),
        ("-5", "number", [-5], [5]),
        ("0.1", "number", [D("0.1"), D("0.10")], [0, D("0.1000000000000000000000001")]),
        ("1", "number", [1], [True]),
        ("< 5", "number", [4, D("4.9"), -(10**29)], [5]),
        ("<=5", "number", [5], [D("5.1")]),
        ("> 5", "number", [6, D("5.1")], [5]),
        (">= -5", "number", [-5], [-6]),
        ("[1..3]", "number", [1, 2, 3], [0, 4]),
        ("(1..3)", "number", [2], [1, 3]),
        ("]1..3[", "number", [2], [1, 3]),
        ("(1..3]", "number", [3], [1]),
        ("]1..3]", "number", [3], [1]),
        ("[1..3[", "number", [1], [3]),
        ("[1..3)", "number", [1], [3]),
        ("1, 3, >= 9", "number", [1, 3, 9, 10], [2, 8]),
        ("not(1, [3..5])", "number", [0, 2, 6], [1, 3, 4, 5, None]),
        ("not((1..3))", "number", [1, 3], [2]),
        ("not (1)", "number", [2], [1]),
        ('"illness"', "string", ["illness"], ["other", None, ""]),
        ('"a","b"', "string", ["a", "b"], ["c"]),
        ('not("a", "b")', "string", ["c"], ["a", "b", None]),
        (r'"a\"b\\"', "string", ['a"b\\'], ["a"]),
        ('"\u56e0\u75c5, -"', "string", ["\u56e0\u75c5, -"], ["-"]),
        ("true", "boolean", [True], [False, 1, None]),
        ("not(true)", "boolean", [False], [True]),
        ("true,false", "boolean", [True, False], [None]),
        ('date("2021-08-09")', "date", [date(2021, 8, 9)], [date(2021, 8, 8), datetime(2021, 8, 9), "a"]),
        ('>= date("2021-08-09")', "date", [date(2021, 8, 9), date.max], [date(2021, 8, 8)]),
        ('[date("2021-01-01")..date("2021-12-31")]', "date", [date(2021, 6, 1)], [date(2022, 1, 1)]),
    ],
)
def test_a_cell_matches_exactly_its_values(text: str, type: str, inside: list, outside: list) -> None:
    cell = parse_cell(text, type)  # type: ignore[arg-type]
    assert [value for value in inside if not cell.matches(value)] == []
    assert [value for value in outside if cell.matches(value)] == []


@pytest.mark.parametrize(
    ("text", "type", "why"),
    [
        ("", "number", "empty"),
        ("   ", "string", "empty"),
        ("abc", "string", "syntax"),
        ("x > 5", "number", "syntax"),
        ("5 6", "number", "syntax"),
        ("1-5", "number", "syntax"),
        ("- 5", "number", "syntax"),
        ("-, 5", "number", "syntax"),
        ("not(-)", "number", "syntax"),
        ("1e5", "number", "syntax"),
        ("1 + 1", "number", "syntax"),
        ("= 5", "number", "syntax"),
        ("!= 5", "number", "syntax"),
        ("< < 5", "number", "syntax"),
        ("(5)", "number", "syntax"),
        ("1..3", "number", "syntax"),
        ("[1..3", "number", "unfinished"),
        ("[1...3]", "number", "syntax"),
        ("1,", "number", "unfinished"),
        (",1", "number", "syntax"),
        ("not(1", "number", "syntax"),
        ("not()", "number", "unfinished"),
        ("not(1),(2..3)", "number", "syntax"),
        ("not(not(1))", "number", "nested_not"),
        ("null", "string", "syntax"),
        ("date(2021)", "date", "syntax"),
        ("\u0665", "number", "syntax"),
        ('"open', "string", "syntax"),
        (r'"\n"', "string", "syntax"),
        ("__import__('os')", "string", "syntax"),
        ("[1..3]\uff0c5", "number", "full_width"),
        ("\u201ca\u201d", "string", "full_width"),
        (">= 500,000", "number", "thousands"),
        ("[1,000..2,000]", "number", "thousands"),
        ("500\uff0c000", "number", "thousands"),
        ("500 000", "number", "thousands"),
        ("1,234,567", "number", "thousands"),
        ("-1,000", "number", "thousands"),
        ("\uff15\uff10", "number", "full_width"),
        ("20%", "number", "percent"),
        ("20\uff05", "number", "percent"),
        ("500\u5143", "number", "unit"),
        ("5\u4e07", "number", "unit"),
        ("\uffe5500", "number", "unit"),
        ("007", "number", "zeros"),
        ("[3..1]", "number", "empty_interval"),
        ("(1..1]", "number", "empty_interval"),
        ("not(< 5, >= 5)", "number", "matches_nothing"),
        ("not(true, false)", "boolean", "matches_nothing"),
        ('< "a"', "string", "no_order"),
        ("[true..false]", "boolean", "no_order"),
        ("123456789012345678901", "number", "number_too_long"),
        ('date("2021-02-30")', "date", "no_such_date"),
        ('date("20210809")', "date", "no_such_date"),
        ('date("x")', "date", "no_such_date"),
        ("5", "string", "want_string"),
        ('"5"', "number", "want_number"),
        ("true", "number", "want_number"),
        ('> date("2021-01-01")', "number", "want_number"),
        ("1", "boolean", "want_boolean"),
        ('"2021-08-09"', "date", "want_date"),
        ('1, "a"', "number", "want_number"),
    ],
)
def test_everything_else_is_refused_with_its_reason(text: str, type: str, why: str) -> None:
    assert refused(text, type) == why


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "not(" * 5000,
        "(" * 1900,
        "1," * 10**6,
        '"' * 1999,
        "date(" * 390,
    ],
)
@pytest.mark.timeout(60)
def test_a_hostile_cell_is_refused(text: str) -> None:
    assert refused(text, "number") in ("too_long", "syntax", "want_number")


def test_an_output_is_one_literal_of_its_type() -> None:
    assert parse_answer('"unstable"', "string") == "unstable"
    assert parse_answer("12.50", "number") == D("12.50")
    assert parse_answer("true", "boolean") is True
    assert parse_answer('date("2021-08-09")', "date") == date(2021, 8, 9)
    for text in ("-", "> 5", "1,2", "a"):
        with pytest.raises(InvalidCell):
            parse_answer(text, "number")

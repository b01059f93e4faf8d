"""A department's file, whole columns at a time, judged as the rules judge one cell: nothing guessed, everything told by row."""

import random
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.comparison.rows import Column, check
from app.forms import text as typed
from app.policy.identity import id_problem, normalise_id
from app.services.rescreening.department_files import FALLBACKS
from tests.walking import nobody

ON = date(2021, 9, 1)
MONEY = Column("paid", ("金额",), "money", 0)


def only(column: Column, *cells: str) -> tuple[list[object], list[tuple[int, str]]]:
    table = {"id_number": pa.array([nobody(n) for n in range(len(cells))]), column.key: pa.array(list(cells))}
    checked = check(table, [column], "身份证号", ON, FALLBACKS)
    return checked.rows.column(column.key).to_pylist(), [(p.row, p.code) for p in checked.problems]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text("0123456789Xx １２３ＸE.+-", min_size=0, max_size=20), min_size=1, max_size=6))
def test_numbers_pass_exactly_when_the_rule_for_one_passes(numbers: list[str]) -> None:
    cells = {"id_number": pa.array([n.strip() for n in numbers]), "paid": pa.array(["1"] * len(numbers))}
    checked = check(cells, [MONEY], "身份证号", ON, FALLBACKS)
    good = [normalise_id(n.strip()) for n in numbers if id_problem(normalise_id(n.strip()), ON) is None]
    assert set(checked.rows.column("pid").to_pylist()) == {int(n[:17]) for n in good}


def test_a_thousand_real_numbers_all_pass_and_each_with_a_digit_changed_is_named() -> None:
    rng = random.Random(5)
    right = [nobody(n) for n in range(1000)]
    wrong = []
    for number in right:
        at = rng.randrange(17)
        wrong.append(number[:at] + str((int(number[at]) + 1 + rng.randrange(9)) % 10) + number[at + 1 :])
    cells = {"id_number": pa.array(right + wrong), "paid": pa.array([""] * 2000)}
    checked = check(cells, [MONEY], "身份证号", ON, FALLBACKS)
    assert checked.rows.num_rows == 1000 and [p.row for p in checked.problems] == list(range(1001, 2001))


def test_a_small_x_and_full_width_digits_are_read() -> None:
    with_x = next(n for n in map(nobody, range(5000)) if n.endswith("X"))
    wide = "".join(chr(ord(c) + 0xFEE0) for c in nobody(1))
    cells = {"id_number": pa.array([with_x.lower(), wide, with_x[:6] + " " + with_x[6:]]), "paid": pa.array(["1"] * 3)}
    checked = check(cells, [MONEY], "身份证号", ON, FALLBACKS)
    assert [p.code for p in checked.problems] == ["comparison.twice"]  # the third is the first once more
    assert checked.rows.column("pid").to_pylist() == [int(with_x[:17]), int(nobody(1)[:17])]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("4.40229E+17", "comparison.id_as_number"),
        ("440229199001010", "comparison.id_shape"),
        ("", "register.empty"),
        ("99999919600101009X", "comparison.id_check_digit"),
        ("张三", "comparison.id_shape"),
    ],
)
def test_a_wrong_number_is_told_with_its_reason(cell: str, code: str) -> None:
    checked = check(
        {"id_number": pa.array([nobody(1), cell]), "paid": pa.array(["1", "1"])}, [MONEY], "身份证号", ON, FALLBACKS
    )
    assert [(p.row, p.column, p.code) for p in checked.problems] == [(2, "身份证号", code)] and checked.rows.num_rows == 1


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789.,，元¥ -ー１E", max_size=12))
def test_money_is_what_one_typed_amount_is(text: str) -> None:
    text = text.strip()
    values, problems = only(MONEY, text)
    try:
        expected = typed.money(text) if text else 0
    except typed.TextError:
        assert values == [] and problems
        return
    assert values == [expected] and problems == []


def test_oddly_written_cells_are_read_or_named() -> None:
    assert only(MONEY, "1,234.50", "1234.5元", "-3", "") == ([123450, 123450, 0], [(3, "forms.money.negative")])
    day = Column("on", ("日期",), "date")
    assert only(day, "2021-08-31", "2021/8/31", "44439", "2021-02-30", "") == (
        [date(2021, 8, 31), date(2021, 8, 31)],
        [(3, "forms.date.serial"), (4, "forms.date.impossible"), (5, "register.empty")],
    )
    word = Column("insured", ("参保",), "code", "yes", {"是": "yes", "否": "no"})
    assert only(word, "是", "否", "", "也许") == (["yes", "no", "yes"], [(4, "register.unknown_word")])

    assert only(word, " 是。", "“否”", "Ｎｏ") == (["yes", "no"], [(3, "register.unknown_word")])
    kind = Column("kind", ("残疾类别",), "code", None, {"精神": "mind", "肢体": "other"}, ("残疾人", "残疾", "二级"))
    assert only(kind, "肢体残疾", "精神二级", "肢体 残疾人", "二级") == (
        ["other", "mind", "other"],
        [(4, "register.unknown_word")],
    )
    assert only(Column("grade", ("残疾等级",), "integer"), "2", "二级", "肢体二级", "2级", "贰级")[0] == [2, 2, 2, 2, 2]


def test_a_figure_outside_its_bounds_a_dash_and_a_passport_are_named() -> None:
    grade = Column("grade", ("残疾等级",), "integer", None, least=1, most=4)
    assert only(grade, "4", "0", "7", "二级", "九级") == (
        [4, 2],
        [(2, "forms.number.minimum"), (3, "forms.number.maximum"), (5, "forms.number.maximum")],
    )
    assert only(Column("dry", ("天数",), "integer", 0, most=31), "", "31", "32") == ([0, 31], [(3, "forms.number.maximum")])
    assert only(MONEY, "—", "-", "负") == ([], [(n, "forms.money.unreadable") for n in (1, 2, 3)])
    checked = check({"id_number": pa.array(["H12345678"]), "paid": pa.array(["1"])}, [MONEY], "身份证号", ON, FALLBACKS)
    assert [p.code for p in checked.problems] == ["comparison.id_paper"]


def test_a_person_twice_is_told_with_the_first_row_and_empty_rows_are_passed_over() -> None:
    cells = {"id_number": pa.array([nobody(1), "", nobody(2), nobody(1)]), "paid": pa.array(["1", "", "1", "2"])}
    checked = check(cells, [MONEY], "身份证号", ON, FALLBACKS)
    assert [(p.row, p.code, p.details) for p in checked.problems] == [(4, "comparison.twice", {"first": 1})]
    assert checked.rows.column("row").to_pylist() == [1, 3] and checked.read == 3


def test_somebody_born_tomorrow_is_no_person() -> None:
    from app.policy.identity import check_digit

    tomorrow = "99999920210902" + "001"
    checked = check(
        {"id_number": pa.array([tomorrow + check_digit(tomorrow)]), "paid": pa.array([""])},
        [MONEY],
        "身份证号",
        ON,
        FALLBACKS,
    )
    assert [p.code for p in checked.problems] == ["comparison.id_birth"]

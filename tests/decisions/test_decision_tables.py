import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest

import app.decisions
from app.decisions.errors import TableError
from app.decisions.tables import (
    InvalidTable,
    MissingFact,
    NoRow,
    SeveralRows,
    WrongFact,
    evaluate,
    parse_dmn,
)
from app.labels import say
from app.labels.decisions import TEXT
from tests.decisions.builder import answer, column, dmn, row, table

CATEGORY = [
    column("household_type", "string", '"former_poor","ordinary"', "农户类型"),
    column("reference_gap", "number", "", "低于标准的差额"),
    column("sudden_event", "boolean", "", "突发严重困难"),
]


def category():
    return table(
        "FIRST",
        CATEGORY,
        [
            ["-", "-", "true", '"sudden"'],
            ['"former_poor"', "> 0", "-", '"unstable"'],
            ['"ordinary"', "> 0", "-", '"marginal"'],
            ["-", "-", "-", '"none"'],
        ],
    )


def test_first_takes_the_first_row_and_names_it_with_what_it_read() -> None:
    facts = {"household_type": "ordinary", "reference_gap": 12000, "sudden_event": False, "name": "x"}
    hit = evaluate(category(), facts)
    assert hit.one() == {"result": "marginal"}
    assert (hit.rows, hit.row_ids) == ((3,), ("r3",))
    assert hit.inputs == {"household_type": "ordinary", "reference_gap": 12000, "sudden_event": False}


def test_a_missing_fact_is_asked_for_only_where_the_answer_hangs_on_it() -> None:
    assert evaluate(category(), {"sudden_event": True}).one() == {"result": "sudden"}
    with pytest.raises(MissingFact) as caught:
        evaluate(category(), {"household_type": "ordinary", "reference_gap": None, "sudden_event": False})
    assert (caught.value.name, caught.value.names) == ("reference_gap", ("reference_gap",))
    assert say(caught.value.code, **caught.value.details) == "缺少“低于标准的差额”，无法判定。请先补录。"
    with pytest.raises(MissingFact):
        evaluate(category(), {})


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("reference_gap", "12", "want_number"),
        ("reference_gap", True, "want_number"),
        ("reference_gap", 1.5, "want_number"),
        ("reference_gap", Decimal("NaN"), "want_number"),
        ("reference_gap", Decimal("1.5"), "not_whole"),
        ("reference_gap", 10**30, "too_large"),
        ("reference_gap", Decimal("1E+999999"), "too_large"),
        ("household_type", 1, "want_string"),
        ("household_type", "rich", "not_allowed"),
        ("sudden_event", 1, "want_boolean"),
        ("sudden_event", "true", "want_boolean"),
    ],
)
def test_a_fact_its_column_cannot_hold_is_refused(name: str, value: object, code: str) -> None:
    facts = {"household_type": "ordinary", "reference_gap": 1, "sudden_event": False, name: value}
    with pytest.raises(WrongFact) as caught:
        evaluate(category(), facts)  # type: ignore[arg-type]
    assert caught.value.code == f"decisions.fact.{code}"
    assert say(caught.value.code, **caught.value.details) != caught.value.code


def test_dates_come_as_dates_or_as_text() -> None:
    dated = table("UNIQUE", [column("on", "date")], [['< date("2021-08-09")'], ['>= date("2021-08-09")']])
    assert evaluate(dated, {"on": date(2021, 8, 9)}).rows == (2,)
    assert evaluate(dated, {"on": "2021-08-08"}).inputs == {"on": "2021-08-08"}
    with pytest.raises(WrongFact):
        evaluate(dated, {"on": "2021-8-8"})


def test_collect_lists_every_row_and_unique_allows_one() -> None:
    cells = [["> 0"], ["> 10"], ["> 100"]]
    collected = table("COLLECT", [column("n")], cells)
    assert evaluate(collected, {"n": 11}).outputs == [{"result": "1"}, {"result": "2"}]
    assert evaluate(collected, {"n": 0}).all() == []
    unique = table("UNIQUE", [column("n")], cells)
    assert evaluate(unique, {"n": 5}).rows == (1,)
    with pytest.raises(SeveralRows):
        evaluate(unique, {"n": 11})
    with pytest.raises(NoRow):
        evaluate(unique, {"n": 0})


def test_numbers_with_a_decimal_point_make_a_column_of_fractions() -> None:
    fine = table("UNIQUE", [column("n")], [["<= 0.30"], ["> 0.3"]])
    assert evaluate(fine, {"n": Decimal("0.1") + Decimal("0.2")}).rows == (1,)
    assert evaluate(fine, {"n": Decimal("0.3000001")}).rows == (2,)


def test_clauses_come_from_the_annotation_column_or_the_description() -> None:
    said = "<annotationEntry><text>wx2021-25#2.2.2  wx2021-25#2.1</text></annotationEntry>"
    told = "<description>see wx2021-25#4.1.3, and wx2021-25#4.1.4.</description>"
    data = dmn(
        "COLLECT",
        [column("n")],
        [
            row([""], ['"a"']).replace("</rule>", said + "</rule>"),
            row(["-"], ['"b"'], extra=told),
        ],
        head='<annotation name="clause"/>',
    )
    hit = evaluate(parse_dmn(data), {"n": 1})
    assert hit.clauses == ("wx2021-25#2.2.2", "wx2021-25#2.1", "wx2021-25#4.1.3", "wx2021-25#4.1.4")
    assert hit.row_ids == ("row_1", "row_2")


OK_ROW = row(["-"], ['"a"'])
NS = 'xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<definitions/>", "not_dmn"),
        (f"<definitions {NS}/>".encode(), "one_decision"),
        (f"<definitions {NS}><decision/></definitions>".encode(), "one_table"),
        (dmn("UNIQUE", [column("n")], [OK_ROW], beside="<decision/>"), "one_decision"),
        *(
            (dmn(policy, [column("n")], [OK_ROW]), "hit_policy")
            for policy in ("ANY", "PRIORITY", "RULE ORDER", "OUTPUT ORDER", "first", "")
        ),
        *(
            (dmn("COLLECT", [column("n")], [OK_ROW], table=f'aggregation="{how}"'), "aggregation")
            for how in ("SUM", "MIN", "MAX", "COUNT")
        ),
        (dmn("UNIQUE", [column("n")], [OK_ROW] * 501), "too_big"),
        (dmn("UNIQUE", [column("n")], [OK_ROW.replace("<text>-", "<literalExpression/><text>-")]), "element"),
        (dmn("UNIQUE", [column("n")], [OK_ROW], beside="<businessKnowledgeModel/>"), "element"),
        (dmn("FIRST", [column("n")], [OK_ROW], [answer().replace("</output>", "<defaultOutputEntry/></output>")]), "element"),
        (dmn("UNIQUE", [column("n").replace("typeRef", 'expressionLanguage="python" typeRef')], [OK_ROW]), "language"),
    ],
)
def test_a_file_that_cannot_be_our_table_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(InvalidTable) as caught:
        parse_dmn(data)
    assert caught.value.code == f"decisions.{code}"
    assert say(caught.value.code, **caught.value.details) != caught.value.code


def test_a_row_may_say_a_list_of_codes() -> None:
    rows = [row(["< 1"], ['["health", "civil"]']), row([">= 1"], ["[]"])]
    table = parse_dmn(dmn("UNIQUE", [column("n")], rows, [answer(allowed='"health","civil","police"')]))
    assert not table.problems and table.outputs[0].many
    assert evaluate(table, {"n": 0}).outputs == {"result": ["health", "civil"]}
    assert evaluate(table, {"n": 5}).outputs == {"result": []}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (dmn("UNIQUE", [], [row([], ['"a"'])]), "no_inputs"),
        (dmn("UNIQUE", [column("n")], []), "empty"),
        (dmn("UNIQUE", [column("n")], [row(["-"], [])], [" "]), "no_outputs"),
        (dmn("UNIQUE", [column("n"), column("n")], [row(["-", "-"], ['"a"'])]), "duplicate_input"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ['"a"', '"b"'])], [answer(), answer()]), "duplicate_output"),
        (dmn("UNIQUE", [column("n")], [row([cell], ['"a"'], id="x") for cell in "12"]), "duplicate_row_id"),
        (dmn("UNIQUE", [column("n + 1")], [OK_ROW]), "input_name"),
        (dmn("UNIQUE", [column("a.b")], [OK_ROW]), "input_name"),
        (dmn("UNIQUE", [column("")], [OK_ROW]), "input_name"),
        (dmn("UNIQUE", [column("n")], [OK_ROW], [answer("")]), "output_name"),
        (dmn("UNIQUE", [column("n", "integer")], [OK_ROW]), "unknown_type"),
        (dmn("UNIQUE", [column("n")], [OK_ROW], [answer(type="Any")]), "unknown_type"),
        (dmn("UNIQUE", [column("n", "string", "a,b")], [OK_ROW]), "allowed_values"),
        (dmn("UNIQUE", [column("n")], [row(["-", "-"], ['"a"'])]), "row_width"),
        (dmn("UNIQUE", [column("n")], [row(["-"], [])]), "row_width"),
        (dmn("UNIQUE", [column("n")], [row(["-"], [""])]), "cell.empty"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ["> 1"])]), "cell.not_a_literal"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ['["a" "b"]'])]), "cell.not_a_list"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ['["a",]'])]), "cell.not_a_list"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ['["a"'])]), "cell.not_a_list"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ['["a", "a"]'])]), "cell.twice_in_list"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ["[1, 2]"])], [answer(type="number")]), "cell.list_of_text"),
        (dmn("UNIQUE", [column("n")], [row(["-"], ['["a", "c"]'])], [answer(allowed='"a","b"')]), "cell.not_allowed"),
        (dmn("UNIQUE", [column("n")], [row(["1"], ['["a"]']), row(["not(1)"], ['"b"'])]), "mixed_lists"),
        (dmn("UNIQUE", [column("n", "string", '"a"')], [row(['"b"'], ['"a"'])]), "cell.not_allowed"),
        (dmn("UNIQUE", [column("n")], [OK_ROW], [answer(allowed='"b"')]), "cell.not_allowed"),
    ],
)
def test_what_is_wrong_inside_a_table_is_listed_and_forbids_evaluation(data: bytes, code: str) -> None:
    read = parse_dmn(data)
    assert f"decisions.{code}" in [problem.code for problem in read.problems]
    for problem in read.problems:
        assert say(problem.code, **problem.args) != problem.code
    with pytest.raises(InvalidTable):
        evaluate(read, {"n": 1})


def test_every_wrong_cell_is_named_by_row_column_and_line() -> None:
    data = dmn(
        "UNIQUE",
        [column("n", label="人数"), column("b", "boolean")],
        [
            row(["1", "true"], ['"a"'], id="first"),
            row(['"x"', "1"], ["5"], id="second"),
        ],
    )
    found = parse_dmn(data).problems
    assert [(problem.row, problem.row_id, problem.column, problem.line) for problem in found] == [
        (2, "second", "n", 4),
        (2, "second", "b", 4),
        (2, "second", "result", 4),
    ]
    assert say(found[0].code, **found[0].args) == '第 2 行“人数”的“"x"”应当是数字。请去掉引号或改正。'


def test_each_code_in_the_package_has_its_sentence() -> None:
    source = "".join(path.read_text() for path in Path(app.decisions.__path__[0]).glob("*.py"))
    codes = set(re.findall(r'"((?:decisions|xml)\.[a-z_.]+)"', source)) - {"decisions.fact.want_"}
    codes |= {f"decisions.cell.{why}" for why in re.findall(r'_refuse\("([a-z_]+)"', source)}
    codes |= {
        f"decisions.{kind}.want_{type}" for kind in ("cell", "fact") for type in ("number", "string", "boolean", "date")
    }
    codes |= {
        f"decisions.{name}"
        for name in (
            "no_inputs",
            "no_outputs",
            "empty",
            "duplicate_input",
            "duplicate_output",
            "duplicate_row_id",
            "cell.full_width",
            "cell.syntax",
        )
    }
    assert codes == set(TEXT)
    names = [name for text in TEXT.values() for _, name, *_ in Formatter().parse(text)]
    assert all(name is None or name.isidentifier() for name in names)


def test_a_refusal_as_text_is_its_code_alone() -> None:
    assert str(TableError("decisions.no_row", table="t")) == "decisions.no_row"

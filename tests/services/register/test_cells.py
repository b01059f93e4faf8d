"""Cells of the register's files as people write them: each spelling of a kind gives the one stored value, or a sentence that
names column, value and the words that may stand there."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app import fonts
from app.crypto import load_keyring
from app.forms.text import TextError as Unreadable
from app.labels import say
from app.policy.identity import check_digit
from app.services import people
from app.services.files import tables
from app.services.files.villages import Villages
from app.services.people import Refused
from app.services.register import cells, importing
from app.store.session import open_store
from tests.conftest import County

CASES = Path(__file__).parent / "cases"
Known = tuple[dict[str, cells.Column], people.County, Villages]


@pytest.fixture(scope="module")
def known(sqlite_template: tuple[Path, dict[str, int]], key_file: Path) -> Iterator[Known]:
    path, ids = sqlite_template
    county = County(open_store(f"sqlite:///{path}", load_keyring(key_file, "intl")), dict(ids))
    with county.store.reading() as session:
        place = people.county_on(session, county.now.date())
        yield importing.columns(session, place), place, Villages(place)
    county.store.engine.dispose()


def value(known: Known, key: str, text: str, town: str = "") -> Any:
    return cells.read(known[0][key], text, known[2], town)


def refusal(known: Known, key: str, text: str, town: str = "") -> str:
    with pytest.raises((Refused, Unreadable)) as refused:
        value(known, key, text, town)
    error = refused.value
    args = error.details
    return say(error.code, **{"title": known[0][key].titles[0], **args})


RELATIONS = {
    "head": "户主 本人 户\u3000主 户\u00a0主 “户主” 户主。 \u202d户主\u202c",
    "spouse": "配偶 妻 夫 之妻 户主配偶 户主之妻 爱人",
    "child": "子 养子 养女 继子 继女 三女 长子 户主之子 户主的儿子 之长子 独生子",
    "child_in_law": "儿媳 女婿 儿媳妇 之儿媳 上门女婿",
    "parent": "父亲 母亲 养父 继母 户主之父",
    "parent_in_law": "公公 婆婆 岳父 岳母 家公 家婆 之岳母",
    "grandchild": "孙子 孙女 外孙 外孙女 曾孙 之孙女",
    "grandparent": "祖父 祖母 爷爷 奶奶 外婆 外祖父",
    "sibling": "兄 弟 姐姐 妹妹 之弟 胞兄",
    "other": "侄 侄子 侄女 外甥 叔叔 嫂子 弟媳 孙媳 其他 其它亲属",
}


@pytest.mark.parametrize(("code", "word"), [(code, word) for code, words in RELATIONS.items() for word in words.split(" ")])
def test_relations_as_families_say_them(known: Known, code: str, word: str) -> None:
    assert value(known, "relation", word) == code


@pytest.mark.parametrize(
    ("key", "written", "stored"),
    [
        ("phone", "+86 100 0000 0001", "10000000001"),
        ("phone", "0086-10000000001", "10000000001"),
        ("phone", "8610000000001", "10000000001"),
        ("phone", "＋８６ １００００００００01", "10000000001"),
        ("phone", "100-0000-0001", "10000000001"),
        ("phone", "\u202d10000000001\u202c", "10000000001"),
        ("phone", "10000000001.0", "10000000001"),
        ("phone", "0751-2812345", "07512812345"),
        ("phone", "(0751) 2812345", "07512812345"),
        ("phone", "0751—2812345", "07512812345"),
        ("phone", "+86 751 2812345", "07512812345"),
        ("phone", "+86-10-12345678", "01012345678"),
        ("phone", "0751-2812345转801", "07512812345-801"),
        ("phone", "0751-2812345-801", "07512812345-801"),
        ("phone", "0751 2812345 分机 801", "07512812345-801"),
        ("id_number", "\u202d999999197001017016\u202c", "999999197001017016"),
        ("id_number", "'999999197001017016", "999999197001017016"),
        ("id_number", "999999 19700101 7016", "999999197001017016"),
        ("id_number", "\ufeff９９９９９９197001017016\u200b", "999999197001017016"),
        ("id_number", "99999919900303103х", "99999919900303103X"),
        ("number", " HN 01\u200b", "HN01"),
        ("number", "'0012", "0012"),
        ("work_months", "6个月", 6),
        ("work_months", "6.0", 6),
        ("work_months", "六", 6),
        ("work_months", "十二个月", 12),
        ("work_months", "６月", 6),
        ("household_type", "脱 贫 户", "former_poor"),
        ("household_type", "普通农户", "ordinary"),
        ("insured", "√", "yes"),
        ("insured", "参保", "yes"),
        ("insured", "Ｙ", "yes"),
        ("insured", "未参保", "no"),
        ("insured", "没有参加", "no"),
        ("insured", "0", "no"),
        ("disability_grade", "二级", "grade_2"),
        ("disability_grade", "2级", "grade_2"),
        ("disability_grade", "肢体二级", "grade_2"),
        ("disability_grade", "肢体残疾 贰级", "grade_2"),
        ("disability_grade", "Ⅱ级", "grade_2"),
        ("disability_grade", "无", None),
        ("disability_kind", "肢体残疾", "limb"),
        ("disability_kind", "肢体二级", "limb"),
        ("disability_kind", "精神残疾人", "mental"),
        ("health", "患有大病", "serious"),
        ("health", "长期慢性病，残疾", "chronic"),
        ("health", "残疾", None),
        ("school", "七年级", "junior"),
        ("risks", "因病、因残", ["illness", "disability"]),
        ("risks", "因病/缺劳力", ["illness", "labour_short"]),
        ("risks", "无", None),
        *(
            (key, mark, None)
            for key in ("phone", "household_type", "health", "disability_grade", "work_months", "born", "group", "insured")
            for mark in ("/", "—", "－－", "…")
        ),
        ("phone", "无", None),
        ("phone", "没有电话", None),
        ("work_months", "未务工", None),
        ("born", "1985/6/1 00:00", "1985-06-01"),
        ("born", "1985-06-07 00:00:00", "1985-06-07"),
        ("born", "1985-06-07T00:00:00.000", "1985-06-07"),
        ("disability_grade", "一级（视力）", "grade_1"),
        ("disability_grade", "Ⅲ", "grade_3"),
        ("disability_grade", "肆", "grade_4"),
        ("disability_kind", "肢体残疾（二级）", "limb"),
        ("household_type", "脱贫户（享受政策）", "former_poor"),
        ("household_type", "【一般农户】", "ordinary"),
        ("school", "高职高专一年级", "college"),
        ("school", "本科三年级及以上", "college"),
        ("school", "义务教育七年级", "junior"),
        ("school", "技师学院二年级", "vocational"),
        ("school", "幼儿园中班", "preschool"),
        ("school", "硕士研究生及以上", "college"),
        ("name", "阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("group", " 上屋\n 一组 ", "上屋 一组"),
    ],
)
def test_every_spelling_gives_the_one_stored_value(known: Known, key: str, written: str, stored: object) -> None:
    assert value(known, key, written) == stored


@pytest.mark.parametrize(
    ("written", "town", "name"),
    [
        ("岭头村委会", "", "岭头村委会"),
        ("岭头村", "", "岭头村委会"),
        ("岭头", "", "岭头村委会"),
        ("龙仙镇岭头村委会", "", "岭头村委会"),
        ("龙仙镇岭头", "", "岭头村委会"),
        ("翁源县龙仙镇岭头村", "", "岭头村委会"),
        ("广东省韶关市翁源县龙仙镇岭头村民委员会", "", "岭头村委会"),
        ("龙仙镇 - 岭头村", "", "岭头村委会"),
        ("龙仙/岭头村", "", "岭头村委会"),
        ("440229100201", "", "岭头村委会"),
        ("440229100201.0", "", "岭头村委会"),
        ("岭头村委会（440229100201）", "", "岭头村委会"),
        ("\u202d岭头\u202c 村", "龙仙镇", "岭头村委会"),
        ("三华居委会", "", "三华居委会"),
        ("三华社区", "", "三华居委会"),
        ("官渡社区", "官渡镇", "官渡居委会"),
        ("江尾镇江尾社区", "", "江尾居委会"),
        ("江尾社区", "翁源县江尾镇", "江尾居委会"),
        ("新江镇新江村", "", "新江村委会"),
        ("岭头村", "龙仙", "岭头村委会"),
    ],
)
def test_villages_with_and_without_the_places_above_them(known: Known, written: str, town: str, name: str) -> None:
    assert known[1].units[value(known, "village", written, town)].name == name


@pytest.mark.parametrize(
    ("key", "written", "town", "told"),
    [
        ("relation", "邻居", "", ("与户主关系", "邻居", "配偶", "女婿")),
        ("health", "还行吧", "", ("健康状况", "还行吧", "长期慢性病")),
        ("insured", "也许", "", ("也许", "是", "否")),
        ("disability_grade", "九级", "", ("残疾等级", "九级", "二级")),
        ("health", "健康、大病", "", ("健康、大病",)),
        ("risks", "因倒霉", "", ("风险类型", "因倒霉", "因病")),
        ("village", "岭头材", "", ("行政村", "岭头材", "岭头村委会")),
        ("village", "天边村", "", ("行政村", "天边村")),
        ("village", "江尾", "", ("江尾", "江尾镇江尾村委会", "江尾镇江尾居委会")),
        ("village", "岭头村", "江尾镇", ("岭头村", "江尾镇", "龙仙镇岭头村委会")),
        ("phone", "2812345", "", ("联系电话", "0751-2872000")),
        ("phone", "10000000001/10000000002", "", ("联系电话", "只填一个")),
        ("work_months", "半年", "", ("务工时间",)),
        ("group", "组" * 41, "", ("40",)),
        ("health", "大病、慢性病", "", ("几种", "大病、慢性病", "只写一种")),
        ("work_months", "13", "", ("务工时间", "12")),
        ("born", "31205", "", ("出生日期", "序号")),
        ("relation", "—", "", ("与户主关系", "—")),
        ("phone", "???", "", ("联系电话",)),
        ("group", "上屋\U0001fae8组", "", ("\U0001fae8", "印不出来")),
        ("number", "B\U0001fae81", "", ("户编号", "印不出来")),
        ("work_place", "东莞\U0001fae8", "", ("务工地点", "U+1FAE8")),
        ("number", "N" * 41, "", ("户编号", "40")),
        ("name", "王😀", "", ("姓名", "😀")),
        ("name", "张" * 41, "", ("姓名", "40")),
    ],
)
def test_a_refusal_names_the_column_the_value_and_what_may_stand_there(
    known: Known, key: str, written: str, town: str, told: tuple[str, ...]
) -> None:
    sentence = refusal(known, key, written, town)
    assert all(word in sentence for word in told), sentence


def checked(known: Known, content: bytes) -> importing.Checked:
    table = tables.read(content)
    return importing.check(table, known[0], importing.guess(table, known[0], {}), known[1])


def test_a_cell_may_tell_the_kind_of_a_disability_with_its_grade(known: Known) -> None:
    header, row = (
        "户编号,行政村,姓名,身份证号,与户主关系,健康状况,残疾类别及等级",
        "B1,岭头村,张三,999999197001017016,户主,{},{}",
    )
    for health, cell in (("残疾", "肢体残疾二级"), ("残疾", "肢体2级"), ("", "二级肢体残疾")):
        (one,) = checked(known, f"{header}\n{row.format(health, cell)}".encode()).households
        member = one.members[0]
        assert (member["disability_kind"], member["disability_grade"]) == ("limb", "grade_2") and "health" not in member
    (one,) = checked(known, f"{header}\n{row.format('肢体残疾', '')}".encode()).households
    assert one.members[0]["disability_kind"] == "limb"
    for health in ("肢体二级残疾", "二级残疾（肢体）"):
        (one,) = checked(known, f"{header}\n{row.format(health, '')}".encode()).households
        assert (one.members[0]["disability_kind"], one.members[0]["disability_grade"]) == ("limb", "grade_2")


def born_on(day: str) -> str:
    return f"999999{day}701" + check_digit(f"999999{day}701")


@pytest.mark.parametrize(
    ("number", "born", "code"),
    [
        (born_on("20850101"), "", "forms.id_number.birth"),
        ("", "2085-01-01", "forms.date.future"),
        ("", "1899-12-31", "forms.date.too_early"),
        (born_on("19850607"), "1985-06-08", "register.born_differs"),
        (born_on("19850607"), "1985年6月7日", None),
        ("H12345678", "1985-06-08", None),
    ],
)
def test_nobody_is_born_after_today_nor_on_two_days(known: Known, number: str, born: str, code: str | None) -> None:
    made = checked(known, f"户编号,行政村,姓名,身份证号,与户主关系,出生日期\nB1,岭头村,张三,{number},户主,{born}".encode())
    assert [p.code for p in made.problems] == ([code] if code else []) and len(made.households) == (not code)


def test_a_household_whose_people_have_telephones_of_their_own_is_in_with_the_heads(known: Known) -> None:
    rows = "P1,岭头村,张三,999999197001017016,{},13800000001\nP1,岭头村,李四,999999199003031005,{},13800000002\nP1,岭头村,王五,999999199003031013,子,"
    for relations, kept in ((("户主", "配偶"), "13800000001"), (("配偶", "户主"), "13800000002")):
        made = checked(known, f"户编号,行政村,姓名,身份证号,与户主关系,联系电话\n{rows.format(*relations)}".encode())
        assert [h.values["phone"] for h in made.households] == [kept] and made.problems == []
        assert [(n.row, n.number, n.code) for n in made.notes] == [(2, "P1", "register.phones_differ")]


def test_a_household_number_that_lost_its_digits_joins_nobody(known: Known) -> None:
    content = "户编号,行政村,姓名,身份证号,与户主关系\n4.4023E+17,岭头村,张三,999999197001017016,户主".encode()
    assert [(p.column, p.code) for p in checked(known, content).problems] == [("户编号", "tables.damaged")]


@pytest.mark.parametrize(
    ("file", "left_out"),
    [
        ("names-papers-refuse", {"N8": "\U0002ebf0", "N9": "\U00021b57"}),
        ("phone-plus86", {}),
        ("id-with-U202D", {}),
        ("relations", {}),
        ("surnames", {}),
    ],
)
def test_files_that_failed_once(known: Known, file: str, left_out: dict[str, str]) -> None:
    made = checked(known, (CASES / f"{file}.csv").read_bytes())
    rows = list(csv.DictReader((CASES / f"{file}.csv").read_text("utf-8-sig").splitlines()))
    numbers = {row["户编号"] for row in rows}
    told = {say(p.code, **p.details) for p in made.problems}
    left_out = {number: char for number, char in left_out.items() if fonts.missing(char)}  # a machine may have more fonts
    assert {one.number for one in made.households} == numbers - set(left_out)
    assert all(any(char in sentence and "姓名" in sentence for sentence in told) for char in left_out.values())
    by_number = {one.number: one for one in made.households}
    if file == "names-papers-refuse":
        names = {number: one.members[0]["name"] for number, one in by_number.items()}
        assert names["N0"] == names["N1"] == "阿卜杜拉·买买提" and names["N6"] == "李辰" and names["N7"] == "赵䶮"
    if file == "relations":
        assert [m["relation"] for n in ("R1", "R3") for m in by_number[n].members] == [
            "head",
            "child",
            "head",
            "parent_in_law",
        ]
    if file == "phone-plus86":
        assert by_number["B001"].values["phone"] == "10000000001"

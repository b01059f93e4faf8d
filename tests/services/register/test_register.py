"""The register filled from a file: good rows in, each bad one named, nothing twice, what officials said stays."""

import csv
import io
import os
import zipfile
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, select

from app.services import audit, people
from app.services.files import tables
from app.services.files.sheets import as_text as tables_as_text
from app.services.people import Refused
from app.services.register import importing
from app.services.register.problems import of_table
from app.store import households as household_rows
from app.store import record
from app.store import register as rows
from app.store.tables import households, person_index
from tests.conftest import County
from tests.walking import Walk, nobody

HEADER = [
    "乡镇",
    "行政村",
    "户编号",
    "与户主关系",
    "姓名",
    "证件号码",
    "联系电话",
    "户类型",
    "健康状况",
    "劳动技能",
    "在校生状况",
    "务工时间（月）",
    "风险类型",
    "帮扶措施",
]
DAY = date(2021, 8, 31)


def lines(many: int, members: int = 3, first: int = 0) -> list[list[str]]:
    made = []
    for n in range(first, first + many):
        for m in range(members):
            made.append(
                [
                    "龙仙镇",
                    "岭头村委会" if n % 2 else "岭头村",
                    f"HN{n:06d}",
                    ("户主", "配偶", "之子")[m % 3],
                    f"演示户{chr(0x7532 + n % 500)}",
                    nobody(100_000 + n * members + m),
                    "13800000000" if m == 0 else "",
                    ("脱贫户", "一般农户")[n % 2],
                    "健康",
                    "普通劳动力",
                    "非在校生",
                    "6" if m == 0 else "",
                    "因病" if m == 0 else "",
                    "健康帮扶" if m == 0 else "",
                ]
            )
    return made


def as_file(rows_: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *rows_])
    return out.getvalue().encode(encoding)


def load(county: County, content: bytes, *, write: bool = True, on: date = DAY) -> tuple[importing.Counts, tables.Table]:
    checked, table = looked_at(county, content)
    counts = importing.apply(county.store, checked, data_on=on, by=None, now=county.now, file_hash=b"x", write=write)
    return counts, table


def looked_at(county: County, content: bytes) -> tuple[importing.Checked, tables.Table]:
    with county.store.reading() as session:
        place = people.county_on(session, county.now.date())
        known = importing.columns(session, place)
        chosen = importing.guess(table := tables.read(content), known, rows.mapping(session, importing.KIND))
    return importing.check(table, known, chosen, place), table


def to_mend(county: County, content: bytes) -> list[list[str]]:
    """The file of what is to be mended, its rows without the titles."""
    checked, table = looked_at(county, content)
    counts = importing.apply(county.store, checked, data_on=DAY, by=None, now=county.now, file_hash=b"x", write=False)
    sheet = openpyxl.load_workbook(io.BytesIO(of_table(table, checked, counts.problems))).worksheets[0]
    return [[str(cell.value or "") for cell in row] for row in sheet.iter_rows(min_row=2)]


def in_again(rows_: list[list[str]], header: list[str] = HEADER) -> bytes:
    return tables_as_text([["第几行", "哪一列", "为什么不行，怎么改", *header], *rows_])


def document(county: County, number: str) -> dict[str, Any]:
    with county.store.reading() as session:
        row = session.conn.execute(select(households).where(households.c.number == number)).one()
        found, _ = household_rows.document(session, row.id, record.data_key(session, row.data_key))
    assert found is not None
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_file_fills_the_register_and_a_second_run_changes_nothing(county: County, encoding: str) -> None:
    content = as_file(lines(20), encoding)
    preview, _ = load(county, content, write=False)
    assert preview.as_dict() == {"new": 20, "changed": 0, "same": 0, "left_out": 0}
    assert load(county, content)[0].new == 20
    assert load(county, content)[0].as_dict() == {"new": 0, "changed": 0, "same": 20, "left_out": 0}
    found = document(county, "HN000003")
    assert [m["relation"] for m in found["members"]] == ["head", "spouse", "child"]
    assert found["household"]["risks"] == ["illness"] and found["household"]["household_type"] == "ordinary"
    assert found["sources"]["risks"] == [importing.SOURCE, "2021-08-31"] and found["past_measures"] == ["健康帮扶"]
    with county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(person_index)).scalar() == 60
        assert audit.verify(session).findings == []


def test_excel_files_are_read_and_what_they_hide_is_named(sqlite_county: County, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["监测对象名单（演示数据）"])
    sheet.append(HEADER)
    for row in lines(6):
        sheet.append(row)
    sheet["F3"] = int(nobody(100_000)[:17] + "1")  # an ID number that Excel turned into a float
    sheet["L6"] = "=3+3"
    sheet.merge_cells("C9:C11")
    book.save(tmp_path / "x.xlsx")
    counts, table = load(sqlite_county, (tmp_path / "x.xlsx").read_bytes())
    told = {(p.row, p.column): p.code for p in counts.problems}
    assert told[3, "证件号码"] == "tables.damaged"
    assert told[6, "务工时间（月）"] == "tables.formula"
    assert told[9, "户编号"] == "tables.merged" and told[10, "户编号"] == "tables.merged"
    assert counts.new == 3
    checked, _ = looked_at(sqlite_county, (tmp_path / "x.xlsx").read_bytes())
    listed = openpyxl.load_workbook(io.BytesIO(of_table(table, checked, counts.problems))).worksheets[0]
    errors = [[cell.value for cell in row] for row in listed.iter_rows()]
    assert errors[0][:3] == ["第几行", "哪一列", "为什么不行，怎么改"] and errors[0][3:] == HEADER
    assert [row[0] for row in errors[1:]] == ["3", "4", "5", "6", "7", "8", "9", "10", "11"]  # with all of their households
    assert all(word in str(errors) for word in ("末几位已经丢失", "取消合并", "只粘贴数值"))
    assert {cell.data_type for row in listed.iter_rows() for cell in row} <= {"s", "n", "inlineStr"} and listed[
        "I2"
    ].number_format == "@"


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        (2, date(2022, 3, 12), "day"),
        (2, 1.5, "fraction"),
        (2, True, "yes_no"),
        (4, date(2022, 3, 12), "day"),
        (14, date(2022, 1, 2), "day"),
        (15, time(8, 30), "time"),
        (15, 0.5, "fraction"),
        (13, date(2022, 1, 2), "day"),
        (1, False, "yes_no"),
    ],
)
def test_a_cell_that_is_no_text_is_named_in_a_column_of_words(
    sqlite_county: County, column: int, cell: Any, code: str
) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append([*HEADER, "组别", "务工地点"])
    for row in lines(2, members=1):
        book.worksheets[0].append([*row, 7, "韶关"])  # a whole number may be a group
    book.worksheets[0].cell(2, column + 1, cell)
    book.save(out := io.BytesIO())
    counts, table = load(sqlite_county, out.getvalue())
    assert [(p.row, p.column, p.code) for p in counts.problems] == [(2, table.header[column], f"tables.no_text.{code}")]
    assert counts.problems[0].value and counts.new == 1


@pytest.mark.parametrize(
    "cell", ["3月12日", "12-Mar", "Mar-12", "2022/3/12", "2022-03-12", "2022年3月12日", "8:30:00", "5%", "TRUE"]
)
def test_a_code_that_a_spreadsheet_remade_before_it_wrote_the_file_is_named(sqlite_county: County, cell: str) -> None:
    rows_ = lines(2, members=1)
    rows_[0][2] = cell
    counts, _ = load(sqlite_county, as_file(rows_))
    assert [(p.row, p.column, p.code) for p in counts.problems] == [(2, "户编号", "tables.no_text.csv")] and counts.new == 1


def test_codes_that_only_look_a_little_like_days_are_taken(sqlite_county: County) -> None:
    rows_ = lines(5, members=1)
    for row, code in zip(rows_, ("2021-03-001", "3-12", "岭头-3", "44022910020100012", "12/3"), strict=True):
        row[2] = code
    assert load(sqlite_county, as_file(rows_))[0].new == 5


def test_what_is_to_be_mended_comes_with_its_whole_household_once_and_comes_in_again(sqlite_county: County) -> None:
    rows_ = lines(4)
    rows_[1][5], rows_[1][6] = "12", "123"  # two mistakes of one row
    rows_[6][5] = rows_[9][5]  # somebody of the fourth household in the third, too
    found = to_mend(sqlite_county, as_file(rows_))
    assert [row[0] for row in found] == ["2", "3", "4", *map(str, range(8, 14))]
    assert found[0][1:3] == ["", "这一行没有错，要和有错的行一起再导入。"] and found[1][1] == "证件号码、联系电话"
    assert "“证件号码”：" in found[1][2] and "“联系电话”：" in found[1][2] and [row[3:] for row in found[:3]] == rows_[:3]
    assert load(sqlite_county, as_file(rows_))[0].new == 2
    again = to_mend(sqlite_county, in_again(found))  # as it was: nothing more is taken
    assert [row[3:] for row in again] == [row[3:] for row in found] and [row[1] for row in again] == [row[1] for row in found]
    found[1][8], found[1][9] = nobody(100_001), ""
    found[3][8] = nobody(100_006)
    counts, _ = load(sqlite_county, in_again(found))
    assert counts.as_dict() == {"new": 2, "changed": 1, "same": 0, "left_out": 0} and counts.problems == []
    assert len(document(sqlite_county, "HN000000")["members"]) == 3
    whole = [*rows_[:1], [*rows_[1][:5], nobody(100_001), "", *rows_[1][7:]], *rows_[2:]]
    whole[6][5] = nobody(100_006)
    assert load(sqlite_county, as_file(whole))[0].same == 4


def test_a_cell_that_was_no_text_is_empty_in_what_is_to_be_mended(sqlite_county: County) -> None:
    rows_ = lines(1)
    for row in rows_:
        row[2] = "3月12日"
    found = to_mend(sqlite_county, as_file(rows_))
    assert all(row[5] == "" and "“户编号”（3月12日）" in row[2] for row in found)
    assert {p.code for p in load(sqlite_county, in_again(found))[0].problems} >= {"register.empty"}


BAD: list[tuple[dict[int, str], str]] = [
    ({5: "12345"}, "forms.id_number.length"),
    ({5: nobody(100_000)[:17] + "0"}, "forms.id_number.check_digit"),
    ({1: "没有的村"}, "register.unknown_village"),
    ({3: "邻居"}, "register.unknown_word"),
    ({3: "配偶"}, "register.one_head"),
    ({6: "123"}, "forms.phone"),
    ({11: "很多"}, "forms.number.unreadable"),
    ({4: ""}, "register.empty"),
    ({5: nobody(100_001)}, "register.person_twice"),
    ({12: "因倒霉"}, "register.unknown_word"),
]


@pytest.mark.parametrize(("change", "code"), BAD, ids=[f"{next(iter(b[0]))}-{b[1]}" for b in BAD])
def test_a_bad_row_is_named_and_its_household_left_out(sqlite_county: County, change: dict[int, str], code: str) -> None:
    rows_ = lines(3)
    for column, value in change.items():
        rows_[0][column] = value
    counts, _ = load(sqlite_county, as_file(rows_))
    assert counts.new == 2 and code in {p.code for p in counts.problems}
    assert all(p.row in (2, 3) for p in counts.problems)


def packed(*parts: str) -> bytes:
    """A workbook of one sheet, with these parts after two plain rows."""
    book = openpyxl.Workbook()
    book.active.append(["户编号", "姓名"])
    book.active.append(["1", "甲"])
    book.save(made := io.BytesIO())
    out = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item).decode()
            if item.filename == "xl/worksheets/sheet1.xml":
                content = content.replace("</sheetData>", parts[0] + "</sheetData>" + "".join(parts[1:]))
            new.writestr(item, content)
    return out.getvalue()


@pytest.mark.timeout(60)
def test_a_small_workbook_that_spans_everything_is_refused_or_read_as_it_is() -> None:
    with pytest.raises(Refused, match="far_cell"):
        tables.read(packed('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))
    assert tables.read(packed('<row r="1048576"/>')).filled == 1  # only named, nothing in it
    assert tables.read(packed('<row r="3"><c r="XFD3" s="0"/></row><row r="1048576" ht="15"/>')).filled == 1
    with pytest.raises(Refused, match="far_cell"):
        tables.read(packed('<row r="1048576"><c s="0" r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'))
    merged = packed("", '<mergeCells count="1"><mergeCell ref="A2:XFD1048576"/></mergeCells>')
    assert set(tables.read(merged).odd.values()) == {"tables.merged"}
    many = "".join('<mergeCell ref="A2:XFD1048576"/>' for _ in range(1000))
    assert tables.read(packed("", f'<mergeCells count="1000">{many}</mergeCells>')).odd


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "tables.empty"),
        (b"\xd0\xcf\x11\xe0abc", "tables.old_excel"),
        (b"PK\x03\x04broken", "tables.unreadable"),
        (b"\x7fELF\x00\x00", "tables.no_table"),
        ("姓名\n甲\n".encode(), "tables.no_header"),
    ],
)
def test_what_is_no_table_is_told(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        tables.read(content)
    assert refused.value.code == code


def test_a_column_that_must_be_there_is_missed_by_name(sqlite_county: County) -> None:
    with pytest.raises(Refused) as refused:
        load(sqlite_county, "姓名,户编号\n甲,1\n".encode())
    assert refused.value.code == "register.columns_missing" and "行政村" in str(refused.value.details)


def test_a_chosen_mapping_is_offered_the_next_time(sqlite_county: County) -> None:
    with sqlite_county.store.transaction() as session:
        rows.save_mapping(session, importing.KIND, {"户主或成员名字": "name"})
    content = as_file(lines(2)).replace("姓名".encode(), "户主或成员名字".encode())
    assert load(sqlite_county, content)[0].new == 2


def test_a_household_of_our_own_is_joined_by_its_people_and_what_officials_said_stays(county: County) -> None:
    walk = Walk(county, 1, head="演示户甲").open()  # the village gave the phone on 1 September
    row = [
        "龙仙镇",
        "岭头村委会",
        "HN9",
        "户主",
        "演示户甲",
        nobody(1),
        "13900000000",
        "脱贫户",
        "患有大病",
        "弱劳动力",
        "",
        "",
        "",
        "",
    ]
    wife = ["龙仙镇", "岭头村委会", "HN9", "配偶", "演示户乙", nobody(77), "", "脱贫户", "健康", "普通劳动力", "", "", "", ""]
    counts, _ = load(county, as_file([row, wife]))
    assert counts.as_dict() == {"new": 0, "changed": 1, "same": 0, "left_out": 0}
    found = document(county, "HN9")
    assert found["household"]["phone"] == "13800000000"  # newer than the file's data
    assert found["household"]["household_type"] == "former_poor" and len(found["members"]) == 2
    later, _ = load(county, as_file([row, wife]), on=county.now.date() + timedelta(days=1))
    assert later.changed == 1 and document(county, "HN9")["household"]["phone"] == "13900000000"
    walk.to("sign_commitment")
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_people_of_two_households_are_not_merged_by_a_file(sqlite_county: County) -> None:
    load(sqlite_county, as_file(lines(2)))
    both = lines(2)
    for row in both:
        row[1], row[2], row[7] = "岭头村", "HN000009", "脱贫户"
    both[3][3] = "其他"
    counts, _ = load(sqlite_county, as_file(both))
    assert [p.code for p in counts.problems] == ["register.two_households"] and counts.changed == 0


@pytest.mark.soak
def test_fifty_thousand_households_with_planted_errors(county: County) -> None:
    _large(county, 50_000)


def test_a_tenth_of_that_with_planted_errors(county: County) -> None:
    _large(county, 2_000)


def _large(county: County, many: int) -> None:
    rows_ = lines(many)
    for n in range(0, len(rows_), 300):  # one household in a hundred
        rows_[n][5] = rows_[n][5][:17] + ("0" if rows_[n][5][17] != "0" else "1")
    seen: list[int] = []
    with county.store.reading() as session:
        place = people.county_on(session, county.now.date())
        known = importing.columns(session, place)
    table = tables.read(as_file(rows_))
    checked = importing.check(table, known, importing.guess(table, known, {}), place)
    counts = importing.apply(
        county.store,
        checked,
        data_on=DAY,
        by=None,
        now=county.now,
        file_hash=b"y",
        progress=lambda done, total: seen.append(done),
    )
    bad = -(-len(rows_) // 300)
    assert (counts.new, len(counts.problems)) == (many - bad, bad) and seen[-1] == many - bad
    with county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(households)).scalar() == many - bad
    if os.environ.get("SOAK") != "1":
        again = importing.apply(county.store, checked, data_on=DAY, by=None, now=county.now, file_hash=b"y", write=False)
        assert again.same == many - bad and again.changed == again.new == 0

"""Files as offices send them: what they hide is found, rows keep their numbers, and nothing of data becomes a title."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.sheets import delimited
from app.sheets.reading import Wanted, read
from app.sheets.sheet import Unusable, plain_title
from tests.sheets.books import (
    HEADER,
    TITLES,
    WORDS,
    answered,
    book,
    filled,
    of_rows,
    person,
    plain,
    refused,
    rewritten,
    sheet_xml,
)

CASES = Path(__file__).parent / "cases"


def case(name: str) -> bytes:
    return (CASES / f"{name}.xlsx").read_bytes()


# --- header ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "people"), [("two-row-header", 1), ("two-row-header-3-people", 3)])
def test_titles_in_two_rows_are_found_and_nobody_is_one(name: str, people: int) -> None:
    found = answered(case(name))
    assert found.header == ("户编号", "行政村", "姓名", "身份证号", "与户主关系", "联系电话", "务工月数")
    assert list(filled(found)) == list(range(4, 4 + people)) and found.found[0]["header"] == [2, 3]


def test_titles_are_found_below_lines_of_title_however_they_are_spelt() -> None:
    titles = ["*户编号", "行政 村", "姓  名", "身份证号：", "与户主\n关系", "务工月数"]
    found = answered(plain([["翁源县户册"], [], ["填报单位：", "演示镇"], titles, person(1)]))
    assert filled(found) == {5: tuple(map(str, person(1)))} and found.found[0]["header"] == [4, 4]


def test_a_row_of_people_is_no_header_and_is_told() -> None:
    assert refused(plain([person(1), person(2)])) == "tables.no_header"
    assert refused("X001,岭头村委会,张三,999999197001019011,户主\n".encode()) == "tables.no_header"


def test_titles_of_another_office_are_offered_and_a_row_may_be_named() -> None:
    rows = [["通报", "第一期"], ["居民", "号码", "钱"], ["甲", "999999197001019011", 3]]
    found = answered(plain(rows), Wanted(header=2), titles=())
    assert found.header == ("居民", "号码", "钱") and list(filled(found)) == [3]
    with pytest.raises(Unusable, match="no_header"):
        answered(plain(rows), Wanted(header=3), titles=())


def test_titles_said_again_totals_numbering_and_notes_are_no_data() -> None:
    rows = [
        HEADER,
        [1, 2, 3, 4, 5, 6],
        person(1),
        HEADER,
        person(2),
        ["合 计", None, None, None, None, 6],
        [],
        ["填表人：某", None, "日期：9 月"],
    ]
    found = answered(plain(rows))
    assert list(filled(found)) == [3, 5] and found.found[0]["skipped"] == {"again": 2, "total": 1, "note": 1}
    assert found.found[0]["rows"] == 2


# --- above the titles ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [person(1), person(2), HEADER, person(3)],
        [person(1), person(2), HEADER],
        [["2021 年户册"], person(1), [], person(2)[:4], HEADER, person(3)],
        [["X9", "岭头村委会", "演示", "", "", 4], ["X9", "岭头村委会", "演示", "", ""], HEADER, person(3)],
        [["演示", "999999197001019011"], HEADER, person(3)],
    ],
)
def test_people_above_the_titles_are_counted(rows: list[list[Any]]) -> None:
    at = rows.index(HEADER)
    people = [n for n, row in enumerate(rows[:at], 1) if len(row) > 1]
    assert answered(plain(rows)).found[0]["above"] == people
    text = "\n".join(",".join(str(row[c]) if c < len(row) else "" for c in range(6)) for row in rows).encode()
    assert answered(text).found[0]["above"] == people


@pytest.mark.parametrize(
    "line",
    [
        ["翁源县户册"],
        ["2021 年户册", None, "第 1 期"],
        ["制表日期", "20210901"],
        ["填报单位：", "岭头村委会", "填表人：", "张三", "日期", "2021-09-01"],
        ["单位：元"],
        [None, None, None, None, None, "月"],
        [1, 2, 3, 4, 5, 6],
        ["户信息", "户信息", "户主", "户主", "户主", "务工"],
        ["附件1", "岭头村委会", "2021年9月"],
        [None, None, None, 2020, 2021, 2022],
        ["演示县乡村振兴局", "2021-09-01", None, None, "密级", "内部"],
    ],
)
def test_lines_of_title_above_the_titles_are_nobody(line: list[Any]) -> None:
    assert answered(plain([line, HEADER, person(1), person(2)])).found[0]["above"] == []


# --- hidden ----------------------------------------------------------------------------------------------------------


def hide(sheet: Any, how: str) -> None:
    if how == "row":
        sheet.row_dimensions[3].hidden = True
    elif how == "filter":
        sheet.auto_filter.ref = "A1:F4"
        sheet.auto_filter.add_filter_column(0, ["X001", "X003"])
        sheet.row_dimensions[3].hidden = True
    elif how == "group":
        sheet.row_dimensions.group(3, 3, hidden=True)


@pytest.mark.parametrize("how", ["row", "filter", "group", "height", "hair"])
def test_a_row_that_nobody_sees_is_counted_and_left_out_when_asked(how: str) -> None:
    content = plain([HEADER, person(1), person(2), person(3)], lambda sheet: hide(sheet, how))
    if how in ("height", "hair"):
        low = "0.0" if how == "height" else "0.75"
        content = sheet_xml(content, lambda xml: xml.replace('<row r="3"', f'<row ht="{low}" customHeight="1" r="3"'))
    found = answered(content)
    assert (found.found[0]["hidden"], found.found[0]["hidden_at"], found.found[0]["filtered"]) == (1, [3], how == "filter")
    assert list(filled(found)) == [2, 3, 4]
    assert list(filled(answered(content, Wanted(hidden=False)))) == [2, 4]


def test_rows_hidden_all_at_once_and_with_a_prefix_are_seen() -> None:
    content = sheet_xml(
        plain([HEADER, person(1)]), lambda xml: xml.replace("<sheetFormatPr", "<sheetFormatPr zeroHeight='1'")
    )
    assert answered(content).found[0]["hidden"] == 0  # the rows that are written are shown
    assert answered(case("hidden-row")).found[0]["hidden"] == 1
    prefixed = sheet_xml(
        case("formula-openxml-sdk-prefix"), lambda xml: xml.replace('<x:row r="2"', "<x:row hidden = 'true' r='2'")
    )
    assert answered(prefixed).found[0]["hidden"] == 1


def test_hidden_columns_are_named_and_left_out_when_asked() -> None:
    content = plain([HEADER, person(1)], lambda sheet: sheet.column_dimensions.__getitem__("F").__setattr__("hidden", True))
    assert answered(content).found[0]["hidden_columns"] == ["务工月数"]
    assert answered(content, Wanted(hidden=False)).header[5] == ""
    narrow = plain([HEADER, person(1)], lambda sheet: sheet.column_dimensions.__getitem__("F").__setattr__("width", 0.1))
    assert answered(narrow).found[0]["hidden_columns"] == ["务工月数"]


def test_every_sheet_is_told_and_taken_in_the_order_of_its_titles() -> None:
    found = answered(case("two-sheets-by-village"))
    assert [(s["name"], s["rows"], s["taken"], s["like"]) for s in found.found] == [
        ("岭头村", 3, True, True),
        ("青山村", 2, False, True),
    ]
    turned = [["姓名", "身份证号", "户编号", "备注"], ["某", "999999197001019011", "Y1", "迟到"]]
    content = book(("甲", [HEADER, person(1)]), ("乙", turned), ("说明", [["怎么填"]]))
    both = answered(content, Wanted(sheets=(0, 1)))
    assert both.header == (*HEADER, "备注")
    assert list(filled(both).values())[1] == ("Y1", "", "某", "999999197001019011", "", "", "迟到")
    assert both.place(2) == ("甲", 2) and both.place(4) == ("乙", 2) and not both.found[2]["like"]


def test_a_sheet_that_is_hidden_very_well_is_told_and_not_taken_by_itself() -> None:
    def change(made: Any) -> None:
        made["乙"].sheet_state, made["丙"].sheet_state = "veryHidden", "hidden"

    found = answered(
        book(("乙", [HEADER, person(1)]), ("甲", [HEADER, person(2)]), ("丙", [HEADER, person(3)]), change=change)
    )
    assert [(s["state"], s["taken"]) for s in found.found] == [("very_hidden", False), ("visible", True), ("hidden", False)]


# --- cells -----------------------------------------------------------------------------------------------------------


def formula(xml: str) -> bytes:
    cell = '<row r="3"><c r="A3" t="inlineStr"><is><t>X002</t></is></c>'
    return sheet_xml(plain([HEADER, person(1)]), lambda text: text.replace("</sheetData>", f"{cell}{xml}</row></sheetData>"))


@pytest.mark.parametrize(
    "xml",
    [
        '<c r="F3"><f>1+2</f><v>3</v></c>',
        '<c r="F3"><f>1+2</f></c>',
        '<c r="F3"><f t="shared" si="0"/><v>3</v></c>',
        "<c r='F3'><f t='array' ref='F3'>A1</f><v>3</v></c>",
        '<c r="F3" t="str"><f>B1</f><v>x</v></c>',
        '<c\n r="F3"><f\n ca="1">NOW()</f></c>',
        '<c r="F3" t="e"><f>1/0</f><v>#DIV/0!</v></c>',
    ],
)
def test_a_formula_is_found_however_it_is_written(xml: str) -> None:
    assert answered(formula(xml)).odd == {(2, 5): "tables.formula"}
    prefixed = answered(case("formula-openxml-sdk-prefix"))
    assert prefixed.odd == {(1, 6): "tables.formula"}


def test_an_error_is_shown_without_its_formula_and_a_cell_that_shows_nothing_is_named() -> None:
    assert answered(formula('<c r="F3" t="e"><f>1/0</f><v>#DIV/0!</v></c>')).rows()[2][5] == "#DIV/0!"

    def change(sheet: Any) -> None:
        sheet["C2"].number_format, sheet["F2"].number_format, sheet["C3"].number_format, sheet["F3"].number_format = (
            ";;;",
            ";;;",
            ";;",
            '"";"";""',
        )

    assert answered(plain([HEADER, person(1), person(2)], change)).odd == {
        (n, c): "tables.unseen" for n, c in ((1, 2), (1, 5), (2, 5))
    }


def test_an_array_formula_covers_its_whole_range() -> None:
    content = formula('<c r="E3"><f t="array" ref="E3:F3">A1:B1</f><v>1</v></c><c r="F3"><v>2</v></c>')
    assert set(answered(content).odd) == {(2, 4), (2, 5)}


def test_errors_are_named_with_what_they_show_in_both_formats() -> None:
    found = answered(case("dept-medins-NA-values"), titles=("身份证号", "姓名"))
    assert found.odd == {(1, 3): "tables.error", (1, 4): "tables.error"} and found.rows()[1][3:] == ("#N/A", "#N/A")
    text = "户编号,姓名,金额\n1,甲,#DIV/0!\n2,乙,#N/A\n3,丙,######\n4,#丁,1\n".encode()
    assert set(answered(text).odd) == {(1, 2), (2, 2), (3, 2)}


def test_a_number_is_read_as_its_format_shows_it() -> None:
    def change(sheet: Any) -> None:
        sheet["F2"].number_format, sheet["F3"].number_format, sheet["A4"].number_format = "0%", "0.0%", "0000"

    rows = [HEADER, person(1, 0.8), person(2, 0.125), [7, *person(3, True)[1:]], person(4, 0.1 + 0.2)]
    cells = [row[5] for row in filled(answered(plain(rows, change))).values()]
    assert cells == ["80%", "12.5%", "TRUE", "0.3"] and answered(plain(rows, change)).rows()[3][0] == "0007"


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ('0"万"', 3, "3万"),
        ('0"万元"', 3, "3万元"),
        ('0"%"', 3, "3%"),
        ('0"千"', 3, "3千"),
        ("0\\万", 3, "3万"),
        ('0.0"万"', 1.25, "1.25万"),
        ('General"万"', 3, "3万"),
        ('[Red]0"万";-0"万"', -3, "-3万"),
        ('"约"0', 3, "约3"),
        ('"HN"0000', 12, "HN0012"),
        ("[$$-409]#,##0", 5, "$5"),
        ("000-0000-0000", 13800000001, "138-0000-0001"),
        ('0"个月"', 3, "3个月"),
        ("0.0%", 0.125, "12.5%"),
        ("0‰", 3, "3‰"),
        ("#,##0.00", 3, "3"),
        ('"¥"#,##0.00_ ', 3, "3"),
        ("[$¥-804]#,##0.00", 3, "3"),
        ('0"元"', 3, "3"),
        ("0.00_);(0.00)", -3, "-3"),
        ('_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ ', 3, "3"),
        ("@", 3, "3"),
    ],
)
def test_a_number_is_read_with_the_word_that_its_format_adds(code: str, value: float, shown: str) -> None:
    content = plain([HEADER, person(1, value)], lambda sheet: setattr(sheet["F2"], "number_format", code))
    found = answered(content)
    assert found.rows()[1][5] == shown and found.odd == {}


@pytest.mark.parametrize(
    "code", ["0.00,", '0!.0,"万"', '0.0,,"百万"', '[>=10000]0!.0,"万";0', '[>=10]0"万";0', '"已交"', '0\\.0"万"']
)
def test_a_number_whose_format_shows_another_one_is_named(code: str) -> None:
    content = plain([HEADER, person(1, 5000)], lambda sheet: setattr(sheet["F2"], "number_format", code))
    assert answered(content).odd == {(1, 5): "tables.shown_otherwise"}


def test_cells_that_are_neither_text_nor_a_whole_number_are_told_by_column() -> None:
    cells = [date(2022, 3, 12), datetime(2022, 3, 12, 8, 30), time(8, 30), timedelta(hours=30), 0.5, True, 7, "7"]
    content = plain(
        [HEADER, *([*person(n)[:5], cell] for n, cell in enumerate(cells)), [0.05, *person(9)[1:]]],
        lambda sheet: setattr(sheet["A10"], "number_format", "0%"),
    )
    found = answered(content)
    assert found.typed == {5: {"day": [1, 2], "time": [3, 4], "fraction": [5], "yes_no": [6]}, 0: {"percent": [9]}}
    assert found.no_text([0]) == {(9, 0): "percent"} and not found.is_text


def test_joined_cells_and_numbers_that_lost_digits_are_told() -> None:
    content = plain(
        [HEADER, person(1), [*person(2)[:3], 999999197001019011, "户主", 1]], lambda sheet: sheet.merge_cells("B2:B3")
    )
    assert answered(content).odd == {(1, 1): "tables.merged", (2, 1): "tables.merged", (2, 3): "tables.damaged"}
    typed = [[*person(1)[:3], "9.99999E+17", "户主", 1], [*person(2)[:5], "#REF!"]]
    text = "\n".join(",".join(map(str, row)) for row in [HEADER, *typed]).encode()
    assert answered(plain([HEADER, *typed])).odd == answered(text).odd == {(1, 3): "tables.damaged", (2, 5): "tables.error"}


# --- CSV -------------------------------------------------------------------------------------------------------------


LINES = ["户编号{0}姓名{0}金额", "1{0}甲{0}3", "2{0}乙{0}4"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "，", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_delimiters_and_encodings(delimiter: str, encoding: str) -> None:
    content = "\r\n".join(LINES).format(delimiter).encode(encoding)
    assert filled(answered(content)) == {2: ("1", "甲", "3"), 3: ("2", "乙", "4")}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_text_of_two_bytes_without_a_mark_may_hold_any_word(encoding: str) -> None:
    text = "".join(f"{cells}\n" for cells in ("户编号\t姓名\t户类型", "X1\t演示一\t一般农户", "X2\t演示一\t一般农户"))
    assert filled(answered(text.encode(encoding)))[3] == ("X2", "演示一", "一般农户")


@pytest.mark.parametrize(
    "text",
    [
        '户编号,姓名,金额\n1,"甲,3\n2,乙,4\n',
        '户编号,姓名,金额\n1,"甲,3\n2,乙,4\n3,"丙,5\n',
        '户编号,姓名,金额\n1,"甲"x,3\n',
    ],
)
def test_an_open_quote_is_found_at_its_row(text: str) -> None:
    with pytest.raises(Unusable, match="open_quote") as found:
        answered(text.encode())
    assert found.value.details == {"row": 2}


def test_quotes_that_belong_there_are_read() -> None:
    content = '户编号,姓名,金额\n1,"甲\n乙","1,234"\n="002",5" 管,3\n\n'.encode()
    assert filled(answered(content)) == {2: ("1", "甲 乙", "1,234"), 3: ("002", '5" 管', "3")}


def test_what_stands_to_the_right_of_the_titles_is_told_and_spoils_its_row_where_a_comma_pushed_it_there() -> None:
    text = "户编号,姓名,金额\n1,甲,3\n2,乙,3,广东\n3,丙\n4,丁,1,,\n".encode()
    found = answered(text)
    assert found.odd == {(2, 0): "tables.beyond"} and found.found[0]["skipped"] == {"beyond": 1}
    noted = answered(plain([HEADER, person(1), [*person(2), "备注"]]))
    assert noted.odd == {} and noted.found[0]["skipped"] == {"beyond": 1}


def test_a_stray_control_character_and_an_old_end_of_file_spoil_nothing() -> None:
    rows = "".join(f"{n},演\x07示{n}\n" if n == 2 else f"{n},演示{n}\n" for n in range(1, 30))
    found = filled(answered(f"户编号,姓名\n{rows}\x1a".encode("gb18030")))
    assert len(found) == 29 and found[2] == ("1", "演示1")


def test_titles_that_say_whether_they_must_be_filled_are_known() -> None:
    content = "户编号（必填）,*姓名（必填项）,身份证号[选填]\n1,甲,2\n".encode()
    assert answered(content).found[0]["sure"] and plain_title("务工时间（月）") == "务工时间(月)"


def test_a_long_plain_export_says_the_same_the_short_way_and_the_long() -> None:
    rows = [f"X{n},岭头村委会,演示{n},{999999197001010000 + n},户主,{n % 12}" for n in range(90)]
    content = "\n".join([",".join(HEADER), *rows]).encode("gb18030")
    quick = delimited.quick(content, "计")
    assert quick is not None and quick[2] == 31
    long = answered(content + b'\n"",,,,,\n')
    short = answered(content)
    assert short.rows() == long.rows()[:91] and short.found[0]["rows"] == 90 and short.parts == [(0, 0, 91)]
    assert delimited.quick(content + "\n合计,,,,,9".encode("gb18030"), "计") is None


# --- what is no table, and what is too much -------------------------------------------------------------------------


def archive(**parts: bytes) -> bytes:
    with zipfile.ZipFile(out := io.BytesIO(), "w") as made:
        for name, data in parts.items():
            made.writestr(name.replace("__", "/").replace("_", "."), data)
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (OLE + b"0" * 600, "tables.old_excel"),
        (OLE + b"0" * 600 + "EncryptedPackage".encode("utf-16-le"), "tables.locked"),
        ("<html><table><tr><td>姓名</td></tr></table></html>".encode(), "tables.web_page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "tables.web_page"),
        (b"%PDF-1.7 x", "tables.no_table"),
        (archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_xml=b"<a/>"), "tables.open_document"),
        (archive(名单_xlsx=b"x"), "tables.archive"),
        (archive(word__document_xml=b"<a/>"), "tables.no_table"),
        (archive(xl__workbook_bin=b"x"), "tables.old_excel"),
        (plain([HEADER, person(1)])[:3000], "tables.unreadable"),
        (b"", "tables.empty"),
        (plain([]), "tables.empty"),
        (b"\x00\x01\x02\x03", "tables.no_table"),
    ],
)
def test_what_is_no_table_is_told_with_its_remedy(content: bytes, code: str) -> None:
    assert refused(content) == code


def test_a_csv_called_xlsx_and_sheets_of_other_makers_are_read() -> None:
    assert filled(answered("户编号,姓名\n1,甲\n".encode())) == {2: ("1", "甲")}
    odd = rewritten(
        plain([HEADER, person(1)]),
        lambda name, data: (
            data.replace(b"/xl/worksheets/sheet1.xml", b"worksheets/sheet1.xml").replace(
                b"<?xml version='1.0'", b"\xef\xbb\xbf<?xml version='1.0'"
            )
            if name.endswith(".rels")
            else data
        ),
    )
    assert list(filled(answered(odd))) == [2]


BOMBS = {
    "rows": (lambda: of_rows('<row r=""/>' * 1_100_000), "tables.too_many_rows"),
    "far": (
        lambda: of_rows('<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="XFD1048576"><v>1</v></c></row>'),
        "tables.far_cell",
    ),
    "blank": (lambda: sheet_xml(plain([["a", "b"]]), lambda xml: xml + " " * 60_000_000), "tables.too_much_inside"),
    "lines": (lambda: b"\n" * 2_000_000, "tables.too_many_rows"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_cost_time_or_memory_is_refused_by_the_child(name: str) -> None:
    make, code = BOMBS[name]
    with pytest.raises(Unusable, match=code):
        read(make(), TITLES, WORDS, Wanted())


def test_a_child_that_takes_too_long_or_breaks_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from app.sheets import reading

    for broken in ("import time; time.sleep(60)", "import os; os.abort()"):
        (tmp_path / "child.py").write_text(broken)
        monkeypatch.setattr(reading, "CHILD", tmp_path / "child.py")
        monkeypatch.setattr(reading, "SECONDS", 0.2)
        monkeypatch.setattr(reading, "_ready", [])
        with pytest.raises(Unusable, match="too_much_inside"):
            read(b"a,b\n1,2\n", TITLES, WORDS, Wanted())
        reading._end_all()


def test_a_child_that_died_while_it_waited_for_a_file_is_not_asked() -> None:
    from app.sheets import reading

    read(b"a,b\n1,2\n", TITLES, WORDS, Wanted())
    [(_, waiting)] = reading._ready
    waiting.kill()
    waiting.communicate()
    assert read("户编号,姓名\n1,甲\n".encode(), TITLES, WORDS, Wanted()).header == ("户编号", "姓名")


def test_a_document_type_is_not_followed() -> None:
    content = sheet_xml(case("hidden-row"), lambda xml: f'<!DOCTYPE x [<!ENTITY a "aa">]>{xml}')
    assert refused(content) == "tables.unreadable"

"""The register on pages: import with a look first, a household's file with sources and history, correction, its own copy."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.services.register import importing
from app.store import register as stored
from tests.services.register.test_register import as_file, lines
from tests.walking import nobody
from tests.web.conftest import Site


def send(site: Site, content: bytes, act: str, who: str = "county_officer", **more: str) -> Any:
    sent = {"file": (io.BytesIO(content), "名单.csv"), "data_on": "2021-08-31", "act": act, **more}
    return site.person(who).post("/register/import", sent, content_type="multipart/form-data")


def test_the_county_looks_first_then_imports(site: Site) -> None:
    rows = lines(4)
    rows[0][5] = "123"
    look = send(site, as_file(rows), "look")
    assert look.status_code == 200 and "还没有写入" in look.text and "将新增 <b>3</b> 户" in look.text
    assert "演示户" not in site.person("county_officer").get("/cases").text
    errors = send(site, as_file(rows), "errors")
    assert "123" in [cell.value for cell in load_workbook(io.BytesIO(errors.data)).worksheets[0][2]]
    done = send(site, as_file(rows), "write")
    assert "新增 <b>3</b> 户" in done.text
    page = site.person("village_1").get("/cases").text
    assert page.count("/households/") == 3 and "演示户" in page
    assert send(site, b"PK\x03\x04no", "look").status_code == 422
    assert send(site, as_file(rows), "look", data_on="2031-01-01").status_code == 422
    for who in ("village_1", "town_leader", "admin", "auditor", "outsider_town"):
        assert send(site, as_file(rows), "write", who).status_code in (403, 404), who


def test_a_list_may_be_larger_than_other_forms(site: Site) -> None:
    site.app.config["MAX_CONTENT_LENGTH"] = 10_000
    content = as_file(lines(2)).replace(b"\r\n", b"," + b" " * 50_000 + b"\r\n", 1)
    assert "将新增 <b>2</b> 户" in send(site, content, "look").text


def test_columns_chosen_by_hand_are_kept_for_the_next_time(site: Site) -> None:
    content = as_file(lines(2)).replace("证件号码".encode(), "居民号码".encode())
    refused = send(site, content, "look")
    assert refused.status_code == 422 and "证件号码" in refused.text and "居民号码" in refused.text
    keys = ["town", "village", "number", "relation", "name", "id_number", "phone", "household_type"]
    chosen = {f"column-{n}": key for n, key in enumerate(keys)}
    assert "新增 <b>2</b> 户" in send(site, content, "write", **chosen).text
    assert "没有变化 2 户" in send(site, content, "look").text


CASES = Path(__file__).parents[2] / "sheets" / "cases"


def test_what_a_file_hides_is_asked_once_and_nothing_is_taken_before(site: Site) -> None:
    hidden = (CASES / "hidden-row.xlsx").read_bytes()
    look = send(site, hidden, "look")
    assert "有 1 行被隐藏（第 3 行）" in look.text and 'name="hidden"' in look.text and 'value="write"' not in look.text
    refused = send(site, hidden, "write")
    assert refused.status_code == 422 and "还没有读" in refused.text and 'name="hidden"' in refused.text
    assert "将新增 <b>1</b> 户" in send(site, hidden, "look", hidden="leave").text
    assert "新增 <b>1</b> 户" in send(site, hidden, "write", hidden="leave").text
    assert "新增 <b>1</b> 户" in send(site, hidden, "write", hidden="take").text
    sheets = (CASES / "two-sheets-by-village.xlsx").read_bytes()
    look = send(site, sheets, "look").text
    assert "岭头村（3 行）" in look and "青山村（2 行）" in look and 'value="write"' not in look
    assert send(site, sheets, "write").status_code == 422
    assert "新增 <b>4</b> 户" in send(site, sheets, "write", sheet=["0", "1"]).text


def test_people_above_the_titles_are_named_before_anything_is_taken(site: Site) -> None:
    first, *rest = as_file(lines(2)).splitlines(keepends=True)
    content = b"".join([*rest[:3], first, *rest[3:]])
    look = send(site, content, "look").text
    assert "第 1—3 行在列名（第 4 行）上面" in look and 'name="above"' in look and 'value="write"' not in look
    refused = send(site, content, "write")
    assert refused.status_code == 422 and "还没有读" in refused.text
    assert "新增 <b>1</b> 户" in send(site, content, "write", above="4").text


def test_columns_of_one_title_are_named(site: Site) -> None:
    content = as_file(lines(2)).replace("劳动技能".encode(), "姓名".encode())
    assert "有几列的列名一样（姓名）" in send(site, content, "look").text


def test_rows_are_called_as_their_sheets_number_them(site: Site) -> None:
    book = load_workbook(CASES / "two-sheets-by-village.xlsx")
    book["青山村"]["D3"] = "12"
    book.save(out := io.BytesIO())
    page = send(site, out.getvalue(), "look", sheet=["0", "1"]).text
    assert '<td class="head num">青山村 3</td>' in page and '<td data-label="填的是">12</td>' in page
    errors = send(site, out.getvalue(), "errors", sheet=["0", "1"])
    assert [c.value for c in load_workbook(io.BytesIO(errors.data)).worksheets[0][2]][:2] == ["青山村 3", "身份证号"]


def test_nothing_of_a_person_is_remembered_as_a_title(site: Site) -> None:
    for name in ("two-row-header", "two-row-header-3-people"):
        assert send(site, (CASES / f"{name}.xlsx").read_bytes(), "write").status_code == 200
    with site.county.store.reading() as session:
        assert stored.mapping(session, importing.KIND) == {}
    nameless = "X001,岭头村委会,张三,999999197001019011,户主\n".encode()
    refused = send(site, nameless, "write", **{"column-0": "number", "column-1": "village", "column-2": "name"})
    assert refused.status_code == 422 and "找不到表头" in refused.text


def test_a_formula_is_named_with_row_and_column(site: Site) -> None:
    content = (CASES / "formula-openxml-sdk-prefix.xlsx").read_bytes()
    look = send(
        site,
        content,
        "look",
        **{
            f"column-{n}": key
            for n, key in enumerate(("number", "village", "name", "id_number", "relation", "phone", "work_months"))
        },
    ).text
    assert "这一格是公式" in look and "务工月数" in look


def test_a_household_shows_sources_is_corrected_with_reason_and_keeps_its_history(both_sites: Site) -> None:
    site = both_sites
    send(site, as_file(lines(2)), "write")
    person = site.person("village_1")
    page = person.get("/households/1").text
    assert "省系统导出" in page and "13800000000" in page and "以往帮扶" in page and "户编号" in page
    wrong = person.post("/households/1/value", {"key": "phone", "value": "123", "reason": "换号"})
    assert wrong.status_code == 422
    assert person.post("/households/1/value", {"key": "phone", "value": "13900000000", "reason": ""}).status_code == 422
    assert (
        person.post("/households/1/value", {"key": "phone", "value": "13900000000", "reason": "本人换号"}).status_code == 302
    )
    page = person.get("/households/1").text
    assert "13900000000" in page and "13800000000" in page and "village_1" in page  # now, before, and who
    assert person.post("/households/1/value", {"key": "head_name", "value": "甲", "reason": "x"}).status_code == 422
    assert person.post("/households/1/value", {"key": "nothing", "value": "甲", "reason": "x"}).status_code == 404
    again = send(site, as_file(lines(2)), "write")  # what the village said later stays
    assert "没有变化 2 户" in again.text
    for who in ("outsider_village", "outsider_town", "outsider_dept", "designer", "admin"):
        stranger = site.person(who)
        for path in ("/households/1", "/households/1/copy"):
            assert stranger.get(path).status_code == 404, who
        for path in ("value", "member", "reason"):
            assert stranger.post(f"/households/1/{path}", {"key": "phone", "value": "x", "reason": "xx"}).status_code in (
                404,
                422,
            )
    assert "13900000000" in site.person("village_2").get("/households/1").text


def test_a_correction_that_cannot_be_is_refused_with_its_reason(site: Site) -> None:
    send(site, as_file(lines(1)), "write")
    person = site.person("village_1")
    for key, value, told in (
        ("born", "2099-01-01", "还没发生"),
        ("born", "1899-12-31", "早于"),
        ("work_months", "13", "不能大于 12"),
        ("work_place", "东莞\U0001fae8", "印不出来"),
        ("id_number", "999999209901010018", "出生日期不对"),
    ):
        refused = person.post("/households/1/value", {"member": "m2", "key": key, "value": value, "reason": "本人更正"})
        assert refused.status_code == 422 and told in refused.text, key
    good = {"member": "m2", "key": "work_months", "value": "12", "reason": "本人更正"}
    assert person.post("/households/1/value", good).status_code == 302


def test_members_are_never_deleted(site: Site) -> None:
    send(site, as_file(lines(1)), "write")
    person = site.person("village_1")
    assert person.post("/households/1/member", {"member": "m1", "reason": "x"}).status_code == 422  # the head stays
    assert person.post("/households/1/member", {"member": "m3", "reason": "2021 年 8 月婚出"}).status_code == 302
    page = person.get("/households/1").text
    assert "不再计入" in page and "婚出" in page
    assert person.post("/households/1/member", {"member": "m3", "reason": "回户"}).status_code == 302
    assert "婚出</p>" not in person.get("/households/1").text


def test_search_by_pinyin_and_by_id_number_never_in_an_address(site: Site) -> None:
    rows = lines(3)
    rows[1][5] = "E12345678"
    send(site, as_file(rows), "write")
    person = site.person("village_1")

    def found(who: Any, name: str) -> int:
        return int(who.post("/cases", {"name": name}, follow_redirects=True).text.count("/households/"))

    assert found(person, "e 1234 5678") == 1  # a passport's as well
    assert found(person, nobody(100_003)) == 1  # of a member, found by hash
    assert found(person, "yanshihu") == 3
    assert found(site.person("outsider_village"), nobody(100_003)) == 0
    assert person.get("/cases?status=monitored").text.count("/households/") == 0
    assert person.get("/cases?status=registered&category=&village=").text.count("/households/") == 3


def test_a_household_gets_its_own_copy_on_one_page(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    with site.county.store.reading() as session:
        from app.store import cases as case_rows

        ident = case_rows.get(session, walk.case_id).household
    page = site.person("village_1").get(f"/households/{ident}/copy").text
    for word in ("系统保存的本户资料", nobody(1), "<td>8000</td>", "登记线索", "谁看过", "撤回授权"):
        assert word in page, word
    assert importing.SOURCE not in page
    grid = site.person("grid").get(f"/households/{ident}/copy").text
    assert "<td>8000</td>" not in grid and "慢性" not in grid  # a copy shows no more than its printer may see


def test_a_year_of_papers_comes_as_one_file_with_an_index(site: Site) -> None:
    import csv
    import zipfile
    from hashlib import sha256

    from tests.web.cases.test_papers import household as named

    walk = named(site, "post_notice")
    with site.county.store.reading() as session:
        from app.store import cases as case_rows

        ident = case_rows.get(session, walk.case_id).household
    person = site.person("village_1")
    assert person.post(f"/households/{ident}/archive", {"year": "2021", "reason": ""}).status_code == 422
    assert person.post(f"/households/{ident}/archive", {"year": "2019", "reason": "归档"}).status_code == 404
    answer = person.post(f"/households/{ident}/archive", {"year": "2021", "reason": "年度归档"})
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    index = list(csv.reader(io.StringIO(archive.read("index.csv").decode("utf-8-sig"))))
    listed = {row[1]: row[4] for row in index[1:] if len(row) == 5}
    assert set(listed) == set(archive.namelist()) - {"index.csv"} and len(listed) >= 5
    assert all(sha256(archive.read(name)).hexdigest() == digest for name, digest in listed.items())
    assert any("commitment" in name for name in listed) and any(name.endswith(".jpg") for name in listed)
    assert "年度归档" in person.get(f"/households/{ident}").text
    few = site.person("grid").post(f"/households/{ident}/archive", {"year": "2021", "reason": "核对"})
    assert not any("household_check" in name for name in zipfile.ZipFile(io.BytesIO(few.data)).namelist())
    assert (
        site.person("outsider_village").post(f"/households/{ident}/archive", {"year": "2021", "reason": "x归档"}).status_code
        == 404
    )


def test_a_long_file_is_worked_beside_the_request_and_shows_how_far_it_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.web import register as page

    monkeypatch.setattr(page, "MOST_ON_PAGE", 5)
    content = as_file([*lines(4), ["", "", "HN9", "户主", "演示户坏", "12", "", "", "", "", "", "", "", ""]])

    def sent(act: str) -> str:
        assert send(site, content, act).location == "/register/import"
        assert "正在办：</strong>0 / " in site.person("county_officer").get("/register/import").text
        assert "还在办" in send(site, content, act).text  # one after the other
        site.work_off()
        return site.person("county_officer").get("/register/import").text

    looked = sent("look")
    assert "还没有写入" in looked and "将新增 <b>4</b> 户" in looked and "要改的" in looked
    county = site.person("county_officer")

    def errors(who: str = "county_officer") -> list[Any]:
        answer = site.person(who).get("/register/errors.xlsx")
        if answer.status_code != 200:
            return []
        return [[c.value for c in row] for row in load_workbook(io.BytesIO(answer.data)).worksheets[0]]

    assert 'href="/register/errors.xlsx"' in looked and "演示户坏" in errors()[1]
    assert "新增 <b>4</b> 户" in sent("write")
    assert "演示户坏" in errors()[1] and errors("county_leader") == []  # the file is gone, what it lacked can be fetched
    monkeypatch.setattr(page, "SHOWN_FOR", timedelta(0))
    assert "不用再传文件" in county.get("/register/import").text and len(errors()) > 1
    monkeypatch.undo()
    monkeypatch.setattr(page, "MOST_ON_PAGE", 5)
    assert "新增 <b>0</b> 户" in sent("write")
    assert "导入完成" not in site.person("county_leader").get("/register/import").text  # another's

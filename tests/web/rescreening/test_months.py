"""部门数据 and 每月比对 on the page: template, look, errors, hand in, progress, report; and who sees which figures."""

import io
import re
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from app.services import people
from app.services.rescreening import department_files
from app.services.rescreening import month as rescreening
from app.services.work import timers
from app.store import people as people_rows
from app.store import rescreening as rescreening_rows
from tests.services.rescreening.test_rescreening import at, clues, household, sheet
from tests.walking import nobody
from tests.web.conftest import Site


@pytest.fixture
def month(site: Site) -> Site:
    household(site.county, 1)
    household(site.county, 2, poor=True)
    site.county.now = at(2021, 9, 1)
    site.pass_days(0)
    rescreening.begin_due(site.county.store, site.county.now)
    with site.county.store.transaction() as session:
        for name, unit in (("medins", "440229-medins"), ("hrss", "440229-hrss")):
            ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
            people_rows.assign(session, ident, "dept_liaison", unit, date(2021, 1, 1))
            site.county.ids[name] = ident
        ident = people_rows.add_official(session, name="leading", username="leading", password_hash=None, demo=True)
        people_rows.assign(session, ident, "leading_group", "440229000000", date(2021, 1, 1))
        site.county.ids["leading"] = ident
    return site


def test_a_template_says_what_its_cells_may_hold(site: Site) -> None:
    with site.county.store.reading() as session:
        place = people.county_on(session, date(2021, 9, 1))
        made = department_files.workbook(department_files.template(place, "dpf"), place)
    said = dict(row[:2] for row in load_workbook(io.BytesIO(made)).worksheets[1].values)
    assert said["残疾等级"] == "整数，1 到 4" and "多重" in said["残疾类别"] and "语言" in said["残疾类别"]


def send(site: Site, who: str, template: str, content: bytes, act: str, **more: str) -> Any:
    form = {"month": "2021-09", "data_on": "2021-08-31", "act": act, "file": (io.BytesIO(content), "八月数据.csv"), **more}
    return site.person(who).post(f"/department-files/{template}", form, content_type="multipart/form-data")


FILE = sheet(
    "medins",
    [nobody(1), "演示1", "", "25000", "是"],
    [nobody(2), "演示2", "", "=1+1", "是"],
    ["44022919900101", "短", "", "1", "是"],
    encoding="gb18030",
)


def test_look_errors_then_hand_in_what_can_be_used(month: Site) -> None:
    person = month.person("medins")
    page = person.get("/department-files").text
    assert "医疗费用自付" in page and "政务数据共享条例" in page and "2021-09" in page and "失业和返乡" not in page
    book = load_workbook(io.BytesIO(person.get("/department-files/medins.xlsx").data))
    assert [c.value for c in book["数据"][1]][:3] == ["身份证号", "姓名", "所在村（居）"]
    looked = send(month, "medins", "medins", FILE, "look")
    assert looked.status_code == 200 and "可以用的 <b>1</b> 行" in looked.text and "要改的 <b>2</b> 行" in looked.text
    assert "身份证号应当是 18 位" in looked.text and clues(month.county) == []
    errors = send(month, "medins", "medins", FILE, "errors").data
    listed = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(errors)).worksheets[0].iter_rows(min_row=2)]
    assert listed[0][0] == "3" and "=1+1" in listed[0] and listed[1][0] == "4" and "44022919900101" in listed[1]
    assert send(month, "medins", "medins", FILE, "keep").status_code == 302
    page = person.get("/department-files").text
    assert "等比对" in page
    rescreening.work(month.county.store, month.county.now)
    assert "已比对" in person.get("/department-files").text
    assert len(clues(month.county)) == 1
    assert send(month, "medins", "medins", FILE, "keep").status_code == 302
    assert "没有变化" in person.get("/department-files").text
    assert "报送本月数据" not in person.get("/?tab=open").text  # nothing is filled in twice
    assert "报送本月数据" in month.person("hrss").get("/?tab=open").text


def test_the_wrong_file_is_told_so_and_nothing_is_kept(month: Site) -> None:
    other = sheet("hrss", [nobody(1), "甲", "", "4", "否"])
    for content, said in (
        (other, "失业和返乡"),
        (b"", "没有内容"),
        (b"\x00\x01\x02", "表格"),
        (sheet("medins", ["1", "", "", "", ""]), "没有一行可以用"),
    ):
        answer = send(month, "medins", "medins", content, "keep")
        assert answer.status_code == 422 and said in answer.text, said
    for day in ("2021-09-09", "0021-08-31", "", "2021-8-31"):
        refused = send(month, "medins", "medins", FILE, "keep", data_on=day)
        assert refused.status_code == 422 and "哪一天的" in refused.text, day
    assert send(month, "medins", "medins", FILE, "keep", month="2021-08").status_code in (409, 422)
    assert send(month, "hrss", "medins", FILE, "keep").status_code == 404
    assert month.person("village_1").get("/department-files").status_code == 404
    rescreening.work(month.county.store, month.county.now)
    assert clues(month.county) == []


def test_a_request_larger_than_any_file_is_refused_in_words_before_it_is_read(month: Site) -> None:
    answer = month.person("medins").client.post(
        "/department-files/medins",
        data=b"x",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": "300000000"},
    )
    assert answer.status_code == 413 and "70" in answer.text


def test_the_month_shows_progress_and_its_report(month: Site) -> None:
    send(month, "medins", "medins", FILE, "keep")
    officer = month.person("county_officer")
    page = officer.get("/months/2021-09").text
    assert "收到 1 份文件，已比对 0 份" in page and "hx-get" in page
    rescreening.work(month.county.store, month.county.now)
    month.pass_days(10)
    timers.fire_due(month.county.store, month.county.now)
    rescreening.work(month.county.store, month.county.now)
    page = officer.get("/months/2021-09").text
    assert "已出结果" in page and "教育局" in page.partition("部门报送")[0] and "按时比对 2 户" in page
    book = load_workbook(io.BytesIO(officer.get("/months/2021-09/report.xlsx").data))
    lines = {row[0].value: [c.value for c in row] for row in book["部门报送"].iter_rows(min_row=3)}
    assert lines["医保局"][1:] == ["医疗费用自付", 3, 2, 1, 1, 0] and lines["教育局"][1].endswith("（没有报送）")
    towns = {row[0].value: [c.value for c in row] for row in book["各镇线索"].iter_rows(min_row=3)}
    assert towns["龙仙镇"][1] == 1 and towns["合计"][1] == 1
    inbox = officer.get("/?tab=open").text.partition("发本月通报")[2]
    assert "2021 年 9 月" in inbox and "依法删除" not in inbox
    task = re.search(r"/tasks/(\d+)/claim", inbox)
    assert task is not None and 'href="/months/2021-09"' in officer.get(f"/tasks/{task[1]}").text


def test_who_may_see_no_household_sees_no_small_cell(month: Site) -> None:
    send(month, "medins", "medins", FILE, "keep")
    rescreening.work(month.county.store, month.county.now)
    page = month.person("leading").get("/months/2021-09").text
    assert "少于 3" in page
    assert month.person("medins").get("/months/2021-09").status_code == 404
    assert month.person("town_officer").get("/months").status_code == 404
    assert "2021 年 9 月" in month.person("medins").get("/months").text


def test_the_sender_reads_what_became_of_the_departments_rows(month: Site) -> None:
    from tests.services.clues.test_clues import Clue

    send(month, "medins", "medins", FILE, "keep")
    rescreening.work(month.county.store, month.county.now)
    row = clues(month.county)[0]
    Clue(month.county, row.id).check("exclude", exclude_reason="data_wrong", answer="发票记重了，请核对")
    page = month.person("medins").get("/clues?tab=sent").text
    assert "部门的数据有误" in page
    told = month.person("medins").get(f"/clues/{row.id}").text
    assert "发票记重了" in told and "25000 元" in told and "20000 元" in told
    assert "您报的线索有了答复" in month.person("medins").get("/notifications").text


def test_errors_of_a_spreadsheet_are_problems_never_zero_or_yes(month: Site) -> None:
    from tests.sheets.test_reading import case

    page = send(month, "medins", "medins", case("dept-medins-NA-values"), "look").text
    assert (
        "要改的 <b>1</b> 行" in page and page.count("表格软件的错误值") == 2 and '<td data-label="填的是">#N/A</td>' in page
    )
    text = sheet(
        "medins",
        [nobody(1), "演示1", "", "#N/A", "是"],
        [nobody(2), "演示2", "", "30%", "是"],
        [nobody(3), "演示3", "", "9", "#REF!"],
    )
    page = send(month, "medins", "medins", text, "look").text
    assert "可以用的 <b>0</b> 行" in page and page.count("表格软件的错误值") == 2 and "百分比（30%）" in page


def test_a_departments_own_titles_are_chosen_once(month: Site) -> None:
    content = sheet("medins", [nobody(1), "演示1", "", "25000", "是"]).decode("utf-8-sig")
    content = content.replace("身份证号", "参保人号码").replace("本年累计自付金额（元）", "个人负担")
    look = send(month, "medins", "medins", content.encode(), "look")
    assert look.status_code == 422 and "找不到这些列" in look.text and "个人负担" in look.text
    places = {title: n for n, title in enumerate(content.splitlines()[0].split(","))}
    chosen = {
        f"column-{places[title]}": key
        for title, key in (("参保人号码", "id_number"), ("个人负担", "self_paid"), ("是否参保", "insured"))
    }
    assert send(month, "medins", "medins", content.encode(), "keep", **chosen).status_code == 302
    again = content.replace("25000", "26000").encode()
    assert "可以用的 <b>1</b> 行" in send(month, "medins", "medins", again, "look").text
    rescreening.work(month.county.store, month.county.now)
    assert len(clues(month.county)) == 1  # read again by what was chosen then


def test_another_sheet_of_the_same_file_is_another_file(month: Site) -> None:
    from tests.sheets.books import book

    header = ["身份证号", "姓名", "所在村（居）", "本年累计自付金额（元）", "是否参保"]
    content = book(
        ("一", [header, [nobody(1), "演示1", None, 25000, "是"]]), ("二", [header, [nobody(2), "演示2", None, 26000, "是"]])
    )
    assert "文件里有 2 张名单" in send(month, "medins", "medins", content, "look").text
    assert send(month, "medins", "medins", content, "keep").status_code == 422
    for n in "01":
        assert send(month, "medins", "medins", content, "keep", sheet=n).status_code == 302
    rescreening.work(month.county.store, month.county.now)
    with month.county.store.reading() as session:
        run = rescreening_rows.run_of(session, "2021-09")
        assert [f.counts["good"] for f in rescreening_rows.files_of(session, run.id)] == [1, 1]

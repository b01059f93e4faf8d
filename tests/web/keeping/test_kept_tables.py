"""A table is chosen once: looked at, asked about, refused or signed in again for, it is there until it is taken."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from app import clock
from app.services.rights import retention
from app.store.tables import kept_files
from app.web import register
from tests.services.register.test_register import as_file, lines
from tests.services.rescreening.test_rescreening import household
from tests.web import browsing
from tests.web.conftest import Site
from tests.web.desk.test_sign_in import PASSWORD, give_password, sign_in
from tests.web.keeping.test_kept_forms import expire, stale
from tests.web.rescreening.test_months import FILE, month

__all__ = ["month"]
CASES = Path(__file__).parents[2] / "sheets" / "cases"
IMPORT = "/register/import"


def send(person: Any, page: str, action: str, act: str, file: tuple[bytes, str] | None = None, **more: str) -> Any:
    """The form of the page as it stands, one button of it pressed, with a file only where one is chosen."""
    form = browsing.form(page, action)
    sent = [(n, v) for n, v in form.sent if n not in more] + [*more.items(), ("act", act)]
    if file is None:
        sent.append(("file", (io.BytesIO(b""), "")))  # as a browser sends an empty field
    else:
        sent.append(("file", (io.BytesIO(file[0]), file[1])))
    return browsing.send(person.client, form.action, sent)


def held(site: Site) -> int:
    with site.county.store.reading() as session:
        return int(session.conn.execute(select(func.count()).select_from(kept_files)).scalar_one())


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every file is a long one."""
    monkeypatch.setattr(register, "MOST_ON_PAGE", 0)
    yield


def test_the_list_is_looked_at_its_errors_fetched_and_written_without_choosing_it_again(site: Site) -> None:
    person, rows = site.person("county_officer"), lines(4)
    rows[0][5] = "123"
    page = send(person, person.get(IMPORT).text, IMPORT, "look", (as_file(rows), "名单.csv"), data_on="2021-08-31").text
    assert "已收到：名单.csv（" in page and "换一份" in page and "将新增 <b>3</b> 户" in page and "没有交上" not in page
    assert browsing.form(page, IMPORT).element.xpath(".//details[@data-swap]/input[@type='file' and not(@required)]")
    errors = send(person, page, IMPORT, "errors")
    assert "123" in [cell.value for cell in load_workbook(io.BytesIO(errors.data)).worksheets[0][2]]
    again = person.get(IMPORT).text  # a reload, or another day
    assert "已收到：名单.csv" in again and "将新增 <b>3</b> 户" in again
    assert "还没有交上" not in site.person("town_leader").get("/").text
    done = send(person, again, IMPORT, "write").text
    assert "新增 <b>3</b> 户" in done and "要改的 1 处" in done
    assert send(person, done, IMPORT, "errors").data[:2] == b"PK"
    assert "已收到" not in person.get(IMPORT).text and "没有交上" not in person.get("/").text
    rows[0][5] = lines(1)[0][5]
    page = send(person, person.get(IMPORT).text, IMPORT, "look", (as_file(rows), "名单.csv"), data_on="2021-08-31").text
    assert "导入完成" in send(person, page, IMPORT, "write").text and held(site) == 0


def test_another_file_is_looked_at_before_it_is_written_and_nothing_chosen_of_the_first_holds(site: Site) -> None:
    person = site.person("county_officer")
    hidden = ((CASES / "hidden-row.xlsx").read_bytes(), "有隐藏行.xlsx")
    page = send(person, person.get(IMPORT).text, IMPORT, "look", hidden, data_on="2021-08-31").text
    assert 'name="hidden"' in page
    page = send(person, page, IMPORT, "look", hidden="take").text
    assert "已收到：有隐藏行.xlsx" in page and 'value="write"' in page
    page = send(person, page, IMPORT, "write", (as_file(lines(2)), "另一份.csv")).text
    assert "还没有写入" in page and "将新增 <b>2</b> 户" in page and "另一份.csv" in page and "有隐藏行" not in page
    assert "新增 <b>2</b> 户" in send(person, page, IMPORT, "write").text and held(site) == 0


def test_what_is_asked_of_a_file_for_the_first_time_stands_as_proposed(site: Site) -> None:
    person = site.person("county_officer")
    file = ((CASES / "two-sheets-by-village.xlsx").read_bytes(), "两张表.xlsx")
    page = send(person, person.get(IMPORT).text, IMPORT, "look", file, data_on="2021-08-31").text
    assert browsing.values(page, IMPORT)["sheet"] == ["0", "1"]
    page = send(person, page, IMPORT, "look").text
    assert "先选一下再读" not in page and "新增 <b>4</b> 户" in send(person, page, IMPORT, "write").text


@pytest.mark.usefixtures("short")
def test_a_long_list_is_there_when_its_look_has_come_to_an_end(site: Site) -> None:
    person = site.person("county_officer")
    file = ((CASES / "hidden-row.xlsx").read_bytes(), "长名单.xlsx")
    send(person, person.get(IMPORT).text, IMPORT, "look", file, data_on="2021-08-31")
    site.work_off()
    send(person, person.get(IMPORT).text, IMPORT, "look", hidden="leave")
    site.work_off()
    page = person.get(IMPORT).text
    assert "将新增 <b>1</b> 户" in page and "已收到：长名单.xlsx" in page and "现在没有地方放" not in page
    send(person, page, IMPORT, "write")
    site.work_off()
    assert "新增 <b>1</b> 户" in person.get(IMPORT).text


def test_a_list_is_there_after_signing_in_again(site: Site) -> None:
    give_password(site, "county_officer")
    person = site.person("county_officer")
    page = send(person, person.get(IMPORT).text, IMPORT, "look", (as_file(lines(2)), "名单.csv"), data_on="2021-08-31").text
    form = browsing.form(page, IMPORT)
    expire(site, "county_officer")
    browsing.send(person.client, form.action, [*form.sent, ("act", "write")])
    page = person.client.get(sign_in(person.client, "county_officer", PASSWORD).location).text
    assert "已收到：名单.csv" in page and "没有地方放" not in page
    looked = browsing.form(page, IMPORT)
    page = browsing.send(person.client, looked.action, [*looked.sent, ("act", "look")]).text
    assert "将新增 <b>2</b> 户" in page and "已收到：名单.csv" in page


def test_a_stale_form_keeps_the_table(site: Site) -> None:
    person = site.person("county_officer")
    page = send(person, person.get(IMPORT).text, IMPORT, "look", (as_file(lines(2)), "名单.csv"), data_on="2021-08-31").text
    form = browsing.form(page, IMPORT)
    page = browsing.send(person.client, form.action, [*stale(form.sent), ("act", "write")]).text
    assert "已收到：名单.csv" in page and "新增 <b>2</b> 户" in send(person, page, IMPORT, "write").text


def test_a_department_looks_and_hands_in_one_upload(month: Site) -> None:
    person, action = month.person("medins"), "/department-files/medins"
    page = send(person, person.get("/department-files").text, action, "look", (FILE, "八月.csv"), data_on="2021-08-31").text
    assert "已收到：八月.csv" in page and "可以用的 <b>1</b> 行" in page
    errors = load_workbook(io.BytesIO(send(person, page, action, "errors").data)).worksheets[0]
    assert errors["A2"].value == "3"
    page = send(person, person.get("/department-files").text, action, "keep").text
    assert "等比对" in page and "已收到：" not in page and held(month) == 0


def test_a_table_of_incomes_belongs_to_its_own_form(site: Site) -> None:
    household(site.county, 1, poor=True)
    person = site.person("village_1")
    form = table_form(person.get("/incomes").text)
    back = browsing.send(person.client, form.action, [*form.sent, ("file", (io.BytesIO(b"a,b\n1,2\n"), "收支.csv"))]).text
    assert table_form(back).element.xpath(".//input[@name='_held']") and "已收到：收支.csv" in back


def table_form(page: str) -> browsing.PageForm:
    return next(f for f in browsing.forms(page) if f.element.xpath(".//input[@type='file']"))


def test_a_table_that_nobody_came_back_to_goes_within_days(site: Site) -> None:
    person = site.person("county_officer")
    send(person, person.get(IMPORT).text, IMPORT, "look", (as_file(lines(2)), "名单.csv"), data_on="2021-08-31")
    assert held(site) == 1
    assert retention._old_drafts(site.county.store, clock.now() + timedelta(days=retention.TABLE_DAYS + 1)) == 1
    assert held(site) == 0

"""Each of the six channels in a real browser, from entry to the answer in front of whoever reported."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from app import forms
from app.services import audit, definitions
from app.services.clues import submissions
from app.services.rescreening import month
from app.store import people as people_rows
from app.store import time as store_time
from app.store.tables import clues as clue_table
from tests.browser.desk import Site, fill
from tests.conftest import VILLAGE
from tests.services.clues.test_clues import Clue
from tests.services.rescreening.test_rescreening import at, household, sheet
from tests.walking import Walk, nobody

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SITUATION = "厂里停工三个月，没有工资（演示数据）"


def form(site: Site, name: str) -> forms.Form:
    with site.county.store.reading() as session:
        return definitions.latest(session, "verify_clue").forms[name]


def newest(site: Site) -> Clue:
    with site.county.store.reading() as session:
        return Clue(site.county, session.conn.execute(select(func.max(clue_table.c.id))).scalar_one())


def verify(site: Site, clue: Clue, result: str, width: int = 390, **more: Any) -> Page:
    """The village opens its inbox on a phone, takes the clue up and settles it."""
    page = site.page("village_1", width)
    page.goto(f"{site.url}/?tab=open")
    expect(page.locator("#inbox")).to_contain_text("核实线索")
    page.goto(f"{site.url}/clues/{clue.ident}")
    page.click("text=去办这一步")
    page.click("button:has-text('签收')")
    expect(page.locator("#task-form")).to_be_visible()
    values = {
        "checked_on": site.county.now.date().isoformat(),
        "verify_way": "phone",
        "verifiers": [site.county.ids["village_1"]],
        "findings": "打电话问过本人",
        "clue_result": result,
        **more,
    }
    fill(page, form(site, "check_clue"), values)
    page.click("text=办结并看下一件")
    expect(page.locator("body")).not_to_contain_text("没有办结", timeout=5000)
    assert ("check_clue", VILLAGE) not in clue.open(), page.locator("#content").inner_text()[:1500]
    return page


def answered(site: Site, who: str, words: str, answer: str = "") -> None:
    """The answer stands in the sender's messages, and one click leads to it."""
    page = site.page(who)
    page.goto(f"{site.url}/notifications")
    expect(page.locator("#content")).to_contain_text("您报的线索有了答复")
    expect(page.locator("#content")).to_contain_text(words)
    page.locator("#content a[href^='/clues/']").first.click()
    expect(page.locator("#content")).to_contain_text(answer or words)


def sound(site: Site) -> None:
    with site.county.store.reading() as session:
        assert audit.verify(session).findings == []
    assert site.problems == []


@pytest.mark.parametrize(
    ("who", "channel", "source"),
    [("grid", "visit", ""), ("town_officer", "grassroots", ""), ("hotline", "hotline", "petition"), ("window", "self", "")],
)
def test_entered_by_hand_verified_on_a_phone_and_answered(site: Site, who: str, channel: str, source: str) -> None:
    page = site.page(who)
    page.goto(f"{site.url}/clues")
    page.click("text=登记线索")
    for name, value in (("_channel", channel), ("_source", source)):
        radio = page.locator(f"[name='{name}'][value='{value}']")
        if value and radio.count() and radio.get_attribute("type") == "radio":
            radio.check()
    page.fill("#found_on", site.county.now.date().isoformat())
    values = {
        "head_name": "演示甲",
        "head_id_number": nobody(7),
        "phone": "13800000000",
        "place": VILLAGE,
        "family": "employment",
        "situation": SITUATION,
    }
    fill(page, form(site, "report_clue"), values)
    page.locator("form.sheet button:has-text('登记线索')").click()
    expect(page.locator("#content")).to_contain_text("正在核实")
    clue = newest(site)
    assert clue.row.channel == channel
    verify(site, clue, "exclude", exclude_reason="afford", answer="已经找到新工作")
    answered(site, who, "家里能应付", "已经找到新工作")
    sound(site)


def test_declared_on_a_phone_without_an_account_and_entered_into_the_procedure(site: Site) -> None:
    context = site.browser.new_context(viewport={"width": 390, "height": 850}, locale="zh-CN")
    page = context.new_page()
    page.on("pageerror", lambda error: site.problems.append(str(error)))
    page.on("console", lambda m: site.problems.append(m.text) if "Content Security" in m.text else None)
    page.goto(f"{site.url}/apply?at={VILLAGE}")
    values = {
        "head_name": "演示甲",
        "head_id_number": nobody(7),
        "phone": "13800000000",
        "place": VILLAGE,
        "family": "employment",
        "situation": SITUATION,
    }
    fill(page, form(site, "apply_online"), values)
    page.goto(f"{site.url}/apply/status")
    page.go_back()  # left and come back to, or loaded again: what was typed stands there still, and the place that was found
    page.reload()
    expect(page.locator("[name=situation]")).to_have_value(SITUATION)
    expect(page.locator("[name=family]")).to_have_value("employment")
    page.click("text=交上去")  # solves the puzzle first, if it is not solved yet
    expect(page.locator("h1")).to_have_text("已经收到", timeout=60_000)
    code = page.locator("[data-code]").inner_text()
    assert page.evaluate("Object.keys(sessionStorage)") == []
    assert re.fullmatch(r"([0-9A-Z]{5}-){5}[0-9A-Z]", code)
    assert submissions.take_up(site.county.store, site.county.now) == 1
    page.click("button:has-text('看办到哪里')")
    expect(page.locator("body")).to_contain_text("村里正在核实")
    clue = newest(site)
    village = verify(
        site,
        clue,
        "enter",
        head_name="演示甲",
        head_id_number=nobody(7),
        phone="13800000000",
        risks=["employment"],
        gap_cause="none",
        help_first="no",
    )
    walk = Walk(site.county, 7)
    walk.case_id = clue.row.case_id
    task = walk.task("register_application")
    village.goto(f"{site.url}/tasks/{task.id}")
    claim = village.locator("button:has-text('签收')").first
    if claim.count() and claim.is_visible():
        claim.click()
    expect(village.locator("#task-form")).to_be_visible()
    village.click("text=办结并看下一件")  # nothing is typed a second time
    expect(village.locator("body")).not_to_contain_text("没有办结", timeout=5000)
    assert ("sign_commitment", None) in walk.open_tasks(), village.locator("#content").inner_text()[:1500]
    page.goto(f"{site.url}/apply/status")
    page.fill("#code", code.lower())
    page.click("text=查一查")
    expect(page.locator("body")).to_contain_text("已经进入申请程序")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()
    sound(site)


def _begun(site: Site, *departments: str) -> None:
    household(site.county, 1)
    site.county.now = at(2021, 9, 2)
    with site.county.store.transaction() as session:
        store_time.set_demo_moment(session, site.county.now)
        from app.services.officials import accounts
        from tests.browser.desk import PASSWORD

        for department in departments:
            hashed = accounts.hash_password(PASSWORD)
            ident = people_rows.add_official(session, name=department, username=department, password_hash=hashed, demo=True)
            people_rows.change_official(session, ident, must_change=False)
            people_rows.assign(session, ident, "dept_liaison", f"440229-{department}", date(2021, 1, 1))
            site.county.ids[department] = ident
    month.begin_due(site.county.store, site.county.now)


def _send(site: Site, who: str, template: str, content: bytes, folder: Path) -> None:
    path = folder / "八月数据（演示）.csv"
    path.write_bytes(content)
    page = site.page(who)
    page.goto(f"{site.url}/?tab=open")
    expect(page.locator("#inbox")).to_contain_text("报送本月数据")
    page.goto(f"{site.url}/department-files")
    page.set_input_files(f"#file-{template}", str(path))  # once: what was looked at is there still
    page.fill(f"#data_on-{template}", "2021-08-31")
    for button in ("先看一看", "交上去"):
        page.locator(f"form[action='/department-files/{template}'] button:has-text('{button}')").click()
        page.wait_for_load_state()
    expect(page.locator("#content")).to_contain_text("正在比对")
    month.work(site.county.store, site.county.now)
    page.reload()
    expect(page.locator("#content")).to_contain_text("已比对")


def test_a_departments_file_becomes_clues_and_the_liaison_reads_what_was_found(site: Site, tmp_path: Path) -> None:
    _begun(site, "medins")
    content = sheet(
        "medins", [nobody(1), "演示1", "", "25000", "是"], [nobody(2), "演示2", "", "10", "是"], encoding="gb18030"
    )
    _send(site, "medins", "medins", content, tmp_path)
    clue = newest(site)
    assert clue.row.channel == "data"
    verify(site, clue, "exclude", exclude_reason="data_wrong", answer="有一张发票记重了")
    answered(site, "medins", "部门的数据有误", "有一张发票记重了")
    sound(site)


def test_the_provinces_warnings_are_verified_and_answered_to_the_bureau(site: Site, tmp_path: Path) -> None:
    _begun(site)
    content = f"身份证号,姓名,所在村（居）,预警类型\r\n{nobody(1)},演示1,,收入骤减\r\n".encode()
    path = tmp_path / "预警名单（演示）.csv"
    path.write_bytes(content)
    page = site.page("rural")
    page.goto(f"{site.url}/department-files")
    page.set_input_files("#file-province", str(path))
    page.fill("#data_on-province", "2021-08-31")
    for button in ("先看一看", "交上去"):
        page.locator(f"form[action='/department-files/province'] button:has-text('{button}')").click()
        page.wait_for_load_state()
    month.work(site.county.store, site.county.now)
    clue = newest(site)
    assert (clue.row.channel, clue.row.sign) == ("platform", "province_income")
    until = date(2021, 10, 20).isoformat()
    verify(site, clue, "watch", watch_until=until, watch_help="先联系公益岗", answer="下月再看")
    answered(site, "rural", "持续关注", "下月再看")
    sound(site)

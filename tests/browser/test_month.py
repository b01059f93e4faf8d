"""A village's month through the real pages: one meeting for ten households that come and go, one sheet, one report, one
decision; an objection, an exception, papers printed and scans returned; and the whole record replays."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from app.services import audit
from tests.browser.desk import SCAN, Site, put
from tests.services.lists.test_batches import walks
from tests.services.work.test_eliminate import publish
from tests.walking import Walk
from tests.web.cases.test_papers import text_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEADS = "一二三四五六七八九十"


def listed(
    site: Site, who: str, kind: str, shared: dict[str, Any], own: Callable[[str], dict[str, str]], scan: str = ""
) -> str:
    """One list filled in as drawn and done; returns the address of the done list."""
    page = site.page(who)
    page.goto(f"{site.url}/lists/{kind}")
    for name, value in shared.items():
        put(page, name, str(value))
    if scan:
        page.set_input_files(f"[name='_file-{scan}']", str(SCAN))
        expect(page.locator(".held").first).to_be_visible()
    for row in page.locator("tr[data-grid-row]").all():
        task = row.locator("[name=_in]").get_attribute("value")
        for name, value in own(row.locator(".head a").inner_text()).items():
            put(page, f"r-{task}-{name}", value)
    page.click("text=办结勾选的各户")
    page.wait_for_load_state()
    assert "/lists/done/" in page.url, page.locator("#content").inner_text()[:2000]
    return page.url


def pdf(site: Site, who: str, address: str, kind: str) -> str:
    """The text of a list's printed paper without its spaces, fetched by the signed-in browser."""
    answer = site.page(who).request.get(f"{address}/{kind}.pdf")
    assert answer.status == 200, kind
    return "".join(text_of(answer.body(), "pdf").split())


def test_a_villages_month(site: Site) -> None:
    county = site.county
    for year in (2022, 2023):  # three households are helped for half a year, one after the other
        publish(county, year)
    walks(county, 0, "")  # names that papers can print
    made = [Walk(county, n + 1, head=f"演示户{HEADS[n]}") for n in range(10)]
    leaving, coming = made[:3], made[3:]
    exception = leaving[2]
    for walk in leaving:
        walk.open().monitored(2 if walk is exception else 7)
    for walk in leaving:
        walk.exit()
        asked = {"ask_exception": "yes", "exception_reason": "全家已随子女迁居（演示数据）"} if walk is exception else {}
        walk.do("village_1", "assess_risk", **asked)
        walk.exit_to("hold_village_review")
    for walk in coming:
        walk.open().to("hold_village_review")
    site.pass_days(0)
    ids = county.ids

    # One meeting for all ten.
    day = county.now.date().isoformat()
    meeting = {
        "held_on": day,
        "place": "村委会会议室",
        "chair": ids["village_3"],
        "recorder": ids["village_2"],
        "entitled": 30,
        "attended": 25,
        "meeting_form": "representatives",
    }
    votes = {"votes-for": "25", "votes-against": "0"}
    held = listed(site, "village_3", "meeting", meeting, lambda _: votes, scan="pages")
    minutes = pdf(site, "village_3", held, "review_minutes")
    assert all(walk.head_name in minutes for walk in made) and "25" in minutes
    assert site.page("village_3").locator("a[href^='/papers/']").count() == 1  # the scanned minutes

    # One sheet up, an objection, and down.
    posted = {"posted_on": day, "places": "村委会公告栏", "posted_by": ids["village_1"], "objection_contact": "村委会"}
    sheet = listed(site, "village_1", "notice", posted, lambda _: {})
    entry, leave = pdf(site, "village_1", sheet, "notice_entry"), pdf(site, "village_1", sheet, "notice_exit")
    assert all(
        (walk.head_name in entry) == (walk in coming) and (walk.head_name in leave) == (walk in leaving) for walk in made
    )
    page = site.page("village_2")
    page.goto(f"{site.url}/cases/{coming[0].case_id}")
    page.click("summary:has-text('公示期间有人提出异议')")
    page.fill("#made_on", day)
    page.fill("#objection-text", "听说他家买了车")
    page.click("text=记下异议")
    page.wait_for_load_state()
    site.do(coming[0], "village_2", "investigate_objection")
    site.pass_days(6)
    site.do(leaving[0], "village_1", "take_down_notice")
    site.do(leaving[0], "town_officer", "accept_in_town")
    for walk in made:
        if walk is not leaving[0]:
            walk.do("village_1", "take_down_notice")
            walk.do("town_officer", "accept_in_town" if walk in leaving else "verify_in_town")

    # One report of the town, one decision of the county, the exception with its reason.
    report = {"report_number": "龙府〔2022〕12号", "signer": ids["town_leader"], "signed_on": county.now.date().isoformat()}
    told = listed(site, "town_leader", "town_report", report, lambda _: {})
    assert "龙府〔2022〕12号" in pdf(site, "town_leader", told, "town_report")
    for walk in made:
        walk.do("county_officer", "review_in_county")

    def decide(head: str) -> dict[str, str]:
        if head == exception.head_name:
            return {"decision": "exception", "reason": "情况特殊，已集体研究"}
        return {"decision": "approved"}

    decided = listed(site, "county_leader", "county_decision", {"approval_number": "翁乡振复〔2022〕8号"}, decide)
    assert "翁乡振复〔2022〕8号" in pdf(site, "county_leader", decided, "county_reply")
    received = {"entered_on": county.now.date().isoformat()}
    listed(site, "town_officer", "receipts", received, lambda head: {"receipt_number": f"YS{HEADS.index(head[-1])}"})
    assert [walk.case().household_status for walk in made] == ["eliminated"] * 3 + ["monitored"] * 7
    assert exception.case().outcome == "eliminated_exception"

    # One household's whole story stands on one page.
    page = site.page("county_officer")
    page.goto(f"{site.url}/cases/{leaving[0].case_id}")
    story = page.locator("main").inner_text()
    for word in (
        "列为监测对象",
        "启动风险消除",
        "风险消除，转入定期回访",
        "监测对象识别流程图",
        "风险消除流程图",
        "翁乡振复〔2022〕8号",
    ):
        assert word in story, word
    with county.store.reading() as session:
        found = audit.verify(session)
    assert found.findings == [] and found.replayed > 0 and site.problems == []

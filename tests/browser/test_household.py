"""One household from clue to county approval, province entry and contacts, through the real pages as the real roles."""

import pytest

from app.services import audit
from app.store.cases import open_case_of
from app.store.households import with_person
from tests.browser.desk import Site, fill
from tests.walking import Walk, nobody

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REJECTED = {"votes": {"for": 3, "against": 20, "abstained": 2}, "review_result": "rejected"}


def apply(site: Site, n: int) -> Walk:
    """The village registers an application on its page."""
    page = site.page("village_1")
    page.goto(f"{site.url}/applications/new")
    walk = Walk(site.county, n)
    values = {
        "head_name": f"演示{n}",
        "head_id_number": nobody(n),
        "phone": "13800000000",
        "village": "440229100201",
        "risks": ["illness"],
        "situation": "家中有人长期看病，自付费用大（演示数据）",
        "helped": "no",
    }
    visit = page.locator("[name='_channel'][value='visit']")
    if visit.count() and visit.get_attribute("type") == "radio":
        visit.check()
    fill(page, site.form("register_application"), values)
    page.click("text=登记，开始办理")
    page.wait_for_load_state()
    with site.county.store.reading() as session:
        households = with_person(session, nobody(n))
        walk.case_id = (open_case_of(session, households[0]) or 0) if households else 0
    assert walk.case_id, page.locator("#content").inner_text()[:1500]
    return walk


def objection(site: Site, walk: Walk) -> None:
    page = site.page("village_2")
    page.goto(f"{site.url}/cases/{walk.case_id}")
    page.click("summary:has-text('异议')")
    page.fill("#made_on", site.county.now.date().isoformat())
    page.fill("#objection-text", "听说他家买了车")
    page.click("text=记下异议")
    page.wait_for_load_state()


def verified(site: Site) -> None:
    with site.county.store.reading() as session:
        report = audit.verify(session)
    assert report.findings == [] and report.replayed > 0
    assert site.problems == []


def test_a_household_from_clue_to_monitoring_with_objection_return_and_answers(site: Site) -> None:
    walk = apply(site, 1)
    site.do(walk, "village_1", "sign_commitment")
    site.do(walk, "finance", "answer_asset_query", "finance")
    site.do(
        walk,
        "police",
        "answer_asset_query",
        "police",
        answer="differs",
        question="名下一辆面包车的用途",
        figures="面包车一辆",
    )
    site.do(walk, "village_1", "check_household")
    site.do(walk, "village_3", "hold_village_review")
    site.do(walk, "village_1", "post_notice")
    objection(site, walk)
    site.do(walk, "village_2", "investigate_objection")
    site.pass_days(6)
    site.do(walk, "village_1", "take_down_notice")

    page = site.page("town_officer")
    page.goto(f"{site.url}/tasks/{walk.task('verify_in_town').id}")
    claim = page.locator("button:has-text('签收')").first
    if claim.count():
        claim.click()
    page.click("summary:has-text('退回')")
    page.select_option("#return-target", "hold_village_review")
    page.fill("#return-reason", "评议记录缺少到会人数说明")
    page.click("form[action$='/return'] button")
    page.wait_for_load_state()
    assert ("hold_village_review", None) in walk.open_tasks()

    site.do(walk, "village_3", "hold_village_review")
    site.do(walk, "village_1", "post_notice")
    site.pass_days(6)
    site.do(walk, "village_1", "take_down_notice")
    site.do(walk, "town_officer", "verify_in_town")
    site.do(walk, "town_leader", "sign_town_report")
    site.do(walk, "county_officer", "review_in_county")
    site.do(walk, "county_leader", "approve_in_county")
    assert walk.case().household_status == "monitored"
    site.do(walk, "town_officer", "register_in_province")
    site.do(walk, "town_leader", "appoint_town_contact")
    site.do(walk, "village_1", "appoint_village_contact")
    site.do(walk, "town_officer", "plan_measures")
    site.do(walk, "town_leader", "report_to_departments")
    site.do(walk, "health", "acknowledge_measures", "health")

    page = site.page("county_officer")
    page.goto(f"{site.url}/cases/{walk.case_id}")
    text = page.locator("main").inner_text()
    for word in ("演示1", "民主评议", "异议", "退回", "YS0001"):
        assert word in text, word
    assert "听说他家买了车" not in site.page("village_1").content()
    verified(site)


def test_a_household_withdraws(site: Site) -> None:
    walk = apply(site, 2)
    page = site.page("village_1")
    page.goto(f"{site.url}/cases/{walk.case_id}")
    page.click("summary:has-text('结束这次办理')")
    page.select_option("#reason_code", "withdrawn")
    page.fill("#close-text", "家里不愿再办")
    page.click("form[action$='/close'] > button")
    page.wait_for_load_state()
    assert walk.case().outcome == "withdrawn" and walk.open_tasks() == []
    verified(site)


def test_a_refused_household_is_looked_at_again(site: Site) -> None:
    walk = apply(site, 3)
    site.do(walk, "village_1", "sign_commitment")
    site.do(walk, "village_1", "check_household")
    site.do(walk, "village_3", "hold_village_review", **REJECTED)
    page = site.page("village_1")
    page.goto(f"{site.url}/cases/{walk.case_id}")
    page.click("summary:has-text('农户要求复核')")
    page.fill("#asked_on", site.county.now.date().isoformat())
    page.fill("#reexam-text", "认为没有了解清楚")
    page.click("text=转给上一级复核")
    page.wait_for_load_state()
    site.do(walk, "town_leader", "reexamine_in_town", reexam_result="overturned")
    assert ("hold_village_review", None) in walk.open_tasks()
    verified(site)

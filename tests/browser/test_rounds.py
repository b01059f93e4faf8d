"""In a real browser: a visit on a phone becomes a clue, the incomes of a village typed by keyboard, the map and series drawn."""

from datetime import date, datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from app.policy.calendar import LOCAL
from app.services import incomes
from app.services.people import county_on as county_of
from app.services.scale import watch
from app.services.visits import rounds
from app.store import people as people_rows
from app.store.tables import clues, visit_items
from tests.browser.desk import Site
from tests.conftest import TOWN, VILLAGE
from tests.services.rescreening.test_rescreening import household as former_poor
from tests.services.visits.test_lookback import household

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_visit_on_a_phone_becomes_a_clue(site: Site) -> None:
    ident = household(site.county, 1, health="serious")
    site.pass_days(1)
    rounds.tick(site.county.store, site.county.now)
    page = site.page("grid", 390)
    page.goto(f"{site.url}/rounds")
    page.click("a:has-text('必访户')")
    page.click("text=演示1")
    act, tabs = page.locator("button:has-text('记下')").bounding_box(), page.locator(".bar").bounding_box()
    assert act is not None and tabs is not None and act["y"] + act["height"] <= tabs["y"]  # nothing lies over it
    page.check("#r-signs")
    page.click("button:has-text('记下')")
    expect(page.locator("[role=alert]")).to_contain_text("或者勾出有什么情况")
    page.check("#r-signs")
    page.check("#s-reported_illness_disability")
    page.fill("#words", "住院半个月，自付两万")
    page.click("button:has-text('记下')")
    expect(page.locator("body")).to_contain_text("已成为 1 条线索")
    with site.county.store.reading() as session:
        clue = session.conn.execute(select(clues).where(clues.c.household == ident)).one()
        item = session.conn.execute(select(visit_items)).one()
    assert (clue.sign, clue.sender) == ("reported_illness_disability", site.county.ids["grid"])
    assert (item.status, item.result) == ("done", "signs")
    page.goto(f"{site.url}/clues?tab=sent")
    expect(page.locator("#content")).to_contain_text("核实中")
    assert site.problems == []


def test_a_villages_incomes_by_keyboard(site: Site) -> None:
    one, two = former_poor(site.county, 1, poor=True), former_poor(site.county, 2, poor=True)
    page = site.page("village_1")
    page.goto(f"{site.url}/incomes")
    page.locator(f"[name='{one}/wages']").fill("三千")
    page.locator(f"[name='{one}/wages']").press("Enter")
    expect(page.locator(f"[name='{two}/wages']")).to_be_focused()
    page.keyboard.type("2,500")
    page.click("text=都填好了，其余没变")
    expect(page.locator("[role=alert]")).to_contain_text("有 1 处要改")
    assert page.locator(f"[name='{one}/wages']").input_value() == "三千"
    assert page.locator(f"[name='{two}/wages']").input_value() == "2,500"
    page.locator(f"[name='{one}/wages']").fill("3000")
    page.click("text=都填好了，其余没变")
    expect(page.locator("body")).to_contain_text("本村本月都填好了：新保存 2 户")
    with site.county.store.reading() as session:
        lines = incomes.grid(session, county_of(session, site.county.now.date()), VILLAGE, "2021-09")
    assert [line["now"]["wages"] for line in lines] == [300_000, 250_000]
    assert site.problems == []


def test_the_map_and_the_series_are_drawn_and_a_wrong_figure_is_told(site: Site) -> None:
    with site.county.store.transaction() as session:
        ident = people_rows.add_official(session, name="hrss", username="hrss", password_hash=None, demo=True)
        people_rows.assign(session, ident, "dept_liaison", "440229-hrss", date(2021, 1, 1))
        hashed = session.conn.execute(
            select(people_rows.officials.c.password_hash).where(people_rows.officials.c.username == "county_officer")
        ).scalar()
        session.conn.execute(
            people_rows.officials.update().where(people_rows.officials.c.id == ident).values(password_hash=hashed)
        )
    site.county.now = datetime(2021, 10, 8, 9, tzinfo=LOCAL)
    site.pass_days(0)
    page = site.page("hrss")
    page.goto(f"{site.url}/indicators")
    cell = page.locator(f"[name='unemployed/{TOWN}']")
    cell.fill("十二")
    page.click("button:has-text('保存')")
    expect(page.locator(".invalid-feedback").first).to_contain_text("要填数")
    assert cell.input_value() == "十二"
    cell.fill("12")
    page.click("button:has-text('保存')")
    expect(page.locator("body")).to_contain_text("已保存，新增或改动 1 个")
    watch.tick(site.county.store, site.county.now)
    for width, who in ((1280, "county_officer"), (390, "county_leader")):
        page = site.page(who, width)
        page.goto(f"{site.url}/scale")
        expect(page.locator("[data-chart=tiles][data-drawn=yes] canvas").first).to_be_visible()
        expect(page.locator("[data-chart=series][data-drawn=yes] canvas").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert site.problems == []

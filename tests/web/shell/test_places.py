"""A place is found by typing its name, pinyin or town; without a script in two steps, and nothing typed is lost."""

import re
from datetime import date

import pytest
from sqlalchemy import func, select

from app.services import places
from app.services.people import county_on
from app.store.tables import assignments, clues
from tests.conftest import OTHER_VILLAGE, VILLAGE, County
from tests.web.conftest import Site


def options(text: str, name: str) -> dict[str, str]:
    """Code -> words of what may be chosen in a list of the page."""
    found = re.search(rf'<select[^>]*name="{name}".*?</select>', text, re.S)
    assert found is not None, f"no list {name}"
    return {code: words.strip() for code, words in re.findall(r'<option value="(\w[^"]*)"[^>]*>([^<]+)', found[0])}


@pytest.mark.parametrize(
    "typed",
    [
        "岭头",
        "岭头村",
        "lingtou",
        "lingtoucun",
        "ltc",
        "LINGTOU",
        "龙仙 岭头",
        "龙仙镇岭头",
        "longxian lingtou",
        "lx ltc",
        VILLAGE,
    ],
)
def test_a_village_is_found_by_name_pinyin_and_town(sqlite_county: County, typed: str) -> None:
    with sqlite_county.store.reading() as session:
        listed = places.anywhere(county_on(session, date(2021, 9, 1)))
    assert listed.find(typed)[0][:2] == (VILLAGE, "岭头村委会")


def test_every_reading_of_a_name_is_known() -> None:
    assert " chongyang" in places.spelling("重阳") and " zhongyang" in places.spelling("重阳")
    assert " lv" in places.spelling("绿水") and " lvshui" in places.spelling("绿水")


def test_a_town_lists_its_villages_and_nobody_is_no_place(sqlite_county: County) -> None:
    with sqlite_county.store.reading() as session:
        listed = places.anywhere(county_on(session, date(2021, 9, 1)))
    town = listed.find("", "铁龙镇")
    assert town and {p[2] for p in town} == {"铁龙镇"} and listed.find("铁龙") == town
    assert listed.find("没有这个村") == [] and listed.find("%") == [] and listed.find("") == []


FILLED = {
    "_channel": "hotline",
    "_source": "petition",
    "_found_on": "2021-08-31",
    "head_name": "演示甲",
    "phone": "13800000000",
    "family": "illness_disability",
    "situation": "住院花了很多钱",
}


def test_without_a_script_a_clue_finds_its_village_in_two_steps(site: Site) -> None:
    hotline = site.person("hotline")
    assert VILLAGE in options(hotline.get("/clues/new").text, "place"), "a county's villages are few enough to choose from"
    page = hotline.post("/clues/new", {**FILLED, "place": "", "_find-place": "lingtou", "_look": "place"})
    assert page.status_code == 200 and list(options(page.text, "place")) == [VILLAGE]
    assert "已选上" in page.text and "住院花了很多钱" in page.text and 'value="演示甲"' in page.text
    town = hotline.post("/clues/new", {**FILLED, "place": VILLAGE, "_in-place": "坝仔镇", "_look": "place"})
    listed = options(town.text, "place")
    assert OTHER_VILLAGE in listed and VILLAGE in listed and len(listed) > 10, (
        "what was chosen stays, the town's villages join"
    )


def test_words_that_nobody_looked_for_are_looked_for_and_not_passed_over(site: Site) -> None:
    hotline = site.person("hotline")
    page = hotline.post("/clues/new", {**FILLED, "place": OTHER_VILLAGE, "_find-place": "岭头", "_found-place": "|"})
    assert page.status_code == 200 and VILLAGE in options(page.text, "place")
    with site.county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(clues)).scalar() == 0
    sent = hotline.post("/clues/new", {**FILLED, "place": VILLAGE, "_find-place": "岭头", "_found-place": "|岭头"})
    assert sent.status_code == 302, re.findall(
        r"invalid-feedback[^>]*>([^<]+)|data-errors[^>]*>(.{0,80})|alert-danger.{0,300}", sent.text, re.S
    )
    with site.county.store.reading() as session:
        assert session.conn.execute(select(clues.c.org_unit)).scalar() == VILLAGE


def test_the_public_page_finds_places_without_an_account(site: Site) -> None:
    browser = site.app.test_client()
    page = browser.get("/apply")
    assert VILLAGE in options(page.text, "place")
    found = browser.get("/apply/places?q=ltc").get_json()
    assert {"code": VILLAGE, "name": "岭头村委会", "group": "龙仙镇"} in found["places"]
    assert f'<option value="{VILLAGE}" selected>' in browser.get(f"/apply?at={VILLAGE}").text, (
        "a scanned code has its village chosen"
    )
    assert browser.get("/places?of=unit&q=x").status_code in (302, 401), "lists of the office are for officials"


def test_a_post_is_given_at_a_unit_found_by_typing(site: Site) -> None:
    with site.county.store.transaction() as session:
        from app.store import people as people_rows

        ident = people_rows.add_official(session, name="安全", username="aq", password_hash=None, demo=True)
        people_rows.assign(session, ident, "security_admin", "440229000000", date(2021, 1, 1))
    site.county.ids["security"] = ident
    person, grid = site.person("security"), site.county.ids["grid"]
    page = person.post(
        f"/officials/{grid}/posts", {"role": "resident_team", "unit": "", "_find-unit": "龙仙 岭头", "_look": "unit"}
    )
    assert page.status_code == 200 and list(options(page.text, "unit")) == [VILLAGE]
    assert '<option value="resident_team" selected>' in page.text
    person.post(
        f"/officials/{grid}/posts",
        {"role": "resident_team", "unit": VILLAGE, "_find-unit": "龙仙 岭头", "_found-unit": "|龙仙 岭头"},
    )
    with site.county.store.reading() as session:
        roles = session.conn.execute(select(assignments.c.role).where(assignments.c.official == grid)).scalars().all()
    assert "resident_team" in roles


def test_a_case_of_another_village_is_handed_on_to_one_found_by_typing(site: Site) -> None:
    walk = site.walk()
    person = site.person("village_1")
    typed = {
        "reason_code": "not_ours",
        "text": "户口在别村",
        "forward_to": "",
        "_find-forward_to": "坝仔",
        "_look": "forward_to",
    }
    page = person.post(f"/cases/{walk.case_id}/close", typed)
    assert page.status_code == 200 and "户口在别村" in page.text and OTHER_VILLAGE in options(page.text, "forward_to")
    assert '<option value="not_ours" selected>' in page.text
    assert walk.open_tasks(), "looking closes nothing"

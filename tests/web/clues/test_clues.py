"""Clues on the page: who may enter which, what lists show to whom, and what a confirmed one leaves to be typed."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.store.tables import clues, households, process_instances
from tests.conftest import OTHER_VILLAGE, TOWN, VILLAGE
from tests.services.clues.test_clues import ENTER, Clue, report
from tests.services.visits.test_lookback import household
from tests.walking import Walk, nobody
from tests.web import browsing
from tests.web.conftest import Site

TYPED = {"head_name": "演示甲", "place": VILLAGE, "family": "housing", "situation": "屋顶塌了一角"}


def enter(site: Site, who: str, channel: str, **more: Any) -> Any:
    return site.person(who).post("/clues/new", {"_channel": channel, "_found_on": "2021-09-01", **TYPED, **more})


@pytest.mark.parametrize(
    ("who", "channel", "more"),
    [
        ("grid", "visit", {}),
        ("village_1", "grassroots", {}),
        ("window", "self", {}),
        ("hotline", "hotline", {"_source": "petition"}),
        ("town_officer", "grassroots", {}),
        ("health", "data", {}),
    ],
)
def test_each_enters_their_own_channels_and_reads_the_answer(
    site: Site, who: str, channel: str, more: dict[str, str]
) -> None:
    assert site.person(who).get("/clues/new").status_code == 200
    answer = enter(site, who, channel, **more)
    assert answer.status_code == 302, answer.text
    number = int(answer.location.rpartition("/")[2])
    page = site.person(who).get("/clues?tab=sent").text
    assert "房子不安全" in page and "核实中" in page
    Clue(site.county, number).check("exclude", exclude_reason="covered", answer="危房改造已经安排了")
    assert "已有政策解决" in site.person(who).get("/notifications").text
    assert "危房改造已经安排了" in site.person(who).get(answer.location).text


def test_a_channel_of_somebody_else_is_refused_and_nothing_typed_is_lost(site: Site) -> None:
    for who, channel in (("village_1", "hotline"), ("hotline", "visit"), ("health", "self")):
        answer = enter(site, who, channel)
        assert answer.status_code == 422 and "屋顶塌了一角" in answer.text, who
    assert site.person("county_leader").get("/clues/new").status_code == 404
    answer = enter(site, "hotline", "hotline")  # which hotline?
    assert answer.status_code == 422 and "屋顶塌了一角" in answer.text
    for day in ("2021-09-02", "2020-01-01", "x"):
        assert enter(site, "village_1", "visit", _found_on=day).status_code == 422
    assert enter(site, "village_1", "visit", place="440229104201").status_code == 422  # not theirs


def test_the_hotline_searches_the_county_without_seeing_more_than_needed(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    hotline = site.person("hotline")
    found = hotline.post("/cases", {"name": "演示1"}, follow_redirects=True).text
    assert "演示1" in found and nobody(1) not in found
    page = hotline.get(f"/cases/{walk.case_id}").text
    if "为什么要看" in page:
        hotline.post(f"/cases/{walk.case_id}/reason", {"reason": "群众来电询问"})
        page = hotline.get(f"/cases/{walk.case_id}").text
    for hidden in (nobody(1), "13800000000", "慢性病", "收支测算"):
        assert hidden not in page.partition('<div class="diagram"')[0], hidden


def test_the_inbox_says_whose_clue_it_is_and_how_urgent(site: Site) -> None:
    report(site.county, sign="reported_disaster_accident", name="演示甲", content={"words": "山洪冲了房子"})
    page = site.person("village_1").get("/?tab=open").text
    assert "核实线索" in page and "演示甲" in page and "遭了灾" in page


def test_a_confirmed_clue_leaves_nothing_to_be_typed_again(site: Site) -> None:
    clue = report(site.county)
    clue.check("enter", **ENTER)
    person = site.person("village_1")
    walk = Walk(site.county, 7)
    walk.case_id = clue.row.case_id
    task = walk.task("register_application")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    page = person.get(f"/tasks/{task.id}").text
    assert nobody(7) in page and "没活干了" in page and "13800000000" in page
    case = person.get(f"/cases/{walk.case_id}").text
    assert f'href="/clues/{clue.ident}"' in case
    form = browsing.form(page, f"/tasks/{task.id}/complete")
    assert not {"village", "head_name", "head_id_number"} & {n for n, _ in form.sent}  # which household it is, is not asked
    for name, other, said in (
        ("village", OTHER_VILLAGE, "不换村"),
        ("head_name", "演示丁", "演示甲"),
        ("head_id_number", nobody(9), "这一步不改"),
    ):
        back = browsing.send(person.client, form.action, [*form.sent, (name, other)])
        assert said in back.text and "处需要改" in back.text and f"f-{name}-error" in back.text, name
    now = browsing.form(back.text, form.action)
    assert "已办结" in browsing.send(person.client, form.action, now.sent).text
    with site.county.store.reading() as session:
        row = session.conn.execute(select(households)).one()
    assert (row.org_unit, row.head_name) == (VILLAGE, "演示甲")
    assert person.get(f"/households/{row.id}").text.count(nobody(7)) == 1


def test_a_number_that_the_file_lacks_is_asked_and_stays_in_the_file(site: Site) -> None:
    ident = household(site.county, 7, id_number="")
    clue = report(site.county, name="演示7", content={"words": "没活干了"})
    with site.county.store.transaction() as session:
        session.conn.execute(update(clues).where(clues.c.id == clue.ident).values(household=ident))
        session.conn.execute(update(process_instances).values(household=ident))
    clue.check("enter", **{**ENTER, "head_name": "演示7"})
    assert nobody(7) in site.person("village_1").get(f"/households/{ident}").text


def test_who_covers_the_village_reads_the_story_and_who_only_sent_it_the_answer(site: Site) -> None:
    answer = enter(site, "health", "data", head_id_number=nobody(7), phone="13900000000")
    village, sender = site.person("village_1").get(answer.location).text, site.person("health").get(answer.location).text
    assert "13900000000" in village and "经过" in village and "岭头" in village
    assert "13900000000" not in sender and "经过" not in sender
    assert site.person("outsider_town").get(answer.location).status_code == 404


def test_a_towns_clue_is_dispatched_by_the_town(site: Site) -> None:
    clue = report(site.county, place=TOWN, content={"words": "只知道在镇上"})
    task = clue._tasks()[0]
    person = site.person("town_officer")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    page = person.get(f"/tasks/{task.id}").text
    assert "只知道在镇上" in page and VILLAGE in page and "440229104201" not in page
    answer = person.post(
        f"/tasks/{task.id}/complete", {"_version": task.version + 1, "dispatch_result": "village", "village": VILLAGE}
    )
    assert answer.status_code == 302 and clue.open() == [("check_clue", VILLAGE)]


def test_who_received_the_leaflet_is_ticked_off_by_the_village(site: Site) -> None:
    walk = site.walk()
    with site.county.store.reading() as session:
        from app.store import cases as case_rows

        household = case_rows.get(session, walk.case_id).household
    grid = site.person("grid")
    assert "0</b> 户已经收到" in grid.get("/leaflets").text
    grid.post("/leaflets", {"village": VILLAGE, "household": [str(household), "99999", "x"]})
    assert "1</b> 户已经收到" in grid.get("/leaflets").text and "已发" in grid.get("/leaflets").text
    assert site.person("town_officer").post("/leaflets", {"village": VILLAGE, "household": str(household)}).status_code == 404
    assert "演示1" not in site.person("outsider_village").get(f"/leaflets?village={VILLAGE}").text
    assert site.person("health").get("/leaflets").status_code == 404

"""On the household's page: another head, who left and when, what a newer list asks, in which village it lies."""

import io
from typing import Any

import pytest

from app.services import audit
from app.store import households as household_rows
from app.store import questions, record
from tests.services.register.test_newer_list import HEADER, A, P, asked
from tests.walking import nobody
from tests.web.conftest import Person, Site
from tests.web.rights.test_merging import file_of


def bring(site: Site, rows: str, on: str, act: str = "write") -> Any:
    content = "\n".join([HEADER, *(line.strip() for line in rows.strip().splitlines())]).encode()
    sent = {"file": (io.BytesIO(content), "名单.csv"), "data_on": on, "act": act}
    return site.person("county_officer").post("/register/import", sent, content_type="multipart/form-data")


def kept(site: Site, household: int = 1) -> Any:
    with site.county.store.reading() as session:
        return household_rows.get(session, household)


def clean(site: Site) -> None:
    with site.county.store.reading() as session:
        assert audit.verify(session).findings == []


@pytest.fixture
def family(site: Site) -> Person:
    bring(site, A, "2021-08-01")
    return site.person("village_1")


def test_a_member_who_is_missing_is_asked_for_and_counts_until_the_answer(both_sites: Site) -> None:
    site = both_sites
    bring(site, A, "2021-08-01")
    two = "\n".join(A.splitlines()[:2])
    assert "温志强 不在新名册中" in bring(site, two, "2021-08-20", "look").text
    done = bring(site, two, "2021-08-20").text
    assert "温志强 不在新名册中" in done and "/register/questions" in done
    person = site.person("village_1")
    for path in ("/households/1", "/register/questions"):
        assert "<strong>温志强</strong> 不在新名册中" in person.get(path).text
    assert "家庭人口 3 人" in person.get("/households/1").text
    sent = {"member": "m3", "why": "moved", "on": "2021-08-15", "from": "questions"}
    for wrong in ({"on": ""}, {"on": "2031-01-01"}, {"on": "1921-01-01"}, {"why": "nothing"}):
        assert person.post("/households/1/member", {**sent, **wrong}).status_code == 422, wrong
    assert person.post("/households/1/member", sent).location == "/register/questions"
    page = person.get("/households/1").text
    assert "家庭人口 2 人" in page and "迁出，2021 年 8 月 15 日" in page and "不在新名册中" not in page
    assert "没有要确认的" in person.get("/register/questions").text
    assert "没有变化 1 户" in bring(site, two, "2021-08-20").text
    clean(site)


def test_who_is_still_there_is_not_asked_for_again_by_the_same_list(site: Site, family: Person) -> None:
    two = "\n".join(A.splitlines()[:2])
    bring(site, two, "2021-08-20")
    assert family.post("/households/1/stays", {"member": "m3"}).status_code == 302
    assert family.post("/households/1/stays", {"member": "m3"}).status_code == 422
    again = bring(site, two, "2021-08-20").text
    assert "没有变化 1 户" in again and "不在新名册中" not in again and asked(site.county) == []
    clean(site)


def test_another_head_is_everywhere_from_that_day(both_sites: Site) -> None:
    site = both_sites
    walk = site.walk(to="check_household")
    head = {
        "key": "m1",
        "name": "演示1",
        "id_number": nobody(1),
        "relation": "head",
        "school": "not_student",
        "disability_grade": "none",
        "insured": "yes",
        "labour": "weak",
        "health": "chronic",
    }
    son = {**head, "key": "m2", "name": "演示子", "relation": "child", "id_number": nobody(500)}
    walk.do("village_1", "check_household", members=[head, son])
    ident = walk.case().household
    person = site.person("village_1")
    page = f"/households/{ident}"
    assert "换户主" in person.get(page).text and "演示子" in person.get(f"{page}/head").text
    sent = {"member": "m2", "why": "died", "on": walk.county.now.date().isoformat()}
    for wrong in ({"member": "m1"}, {"why": ""}, {"on": "2041-01-01"}, {"on": "x"}):
        refused = person.post(f"{page}/head", {**sent, **wrong})
        assert refused.status_code == 422, wrong
    assert person.post(f"{page}/head", sent).status_code == 302
    made = kept(site, ident)
    assert made.head_name == "演示子" and " yanshizi " in made.pinyin
    members = {m["key"]: m for m in file_of(site, ident)["members"]}
    assert members["m2"]["relation"] == "head" and members["m1"]["status"] == "gone" and members["m1"]["relation"] == "parent"
    shown = person.get(page).text
    assert "<title>演示子 · 户册" in shown and "去世，" in shown
    assert "演示子" in person.get("/?tab=open").text and "演示子" in person.get(f"/cases/{walk.case_id}").text
    assert "演示子" in person.post("/cases", {"name": "yanshizi"}, follow_redirects=True).text
    clean(site)


def test_relations_that_do_not_follow_are_asked(site: Site, family: Person) -> None:
    bring(site, A.replace("温志强", "温孙").replace(",子,", ",孙子,"), "2021-08-02")
    sent = {"member": "m3", "why": "wish", "on": "2021-08-30", "reason": "老人要歇一歇"}
    assert family.post("/households/1/head", sent).status_code == 302  # grandparents follow from grandchild
    assert [m["relation"] for m in file_of(site, 1)["members"]] == ["grandparent", "grandparent", "head"]
    assert all(m["status"] == "present" for m in file_of(site, 1)["members"])
    rows = f"""H4,岭头村委会,甲某,{P[20]},户主,,,
               H4,岭头村委会,子某,{P[21]},子,,,
               H4,岭头村委会,孙某,{P[22]},孙子,,,"""
    bring(site, rows, "2021-08-02")
    asks = family.post("/households/2/head", {"member": "m2", "why": "died", "on": "2021-08-30"})
    assert asks.status_code == 422 and "请选这几个人和新户主是什么关系" in asks.text
    assert 'name="relation-m3" required' in asks.text and 'value="2021-08-30"' in asks.text
    wrong = {"member": "m2", "why": "died", "on": "2021-08-30", "relation-m3": "head"}
    assert family.post("/households/2/head", wrong).status_code == 422
    assert family.post("/households/2/head", {**wrong, "relation-m3": "child"}).status_code == 302
    assert [(m["relation"], m["status"]) for m in file_of(site, 2)["members"]] == [
        ("parent", "gone"),
        ("head", "present"),
        ("child", "present"),
    ]
    clean(site)


def test_a_list_older_than_the_change_does_not_bring_the_old_head_back(site: Site, family: Person) -> None:
    family.post("/households/1/head", {"member": "m2", "why": "died", "on": "2021-08-20"})
    assert "较旧的值没有采用" in bring(site, A, "2021-08-10").text
    assert kept(site).head_name == "温桂英"
    told = bring(site, A, "2021-08-25").text  # the province still has the dead man as head
    assert "温德才 在系统里已经不再计入" in told and kept(site).head_name == "温桂英"
    relations = {m["name"]: m["relation"] for m in file_of(site, 1)["members"]}
    assert relations == {"温德才": "spouse", "温桂英": "head", "温志强": "child"}


def test_nobody_else_changes_a_head_or_answers(site: Site, family: Person) -> None:
    bring(site, "\n".join(A.splitlines()[:2]), "2021-08-20")
    sent = {"member": "m2", "why": "died", "on": "2021-08-20", "answer": "yes"}
    for who in ("outsider_village", "outsider_town", "outsider_dept", "designer", "admin"):
        stranger = site.person(who)
        for path in ("head", "stays", "member"):
            assert stranger.post(f"/households/1/{path}", sent).status_code in (404, 422), (who, path)
        assert stranger.get("/households/1/head").status_code == 404
        assert "温志强" not in stranger.get("/register/questions").text
    assert site.person("grid").get("/households/1/head").status_code == 404
    assert kept(site).head_name == "温德才" and asked(site.county) == [("left", "m3")]


def test_both_villages_say_yes_and_what_is_to_be_done_goes_along(both_sites: Site) -> None:
    site = both_sites
    walk = site.walk(to="hold_village_review")
    ident = walk.case().household
    site.pass_days(2)
    day = site.county.now.date().isoformat()
    with site.county.store.reading() as session:
        from app.services import people

        units = people.county_on(session, site.county.now.date()).units
    other = kept(site, ident).org_unit, site.county.actor("outsider_village").assignments[0].unit
    line = f"H5,{other[1]},演示1,{nobody(1)},户主,,,"
    assert "要两村确认" in bring(site, line, day).text
    here, there = site.person("village_1"), site.person("outsider_village")
    assert "同意迁出" in here.get(f"/households/{ident}").text and "同意迁入" in there.get("/register/questions").text
    assert site.person("outsider_dept").post("/register/questions/1", {"answer": "yes"}).status_code == 404
    assert there.post("/register/questions/1", {"answer": "yes"}).status_code == 302
    assert kept(site, ident).org_unit == other[0] and there.get(f"/households/{ident}").status_code == 404
    assert here.post("/register/questions/1", {"answer": "yes"}).status_code == 302
    assert kept(site, ident).org_unit == other[1] and units[other[1]].name in there.get(f"/cases/{walk.case_id}").text
    assert here.get(f"/households/{ident}").status_code == 404
    task = walk.task("hold_village_review")
    assert task.org_unit == other[1] and task.assignee is None and "还有 1 件待签收" in there.get("/").text
    assert here.post("/register/questions/1", {"answer": "yes"}).status_code in (404, 422)
    clean(site)


def test_the_county_answers_for_both_and_a_no_is_not_asked_again(site: Site) -> None:
    walk = site.walk(to="check_household")
    ident, before = walk.case().household, kept(site, walk.case().household).org_unit
    site.pass_days(2)
    line = f"H5,青山村委会,演示1,{nobody(1)},户主,,,"
    day = site.county.now.date().isoformat()
    bring(site, line, day)
    county = site.person("county_officer_2")
    assert "两边都同意" in county.get("/register/questions").text
    assert county.post("/register/questions/1", {"answer": "no"}).status_code == 302
    assert "要两村确认" not in bring(site, line, day).text and kept(site, ident).org_unit == before
    site.pass_days(3)
    bring(site, line, site.county.now.date().isoformat())
    with site.county.store.reading() as session:
        (question,) = questions.standing(session, None, 5)
    assert county.post(f"/register/questions/{question.id}", {"answer": "yes"}).status_code == 302
    assert kept(site, ident).org_unit != before
    clean(site)


def test_papers_name_the_head_of_their_day(site: Site) -> None:
    from app.services import papers, people
    from app.store import cases as case_rows

    walk = site.walk(to="hold_village_review")
    ident = walk.case().household
    with site.county.store.transaction() as session:
        row: Any = household_rows.get(session, ident)
        key = record.data_key(session, row.data_key)
        document, number = household_rows.document(session, ident, key)
        assert document is not None
        son = {**document["members"][0], "key": "m9", "name": "演示子", "relation": "child", "id_number": nobody(501)}
        made = {**document, "members": [*document["members"], son]}
        household_rows.save_document(
            session, ident, key, made, plain={}, as_of=site.county.now.date(), now=site.county.now, number=number + 1
        )
    walk.to("post_notice")
    site.pass_days(3)
    sent = {"member": "m9", "why": "died", "on": site.county.now.date().isoformat()}
    assert site.person("village_1").post(f"/households/{ident}/head", sent).status_code == 302
    with site.county.store.reading() as session:
        place = people.county_on(session, site.county.now.date())
        file = papers.open_file(session, case_rows.get(session, walk.case_id), place)
        actor = site.county.actor("village_1")
        told = {one.kind: papers.values(file, one.kind, actor, site.county.now) for one in papers.available(file)}
    assert told["notice_entry"]["rows"][0]["head_name"] == told["commitment"]["head_name"] == "演示子"
    assert told["review_minutes"]["rows"][0]["head_name"] == told["household_check"]["head_name"] == "演示1"
    assert [one["name"] for one in told["commitment"]["adults"]] == ["演示子"]  # the dead sign nothing

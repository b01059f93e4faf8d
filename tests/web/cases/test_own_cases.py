"""Other procedures of a household on its pages: who may begin one, its first step, its case, and its end."""

from pathlib import Path

import pytest

from app.services.deployments import publishing
from app.store import cases as case_rows
from tests.conftest import County
from tests.foreign import relief
from tests.foreign.test_relief import Relief
from tests.web.conftest import Site, served


@pytest.fixture
def site(sqlite_county: County, tmp_path: Path) -> Site:
    files, entries = relief.project()
    with sqlite_county.store.transaction() as session:
        publishing.deploy(
            session, files, entries, author="designer", approver="approver", reason="临时救助", now=sqlite_county.now
        )
    return served(sqlite_county, tmp_path)


def test_a_village_officer_begins_one_from_the_household_s_page(site: Site) -> None:
    walk = site.walk()
    household = walk.case().household
    officer = site.person("village_1")
    page = officer.get(f"/households/{household}").text
    assert "为这一户办理" in page and "临时救助</button>" in page
    begun = officer.post(f"/households/{household}/begin", {"door": "relief"})
    assert begun.status_code == 302 and begun.location.startswith("/tasks/")
    form = officer.get(begun.location).text
    assert "申请临时救助" in form and "遇到什么急难" in form and "火灾" in form  # the form itself: it is already theirs
    page = officer.get(f"/households/{household}").text
    assert "在办" in page and "临时救助</button>" not in page
    again = officer.post(f"/households/{household}/begin", {"door": "relief"}, follow_redirects=True)
    assert "这一户已经有一件在办" in again.text
    with site.county.store.reading() as session:
        assert [c.door for c in case_rows.cases_of(session, household)] == ["", "relief"]


def test_whoever_has_no_such_door_neither_sees_nor_opens_it(site: Site) -> None:
    household = site.walk().case().household
    assert "为这一户办理" not in site.person("town_officer").get(f"/households/{household}").text
    assert site.person("town_officer").post(f"/households/{household}/begin", {"door": "relief"}).status_code == 404
    assert site.person("outsider_village").post(f"/households/{household}/begin", {"door": "relief"}).status_code == 404
    assert site.person("village_1").post(f"/households/{household}/begin", {"door": "application"}).status_code == 404


def test_its_case_has_a_page_of_its_own_with_story_papers_and_end(site: Site) -> None:
    one = Relief(site.county)
    site.pass_days(0)
    officer = site.person("village_1")
    page = officer.get(f"/cases/{one.case}").text
    assert 'name="forward_to"' in officer.get(f"/cases/{one.walk.case_id}").text and 'name="forward_to"' not in page
    assert (
        "临时救助" in page
        and "开始办理临时救助" in page
        and "风险消除" not in page.partition("</main>")[0].partition("<main")[2]
    )
    one.answered(2000).paid(2000)
    site.pass_days(0)
    page = officer.get(f"/cases/{one.case}").text
    assert "办理结果：已救助" in page and "临时救助发放通知书（PDF）" in page and "小额救助" in page
    assert "开始办理临时救助。" in page and "收支测算" not in page and "发放救助金" in page
    sheet = officer.get(f"/papers/{one.case}/relief_letter.docx")
    assert sheet.status_code == 200 and sheet.data[:2] == b"PK"
    told = officer.get(f"/households/{one.household}").text
    assert "临时救助</a>" in told and "临时救助</button>" in told
    with site.county.store.reading() as session:
        assert [c.door for c in case_rows.cases_of(session, one.household)] == ["", "relief"]


def test_its_list_is_offered_by_its_own_name(site: Site) -> None:
    Relief(site.county).answered(2000)
    site.pass_days(0)
    person = site.person("town_officer")
    assert "发放救助金" in person.get("/lists").text
    page = person.get("/lists/relief_payment").text
    assert "发放救助金" in page and "演示户甲" in page and "发放金额" in page
    assert person.get("/lists/nothing_known").status_code == 404


def test_what_a_diagram_may_say_stands_on_a_page_with_the_county_s_own_questions_and_doors(site: Site) -> None:
    page = site.person("designer").get("/diagrams/words").text
    for word in ("village_review", "tally", "take_facts", "relief_cause", "遇到什么急难", "reexam_requested", "relief"):
        assert word in page
    assert "types." not in page

"""A procedure beside a case and a campaign of the whole county, drawn by a designer, without Python."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.labels import say
from app.services import audit
from app.services.cases import own as own_cases
from app.services.context import context_of
from app.services.deployments import publishing
from app.services.people import Refused
from app.store import inbox, processes
from app.store import rescreening as runs
from tests.conftest import TOWN, County
from tests.foreign import small
from tests.services.work.test_concurrency import at_once
from tests.walking import command
from tests.web.conftest import Person, Site, served


def published(county: County) -> County:
    files, entries = small.project()
    with county.store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="试验", now=county.now)
    return county


@pytest.fixture
def site(sqlite_county: County, tmp_path: Path) -> Site:
    return served(published(sqlite_county), tmp_path)


def finished(person: Person, task: str, form: dict[str, object]) -> int:
    """The task's page is opened, filled and sent."""
    page = person.get(task).text
    version = re.search(r'name="_version" value="(\d+)"', page)
    return person.post(f"{task}/complete", {"_version": version[1] if version else "", **form}).status_code


def verified(county: County) -> None:
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_both_pass_the_check() -> None:
    files, entries = small.project()
    for process in ("visit_kin", "flood_check"):
        report = publishing.check_files(publishing.files_of(files, process), entries)
        assert [f.code for f in report.findings if f.severity == "refused"] == []


def test_a_procedure_runs_beside_a_case(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    officer, page = site.person("village_1"), f"/cases/{walk.case_id}"
    assert (
        "走访亲属</button>" in officer.get(page).text
        and "走访亲属</button>" not in site.person("town_officer").get(page).text
    )
    assert site.person("town_officer").post(f"{page}/begin", {"door": "kin"}).status_code == 404
    begun = officer.post(f"{page}/begin", {"door": "kin"})
    assert begun.status_code == 302 and begun.location.startswith("/tasks/")
    assert (
        "走访亲属</button>" not in officer.get(page).text
        and "已经有一个在办" in officer.post(f"{page}/begin", {"door": "kin"}, follow_redirects=True).text
    )
    form = {"called_on": site.county.now.date().isoformat(), "found": "儿子愿意接老人"}
    assert finished(officer, begun.location, form) == 302
    told = officer.get(page).text
    assert "开始办理走访亲属。" in told and "给亲属打电话" in told and "走访亲属</button>" in told
    assert "hold_village_review" in dict(walk.open_tasks()) and "call_kin" not in dict(walk.open_tasks())
    verified(site.county)


def test_a_campaign_of_the_whole_county_asks_towns_and_ends(site: Site) -> None:
    leader = site.person("county_officer")
    assert "开始汛前排查</button>" in leader.get("/rounds").text
    assert "汛前排查" not in site.person("town_officer").get("/rounds").text
    begun = leader.post("/campaigns", {"door": "flood"})
    assert begun.location.startswith("/tasks/")
    assert finished(leader, begun.location, {"towns_asked": [TOWN]}) == 302
    page = leader.get("/rounds").text
    assert "排查房屋" in page and "开始汛前排查</button>" not in page
    with site.county.store.reading() as session:
        run = runs.open_runs(session, ["open"], "flood")[0].id
        waiting = inbox.open_of_instance(session, processes.instances_of_subject(session, "run", run)[0].id)
        assert [(t.element, t.org_unit) for t in waiting] == [("check_roofs", TOWN)]
    town = site.person("town_officer")
    assert "汛前排查" in town.get("/?tab=open").text
    assert (
        finished(town, f"/tasks/{waiting[0].id}", {"checked_on": site.county.now.date().isoformat(), "found": "都牢固"})
        == 302
    )
    assert "汇总" in leader.get(f"/campaigns/{run}").text and "都牢固" in leader.get(f"/campaigns/{run}").text
    with site.county.store.reading() as session:
        last = inbox.open_of_instance(session, processes.instances_of_subject(session, "run", run)[0].id)[0].id
    assert finished(leader, f"/tasks/{last}", {"reported_on": site.county.now.date().isoformat(), "found": "无险情"}) == 302
    assert "已办完" in leader.get(f"/campaigns/{run}").text and "已办完" in leader.get("/rounds").text
    assert leader.get(f"/campaigns/{run + 1}").status_code == 404
    assert site.person("village_1").get(f"/campaigns/{run}").status_code == 200
    verified(site.county)


def test_a_form_that_chooses_from_a_list_nobody_knows_is_refused() -> None:
    files, entries = small.project()
    files["forms/flood_check/choose_towns.json"] = files["forms/flood_check/choose_towns.json"].replace(
        b'"towns"', b'"clouds"'
    )
    with pytest.raises(Refused, match=r"deployments\.unknown_list"):
        publishing.check_files(publishing.files_of(files, "flood_check"), entries)


def test_of_two_who_start_a_campaign_at_once_one_is_told_that_it_runs(county: County) -> None:
    published(county)

    def begin() -> object:
        with county.store.transaction() as session:
            return own_cases.begin_run(context_of(session, county.actor("county_officer"), county.now), "flood", command())

    results = at_once(begin, begin)
    assert sorted(type(r).__name__ for r in results) == ["Completed", "Refused"], results
    with county.store.reading() as session:
        assert len(runs.open_runs(session, ["open"], "flood")) == 1


@pytest.mark.parametrize(("subject", "code"), [("run", "door_fits"), ("household", "door_fits"), ("weather", "door_subject")])
def test_a_door_for_something_else_is_refused(sqlite_county: County, subject: str, code: str) -> None:
    files, entries = small.project()
    wrong = [replace(e, value={**e.value, "subject": subject}) if (e.name, e.key) == ("door", "kin") else e for e in entries]
    with pytest.raises(Refused, match=rf"deployments\.{code}"), sqlite_county.store.transaction() as session:
        publishing.deploy(session, files, wrong, author="designer", approver="approver", reason="试验", now=sqlite_county.now)


@pytest.mark.parametrize(
    ("was", "typed", "said"),
    [
        (b'"x-widget": "textarea"', b'"x-widget": "scroll"', "填写方式 scroll"),
        (b'"format": "date"', b'"format": "moon"', "格式 moon"),
        (b'"title": "\xe6\x83\x85\xe5\x86\xb5"', b'"titel": "x"', "titel"),
        (b'"maxLength": 300, "x-belongs-to": "step"', b'"maxLength": 300, "x-belongs-to": "process"', "是文字"),
    ],
)
def test_a_fault_of_a_form_is_named_with_its_place(was: bytes, typed: bytes, said: str) -> None:
    files, entries = small.project()
    path = "forms/visit_kin/call_kin.json"
    assert was in files[path]
    files[path] = files[path].replace(was, typed, 1)
    with pytest.raises(Refused) as refused:
        publishing.check_files(publishing.files_of(files, "visit_kin"), entries)
    sentence = say(refused.value.code, **refused.value.details)
    assert path in sentence and said in sentence and "{" not in sentence

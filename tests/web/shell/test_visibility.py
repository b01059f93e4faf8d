"""Who sees what: the outsider nothing, departments what a step shows, auditors everything and change nothing."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from app.services.context import context_of
from app.services.household import knowledge
from app.services.people import county_on as county_of
from app.services.work import tasks as task_actions
from app.store import people as people_rows
from app.store.tables import cases, events, households, messages, readings, tasks
from tests.conftest import COUNTY
from tests.services.clues.test_clues import report
from tests.walking import nobody
from tests.web.conftest import Site

OPEN_TO_ALL = {
    "static",
    "auth.login",
    "auth.sign_in",
    "auth.sign_out",
    "auth.password",
    "auth.change_password",
    "auth.act_as",
    "designs.file",
    "designs.show",
    "notices.public",
    "clock.advance",
    "papers.leaflet",
    "tour.enter",
}
"""Routes without a household's, a task's or an official's id behind them."""


def paths(site: Site, ids: dict[str, Any]) -> list[tuple[str, str]]:
    """(method, path) of every route that names something by id."""
    found = []
    for rule in site.app.url_map.iter_rules():
        if "<" in rule.rule and rule.endpoint not in OPEN_TO_ALL:
            path = re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", lambda m: str(ids[m[1]]), rule.rule)
            found += [(method, path) for method in ("GET", "POST") if method in rule.methods]
    return found


@pytest.mark.parametrize(
    "who", ["outsider_town", "outsider_village", "outsider_dept", "designer", "admin", "leading", "audit_admin"]
)
def test_the_outsider_is_refused_on_every_page_and_every_id(site: Site, who: str) -> None:
    hire(site, "leading", "leading_group")
    hire(site, "audit_admin", "audit_admin")
    walk = site.walk(to="post_notice")
    page = walk.page()
    clue = report(site.county).ident
    with site.county.store.transaction() as session:
        instance = session.conn.execute(select(tasks.c.instance)).scalar()
    ids = {
        "task": walk.task("post_notice").id,
        "clue": clue,
        "period": "2021-09",
        "month": "2021-09",
        "key": "lookback:2021",
        "grid": 1,
        "household": 1,
        "village": "440229100201",
        "template": "medins",
        "case_id": walk.case_id,
        "paper": page,
        "instance": instance,
        "kind": "notice_entry",
        "form": "pdf",
        "batch": 1,
        "ident": 1,
        "report_id": 1,
        "export_id": 1,
        "official": site.county.ids["village_1"],
        "post": 1,
        "incident": 1,
    }
    before = snapshot(site)
    sent = {
        "_version": "1",
        "target": "check_household",
        "reason": "x",
        "reason_code": "withdrawn",
        "text": "x",
        "hold": "1",
        "official": str(site.county.ids["village_2"]),
        "role": "village_officer",
        "unit": "440229100201",
        "result": "unfounded",
        "value": "x",
    }
    person = site.person(who)
    listed = paths(site, ids)
    assert len(listed) > 20
    for method, path in listed:
        if who == "admin" and path.startswith(("/officials", "/posts", "/incidents")):
            continue
        answer = person.get(path) if method == "GET" else person.post(path, sent)
        assert answer.status_code == 404, (method, path, answer.status_code)
        assert "演示1" not in answer.text and "演示甲" not in answer.text
    for path in ("/", "/cases", "/?tab=open", "/?tab=done", "/clues", "/clues?tab=sent"):
        assert "演示1" not in person.get(path).text
    assert snapshot(site) == before


def hire(site: Site, name: str, role: str, unit: str = COUNTY) -> None:
    with site.county.store.transaction() as session:
        ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
        people_rows.assign(session, ident, role, unit, site.county.now.date())
    site.county.ids[name] = ident


def snapshot(site: Site) -> list[Any]:
    """What an action would change."""
    with site.county.store.reading() as session:
        return [session.conn.execute(select(func.count()).select_from(t)).scalar() for t in (events, messages, readings)] + [
            tuple(row) for row in session.conn.execute(select(cases.c.status, households.c.status).join(households)).all()
        ]


def test_an_id_that_does_not_exist_looks_the_same_as_a_strangers(site: Site) -> None:
    walk = site.walk()
    person = site.person("outsider_town")
    real, missing = person.get(f"/cases/{walk.case_id}"), person.get("/cases/99999")
    strip = re.compile(r'(value|data-tab)="[0-9a-f]+"')
    assert strip.sub("", real.text) == strip.sub("", missing.text)


def test_an_auditor_reads_everything_and_changes_nothing(site: Site) -> None:
    walk = site.walk(to="verify_in_town")
    auditor = site.person("auditor")
    page = auditor.get(f"/cases/{walk.case_id}")
    assert page.status_code == 200 and "演示1" in page.text and nobody(1) in page.text
    assert "结束这次办理" not in page.text and "记下异议" not in page.text
    assert auditor.get(f"/tasks/{walk.task('verify_in_town').id}").location == f"/cases/{walk.case_id}"
    assert auditor.get("/audit").status_code == 200
    before = snapshot(site)[0]
    for rule in site.app.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint not in (
            "auth.sign_in",
            "auth.sign_out",
            "auth.act_as",
            "cases.search",
            "auth.change_password",
            "clock.advance",
            "desk.large",
            "audit.verify",
            "tour.forge",
            "tour.enter",
            "apply.hand_in",
            "apply.status",
        ):
            path = re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", str(walk.case_id), rule.rule)
            answer = auditor.post(path, {"text": "x", "reason_code": "withdrawn"})
            assert answer.status_code == 403 and "只能查看" in answer.text, path
    assert snapshot(site)[0] == before
    with site.county.store.reading() as session:
        seen = session.conn.execute(select(readings.c.what).where(readings.c.official == site.county.ids["auditor"])).all()
    assert len(seen) >= 1 and all(row.what == "case" for row in seen)


def test_a_department_sees_only_what_its_step_shows(site: Site) -> None:
    walk = site.walk(to="check_household")
    task = walk.task("answer_asset_query", "police")
    page = site.person("police").get(f"/tasks/{task.id}").text
    for word in ("演示1", nobody(1), "授权查询的资产种类", "答复资产查询"):
        assert word in page, word
    for word in ("岭头村委会", "13800000000", "因病", "前面各步", "一户一档", "全程", "看整张流程图", "看不到的"):
        assert word not in page, word
    inbox = site.person("police").get("/?tab=open").text
    assert "演示1" in inbox and "岭头村委会" not in inbox and "village_1" not in inbox
    assert site.do(walk, "police", "answer_asset_query", "police").status_code == 302
    done = site.person("police").get(f"/tasks/{task.id}").text
    assert "已于" in done and "岭头村委会" not in done and "13800000000" not in done
    assert site.person("finance").get(f"/tasks/{task.id}").status_code == 404  # another department's


def test_the_village_reads_the_outcome_of_an_asset_query_never_its_figures(site: Site) -> None:
    walk = site.walk(to="check_household")
    site.do(walk, "police", "answer_asset_query", "police", answer="differs", question="问一问货车", figures="货车两辆值十万")
    village = site.person("village_1").get(f"/cases/{walk.case_id}").text
    assert "问一问货车" in village and "货车两辆" not in village
    with site.county.store.transaction() as session:
        people_rows.assign(session, site.county.ids["town_officer"], "town_officer", "440229100000", site.county.now.date())
    walk.to("verify_in_town")
    site.pass_days(0)
    town = site.person("town_officer").get(f"/tasks/{walk.task('verify_in_town').id}").text
    assert "货车两辆值十万" in town and "不一致" in town


def test_a_grid_worker_and_the_window_do_not_read_illness_and_income(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    for who in ("grid", "window"):
        page = site.person(who).get(f"/cases/{walk.case_id}").text
        if "为什么要看" in page:
            site.person(who).post(f"/cases/{walk.case_id}/reason", {"reason": "核对进度"})
            page = site.person(who).get(f"/cases/{walk.case_id}").text
        page = page.partition('<div class="diagram"')[0]  # the plan's own sentences name illnesses
        assert "演示1" in page and "收支测算" not in page and "慢性病" not in page and "因病" not in page, who
    assert "慢性病" in site.person("village_1").get(f"/cases/{walk.case_id}").text


def test_every_opening_is_recorded_and_strangers_to_the_case_say_why(both_sites: Site) -> None:
    site = both_sites
    walk = site.walk()
    case = f"/cases/{walk.case_id}"
    assert "演示1" in site.person("village_2").get(case).text  # its own village: no question
    for who in ("town_officer", "county_leader"):
        person = site.person(who)
        asked = person.get(case).text
        assert "为什么要看这一户" in asked and "演示1" not in asked
        assert person.get(f"/papers/{walk.case_id}/commitment.docx").status_code == 404
        assert person.post(f"{case}/reason", {"reason": " "}).status_code == 422
        assert person.post(f"{case}/reason", {"reason": "群众来电"}).location == case
        assert "演示1" in person.get(case).text and "演示1" in person.get(case).text
    page = site.person("village_2").get(case).text
    assert "群众来电" in page and "town_officer" in page and "谁看过这一户" in page
    with site.county.store.reading() as session:
        rows = session.conn.execute(select(readings.c.official, readings.c.what, readings.c.reason, readings.c.secret)).all()
    ids = site.county.ids
    assert rows.count((ids["town_officer"], "case", None, None)) == 2
    assert rows.count((ids["village_2"], "case", None, None)) == 2
    reasons = [r for r in rows if r.what == "reason" and r.official == ids["town_officer"]]
    assert len(reasons) == 1 and reasons[0].reason is None and "群众来电".encode() not in bytes(reasons[0].secret)
    site.pass_days(1)
    assert "为什么要看" in site.person("town_officer").get(case).text  # asked anew the next day


def test_who_has_a_task_on_the_household_is_not_asked(site: Site) -> None:
    walk = site.walk(to="verify_in_town")
    assert "演示1" in site.person("town_officer").get(f"/cases/{walk.case_id}").text
    assert "为什么要看" in site.person("county_officer").get(f"/cases/{walk.case_id}").text


def test_groups_come_from_the_posts_that_cover_the_village(site: Site) -> None:
    with site.county.store.transaction() as session:
        people_rows.assign(
            session, site.county.ids["outsider_village"], "grid_worker", "440229100201", site.county.now.date()
        )
    with site.county.store.reading() as session:
        place = county_of(session, site.county.now.date())
    groups = knowledge.groups_here(site.county.actor("outsider_village"), "440229100201", place)
    assert "income" not in groups and "basic" in groups


def test_the_objector_stays_hidden(site: Site) -> None:
    walk = site.walk(to="post_notice")
    walk.do("village_1", "post_notice")
    sent = {"made_on": site.county.now.date().isoformat(), "text": "他家有车", "contact": "李某 1390000"}
    assert site.person("village_2").post(f"/cases/{walk.case_id}/objection", sent).status_code == 302
    assert ("investigate_objection", None) in walk.open_tasks()
    for who in ("village_1", "village_2", "auditor"):
        page = site.person(who).get(f"/cases/{walk.case_id}").text
        assert "收到一条异议" in page and "他家有车" not in page and "李某" not in page
    task = walk.task("investigate_objection")
    for who in ("village_1", "village_2", "village_3"):
        assert "他家有车" not in site.person(who).get(f"/tasks/{task.id}").text
    with site.county.store.transaction() as session:
        task_actions.claim(context_of(session, site.county.actor("village_2"), site.county.now), task.id, task.version)
    assert "他家有车" in site.person("village_2").get(f"/tasks/{task.id}").text
    assert "他家有车" not in site.person("village_3").get(f"/tasks/{task.id}").text
    assert site.do(walk, "village_2", "investigate_objection").status_code == 302
    for who in ("village_1", "village_2"):
        assert "他家有车" not in site.person(who).get(f"/cases/{walk.case_id}").text


def test_who_touches_a_household_gives_the_same_reason_as_who_reads_it(site: Site) -> None:
    """Notes, reminders, objections, kinship; an open task is reason enough, and a reason that the form asks for is kept."""
    walk = site.walk(to="hold_village_review")
    task, page, officer = walk.task("hold_village_review"), f"/cases/{walk.case_id}", site.person("county_officer")
    asked = {
        f"{page}/note": {"text": "看一下"},
        f"/tasks/{task.id}/urge": {},
        f"{page}/kinship": {},
        f"{page}/objection": {"text": "不同意", "made_on": "2021-09-01"},
    }
    for path, sent in asked.items():
        refused = officer.post(path, sent)
        assert refused.status_code == 422 and "写明事由" in refused.text, path
    assert looks(site) == 0
    assert officer.post(f"{page}/reason", {"reason": "督办"}).status_code == 302
    assert officer.post(f"{page}/note", {"text": "看一下"}).status_code == 302
    assert officer.post(f"/tasks/{task.id}/urge").status_code == 302
    village = site.person("village_1")
    assert village.post(f"{page}/note", {"text": "今天开会"}).status_code == 302  # their own village
    leader = site.person("town_leader")
    moved = {
        "official": site.county.ids["village_2"],
        "_version": walk.task("hold_village_review").version,
        "reason": "他出差",
    }
    assert leader.post(f"/tasks/{task.id}/transfer", moved).status_code == 302  # says why itself
    assert "他出差" in village.get(page).text
    assert leader.post(f"{page}/note", {"text": "知道了"}).status_code == 302
    assert site.person("outsider_town").post(f"{page}/note", {"text": "x"}).status_code == 404


def looks(site: Site) -> int:
    with site.county.store.reading() as session:
        return int(session.conn.execute(select(func.count()).select_from(readings)).scalar_one())


def test_a_look_that_was_refused_is_no_look(site: Site) -> None:
    walk = site.walk(to="check_household")
    officer, page = site.person("county_officer"), f"/cases/{walk.case_id}"
    clue = report(site.county, household=1, name="").ident
    for path in (page, "/households/1", f"/clues/{clue}"):
        assert "为什么" in officer.get(path).text or "事由" in officer.get(path).text, path
        assert officer.post(f"{path}/reason", {"reason": "x"}).status_code == 422
    assert officer.get("/households/1/copy").status_code == 404
    assert officer.get(f"/papers/{walk.case_id}/commitment.pdf").status_code == 404
    assert site.person("village_1").post("/households/1/archive", {"reason": "归档", "year": "1999"}).status_code == 404
    assert site.person("village_1").post("/households/1/archive", {"reason": "x", "year": "2021"}).status_code == 422
    assert site.person("outsider_town").get(page).status_code == 404
    assert looks(site) == 0
    assert officer.post(f"/clues/{clue}/reason", {"reason": "核实"}).status_code == 302
    assert officer.get(f"/clues/{clue}").status_code == 200 and looks(site) == 2


def test_the_hotline_reads_what_its_field_group_says(site: Site) -> None:
    """The basic group: no sign of illness, no risk, no income; of what it sent itself, what it said."""
    walk = site.walk(to="hold_village_review")
    hotline, page = site.person("hotline"), f"/cases/{walk.case_id}"
    clue = report(site.county, household=1, name="", sign="reported_illness_disability").ident
    with site.county.store.reading() as session:
        place = county_of(session, site.county.now.date())
        sign = str(place.entries.require("sign", "reported_illness_disability", place.on).value["title"])
    assert sign in site.person("village_1").get("/clues").text
    assert sign not in hotline.get("/clues").text
    assert "事由" in hotline.get(f"/clues/{clue}").text and sign not in hotline.get(f"/clues/{clue}").text
    assert hotline.post(f"{page}/reason", {"reason": "了解病情"}).status_code == 302
    told = hotline.get(page).text + hotline.get("/households/1").text + hotline.get(f"/clues/{clue}").text
    for secret in (sign, "了解病情", "因病"):
        assert secret not in told, secret
    assert "演示1" in told
    assert 'name="risk"' not in hotline.get("/cases").text and "户" in hotline.get("/cases?risk=illness").text
    assert "了解病情" in site.person("village_1").get(page).text
    assert site.person("outsider_town").get(f"/clues/{clue}").status_code == 404

"""For those who run it: health, metrics, logs, officials and posts, what is stuck, diagrams, verification."""

import json
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from app import clock, config
from app.services import audit, doors, people
from app.services.context import Context
from app.services.household import file as household_file
from app.services.officials import accounts
from app.services.people import SYSTEM
from app.services.steps.catalogue import TYPES
from app.services.work import runs as run_steps
from app.services.work import timers
from app.store import jobs
from app.store import people as people_rows
from app.store.tables import incidents, leases, process_instances
from app.store.tables import timers as timer_rows
from app.web import create_app
from app.web.shell import logs
from tests.conftest import COUNTY, VILLAGE
from tests.walking import Walk
from tests.web import browsing
from tests.web.conftest import Site


def hire(site: Site, name: str, role: str) -> None:
    with site.county.store.transaction() as session:
        ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
        people_rows.assign(session, ident, role, COUNTY, site.county.now.date())
    site.county.ids[name] = ident


def health(site: Site) -> tuple[int, list[str]]:
    answer = site.app.test_client().get("/healthz")
    return answer.status_code, answer.get_json()["ill"]


def test_health_names_the_part_that_is_ill(both_sites: Site) -> None:
    site = both_sites
    assert health(site) == (503, ["scheduler"])
    with site.county.store.transaction() as session:
        jobs.hold_lease(session, "scheduler", "here", clock.now(), 30)
    assert health(site) == (200, [])
    walk = site.walk()
    with site.county.store.transaction() as session:
        session.conn.execute(update(timer_rows).values(due=site.county.now - timedelta(minutes=11)))
    assert health(site) == (503, ["timers"])
    timers.fire_due(site.county.store, site.county.now)
    with site.county.store.transaction() as session:
        session.conn.execute(update(process_instances).values(status="stuck"))
        session.conn.execute(update(leases).values(until=clock.now() - timedelta(minutes=5)))
    assert health(site) == (503, ["instances", "scheduler"])
    with site.county.store.transaction() as session:
        session.conn.execute(text("DROP TABLE alembic_version"))
    assert health(site)[0] == 503
    assert walk.case_id


def test_a_database_that_does_not_answer_is_said_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.store import operation

    def broken(_: Any) -> None:
        raise OSError

    monkeypatch.setattr(operation, "alive", broken)
    assert health(site) == (503, ["database"])


def test_metrics_count_without_naming_anybody(site: Site) -> None:
    walk = site.walk()
    site.person("village_1").get(f"/cases/{walk.case_id}")
    page = site.app.test_client().get("/metrics").text
    assert "shouwang_open_tasks 1.0" in page and "shouwang_open_incidents 0.0" in page
    assert 'route="/cases/<int:case_id>",status="200"' in page and f"/cases/{walk.case_id}" not in page


def test_logs_are_json_without_personal_data(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("shouwang").propagate = True
    walk = site.walk()
    with caplog.at_level(logging.INFO, logger="shouwang"):
        site.person("village_1").get(f"/cases/{walk.case_id}")
        site.person("village_1").post("/cases", {"name": "演示1"}, follow_redirects=True)
        site.person("outsider_town").get(f"/cases/{walk.case_id}")
    logging.getLogger("shouwang").propagate = False
    lines = [json.loads(logs.Lines().format(r)) for r in caplog.records if r.name.startswith("shouwang")]
    requests = [line for line in lines if line["what"] == "request"]
    assert {"trace", "path", "status", "ms", "official"} <= set(requests[0]) and requests[0]["path"] == "/cases/<int:case_id>"
    assert any(line["what"] == "not found" and line["official"] == site.county.ids["outsider_town"] for line in lines)
    assert "演示1" not in json.dumps(lines, ensure_ascii=False)


def test_a_line_of_the_log_tells_an_error_by_type_and_place_and_never_its_words() -> None:
    from app.policy import calendar

    record = logging.LogRecord("shouwang.web", logging.ERROR, __file__, 1, "failed", (), None)
    record.created, record.msecs, record.trace, record.day = 0.0, 7.0, "a1", datetime(2026, 3, 1, tzinfo=UTC)
    try:
        calendar.add_months("演示户甲", 1)  # type: ignore[arg-type]
    except AttributeError as error:
        record.exc_info = (type(error), error, error.__traceback__)
        record.exc_text = f"AttributeError: {error}"
    line = json.loads(logs.Lines().format(record))
    place = line.pop("place")
    assert place.startswith("policy/calendar.py:") and line == {
        "at": "1970-01-01T00:00:00.007Z",
        "level": "error",
        "from": "shouwang.web",
        "what": "failed",
        "trace": "a1",
        "day": "2026-03-01 00:00:00+00:00",
        "error": "AttributeError",
    }


def test_logs_are_kept_for_half_a_year_in_a_file_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.config import BadSetting

    day = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for n in (200, 201):
        (tmp_path / f"{day - timedelta(days=n):%Y-%m-%d}.jsonl").write_text("{}\n")
    handler = logs.Daily(tmp_path, 200)
    assert len(list(tmp_path.iterdir())) == 2
    for n, at in enumerate((day, day, day + timedelta(days=1))):
        record = logging.LogRecord("shouwang.web", logging.INFO, "", 0, f"line {n}", (), None)
        record.created = at.timestamp()
        handler.emit(record)
    handler.close()
    assert sorted(p.stem for p in tmp_path.iterdir()) == ["2026-03-01", "2026-03-02"]
    lines = [json.loads(line)["what"] for line in (tmp_path / "2026-03-01.jsonl").read_text().splitlines()]
    assert lines == ["line 0", "line 1"]
    monkeypatch.setenv("SHOUWANG_LOG_DAYS", "90")
    with pytest.raises(BadSetting):
        config.load()


def test_a_broken_page_gives_a_number_and_tells_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.web.desk import inbox

    person = site.person("village_1")
    site.app.testing = False
    monkeypatch.setattr(inbox, "_context", lambda visit: 1 / 0)
    answer = person.get("/")
    assert answer.status_code == 500 and "编号" in answer.text and "ZeroDivision" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_pages_work_before_the_assets_are_built(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from app.web.shell import served as served_files

    monkeypatch.setattr(served_files, "MANIFEST", "nothing.json")
    plain = create_app(site.county.store, replace(config.load(), var=tmp_path))
    assert '<link rel="stylesheet" href="/static/app.css">' in plain.test_client().get("/login").text


# --- officials and posts -------------------------------------------------------------------------------------


def test_three_administrators_stand_apart(site: Site) -> None:
    hire(site, "security", "security_admin")
    admin, security = site.person("admin"), site.person("security")
    page = admin.post("/officials", {"name": "演示新人", "username": "newcomer"})
    assert page.status_code == 200
    password = re.search(r'第一次的密码是 <b class="nb">([^<]+)</b>', page.text)
    assert password and "演示新人" in page.text
    with site.county.store.reading() as session:
        ident = people_rows.by_username(session, "newcomer").id  # type: ignore[union-attr]
    post = {"role": "village_officer", "unit": VILLAGE}
    assert admin.post(f"/officials/{ident}/posts", post).status_code == 404  # not the system administrator's
    assert security.post("/officials", {"name": "x", "username": "xyz"}).status_code == 404
    assert security.post(f"/officials/{ident}/posts", {**post, "unit": COUNTY}).status_code == 422
    assert security.post(f"/officials/{ident}/posts", post).status_code == 302
    for clash in ("system_admin", "auditor"):
        answer = security.post(f"/officials/{ident}/posts", {"role": clash, "unit": COUNTY})
        assert answer.status_code == 422 and "不能和" in answer.text
    own = site.county.ids["security"]
    assert security.post(f"/officials/{own}/posts", {"role": "auditor", "unit": COUNTY}).status_code == 422
    assert admin.post(f"/officials/{site.county.ids['admin']}/disable").status_code == 422
    assert "账号“newcomer”已经有人用了" in admin.post("/officials", {"name": "演示二", "username": "newcomer"}).text
    assert "离岗" in security.get("/officials?q=newcomer").text and "离岗" not in admin.get("/officials?q=newcomer").text
    token = accounts.sign_in(site.county.store, "newcomer", password[1], clock.now())
    assert token
    reset = admin.post(f"/officials/{ident}/reset")
    assert password[1] not in reset.text and "第一次的密码" in reset.text
    with site.county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_who_leaves_puts_the_work_back_on_the_desk(site: Site) -> None:
    walk = site.walk()
    task = walk.task("sign_commitment")
    person = site.person("village_2")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    assert site.person("admin").post(f"/officials/{site.county.ids['village_2']}/disable").status_code == 302
    assert person.get("/").status_code == 302
    assert "签承诺授权书" in site.person("village_3").get("/?tab=open").text
    assert site.person("admin").post(f"/officials/{site.county.ids['village_2']}/enable").status_code == 302
    with site.county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_a_post_ends_and_the_person_sees_nothing_more(site: Site) -> None:
    hire(site, "security", "security_admin")
    walk = site.walk()
    person = site.person("village_2")
    assert person.get(f"/cases/{walk.case_id}").status_code == 200
    page = site.person("security").get("/officials?q=village_2&page=1").text
    post = re.search(r'action="/posts/(\d+)/end"', page)
    assert post
    sent = browsing.form(page, f"/posts/{post[1]}/end").sent
    answer = site.person("security").client.post(f"/posts/{post[1]}/end", data=browsing.together(sent))
    assert answer.location == "/officials?q=village_2"  # one goes on where one searched
    assert person.get(f"/cases/{walk.case_id}").status_code == 404
    assert site.person("security").post(f"/posts/{post[1]}/end").status_code == 404


# --- what is stuck ------------------------------------------------------------------------------------------


def stuck(site: Site, monkeypatch: pytest.MonkeyPatch, number: int = 1) -> Walk:
    """A household file that lost a field: income cannot be computed."""
    walk = site.walk(number, to="check_household")
    original = household_file.learn

    def forgetful(*args: Any, **named: Any) -> Any:
        learned = original(*args, **named)
        if learned is not None:
            learned["household"].pop("water", None)
        return learned

    with monkeypatch.context() as patch:
        patch.setattr(household_file, "learn", forgetful)
        patch.setitem(TYPES, "household_check", replace(TYPES["household_check"], judge=None))
        walk.do("village_1", "check_household")
    return walk


def test_a_stuck_case_is_put_right_by_two_people(both_sites: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site = both_sites
    walk = stuck(site, monkeypatch)
    admin = site.person("admin")
    page = admin.get("/incidents").text
    assert "卡住的办件 1 件" in page and "饮水安全" in page and "compute_facts" in page and "演示1" not in page
    incident = re.search(r'action="/incidents/(\d+)/retry"', page)
    assert incident
    tried = admin.post(f"/incidents/{incident[1]}/retry")
    assert "再试仍然不行" in admin.get(tried.location).text
    case, first, second = f"/cases/{walk.case_id}", site.person("village_1"), site.person("village_2")
    assert "补正资料" in first.get(case).text
    assert first.post(f"{case}/correction", {"value": "zzz", "reason": "看过水源"}).status_code == 422
    assert first.post(f"{case}/correction", {"value": "yes", "reason": "看过水源"}).status_code == 302
    alone = first.post(f"{case}/correction", {"confirm": "yes"})
    assert alone.status_code == 422 and "另一人确认" in alone.text
    assert "补为<b>是</b>" in second.get(case).text and "看过水源" in second.get(case).text
    assert second.post(f"{case}/correction", {"confirm": "yes"}).status_code == 302
    for late in (second.post(f"{case}/correction", {"confirm": "yes"}), admin.post(f"/incidents/{incident[1]}/retry")):
        assert late.status_code == 422 and "已经有人处理好了" in late.text
    assert ("hold_village_review", None) in walk.open_tasks()
    assert "没有卡住的办件" in admin.get("/incidents").text
    with site.county.store.reading() as session:
        assert audit.verify(session).findings == []
        assert session.conn.execute(incidents.select()).one().closed_at is not None


def test_what_is_stuck_stands_in_words_in_the_inbox_of_the_unit_and_the_levels_above(
    both_sites: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = both_sites
    stuck(site, monkeypatch)
    for name in ("village_1", "town_officer", "town_leader", "county_officer", "county_leader"):
        page = site.person(name).get("/").text
        assert "有 1 件卡住了" in page and "饮水安全" in page and "演示1" in page, name
        assert "compute_facts" not in page and "operations.failed" not in page
    for name in ("outsider_village", "outsider_town", "finance", "auditor", "hotline"):
        assert "卡住了" not in site.person(name).get("/", follow_redirects=True).text, name


def test_a_run_of_the_whole_county_that_is_stuck_stands_in_the_countys_inbox(site: Site) -> None:
    county = site.county
    with county.store.transaction() as session:
        place = people.county_on(session, county.now.date())
        run_steps.begin(Context(session, SYSTEM, place, county.now), 1, doors.INCOMES, {"villages": 7}, {"month": "2021-09"})
    for name in ("county_officer", "county_leader"):
        page = site.person(name).get("/").text
        assert "有 1 件卡住了" in page and "翁源县" in page and "名单" in page
    assert "卡住了" not in site.person("town_officer").get("/").text


# --- diagrams and verification ----------------------------------------------------------------------------


def test_the_diagram_is_coloured_by_what_happened(site: Site) -> None:
    walk = site.walk(to="check_household")
    person = site.person("village_1")
    page = person.get(f"/cases/{walk.case_id}").text
    found = re.search(r'data-xml-url="([^"]+)" data-state-url="([^"]+)"', page)
    assert found
    xml, state = person.get(found[1]), person.get(found[2]).get_json()
    assert xml.mimetype == "application/xml" and b"<bpmn:definitions" in xml.data
    assert "check_household" in state["current"] and "sign_commitment" in state["done"]
    assert "hold_village_review" not in state["done"] and "flow_register_application__sign_commitment" in state["taken"]
    assert person.get("/diagrams").location == "/diagrams/identify"
    assert "资产信息查询" in person.get("/diagrams/identify").text
    assert person.get("/diagrams/nothing").status_code == 404 and person.get("/diagrams/999/file.bpmn").status_code == 404


def test_verification_is_started_by_its_administrator_and_read_by_the_auditor(site: Site) -> None:
    hire(site, "audit_admin", "audit_admin")
    site.walk(to="check_household")
    person = site.person("audit_admin")
    assert "还没有校验过" in person.get("/audit").text
    assert person.post("/audit/verify").status_code == 302
    assert "正在校验" in person.get("/audit").text
    site.work_off()
    assert "记录完整" in site.person("auditor").get("/audit").text
    with site.county.store.transaction() as session:
        session.conn.execute(text("DROP TRIGGER IF EXISTS events_no_update"))
        for name in session.conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            session.conn.execute(text(f"DROP TRIGGER {name}"))
        session.conn.execute(text("UPDATE events SET body = CAST(replace(body, 'visit', 'phone') AS BLOB) WHERE number = 1"))
    person.post("/audit/verify")
    site.work_off()
    page = site.person("auditor").get("/audit").text
    assert "处不一致" in page and "这条记录的内容被改过" in page
    assert site.person("village_1").get("/audit").status_code == 404


def test_the_demo_clock_moves_forward_by_its_button_only(site: Site) -> None:
    walk = site.walk(to="post_notice")
    walk.do("village_1", "post_notice")
    person = site.person("village_1")
    for days in ("-5", "0", "400", "x"):
        assert person.post("/clock", {"days": days}).status_code == 404
    assert person.post("/clock", {"days": "6"}).status_code == 302
    assert ("take_down_notice", None) in walk.open_tasks()
    with site.county.store.transaction() as session:
        session.conn.execute(text("DELETE FROM clock"))
    assert person.post("/clock", {"days": "1"}).status_code == 404  # in service there is no such thing

"""Between colleagues: notes, reminders, kinship, leave, many at once, reports about the system, live counts, large type."""

import json
import re
from typing import Any

from sqlalchemy import select

from app.services.context import context_of
from app.store import accounts, notifications
from app.store import people as people_rows
from app.store.tables import events, tasks
from tests.conftest import COUNTY
from tests.web.conftest import Site


def kinds(site: Site) -> list[str]:
    with site.county.store.reading() as session:
        return list(session.conn.execute(select(events.c.kind)).scalars())


def holder(site: Site, task: int) -> int | None:
    with site.county.store.reading() as session:
        return session.conn.execute(select(tasks.c.assignee).where(tasks.c.id == task)).scalar()


def test_a_note_stays_in_the_story_and_is_told_to_whom_it_is_for(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    writer, reader = site.person("village_1"), site.person("town_officer")
    page = f"/cases/{walk.case_id}"
    assert "消息</a>" in reader.get("/").text
    answer = writer.post(f"{page}/note", {"text": "票据已补齐，请看", "to": [site.county.ids["town_officer"]]})
    assert answer.status_code == 302
    assert '消息<span class="n">1</span>' in reader.get("/").text
    told = reader.get("/notifications").text
    assert "village_1给您留言：演示1" in told and f'href="{page}"' in told
    reader.post(f"{page}/reason", {"reason": "同事告知"})
    assert "票据已补齐，请看（告知town_officer）" in reader.get(page).text
    assert "票据已补齐" not in site.person("grid").get(page).text  # free words go with the household's risks
    reader.post("/notifications/read", {"newest": "999"})
    assert "消息</a>" in reader.get("/").text
    for to, text in (
        ("outsider_village", "x"),
        ("town_officer", " "),
        ("town_officer", "长" * 501),
        ("town_officer", "好👍"),
    ):
        refused = writer.post(f"{page}/note", {"text": text, "to": [site.county.ids[to]]})
        assert refused.status_code == 422, (to, text)
    assert kinds(site).count("note_written") == 1
    assert site.person("auditor").post(f"{page}/note", {"text": "x"}).status_code == 403
    # who lost the post reads no name in what they were told
    with site.county.store.transaction() as session:
        from app.store import people as people_rows

        people_rows.end_assignments(session, site.county.ids["town_officer"], site.county.now.date())
    assert "演示1" not in reader.get("/notifications").text


def test_older_messages_stand_on_further_pages(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    reader = site.person("town_officer")
    with site.county.store.transaction() as session:
        for n in range(90):
            told = {"case_id": walk.case_id} if n else {}
            notifications.add(
                session, [site.county.ids["town_officer"]], "urged" if n else "leave", None, site.county.now, **told
            )
    seen, href = 0, "/notifications"
    while href:
        page = reader.get(href).text
        seen += page.count(f'href="/cases/{walk.case_id}"')
        [href] = re.findall('href="(/notifications[?]before=[0-9]+)">更早的', page) or [""]
    assert seen >= 89 and 'href="/me"' in page


def test_a_reminder_reaches_everybody_who_could_take_it_once_a_day(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    task = walk.task("hold_village_review").id
    boss = site.person("town_officer")
    boss.post(f"/cases/{walk.case_id}/reason", {"reason": "看进度"})
    assert f'action="/tasks/{task}/urge"' in boss.get(f"/cases/{walk.case_id}").text
    assert boss.post(f"/tasks/{task}/urge").status_code == 302
    assert "今天已经催过" in boss.post(f"/tasks/{task}/urge").text
    for name in ("village_1", "village_2", "village_3"):
        assert "town_officer催办" in site.person(name).get("/notifications").text
    assert "town_officer" not in site.person("outsider_village").get("/notifications").text
    site.pass_days(1)
    assert boss.post(f"/tasks/{task}/urge").status_code == 302
    assert kinds(site).count("task_urged") == 2


def test_kin_neither_claim_nor_complete_until_the_county_corrects_it(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    task = walk.task("hold_village_review")
    person, page = site.person("village_2"), f"/cases/{walk.case_id}"
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    assert holder(site, task.id) == site.county.ids["village_2"]
    assert person.post(f"{page}/kinship").status_code == 302
    assert holder(site, task.id) is None and "申明与这一户有亲属关系" in person.get(page).text
    assert "这一步由其他人办" in person.get(f"/tasks/{task.id}").text
    assert not any(f"/tasks/{task.id}/claim" in person.get(shown).text for shown in (f"/tasks/{task.id}", "/?tab=open"))
    refused = person.post(f"/tasks/{task.id}/claim", {"_version": walk.task("hold_village_review").version})
    assert "亲属关系" in refused.text and holder(site, task.id) is None
    assert site.do(walk, "village_2", "hold_village_review").status_code == 422
    own = person.post(f"{page}/kinship", {"official": site.county.ids["village_2"], "reason": "填错"})
    assert own.status_code == 422  # not by oneself, not by the village
    county = site.person("county_officer")
    assert county.post(f"{page}/kinship", {"official": site.county.ids["village_2"], "reason": ""}).status_code == 422
    assert county.post(f"{page}/kinship", {"official": site.county.ids["village_2"], "reason": "填错"}).status_code == 302
    assert person.post(f"/tasks/{task.id}/claim", {"_version": walk.task("hold_village_review").version}).status_code == 302


def test_a_substitute_acts_in_the_absent_persons_place_and_duties_stay_apart(site: Site) -> None:
    walk = site.walk(to="review_in_county")
    absent, substitute = site.person("county_leader"), site.county.ids["county_officer_2"]
    day = site.county.now.date().isoformat()
    assert 'name="to"' in absent.get("/me").text
    for wrong in (
        {"to": substitute, "since": day, "until": "2021-01-01"},
        {"to": substitute, "since": "x", "until": day},
        {"to": site.county.ids["town_officer"], "since": day, "until": day},
    ):
        assert absent.post("/me/leave", wrong).status_code == 422
    assert absent.post("/me/leave", {"to": substitute, "since": day, "until": day}).status_code == 302
    assert "请您代办" in site.person("county_officer_2").get("/notifications").text
    assert absent.post("/me/leave", {"to": substitute, "since": day, "until": day}).status_code == 422
    # the reviewer may not approve, not even standing in for the leader
    assert site.do(walk, "county_officer_2", "review_in_county").status_code == 302
    task = walk.task("approve_in_county")
    officer, own = site.person("county_officer_2"), f"/tasks/{task.id}/claim"
    shown = [
        officer.get(f"/tasks/{task.id}").text,
        officer.get("/?tab=open").text,
    ]  # nothing that would be refused is offered
    assert all(own not in page for page in shown) and "要另一个人办" in shown[1]
    assert "您参加过" in shown[0]
    refused = officer.post(own, {"_version": task.version})
    assert "county_officer_2" in refused.text and refused.status_code == 422


def test_a_substitutes_act_says_for_whom_and_ends_with_the_leave(site: Site) -> None:
    walk = site.walk(to="approve_in_county")
    with site.county.store.reading() as session:
        acted = people_rows.acted(session, walk.case_id, ["identify/review_in_county"])
    reviewer = "county_officer" if site.county.ids["county_officer"] in acted else "county_officer_2"
    free = "county_officer_2" if reviewer == "county_officer" else "county_officer"
    other = site.walk(number=2, to="approve_in_county")
    day = site.county.now.date().isoformat()
    given = site.person("county_leader").post("/me/leave", {"to": site.county.ids[free], "since": day, "until": day})
    assert given.status_code == 302
    task = walk.task("approve_in_county")
    person = site.person(free)
    page = person.get("/me").text
    assert (
        "县局经办，代county_leader</span>" in page and "代county_leader（县局负责人）" in page
    )  # header, posts to act under
    with site.county.store.reading() as session:
        post = next(
            p.id for p in accounts.posts_of(session, site.county.ids[free], site.county.now.date()) if p.substitutes_for
        )
    person.post("/acting", {"assignment": post})
    assert "· 代county_leader（县局负责人）" in person.get("/me").text  # in the header
    assert '<span class="mark">代county_leader</span>' in person.get("/?tab=open").text
    page = person.get(f"/tasks/{task.id}").text
    assert "代county_leader办" in page and "代county_leader签收，开始办" in page
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    assert "代county_leader办结并看下一件" in person.get(f"/tasks/{task.id}").text
    assert "代county_leader办结勾选的各户" in person.get("/lists/county_decision").text
    assert site.do(walk, free, "approve_in_county").status_code == 302
    story = person.get(f"/cases/{walk.case_id}").text
    assert story.count(f"{free}代county_leader") >= 1
    task = other.task("approve_in_county")
    site.person(free).post(f"/tasks/{task.id}/claim", {"_version": task.version})
    assert holder(site, task.id) == site.county.ids[free]
    site.pass_days(1)
    from app.services import upkeep

    upkeep.leaves_end(site.county.store, site.county.now)
    assert holder(site, task.id) is None
    assert (
        site.person(free).post(f"/tasks/{task.id}/claim", {"_version": other.task("approve_in_county").version}).status_code
        == 404
    )


def test_who_may_stand_in_is_data_and_the_paper_names_both(site: Site) -> None:
    """Never the hotline, administrators, designers, the leading group; the sheet of a visit is signed in somebody's place."""
    day = site.county.now.date().isoformat()
    with site.county.store.transaction() as session:
        group = people_rows.add_official(session, name="group", username="group", password_hash=None, demo=True)
        people_rows.assign(session, group, "leading_group", COUNTY, site.county.now.date())
    site.county.ids["group"] = group
    for name in ("hotline", "admin", "designer", "group", "auditor"):
        assert (
            site.person("county_officer")
            .post("/me/leave", {"to": site.county.ids[name], "since": day, "until": day})
            .status_code
            == 422
        ), name
    for name in ("hotline", "admin", "designer", "group"):
        assert "您的岗位不能请人代办" in site.person(name).get("/me").text, name
        sent = {"to": site.county.ids["county_officer"], "since": day, "until": day}
        assert site.person(name).post("/me/leave", sent).status_code == 422, name
    assert (
        site.person("county_leader")
        .post("/me/leave", {"to": site.county.ids["county_officer"], "since": day, "until": day})
        .status_code
        == 302
    )
    assert "请看是不是该有的" in site.person("auditor").get("/notifications").text  # a guarded post went into other hands
    walk = site.walk(to="check_household")
    site.person("village_1").post("/me/leave", {"to": site.county.ids["village_2"], "since": day, "until": day})
    with site.county.store.transaction() as session:  # in nobody's name but the absent person's
        own = next(
            p.id
            for p in accounts.posts_of(session, site.county.ids["village_2"], site.county.now.date())
            if p.substitutes_for is None
        )
        accounts.end_post(session, own, site.county.now.date())
    assert (
        site.do(
            walk, "village_2", "check_household", checkers=[site.county.ids["village_2"], site.county.ids["grid"]]
        ).status_code
        == 302
    )
    with site.county.store.reading() as session:
        from app.services import papers, people
        from app.services.cases import applications
        from app.services.papers import exit as exit_papers

        actor = people.actor(session, site.county.ids["village_3"], site.county.now.date())
        place = people.county_on(session, site.county.now.date())
        file = papers.open_file(
            session, applications.visible_case(context_of(session, actor, site.county.now), walk.case_id), place
        )
        checkers = exit_papers.household_check(file, actor, site.county.now)["checkers"]
    assert "village_2（代village_1）" in checkers


def test_many_are_claimed_at_once_and_each_tells_its_own_result(site: Site) -> None:
    walks = [site.walk(number=n, to="hold_village_review") for n in (1, 2, 3)]
    rows = [w.task("hold_village_review") for w in walks]
    site.person("village_2").post(f"/tasks/{rows[2].id}/claim", {"_version": rows[2].version})
    person = site.person("village_3")
    assert 'form="bulk"' in person.get("/?tab=open").text
    sent = {"act": "claim", "task": [f"{r.id}:{r.version}" for r in rows] + ["77:1", "x:y"]}
    page = person.post("/inbox", sent, follow_redirects=True).text
    assert "已签收 2 件" in page and "没有办成" in page and "已经不在您的待办里" in page
    assert [holder(site, r.id) for r in rows] == [site.county.ids[n] for n in ("village_3", "village_3", "village_2")]
    back = {
        "act": "release",
        "task": [f"{r.id}:{w.task('hold_village_review').version}" for r, w in zip(rows, walks, strict=True)],
    }
    assert "已放回 2 件" in person.post("/inbox", back, follow_redirects=True).text
    assert person.post("/inbox", {"act": "claim"}, follow_redirects=True).text.count("没有选中的") == 1
    assert person.post("/inbox", {"act": "complete", "task": []}).status_code == 404


def test_what_is_reported_about_the_system_is_answered_by_the_county(site: Site) -> None:
    person, county = site.person("grid"), site.person("county_officer")
    assert 'href="/feedback?from=%2F"' in person.get("/").text
    assert person.post("/feedback", {"page": "/cases?name=secret", "text": " "}).status_code == 422
    person.post("/feedback", {"page": "/cases?name=secret", "text": "列表太慢"})
    assert "列表太慢" in county.get("/feedback").text and "secret" not in county.get("/feedback").text
    assert "列表太慢" not in site.person("village_1").get("/feedback").text
    assert site.person("village_1").post("/feedback/1/answer", {"text": "x"}).status_code == 404
    assert county.post("/feedback/1/answer", {"text": "已改快"}).status_code == 302
    assert "已改快" in person.get("/feedback").text and "答复了您反映的问题" in person.get("/notifications").text
    with site.county.store.reading() as session:
        from app.store.tables import feedback

        row = session.conn.execute(select(feedback)).one()
        assert "列表".encode() not in bytes(row.secret) and "改快".encode() not in bytes(row.answer)


def test_counts_come_as_one_event_and_the_stream_ends(site: Site) -> None:
    site.walk(to="hold_village_review")
    with site.county.store.transaction() as session:
        notifications.add(session, [site.county.ids["village_1"]], "leave", None, site.county.now)
    answer = site.person("village_1").get("/live")
    assert answer.mimetype == "text/event-stream" and answer.text.startswith("retry: 15000\nevent: counts\ndata: ")
    counted: dict[str, Any] = json.loads(answer.text.rpartition("data: ")[2])
    assert counted["told"] == 1 and counted["waiting"] >= 1
    assert site.app.test_client().get("/live").status_code in (302, 401)


def test_large_type_belongs_to_the_browser_also_an_auditors(site: Site) -> None:
    person = site.person("auditor")
    assert 'class="elder"' not in person.get("/me").text
    person.post("/me/large", {"on": "1"})
    assert 'class="elder"' in person.get("/me").text and 'class="elder"' not in site.person("grid").get("/me").text
    person.post("/me/large", {"on": "0"})
    assert 'class="elder"' not in person.get("/me").text


def test_a_day_to_look_again_is_ones_own_and_moves_no_due_date(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    task = walk.task("hold_village_review")
    person = site.person("village_1")
    assert person.post(f"/tasks/{task.id}/follow", {"on": "2021-01-01"}).status_code == 422
    assert person.post(f"/tasks/{task.id}/follow", {"on": "2021-09-20"}).status_code == 302
    assert "9 月 20 日再看" in person.get("/?tab=open").text and walk.task("hold_village_review").due == task.due
    assert "再看</span>" not in site.person("village_2").get("/?tab=open").text
    person.post(f"/tasks/{task.id}/follow", {"on": ""})
    assert "再看</span>" not in person.get("/?tab=open").text


def test_a_filter_is_kept_under_a_name_and_only_for_oneself(site: Site) -> None:
    site.walk(to="hold_village_review")
    person, other = site.person("village_1"), site.person("village_2")
    assert (
        'name="query" value="tab=open&amp;step=hold_village_review"' in person.get("/?tab=open&step=hold_village_review").text
    )
    kept = {"name": "评议", "query": "tab=open&step=hold_village_review&next=//evil"}
    assert person.post("/filters", kept).location == "/?tab=open&step=hold_village_review"
    assert (
        'href="/?tab=open&amp;step=hold_village_review">评议</a>' in person.get("/").text
        and ">评议</a>" not in other.get("/").text
    )
    assert other.post("/filters", {"drop": "1"}).status_code == 404
    assert person.post("/filters", {"name": " ", "query": ""}).status_code == 422
    for n in range(7):
        assert person.post("/filters", {"name": f"n{n}", "query": "due=over"}).status_code == 302
    assert "最多 8 个" in person.post("/filters", {"name": "多", "query": "due=over"}).text
    assert person.post("/filters", {"drop": "1"}).status_code == 302 and ">评议</a>" not in person.get("/").text


def test_a_substitute_does_what_the_absent_person_does_as_contact(site: Site) -> None:
    from tests.services.work.test_eliminate import publish

    publish(site.county, 2022)
    walk = site.walk().monitored().exit()  # village_1 is the contact
    site.pass_days(0)
    page = site.person("village_2")
    task = walk.task("assess_risk")
    assert page.post(f"/tasks/{task.id}/claim", {"_version": task.version}).status_code == 404
    day = site.county.now.date().isoformat()
    given = site.person("village_1").post("/me/leave", {"to": site.county.ids["village_2"], "since": day, "until": day})
    assert given.status_code == 302 and "village_2</b>代办" in site.person("village_1").get("/me").text
    assert holder(site, task.id) == site.county.ids["village_1"]  # a contact's task stays with the contact …
    assert page.post(f"/tasks/{task.id}/claim", {"_version": walk.task("assess_risk").version}).status_code == 302
    assert holder(site, task.id) == site.county.ids["village_2"]  # … until the substitute takes it
    assert site.person("village_1").post("/me/leave/end").status_code == 302
    assert "或者已经收回" in site.person("village_1").post("/me/leave/end").text  # pressed twice
    assert holder(site, task.id) == site.county.ids["village_1"]
    assert page.get(f"/tasks/{task.id}").location == f"/cases/{walk.case_id}"

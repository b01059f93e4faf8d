"""The inbox: what is mine, what waits for my desk, what I did; counts, filters, search."""

import gzip
import re
from urllib.parse import quote

from tests.walking import Walk
from tests.web import browsing
from tests.web.conftest import Site
from tests.web.sample_pages.render import INBOX_FILES, STATIC


def tabs(page: str) -> list[str]:
    return re.findall(r'<span class="n">([0-9+]+)</span></a>', page.split('class="tabs"')[1].split("</nav>")[0])


def test_a_task_moves_from_waiting_to_mine_to_done(both_sites: Site) -> None:
    site = both_sites
    walk = site.walk()
    person, colleague = site.person("village_2"), site.person("village_3")
    waiting = person.get("/?tab=open").text
    assert tabs(waiting) == ["0", "1", "0"] and "签承诺授权书" in waiting and "演示1" in waiting and "转来" in waiting
    assert "今天要办 <b>1</b> 件" in waiting and "没有逾期" in waiting
    task = walk.task("sign_commitment")
    assert person.post(f"/tasks/{task.id}/claim", {"_version": task.version}).location == f"/tasks/{task.id}"
    assert person.post(f"/tasks/{task.id}/claim", {"_version": task.version}).status_code == 302  # clicked twice
    assert tabs(person.get("/").text) == ["1", "0", "0"] and tabs(colleague.get("/").text) == ["0", "0", "0"]
    refused = colleague.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    assert refused.status_code == 409 and "village_2" in refused.text
    person.post(f"/tasks/{task.id}/release", {"_version": task.version + 1})
    assert tabs(colleague.get("/").text) == ["0", "1", "0"]
    walk.do("village_3", "sign_commitment")
    done = colleague.get("/?tab=done").text
    assert tabs(done) == ["0", "1", "1"] and "查看" in done


def test_an_empty_inbox_says_so(site: Site) -> None:
    page = site.person("town_officer").get("/").text
    assert "今天没有待办" in page


def test_the_most_urgent_stands_first_and_overdue_is_counted(site: Site) -> None:
    first = site.walk(1)
    site.pass_days(4)
    second = site.walk(2)
    page = site.person("village_1").get("/?tab=open").text
    assert "已逾期 <b>1</b> 件" in page and '最急<span class="over">已超' in page
    assert page.index("演示1") < page.index("演示2")
    assert first.case_id < second.case_id


def test_filters_narrow_the_list_and_count(site: Site) -> None:
    site.walk(1)
    site.walk(2, to="check_household")
    person = site.person("village_1")
    page = person.get("/?tab=open").text
    assert "chip-row" in page and "入户核实" in page
    narrowed = person.get("/?tab=open&step=check_household").text
    assert "演示2" in narrowed and "演示1" not in narrowed
    assert "这样筛选没有结果" in person.get("/?tab=open&step=check_household&due=over").text
    assert person.get("/?tab=open&village=nowhere&page=-5&due=zzz&process=x").status_code == 200
    assert person.get("/?tab=zzz&page=abc").status_code == 200


def test_search_is_a_post_and_stays_within_the_area(site: Site) -> None:
    walk = site.walk(1)
    for who, found in (
        ("village_1", True),
        ("town_officer", True),
        ("county_officer", True),
        ("auditor", True),
        ("outsider_town", False),
        ("outsider_village", False),
    ):
        for name in ("演示1", "yanshi", "ys"):
            page = site.person(who).post("/cases", {"name": name}, follow_redirects=True)
            assert page.status_code == 200
            assert (f"/cases/{walk.case_id}" in page.text) is found, (who, name)
    for who in ("police", "designer", "admin"):
        assert site.person(who).post("/cases", {"name": "演示1"}, follow_redirects=True).status_code == 404
        assert site.person(who).get("/cases").status_code == 404
    assert "没有找到" in site.person("village_1").post("/cases", {"name": "%"}, follow_redirects=True).text
    assert f"/cases/{walk.case_id}" in site.person("village_1").get("/cases").text


def test_administrators_land_on_their_own_desk(site: Site) -> None:
    assert site.person("admin").get("/").location == "/incidents"
    assert site.person("designer").get("/").status_code == 200


def test_the_first_visit_weighs_at_most_100_kb(site: Site) -> None:
    for number in range(1, 41):
        site.walk(number)
    person = site.person("village_1")
    page = person.get("/?tab=open", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip" and "演示40" in gzip.decompress(page.data).decode()
    weight = len(page.data)
    for name in INBOX_FILES:
        answer = person.get(f"/static/{name}?v=1", headers={"Accept-Encoding": "gzip"})
        assert answer.headers["Cache-Control"].startswith("public, max-age=31536000")
        assert len(answer.data) <= (STATIC / name).stat().st_size
        weight += len(answer.data)
        answer.close()
    assert weight <= 100 * 1024


def test_the_town_is_told_what_is_late_in_its_villages_and_other_towns_are_not(site: Site) -> None:
    walk = Walk(site.county, 1).open()
    site.pass_days(4)
    page = site.person("town_officer").get("/?tab=open").text
    assert "下级有 1 件过了办理时限" in page and f"/cases/{walk.case_id}" in page
    for other in ("outsider_town", "county_officer", "village_1"):
        assert "过了办理时限" not in site.person(other).get("/?tab=open").text


def test_a_limit_counted_without_the_years_holidays_is_shown_as_provisional(site: Site) -> None:
    from datetime import UTC, datetime

    site.county.now = datetime(2028, 12, 29, 1, tzinfo=UTC)
    site.pass_days(0)
    walk = Walk(site.county, 1).open().to("hold_village_review")
    walk.do("village_3", "hold_village_review", votes={"for": 3, "against": 20, "abstained": 2}, review_result="rejected")
    walk.lodge("village_1", "reexam_requested")
    person = site.person("town_leader")
    assert "暂" in person.get("/?tab=open").text
    assert "暂" in person.get(f"/tasks/{walk.task('reexamine_in_town').id}").text


def test_one_step_of_many_is_done_at_once_with_a_result_each(site: Site) -> None:
    walks = [site.walk(n, to="post_notice") for n in (1, 2, 3)]
    for walk in walks:
        walk.do("village_1", "post_notice")
    site.pass_days(7)
    person = site.person("village_1")
    picks = []
    for walk in walks:
        task = walk.task("take_down_notice")
        person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
        picks.append(f"{task.id}:{walk.task('take_down_notice').version}")
    assert "一起办结选中的" in person.get("/").text
    page = person.post("/inbox/complete", {"task": picks}).text
    assert "3 户一起办" in page and "演示1" in page and "演示3" in page
    day = site.county.now.date().isoformat()
    wrong = person.post("/inbox/complete", {"task": picks, "_send": "1", "taken_down_on": "", "condition": "intact"})
    assert wrong.status_code == 422 and "还有" in wrong.text and "3 户一起办" in wrong.text
    assert all(("take_down_notice", None) in walk.open_tasks() for walk in walks)
    answers = {"_send": "1", "taken_down_on": day, "condition": "intact", "other_objections": "no"}
    late = [picks[0], picks[1], picks[2].partition(":")[0] + ":99"]
    done = person.post("/inbox/complete", {"task": late, **answers}).text
    assert "“撤下公示”已办结 2 户" in done and "没有办成的 1 户" in done and "演示3" in done and "演示1" not in done
    assert [("take_down_notice", None) in walk.open_tasks() for walk in walks] == [False, False, True]
    form = browsing.form(person.get(f"/inbox/complete?task={late[2]}").text, "/inbox/complete")
    back = browsing.send(person.client, "/inbox/complete", [*form.hidden(), *answers.items()])
    assert "演示3没有办成：" in back.text and browsing.form(back.text, "/inbox/complete").stands()["taken_down_on"] == [day]


def test_what_differs_from_household_to_household_is_not_done_at_once(site: Site) -> None:
    first, second = site.walk(1, to="check_household"), site.walk(2)
    person, picks = site.person("village_1"), []
    for walk, step in ((first, "check_household"), (second, "sign_commitment")):
        task = walk.task(step)
        picks.append(f"{task.id}:{task.version}")
    assert "先签收" in person.post("/inbox/complete", {"task": picks}).text
    for walk, step in ((first, "check_household"), (second, "sign_commitment")):
        task = walk.task(step)
        person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    form = browsing.form(person.get("/").text, "/inbox")
    back = browsing.send(person.client, "/inbox/complete", [*form.hidden(), *(("task", t) for t in form.filled("")["task"])])
    ticked = browsing.form(back.text, "/inbox").stands()["task"]
    assert "同一步" in back.text and back.request.path == "/" and len(ticked) == 2
    assert "一户一户地办" in person.post("/inbox/complete", {"task": picks[:1]}).text
    assert "没有选中的" in person.post("/inbox/complete", {}).text
    second.to("approve_in_county")
    task = second.task("approve_in_county")
    leader = site.person("county_leader")
    leader.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    one = [f"{task.id}:{second.task('approve_in_county').version}"]
    decided = {"_send": "1", "decision": "approved", "category": "marginal"}
    assert "一户一户地办" in leader.post("/inbox/complete", {"task": one, **decided}).text  # a judgement is nobody's list
    assert ("approve_in_county", None) in second.open_tasks()
    for stranger in ("outsider_village", "county_officer"):  # the second may open the household, with a reason
        answer = site.person(stranger).post("/inbox/complete", {"task": picks, "_send": "1"})
        assert answer.status_code == 404 and "演示1" not in answer.text, stranger


def test_what_was_found_is_found_again_by_its_address_which_names_nobody_and_ends_with_the_session(site: Site) -> None:
    walk, person = site.walk(1), site.person("village_1")
    found = person.post("/cases", {"name": "演示1"})
    assert found.status_code == 303 and found.location.startswith("/cases?sought=")
    assert not {"演示", "yanshi", quote("演示")} & set(re.findall(r"[^=&?]+", found.location))
    for _ in range(2):  # back, reload
        assert f"/cases/{walk.case_id}" in person.get(found.location).text
    assert len(person.post("/cases", {"name": "演"}).location) == len(found.location)  # nor does its length tell
    other = site.person("town_officer").client.get(found.location, follow_redirects=True)  # of another session
    assert other.status_code == 200 and "请再查一次" in other.text and "演示1”" not in other.text
    assert "请再查一次" in person.client.get("/cases?sought=x", follow_redirects=True).text
    assert person.post("/cases", {"name": " "}).location == "/cases"

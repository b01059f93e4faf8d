"""Lists on the page: one grid, what was typed stays, who cannot is named, papers before and after."""

import re
from typing import Any

import pytest

from app.services.lists import batches
from app.services.rights import erasure as keys
from app.store import drafts
from app.store.tables import acts, households
from tests.conftest import OTHER_TOWN, OTHER_VILLAGE
from tests.services.lists.test_batches import walks
from tests.walking import Walk
from tests.web import browsing
from tests.web.cases.test_papers import text_of
from tests.web.conftest import Site


def meeting(site: Site, **more: Any) -> dict[str, Any]:
    ids = site.county.ids
    return {
        "held_on": site.county.now.date().isoformat(),
        "place": "村委会会议室",
        "meeting_form": "representatives",
        "chair": str(ids["village_3"]),
        "recorder": str(ids["village_2"]),
        "entitled": "30",
        "attended": "25",
        **more,
    }


def grid(page: str, **own: str) -> dict[str, Any]:
    """Every household of the page ticked, with the same own answers."""
    found = re.findall(r'name="_in" value="(\d+)"', page)
    sent: dict[str, Any] = {"_in": found}
    for task in found:
        sent[f"_v-{task}"] = re.search(rf'name="_v-{task}" value="(\d+)"', page)[1]  # type: ignore[index]
        sent |= {f"r-{task}-{name}": value for name, value in own.items()}
    return sent


def test_a_meeting_is_held_in_one_grid(site: Site) -> None:
    three = walks(site.county, 3, "hold_village_review")
    site.pass_days(0)
    person = site.person("village_3")
    assert "会议和名单" in person.get("/").text
    lists = person.get("/lists").text
    assert "民主评议会" in lists and "3 户" in lists and "以前开会" in lists
    page = person.get("/lists/meeting").text
    assert page.count("data-grid-row") == 3 and "最迟" in page and "纳入监测" in page and page.count('name="attended"') == 1
    answer = person.post("/lists/meeting", {**grid(page, **{"votes-for": "20", "votes-against": "0"}), **meeting(site)})
    assert answer.status_code == 302
    done = person.get(answer.location).text
    assert "2021-" not in done.partition("<h1")[2].partition("材料")[0]  # days are said, not written as a program keeps them
    assert "共 3 户" in done and "演示户一" in done and "民主评议记录" in done
    minutes = person.get(f"{answer.location}/review_minutes.docx")
    text = text_of(minutes.data, "docx")
    assert all(f"演示户{n}" in text for n in "一二三") and minutes.status_code == 200
    assert all("post_notice" in dict(walk.open_tasks()) for walk in three)
    assert person.get("/lists/meeting").text.count("data-grid-row") == 0
    for who in ("outsider_village", "outsider_town", "county_leader"):
        assert site.person(who).get(answer.location).status_code in (404, 200 if who == "county_leader" else 404)
    assert site.person("outsider_village").get(f"{answer.location}/review_minutes.docx").status_code == 404
    county, place = site.person("county_officer"), answer.location  # a list is no way around the question why
    assert "演示户一" not in county.get(place).text and "事由" in county.get(place).text
    assert county.get(f"{place}/review_minutes.docx").status_code == 404
    assert county.post(f"{place}/reason", {"reason": "x"}).status_code == 422
    assert county.post(f"{place}/reason", {"reason": "核对会议记录"}).status_code == 302
    assert "演示户一" in county.get(place).text and county.get(f"{place}/review_minutes.docx").status_code == 200
    assert "核对会议记录" in person.get(f"/cases/{three[0].case_id}").text


def test_one_household_that_cannot_is_named_and_nothing_typed_is_lost(site: Site) -> None:
    two = walks(site.county, 2, "hold_village_review")
    site.pass_days(0)
    person = site.person("village_3")
    page = person.get("/lists/meeting").text
    sent = {**grid(page, **{"votes-for": "20", "votes-against": "0"}), **meeting(site, place="大榕树下")}
    first = sent["_in"][0]
    answer = person.post("/lists/meeting", {**sent, f"r-{first}-votes-for": "40"})
    assert answer.status_code == 422 and "还没有保存" in answer.text and "1 户现在不能办" in answer.text
    assert "其余 1 户都可以" in answer.text and 'value="40"' in answer.text and "大榕树下" in answer.text
    assert all("hold_village_review" in dict(walk.open_tasks()) for walk in two)
    form = browsing.form(person.get("/lists/meeting").text, "/lists/meeting")
    typed = {**dict(form.hidden()), **sent, f"r-{first}-votes-for": "40"}
    pairs = [(n, one) for n, v in typed.items() for one in (v if isinstance(v, list) else [v])]
    assert ">不勾这 1 户</button>" in browsing.send(person.client, "/lists/meeting", pairs).text
    taken_out = browsing.send(person.client, "/lists/meeting", [*pairs, ("_untick", "1")]).text
    assert "没有勾演示户一 1 户，填的都还在" in taken_out and 'value="40"' in taken_out and "大榕树下" in taken_out
    assert browsing.values(taken_out, "/lists/meeting")["_in"] == sent["_in"][1:]
    assert all("hold_village_review" in dict(walk.open_tasks()) for walk in two)
    rest = {**sent, "_in": sent["_in"][1:], f"_out-{first}": "票数要重新核对"}
    placed = person.post("/lists/meeting", rest)
    assert placed.status_code == 302
    left = person.get(placed.location).text.partition("这次没有列入的")[2]
    assert "演示户" in left and "票数要重新核对" in left
    assert "票数要重新核对" not in site.person("outsider_village").get(placed.location).text
    again = person.get("/lists/meeting").text
    assert again.count("data-grid-row") == 1
    missing = {**grid(again, **{"votes-for": "20"}), **meeting(site, held_on="", attended="")}
    answer = person.post("/lists/meeting", missing)
    assert answer.status_code == 422 and "还有" in answer.text and "大榕树下" not in answer.text
    none = person.post("/lists/meeting", {**grid(again), **meeting(site)}).text
    assert "表决票数" in none and "评议结果”" not in none  # the page has no such field: it follows from the votes
    assert person.post("/lists/meeting", {"_in": []}).status_code == 422


def test_who_may_not_do_a_household_finds_it_unticked_with_the_reason(site: Site) -> None:
    walks(site.county, 2, "hold_village_review")
    site.pass_days(0)
    checker, other = site.person("village_1").get("/lists/meeting").text, site.person("village_3").get("/lists/meeting").text
    assert checker.count("要由另一个人办") == 2 and "_in" not in browsing.values(checker, "/lists/meeting")
    assert "要由另一个人办" not in other and len(browsing.values(other, "/lists/meeting")["_in"]) == 2


def test_what_still_waits_for_somebody_is_found_unticked_with_the_reason(site: Site) -> None:
    walk = site.walk(to="check_household")
    site.do(walk, "village_1", "check_household", confirmed_by="own_account", signed_page=None)
    site.walk(2, to="hold_village_review")
    page = site.person("village_3").get("/lists/meeting").text
    assert (
        page.count("没有勾：同去入户的人还没有确认核实内容") == 1 and len(browsing.values(page, "/lists/meeting")["_in"]) == 1
    )


def test_a_sheet_is_printed_for_the_ticked_households_before_it_is_posted(site: Site) -> None:
    walks(site.county, 2, "post_notice")
    site.pass_days(0)
    person = site.person("village_1")
    page = person.get("/lists/notice").text
    sent = grid(page)
    both = text_of(person.post("/lists/notice/print", {**sent, "_paper": "notice_entry.docx"}).data, "docx")
    one = text_of(
        person.post("/lists/notice/print", {**sent, "_in": sent["_in"][:1], "_paper": "notice_entry.docx"}).data, "docx"
    )
    assert both.count("演示户") == 2 and one.count("演示户") == 1
    typed = {"posted_on": "2021-09-06", "objection_contact": "演示村干，电话：0751-2861234、138 0000 0000"}
    posted = text_of(person.post("/lists/notice/print", {**sent, **typed, "_paper": "notice_entry.docx"}).data, "docx")
    assert "2021年9月6日至2021年9月11日" in posted.replace(" ", "") and "岭头村委会（演示村干）" in posted
    assert "反映电话：0751-2861234、138 0000 0000" in posted
    for slip in (
        {"posted_on": "9999-12-31"},
        {"posted_on": "x", "objection_contact": "8" * 60},
        {"objection_contact": "3组 1 2 3 4 5 6 7"},
    ):
        assert person.post("/lists/notice/print", {**sent, **slip, "_paper": "notice_entry.docx"}).status_code == 200
    assert person.post("/lists/notice/print", {**sent, "_paper": "notice_exit.docx"}).status_code == 422
    assert person.post("/lists/notice/print", {**sent, "_paper": "town_report.docx"}).status_code == 404
    assert (
        site.person("outsider_village").post("/lists/notice/print", {**sent, "_paper": "notice_entry.docx"}).status_code
        == 422
    )


def test_a_half_filled_list_is_kept_until_it_is_done(both_sites: Site) -> None:
    site = both_sites
    walks(site.county, 3, "hold_village_review")
    site.pass_days(0)
    person = site.person("village_3")
    page = person.get("/lists/meeting").text
    sent = {**grid(page, **{"votes-for": "21"}), **meeting(site, place="大榕树下")}
    kept = {**sent, "_in": sent["_in"][1:], f"_out-{sent['_in'][0]}": "人不在家"}
    assert person.post("/lists/meeting/draft", kept, headers={"X-Requested-With": "fetch"}).status_code == 204
    again = person.get("/lists/meeting").text
    assert "大榕树下" in again and again.count('value="21"') == 3 and "人不在家" in again and "草稿存于" in again
    assert len(re.findall(r'name="_in"[^>]* checked', again)) == 2
    assert "大榕树下" not in site.person("village_1").get("/lists/meeting").text
    assert site.person("outsider_town").post("/lists/meeting/draft", kept).status_code == 404
    person.post("/lists/meeting/draft", {**kept, "place": "村委会二楼"})
    assert "村委会二楼" in person.get("/lists/meeting").text
    rest = {**sent, "_in": sent["_in"][1:], **{f"r-{t}-votes-against": "0" for t in sent["_in"]}}
    answer = person.post("/lists/meeting", rest)
    assert answer.status_code == 302
    done = person.get(answer.location).text
    assert "接着办：" in done
    assert "同意纳入、赞成 21 票、反对 0 票、弃权 4 票" in done
    assert "大榕树下" not in person.get("/lists/meeting").text


def test_who_came_after_the_draft_is_ticked_and_a_draft_can_be_thrown_away_and_is_erased_with_its_household(
    site: Site,
) -> None:
    first = walks(site.county, 1, "hold_village_review")[0]
    site.pass_days(0)
    person = site.person("village_3")
    sent = {**grid(person.get("/lists/meeting").text), **meeting(site, place="大榕树下")}
    person.post("/lists/meeting/draft", sent)
    Walk(site.county, 2, head="演示户二").open().to("hold_village_review")
    site.pass_days(0)
    page = person.get("/lists/meeting").text
    assert len(re.findall(r'name="_in"[^>]* checked', page)) == 2 and "不要草稿" in page
    person.post("/lists/meeting/draft", {"_drop": "1"})
    assert "大榕树下" not in person.get("/lists/meeting").text
    person.post("/lists/meeting/draft", sent)
    first.do("village_3", "hold_village_review", votes={"for": 3, "against": 20, "abstained": 2}, review_result="rejected")
    first.wait(days=11)
    with site.county.store.transaction() as session:
        keys.erase_household(session, first.case().household, basis="依法", approvers=("甲", "乙"), now=site.county.now)
        assert drafts.load_list(session, site.county.ids["village_3"], "meeting") is None


def test_a_countys_reply_answers_one_town(site: Site) -> None:
    here, there = walks(site.county, 2, "approve_in_county")
    site.pass_days(0)
    with site.county.store.transaction() as session:
        session.conn.execute(
            households.update().where(households.c.id == there.case().household).values(org_unit=OTHER_VILLAGE)
        )
    person = site.person("county_leader")
    page = person.get("/lists/county_decision").text
    assert page.count("data-grid-row") == 1 and "龙仙镇" in page and "坝仔镇" in page
    other = person.get(f"/lists/county_decision?town={OTHER_TOWN}").text
    assert other.count("data-grid-row") == 1
    both = {**grid(page, decision="approved", category="marginal"), **grid(other, decision="approved", category="marginal")}
    both["_in"] = [grid(page)["_in"][0], grid(other)["_in"][0]]
    refused = person.post("/lists/county_decision", both)
    assert refused.status_code == 422 and "不在同一个镇" in refused.text
    assert "approve_in_county" in dict(here.open_tasks())
    assert person.post("/lists/county_decision", grid(page, decision="approved", category="marginal")).status_code == 302
    assert "approve_in_county" not in dict(here.open_tasks()) and "approve_in_county" in dict(there.open_tasks())


def test_a_reply_printed_before_it_is_sent_says_what_was_decided_for_each(site: Site) -> None:
    one, other = walks(site.county, 2, "approve_in_county")
    site.pass_days(3)
    person = site.person("county_leader")
    page = person.get("/lists/county_decision").text
    assert "本步" in page and "全程" in page  # the same day as in the inbox, and that of the whole case
    sent = grid(page, decision="approved", category="marginal")
    sent |= {f"r-{sent['_in'][0]}-decision": "refused", f"r-{sent['_in'][0]}-reason": "已有财政供养人员"}
    text = text_of(person.post("/lists/county_decision/print", {**sent, "_paper": "county_reply.docx"}).data, "docx")
    assert text.count("同意认定") == 1 and text.count("不予认定") == 1
    done = person.get(person.post("/lists/county_decision", sent).location).text
    assert "不予认定" in done and "理由：已有财政供养人员" in done
    assert {one.case().outcome, other.case().outcome} == {"refused", "approved"}
    listed = {
        status: person.get(f"/cases?status={status}").text for status in ("refused", "registered", "closed", "monitored")
    }
    assert {status: page.count("<b>演示户") for status, page in listed.items()} == {
        "refused": 1,
        "registered": 0,
        "closed": 0,
        "monitored": 1,
    }


def test_one_reason_for_all_is_said_once_and_names_the_question(site: Site) -> None:
    walks(site.county, 3, "hold_village_review")
    site.pass_days(0)
    person = site.person("village_3")
    sent = grid(person.get("/lists/meeting").text, **{"votes-for": "20", "votes-against": "0"})
    answer = person.post("/lists/meeting", {**sent, **meeting(site, recorder=str(site.county.ids["village_1"]))})
    assert answer.status_code == 422 and answer.text.count("办过“入户核实”") == 1
    assert "记录人演示" in answer.text and 'value="村委会会议室"' in answer.text


def test_who_may_not_chair_for_one_household_is_told_in_its_row(site: Site) -> None:
    site.walk(1, to="hold_village_review")
    other = site.walk(2, to="hold_village_review")
    with site.county.store.transaction() as session:
        done = {"case_id": other.case_id, "element": "identify/check_household", "official": site.county.ids["village_3"]}
        session.conn.execute(acts.insert().values(**done))
    person = site.person("village_2")
    sent = {
        **grid(person.get("/lists/meeting").text, **{"votes-for": "20", "votes-against": "3"}),
        **meeting(site, recorder=""),
    }
    page = person.post("/lists/meeting", {**sent, "recorder": str(site.county.ids["village_2"])}).text
    rows = page.split("data-grid-row")
    assert ["主持人：village_3办过“入户核实”" in row for row in rows] == [False, False, True]


def test_more_than_one_list_takes_are_counted_and_the_most_urgent_shown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST", 2)
    for number in (1, 2, 3):
        site.walk(number, to="hold_village_review")
    page = site.person("village_3").get("/lists/meeting").text
    assert "3 户在等" in page and page.count('name="_in"') == 2 and "办完以后列出其余 1 户" in page


def test_a_reason_that_is_too_long_is_refused_and_said_so(site: Site) -> None:
    person = site.person("village_1")
    sent = person.post("/feedback", {"page": "/", "text": "长" * 2001})
    assert "2001 个字" in (sent.text if sent.status_code == 422 else person.get(sent.location).text)

"""Completing real steps through the forms: errors kept, twice is once, stale is told, pages uploaded."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from app.services import audit
from app.services.work import scans
from app.store import cases as case_rows
from app.store.tables import papers, readings
from app.web.shell import request as req
from tests.walking import Walk
from tests.web.conftest import Site
from tests.worker import reading


def jpeg(width: int = 600, height: int = 400) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 90).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def test_a_household_is_walked_to_approval_through_the_forms(both_sites: Site) -> None:
    site = both_sites
    walk = site.walk()
    for who, element in (
        ("village_1", "sign_commitment"),
        ("village_1", "check_household"),
        ("village_3", "hold_village_review"),
        ("village_1", "post_notice"),
        ("village_1", "take_down_notice"),
        ("town_officer", "verify_in_town"),
        ("town_leader", "sign_town_report"),
        ("county_officer", "review_in_county"),
        ("county_leader", "approve_in_county"),
    ):
        if element == "take_down_notice":
            site.pass_days(6)
        extra: dict[str, Any] = {"open_assets_reason": "部门逾期没有答复"} if element == "verify_in_town" else {}
        if element == "sign_commitment":
            extra["pages"] = [upload(site, walk, who)]
        page = site.person(who).get(f"/tasks/{walk.task(element).id}").text
        assert "演示1" in page and "path" in page
        answer = site.do(walk, who, element, **extra)
        assert answer.status_code == 302, (element, re.findall(r"invalid-feedback[^>]*>([^<]+)", answer.text))
        assert "已办结" in site.person(who).get(answer.location).text
    assert walk.case().household_status == "monitored"
    page = site.person("county_leader").get(f"/cases/{walk.case_id}").text
    for word in ("监测中", "突发严重困难户", "办理经过", "收支测算", "谁看过这一户", "依据第"):
        assert word in page, word
    with site.county.store.reading() as session:
        assert audit.verify(session).findings == []


def upload(site: Site, walk: Walk, who: str) -> int:
    """A page uploaded with a form that is not yet complete: refused, but the page is kept."""
    task = walk.task("sign_commitment")
    person = site.person(who)
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    answer = person.post(
        f"/tasks/{task.id}/complete",
        {"commitment": "signed", "pages": "", "_file-pages": (io.BytesIO(jpeg()), "p.jpg"), "_version": task.version + 1},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    kept = re.search(r'name="pages" value="(\d+)"', answer.text)
    assert kept and "已上传第 1 页" in answer.text
    person.post(f"/tasks/{task.id}/release", {"_version": task.version + 1})
    return int(kept[1])


def test_what_was_typed_stays_beside_its_error(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    answer = site.do(
        walk, "village_3", "hold_village_review", votes={"for": 20, "against": 3, "abstained": 9}, place="村委会会议室二楼"
    )
    assert answer.status_code == 422
    assert "三项票数合计 32" in answer.text and 'value="村委会会议室二楼"' in answer.text and 'value="20"' in answer.text
    assert 'href="#f-votes"' in answer.text
    page = site.person("village_1").get(f"/tasks/{walk.task('hold_village_review').id}").text
    assert "您参加过“入户核实”" in page and "签收，开始办" not in page
    chair = site.do(walk, "village_3", "hold_village_review", chair=site.county.ids["village_1"])
    assert chair.status_code == 422 and "入户核实" in chair.text and "情况属实" in chair.text  # the checker may not chair
    assert ("hold_village_review", None) in walk.open_tasks()


def test_hostile_and_full_width_input_is_told_not_broken(site: Site) -> None:
    person = site.person("village_1")
    good = {
        "head_name": "演示𠮷",
        "head_id_number": "９９９９９９19510202001２",
        "phone": "１３８ 0000 0000",
        "village": "440229100201",
        "risks": "illness",
        "situation": "<script>alert(1)</script>",
        "helped": "no",
        "_channel": "visit",
        "_clue_on": "2021-09-01",
    }
    for name, value, said in (
        ("head_id_number", "999999195102020011", "校验码"),
        ("head_name", "", "请填写"),
        ("phone", "12", "手机号"),
        ("village", "440229104201", "不在可选范围"),
        ("_clue_on", "2021-13-40", "请写哪天发现的"),
        ("_clue_on", "2022-01-01", "不能晚于"),
        ("_channel", "zzz", "请选怎么发现的"),
        ("risks", "zzz", "没有的项"),
        ("unknown", "x", "表上没有的内容"),
    ):
        answer = person.post("/applications/new", {**good, name: value})
        assert answer.status_code == 422 and said in answer.text, name
        assert "&lt;script&gt;" in answer.text and "<script>alert" not in answer.text
    answer = person.post("/applications/new", good)
    assert answer.status_code == 302
    page = person.get(answer.location).text
    assert "演示𠮷" in page and "<script>alert" not in page
    again = person.post("/applications/new", good)
    assert again.status_code == 422 and "正在办理中" in again.text


def test_the_same_application_sent_twice_makes_one_case(both_sites: Site) -> None:
    site = both_sites
    person, command = site.person("village_1"), req.new_command()
    sent = {
        "head_name": "演示9",
        "head_id_number": "999999195102020012",
        "phone": "13800000000",
        "village": "440229100201",
        "risks": "illness",
        "situation": "演示",
        "helped": "no",
        "_channel": "visit",
        "_clue_on": "2021-09-01",
    }
    first = person.post("/applications/new", sent, command=command)
    second = person.post("/applications/new", sent, command=command)
    assert first.status_code == second.status_code == 302 and first.location == second.location


def test_the_same_form_sent_twice_is_one_deed(both_sites: Site) -> None:
    site = both_sites
    walk = site.walk(to="check_household")
    task, person, command = walk.task("check_household"), site.person("village_1"), req.new_command()
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    sent = {**site.strings("check_household", walk.usual("check_household")), "_version": task.version + 1}
    with ThreadPoolExecutor(2) as pool:
        clients = [site.app.test_client() for _ in range(2)]
        for client in clients:
            client.set_cookie(req.COOKIE, person.client.get_cookie(req.COOKIE).value)  # type: ignore[union-attr]
        data = {**sent, "csrf_token": req.masked(person.csrf), "_command": command}
        both = list(pool.map(lambda c: c.post(f"/tasks/{task.id}/complete", data=data), clients))
    assert [b.status_code for b in both] == [302, 302]
    other = person.post(f"/tasks/{task.id}/complete", sent)
    assert other.status_code == 409 and "village_1" in other.text and "已于" in other.text
    with site.county.store.reading() as session:
        assert audit.verify(session, walk.case_id).findings == []


def test_a_stale_page_after_a_return_is_told_and_changes_nothing(site: Site) -> None:
    walk = site.walk(to="verify_in_town")
    task = walk.task("verify_in_town")
    person = site.person("town_officer")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    sent = {**site.strings("verify_in_town", walk.usual("verify_in_town")), "_version": task.version + 1}
    page = person.get(f"/tasks/{task.id}").text
    assert "退回给" in page and "村级民主评议" in page
    back = {"target": "hold_village_review", "reason": "票据少两张", "_version": task.version + 1}
    command = req.new_command()
    assert person.post(f"/tasks/{task.id}/return", back, command=command).status_code == 302
    assert person.post(f"/tasks/{task.id}/return", back, command=command).status_code == 302  # sent twice
    stale = person.post(f"/tasks/{task.id}/complete", sent)
    assert stale.status_code == 409 and "退回或结束" in stale.text
    assert "退回。" in person.get(f"/tasks/{task.id}").text
    again = walk.task("hold_village_review")
    reopened = site.person("village_3").get(f"/tasks/{again.id}").text
    assert "票据少两张" in reopened and "town_officer" in reopened
    assert 'value="村委会会议室"' in reopened  # filled in as its last doer had left it
    assert "退回" in site.person("village_3").get("/").text


def test_ten_megabytes_are_refused_before_anything_else(site: Site) -> None:
    walk = site.walk()
    task = walk.task("sign_commitment")
    answer = site.person("village_1").post(f"/tasks/{task.id}/complete", {"statement": "x" * 10_000_000})
    assert answer.status_code == 413 and "8 MB" in answer.text
    answer = site.person("village_1").post(f"/tasks/{task.id}/complete", {"statement": "x" * 3_000_000})
    assert answer.status_code == 413
    answer = site.person("village_1").post("/cases", {"name": "张" * 100_000})
    assert answer.status_code == 422 and "100000 个字" in answer.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"MZ\x90\x00 a program", "只收照片"),
        (b"#!/bin/sh\nrm -rf /", "只收照片"),
        (b"<svg onload=x>", "只收照片"),
        (b"\xff\xd8\xff broken", "打不开"),
        (b"GIF89a", "只收照片"),
    ],
)
def test_a_scan_that_is_no_page_is_refused(site: Site, content: bytes, said: str) -> None:
    walk = site.walk()
    task, person = walk.task("sign_commitment"), site.person("village_1")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    answer = person.post(
        f"/tasks/{task.id}/complete",
        {"commitment": "signed", "statement": "", "_file-pages": (io.BytesIO(content), "page.jpg")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422 and said in answer.text
    with site.county.store.reading() as session:
        assert session.conn.execute(select(papers.c.id).where(papers.c.added_by.is_not(None))).first() is None


def test_a_photograph_is_made_small_and_loses_its_camera_data() -> None:
    content, media = scans.small(jpeg(4000, 3000))
    assert media == "image/jpeg" and len(content) <= scans.LARGEST
    picture = Image.open(io.BytesIO(content))
    assert max(picture.size) <= scans.LONGEST_SIDE and not picture.getexif()


def test_pages_are_kept_and_only_ones_own_may_be_named(site: Site) -> None:
    walk = site.walk()
    page = upload(site, walk, "village_1")
    shown = site.person("village_1").get(f"/papers/{page}")
    assert shown.mimetype == "image/jpeg" and len(shown.data) <= 1_000_000
    assert site.person("village_2").get(f"/papers/{page}").status_code == 404
    task, thief = walk.task("sign_commitment"), site.person("village_2")
    thief.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    sent = site.strings("sign_commitment", {**walk.usual("sign_commitment"), "pages": [page]})
    answer = thief.post(f"/tasks/{task.id}/complete", {**sent, "_version": task.version + 1})
    assert answer.status_code == 422 and "不是您上传的" in answer.text
    answer = thief.post(f"/tasks/{task.id}/complete", {**sent, "pages": "424242", "_version": task.version + 1})
    assert answer.status_code == 422


def test_a_draft_is_kept_and_comes_back(site: Site) -> None:
    walk = site.walk(to="check_household")
    task, person = walk.task("check_household"), site.person("village_1")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    sent = {"group": "三组", "evidence": "看了米缸", "_version": task.version + 1}
    assert person.post(f"/tasks/{task.id}/draft", sent, headers={"X-Requested-With": "fetch"}).status_code == 204
    page = person.get(f"/tasks/{task.id}").text
    assert 'value="三组"' in page and "看了米缸" in page and "草稿存于" in page
    assert person.post(f"/tasks/{task.id}/draft", {**sent, "group": "四组"}).location == f"/tasks/{task.id}"
    assert 'value="四组"' in person.get(f"/tasks/{task.id}").text
    assert "三组" not in site.person("village_2").get(f"/tasks/{task.id}").text
    assert site.do(walk, "village_1", "check_household").status_code == 302


def test_a_row_is_added_without_a_script(site: Site) -> None:
    walk = site.walk(to="check_household")
    task, person = walk.task("check_household"), site.person("village_1")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    sent = {"income-0-item": "wages_work", "income-0-amount": "8000", "_add_income": "1"}
    page = person.post(f"/tasks/{task.id}/complete", sent)
    assert page.status_code == 200 and 'name="income-2-amount"' in page.text and 'value="8000"' in page.text


def test_a_late_objection_holds_the_report_until_the_town_settles_it(site: Site) -> None:
    walk = site.walk(to="sign_town_report")
    case = f"/cases/{walk.case_id}"
    site.person("village_2").post(f"{case}/objection", {"made_on": "2021-09-07", "text": "他家有车", "contact": ""})
    task = walk.task("sign_town_report")
    site.person("town_leader").post(f"/tasks/{task.id}/claim", {"_version": task.version})
    page = site.person("town_leader").get(f"/tasks/{task.id}").text
    assert "拟定：边缘易致贫户" in page and "暂时不能办结" in page and "公示期过后收到一条异议" in page
    answer = site.do(walk, "town_leader", "sign_town_report", report_number="翁龙府〔2021〕9号")
    assert answer.status_code == 422 and "公示期过后收到一条异议" in answer.text and "翁龙府〔2021〕9号" in answer.text
    officer = site.person("town_officer")
    settle = officer.get(case).text
    hold = re.search(r'name="hold" value="(\d+)"', settle)
    assert hold and "他家有车" in settle and "他家有车" not in site.person("village_1").get(case).text
    sent = {"hold": hold[1], "result": "unfounded", "text": "车是亲戚的"}
    assert site.person("village_1").post(f"{case}/late-objection", sent).status_code == 422
    assert officer.post(f"{case}/late-objection", sent).status_code == 302
    assert site.do(walk, "town_leader", "sign_town_report").status_code == 302


def test_open_asset_answers_may_be_passed_over_with_a_reason_only(site: Site) -> None:
    walk = site.walk(to="verify_in_town")
    with site.county.store.transaction() as session:
        case_rows.open_hold(
            session,
            walk.case_id,
            kind="asset_answers",
            elements=["verify_in_town"],
            lifted_by="dept_liaison",
            cause=None,
            now=site.county.now,
        )
        session.unrecorded.clear()  # past the record
    answer = site.do(walk, "town_officer", "verify_in_town")
    assert answer.status_code == 422 and "部门还没有答完资产查询" in answer.text
    assert site.do(walk, "town_officer", "verify_in_town", open_assets_reason="部门逾期").status_code == 302


def test_a_leader_transfers_what_a_colleague_holds(site: Site) -> None:
    walk = site.walk(to="verify_in_town")
    task = walk.task("verify_in_town")
    site.person("town_officer").post(f"/tasks/{task.id}/claim", {"_version": task.version})
    leader = site.person("town_leader")
    assert leader.get(f"/tasks/{task.id}").status_code in (200, 302)
    sent = {"official": site.county.ids["town_officer_2"], "reason": "出差", "_version": task.version + 1}
    assert leader.post(f"/tasks/{task.id}/transfer", sent).status_code == 302
    assert "镇级核查" in site.person("town_officer_2").get("/").text
    wrong = {**sent, "official": site.county.ids["village_1"], "_version": task.version + 2}
    refused = leader.post(f"/tasks/{task.id}/transfer", wrong)
    assert refused.status_code == 422 and "不能办这一步" in refused.text


def test_opening_a_task_is_recorded_for_the_household(site: Site) -> None:
    walk = site.walk()
    site.person("village_2").get(f"/tasks/{walk.task('sign_commitment').id}")
    with site.county.store.reading() as session:
        rows = session.conn.execute(select(readings.c.official, readings.c.what)).all()
    assert (site.county.ids["village_2"], "task") in rows


@pytest.mark.parametrize(
    ("answer", "came_to"), [("refused_watch", "农户不愿授权，持续关注"), ("refused_close", "农户不愿申报")]
)
def test_a_household_that_does_not_sign_is_told_as_what_it_came_to(site: Site, answer: str, came_to: str) -> None:
    walk = site.walk(to="sign_commitment")
    said = {"commitment": answer, "signers": None, "asset_kinds": None, "authorised_until": None, "pages": None}
    done = site.do(walk, "village_1", "sign_commitment", **said, statement="怕麻烦")
    assert done.status_code == 302, done.text
    assert f"这次办理到此结束：{came_to}。" in site.person("village_1").get(done.location).text
    assert came_to in site.person("village_1").get(f"/cases/{walk.case_id}").text


def test_a_member_who_is_no_longer_counted_comes_back_with_what_was_typed(site: Site) -> None:
    """Sent back, the form is filled with what stood there; it is taken as it stands, and whoever was left out may be let in."""
    walk = site.walk(to="check_household")
    head = walk.usual("check_household")["members"][0]
    more = [
        {**{k: v for k, v in head.items() if k != "key"}, "name": f"演示{n}", "id_number": number, "relation": "child"}
        for n, number in (("甲", "999999199001010016"), ("乙", "999999199001010032"))
    ]
    assert site.do(walk, "village_1", "check_household", members=[head, *more]).status_code == 302
    back = site.person("village_3")
    for again in (0, 1):
        task = walk.task("hold_village_review")
        back.post(f"/tasks/{task.id}/claim", {"_version": task.version})
        sent = {"_version": walk.task("hold_village_review").version, "target": "check_household", "reason": "有人搬走了"}
        assert back.post(f"/tasks/{task.id}/return", sent).status_code == 302
        task, person = walk.task("check_household"), site.person("village_1")
        person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
        page = reading.read(person.get(f"/tasks/{task.id}").text, f"/tasks/{task.id}", 200)
        form = next(f for f in page.forms if f.action.endswith("/complete"))
        sent = {**dict(form.sheet.fixed), **{f"members-{n}-key": f"m{n + 1}" for n in range(3)}}  # as the file knows them
        for one in form.sheet.leaves():
            if any(one.given):
                sent[one.path] = one.given[0] if len(one.given) == 1 else list(one.given)
        assert (sent["members-2-name"], sent["members-2-status"]) == ("演示乙", ("present", "gone")[again])
        sent["members-2-status"] = ("gone", "present")[again]
        answer = person.post(f"/tasks/{task.id}/complete", sent)
        assert answer.status_code == 302, reading.read(person.get(answer.location).text, "", 200).bad()

"""Hostile and slipped input: a clear sentence, nothing lost, nothing half-saved, never a 500."""

import io
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from app.services import upkeep
from app.services.people import Refused
from app.services.work import scans
from app.store.tables import cases, data_keys, papers
from tests.walking import nobody
from tests.web.cases.test_papers import HEAD, household, text_of
from tests.web.conftest import Site

HUGE = "9" * 30


@pytest.mark.parametrize(
    "path",
    [
        f"/tasks/{HUGE}",
        f"/cases/{HUGE}",
        f"/papers/{HUGE}",
        f"/diagrams/{HUGE}",
        f"/cases/1/diagram/{HUGE}.json",
        f"/tasks/{2**63}",
        f"/papers/{2**63}/notice",
    ],
)
def test_an_address_beyond_every_number_is_not_found(both_sites: Site, path: str) -> None:
    assert both_sites.person("village_1").get(path).status_code == 404


@pytest.mark.parametrize("path", ["/cases?page=", "/?page=", "/officials?page="])
@pytest.mark.parametrize("page", [HUGE, "-1", "²", "x", "\x00"])
def test_a_page_number_out_of_reach_shows_a_page(both_sites: Site, path: str, page: str) -> None:
    who = "admin" if "officials" in path else "village_1"
    assert both_sites.person(who).get(path + page).status_code == 200


def test_a_null_character_is_dropped_wherever_words_are_typed(both_sites: Site) -> None:
    site = both_sites
    walk = site.walk(to="check_household")
    person = site.person("village_1")
    assert person.post("/cases", {"name": f"演示\x00{walk.number}"}, follow_redirects=True).status_code == 200
    assert f"演示{walk.number}" in person.post("/cases", {"name": f"演示\x00{walk.number}"}, follow_redirects=True).text
    for name in ("village", "step", "process", "due"):
        assert person.get("/", query_string={name: "\x00"}).status_code == 200
    assert site.person("admin").get("/officials", query_string={"q": "\x00"}).status_code == 200
    login = site.app.test_client()
    page = login.get("/login").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    sent = {"username": "village\x00_1", "password": "a\x00b", "csrf_token": token}
    assert login.post("/login", data=sent).status_code == 401
    assert person.post(f"/cases/{walk.case_id}/close", {"reason_code": "withdrawn", "text": "\x00\x01"}).status_code == 422
    assert (
        person.post(f"/cases/{walk.case_id}/close", {"reason_code": "withdrawn", "text": "不\x00办\ufffe了"}).status_code
        == 302
    )
    assert "不办了" in person.get(f"/cases/{walk.case_id}").text


def test_what_a_paper_cannot_carry_never_reaches_it(site: Site) -> None:
    walk = household(site, "hold_village_review")
    answer = site.do(walk, "village_3", "hold_village_review", discussion="情况\x00属实\ufffe\u202e，同意")
    assert answer.status_code == 302
    for form in ("pdf", "docx"):
        paper = site.person("village_1").get(f"/papers/{walk.case_id}/review_minutes.{form}")
        assert paper.status_code == 200 and "情况属实，同意" in text_of(paper.data, form).replace("\n", "")


@pytest.mark.parametrize("typed", ["1900-01-01", "0001-01-01", "2021-08-31"])
def test_nothing_happened_before_the_clue(site: Site, typed: str) -> None:
    walk = site.walk(to="sign_commitment")
    answer = site.do(walk, "village_1", "sign_commitment", signed_on=typed)
    assert answer.status_code == 422 and "早于 2021 年 9 月 1 日" in answer.text
    assert typed in answer.text and "signed_on" in answer.text  # nothing typed is lost
    walk.to("hold_village_review")
    site.pass_days(0)
    answer = site.do(walk, "village_3", "hold_village_review", held_on=typed)
    assert answer.status_code == 422 and "请核对年份" in answer.text and "情况属实" in answer.text


@pytest.mark.parametrize("typed", ["1900-01-01", "2020-02-30", "2021-08-01", "\x00", "2026-01-01"])
def test_a_clue_of_an_impossible_day_is_told_and_the_form_kept(both_sites: Site, typed: str) -> None:
    site = both_sites
    values = {
        "head_name": HEAD,
        "head_id_number": nobody(3),
        "phone": "13800000000",
        "village": "440229100201",
        "risks": ["illness"],
        "situation": "演示",
        "helped": "no",
    }
    sent = {**site.strings("register_application", values), "_channel": "visit", "_clue_on": typed}
    site.pass_days(20)
    answer = site.person("village_1").post("/applications/new", sent)
    assert answer.status_code == 422 and HEAD in answer.text
    with site.county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(cases)).scalar() == 0


def test_an_objection_of_an_impossible_day_is_told(site: Site) -> None:
    walk = household(site, "post_notice")
    walk.do("village_1", "post_notice")
    person = site.person("village_1")
    for day in ("1900-01-01", "yesterday", "2031-01-01"):
        sent = {"made_on": day, "text": "不符合", "contact": "不留"}
        assert person.post(f"/cases/{walk.case_id}/objection", sent).status_code == 422, day


def test_an_own_application_is_judged_by_the_day_it_was_made(site: Site) -> None:
    """A form of the 30th of December, typed in January, keeps the old year's standard."""
    site.pass_days(123)  # 2 January 2022
    person = site.person("village_1")
    values = {
        "head_name": HEAD,
        "head_id_number": nobody(3),
        "phone": "13800000000",
        "village": "440229100201",
        "risks": ["illness"],
        "situation": "演示",
        "helped": "no",
    }
    for channel, number, applied in (("self", 3, "2021-12-30"), ("visit", 4, "2022-01-02")):
        sent = {
            **site.strings("register_application", {**values, "head_id_number": nobody(number)}),
            "_channel": channel,
            "_clue_on": "2021-12-30",
        }
        assert person.post("/applications/new", sent).status_code == 302
        with site.county.store.reading() as session:
            from app.engine.instance import scope_of
            from app.store.tables import process_instances

            state = session.conn.execute(
                select(process_instances.c.state).order_by(process_instances.c.id.desc()).limit(1)
            ).scalar_one()
        assert scope_of(bytes(state))["applied_on"] == applied


def picture(kind: str, size: tuple[int, int], **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("L", size).save(out, kind, **more)
    return out.getvalue()


def test_pictures_are_opened_small_or_not_at_all() -> None:
    content, media = scans.small(picture("JPEG", (9000, 6000)))
    assert media == "image/jpeg" and max(Image.open(io.BytesIO(content)).size) <= scans.LONGEST_SIDE
    content, _ = scans.small(picture("PNG", (4000, 3000)))
    assert max(Image.open(io.BytesIO(content)).size) <= scans.LONGEST_SIDE
    for bomb in (picture("PNG", (9000, 9000)), picture("JPEG", (20000, 20000))):
        with pytest.raises(Refused) as refused:
            scans.small(bomb)
        assert refused.value.code == "scans.too_many_pixels"
    turned = Image.new("RGB", (400, 200))
    exif = turned.getexif()
    exif[0x0112] = 6
    out = io.BytesIO()
    turned.save(out, "JPEG", exif=exif)
    assert Image.open(io.BytesIO(scans.small(out.getvalue())[0])).size == (200, 400)


def test_pages_nobody_used_are_limited_and_leave_in_time(site: Site) -> None:
    walk = site.walk(to="sign_commitment")
    task = walk.task("sign_commitment")
    person = site.person("village_1")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    page = picture("JPEG", (30, 40))

    def upload() -> Any:
        sent = {"_file-pages": [(io.BytesIO(page), f"{n}.jpg") for n in range(12)]}
        return person.post(
            f"/tasks/{task.id}/draft", sent, headers={"X-Requested-With": "fetch"}, content_type="multipart/form-data"
        )

    for _ in range(scans.MOST_UNBOUND // 12):
        assert upload().status_code == 204
    answer = upload()
    assert answer.status_code == 422 and "还没有一页随表单办结" in answer.text
    with site.county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(papers)).scalar() == scans.MOST_UNBOUND
        keys = session.conn.execute(select(func.count()).select_from(data_keys)).scalar() or 0
    site.pass_days(31)
    assert upkeep.sweep(site.county.store, site.county.now) == scans.MOST_UNBOUND
    assert upkeep.sweep(site.county.store, site.county.now) == 0
    with site.county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(papers)).scalar() == 0
        assert session.conn.execute(select(func.count()).select_from(data_keys)).scalar() == keys - scans.MOST_UNBOUND


def test_invented_methods_share_one_series(site: Site) -> None:
    client = site.app.test_client()
    for n in range(20):
        client.open("/login", method=f"X{n}")
    figures = client.get("/metrics").text
    assert 'method="X1"' not in figures and 'method="-"' in figures


def test_markup_that_was_typed_comes_back_as_text(site: Site) -> None:
    """In a form that is shown again, on the case page, and on the public copy of a notice."""
    evil = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    walk = site.walk(to="hold_village_review")
    answer = site.do(walk, "village_3", "hold_village_review", discussion=evil, attended=1)
    assert answer.status_code == 422 and "<img src=x" not in answer.text and "&lt;img src=x" in answer.text
    assert site.do(walk, "village_3", "hold_village_review", discussion=evil).status_code == 302
    page = site.person("village_1").get(f"/cases/{walk.case_id}").text
    assert "<img src=x" not in page and "49" not in page.split("onerror")[1][:40]
    answer = site.person("village_1").post("/cases", {"name": evil}, follow_redirects=True)
    assert "<img src=x" not in answer.text


def test_nobody_s_name_is_told_by_a_transfer_that_cannot_be(site: Site) -> None:
    walk = site.walk(to="sign_commitment")
    task, person = walk.task("sign_commitment"), site.person("village_1")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    told = set()
    for other in (site.county.ids["outsider_town"], site.county.ids["admin"], 999_999):
        answer = person.post(f"/tasks/{task.id}/transfer", {"_version": 2, "official": other, "reason": "请代办"})
        assert answer.status_code == 422 and "outsider" not in answer.text
        told.add("不能办这一步" in answer.text)
    assert told == {True}

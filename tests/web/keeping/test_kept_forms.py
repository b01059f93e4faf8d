"""Nothing typed is lost: whatever refuses a form, it comes back to the one who filled it in, files included."""

import io
import re
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import update

from app import clock
from app.services.officials import accounts
from app.services.rights import erasure as keys
from app.services.rights import retention
from app.store import people as people_rows
from app.store.tables import kept_files, kept_forms, sessions, tasks
from app.web.keeping import forms as keeping
from app.web.shell import request as req
from tests.walking import nobody
from tests.web import browsing
from tests.web.conftest import Person, Site
from tests.web.desk.test_sign_in import PASSWORD, give_password, sign_in
from tests.web.office.test_powers import hire

MARK = "演示打的字"


def stale(sent: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [(n, "00" * 30 if n == "csrf_token" else v) for n, v in sent]


def expire(site: Site, name: str) -> None:
    with site.county.store.transaction() as session:
        gone = clock.now() - accounts.IDLE - timedelta(minutes=1)
        of = sessions.c.official == site.county.ids[name]
        session.conn.execute(update(sessions).where(of).values(seen_at=gone))


def end_elsewhere(site: Site, name: str) -> None:
    with site.county.store.transaction() as session:
        people_rows.close_sessions_of(session, site.county.ids[name])


def claimed(site: Site, element: str = "sign_commitment", who: str = "village_1") -> tuple[Person, Any]:
    walk = site.walk(to=element)
    task = walk.task(element)
    person = site.person(who)
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    site.answers = site.strings(element, {k: v for k, v in walk.usual(element).items() if v is not None and k != "pages"})
    return person, task


def put_right(site: Site, form: browsing.PageForm) -> list[tuple[str, Any]]:
    """The form with every answer as it should be, and what the page itself carries."""
    own = [(n, v) for n, v in form.sent if n.startswith("_") or n in ("csrf_token", "pages")]
    return own + [(n, one) for n, v in site.answers.items() for one in (v if isinstance(v, list) else [v])]


def jpeg(size: tuple[int, int] = (60, 80)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "JPEG")
    return out.getvalue()


# --- a task --------------------------------------------------------------------------------------------------------------


def open_form(person: Person, task: Any) -> browsing.PageForm:
    return browsing.form(person.get(f"/tasks/{task.id}").text, f"/tasks/{task.id}/complete")


def test_a_refused_form_is_a_redirect_and_reload_shows_it_again(site: Site) -> None:
    person, task = claimed(site, "hold_village_review", "village_2")
    form = open_form(person, task)
    answer = person.client.post(form.action, data=browsing.together(form.typed(MARK)))
    assert answer.status_code == 303 and urlsplit(answer.location).path == f"/tasks/{task.id}"
    first, again = person.get(answer.location).text, person.get(answer.location).text
    for page in (first, again):
        assert "处需要改" in page and MARK in page
    assert "都还在" in again and "不要了" in again
    inbox = person.get("/").text
    assert f"/tasks/{task.id}" in inbox and "没有交上" in inbox and "在“村级民主评议，演示1”里填的" in inbox


@pytest.mark.parametrize(("typed", "kind"), [("2099-01-01", "date"), ("2021-02-30", "text"), ("9月3日", "text")])
def test_a_day_that_was_refused_is_still_chosen_from_a_calendar_where_it_can_be(site: Site, typed: str, kind: str) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    back = browsing.send(person.client, form.action, [(n, typed if n == "signed_on" else v) for n, v in form.typed(MARK)])
    field = re.search(r'<input type="(\w+)"[^>]*name="signed_on"[^>]*value="([^"]*)"', back.text)
    assert field is not None and field.groups() == (kind, typed)


def test_a_button_that_was_refused_speaks_of_nothing_typed(site: Site) -> None:
    task = site.walk(to="hold_village_review").task("hold_village_review")
    person = site.person("village_3")
    form = browsing.form(person.get("/?tab=open").text, f"/tasks/{task.id}/claim")
    site.person("village_2").post(f"/tasks/{task.id}/claim", {"_version": task.version})
    back = browsing.send(person.client, form.action, form.sent)
    assert "正由village_2办理" in back.text and "您填的" not in back.text and "/kept/drop" not in back.text


def test_what_is_sent_at_last_is_gone_from_the_store(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    wrong = browsing.send(person.client, form.action, [*form.typed(MARK)])
    now = browsing.form(wrong.text, form.action)
    picture = (io.BytesIO(jpeg()), "p.jpg")
    done = browsing.send(person.client, form.action, [*put_right(site, now), ("_file-pages", picture)])
    assert "已办结" in done.text
    assert MARK not in person.get("/").text and "没有交上" not in person.get("/").text
    with site.county.store.reading() as session:
        assert not session.conn.execute(kept_forms.select()).all()


def test_another_was_faster_and_the_words_are_there_to_be_copied(site: Site) -> None:
    person, task = claimed(site, "hold_village_review", "village_2")
    form = open_form(person, task)
    with site.county.store.transaction() as session:
        session.conn.execute(
            update(tasks).where(tasks.c.id == task.id).values(assignee=site.county.ids["village_3"], version=9)
        )
    back = browsing.send(person.client, form.action, [*form.typed(MARK), ("meeting_form", "representatives")])
    assert back.status_code == 200 and "village_3" in back.text and MARK in back.text
    copied = back.text.partition("<main")[2].partition("</ul>")[0]
    assert "会议形式：村民代表会议" in copied and "representatives" not in copied  # choices as one reads them
    dropped = browsing.form(back.text, "/kept/drop")
    assert MARK not in browsing.send(person.client, "/kept/drop", dropped.sent).text


@pytest.mark.parametrize("end", [expire, end_elsewhere])
def test_only_who_typed_it_sees_it_after_signing_in_again(site: Site, end: Any) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    end(site, "village_1")
    sent = [*form.typed(MARK), ("_file-pages", (io.BytesIO(jpeg()), "户主签字.jpg"))]
    shown = browsing.send(person.client, form.action, sent)
    assert shown.request.path == "/login" and "填过的都还在" in shown.text and MARK not in shown.text
    for name in ("village_2", "village_1"):
        give_password(site, name)
    other = sign_in(person.client, "village_2", PASSWORD)
    assert other.location == "/" and MARK not in person.get(f"/tasks/{task.id}").text + person.get("/").text
    client = person.client
    sign_in(client, "village_1", PASSWORD)
    assert f"/tasks/{task.id}" in client.get("/").text and "没有交上" in client.get("/").text
    page = client.get(f"/tasks/{task.id}").text
    assert MARK in page and "户主签字.jpg" in page
    now = browsing.form(page, form.action)
    assert "已办结" in browsing.send(client, form.action, put_right(site, now)).text
    with site.county.store.reading() as session:
        assert not session.conn.execute(kept_files.select()).all()


def test_a_form_left_open_by_one_is_kept_for_that_one_when_another_signed_in_meanwhile(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    second = site.person("village_2")
    back = browsing.send(second.client, form.action, form.typed(MARK))
    assert back.request.path == "/" and "另一位同事" in back.text and MARK not in back.text
    assert MARK not in second.get(f"/tasks/{task.id}").text
    assert MARK in person.get(f"/tasks/{task.id}").text


def test_a_file_too_large_is_named_and_the_rest_of_the_form_stays(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    site.app.config["MAX_CONTENT_LENGTH"] = 100_000
    large = b"\xff\xd8\xff" + bytes(200_000)
    files = [("_file-pages", (io.BytesIO(jpeg()), "一.jpg")), ("_file-pages", (io.BytesIO(large), "大.jpg"))]
    back = browsing.send(person.client, form.action, [*form.typed(MARK), *files])
    assert back.request.path == f"/tasks/{task.id}" and "大.jpg太大" in back.text
    assert MARK in back.text and "已收到：一.jpg" in back.text and "已收到：大" not in back.text


def test_a_stranger_cannot_send_a_large_form(site: Site) -> None:
    site.app.config["MAX_CONTENT_LENGTH"] = 100_000
    sent = {"_file-pages": (io.BytesIO(bytes(200_000)), "x.jpg")}
    assert site.app.test_client().post("/tasks/1/complete", data=sent).status_code == 413


def test_pages_that_were_stored_are_not_asked_for_again_after_an_error(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    back = browsing.send(person.client, form.action, [*form.typed(MARK), ("_file-pages", (io.BytesIO(jpeg()), "一.jpg"))])
    assert "已上传第 1 页" in back.text and "已上传第 2 页" not in back.text and MARK in back.text
    assert "已上传第 1 页" in person.get(f"/tasks/{task.id}").text
    expire(site, "village_1")
    browsing.send(person.client, form.action, browsing.form(back.text, form.action).sent)
    give_password(site, "village_1")
    sign_in(person.client, "village_1", PASSWORD)
    again = person.get(f"/tasks/{task.id}").text
    assert "已上传第 1 页" in again and "已上传第 2 页" not in again and MARK in again
    assert "已办结" in browsing.send(person.client, form.action, put_right(site, browsing.form(again, form.action))).text


def test_a_broken_program_gives_the_form_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person, task = claimed(site)
    form = open_form(person, task)

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken")

    site.app.testing, site.app.config["PROPAGATE_EXCEPTIONS"] = False, False
    monkeypatch.setattr("app.services.work.tasks.complete", breaks)
    back = browsing.send(person.client, form.action, form.typed(MARK))
    assert back.status_code == 200 and "系统出错了" in back.text and MARK in back.text


@pytest.mark.slow
def test_a_locked_database_gives_the_form_back_and_takes_it_later(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    with site.county.store.engine.connect() as conn:
        conn.connection.driver_connection.execute("PRAGMA busy_timeout = 1")  # type: ignore[union-attr]
    lock = sqlite3.connect(str(site.county.store.engine.url.database), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        sent = [*form.typed(MARK), ("_file-pages", (io.BytesIO(jpeg()), "一.jpg"))]
        answer = person.client.post(form.action, data=browsing.together(sent))
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    back = person.get(answer.location)
    assert "系统正忙" in back.text and MARK in back.text and "已收到：一.jpg" in back.text
    now = browsing.form(back.text, form.action)
    done = browsing.send(person.client, form.action, put_right(site, now))
    assert "已办结" in done.text and MARK not in person.get("/").text


def test_a_saved_draft_takes_the_place_of_what_was_refused(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    back = browsing.send(person.client, form.action, form.typed(MARK))
    now = browsing.form(back.text, form.action)
    later = [(n, v.replace(MARK, "后来写的")) for n, v in now.sent]
    saved = browsing.send(person.client, f"/tasks/{task.id}/draft", later)
    assert "后来写的" in saved.text and MARK not in saved.text


# --- rows, grids, several on one page ---------------------------------------------------------------------------------------


def test_rows_that_were_added_come_back(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    rows = [(f"signers-{n}-name", f"{MARK}{n}") for n in range(7)]
    back = browsing.send(person.client, form.action, stale([p for p in form.sent if not p[0].endswith("-name")] + rows))
    assert browsing.values(back.text, form.action)["signers-6-name"] == [f"{MARK}6"]
    assert all(back.text.count(f'value="{MARK}{n}"') == 1 for n in range(7))


def test_the_grid_of_one_village_is_not_filled_with_anothers(site: Site) -> None:
    person = site.person("village_1")
    page = person.get("/grids").text
    form = browsing.form(page, "/grids")
    elsewhere = [(n, "440229104201" if n == "village" else v) for n, v in form.typed(MARK)]
    browsing.send(person.client, form.action, stale(elsewhere))
    assert MARK not in "".join(browsing.values(person.get("/grids").text, "/grids")["name"])


def test_a_refused_page_stands_at_its_own_address_only(site: Site) -> None:
    person = hire(site, "agri", "dept_liaison", "440229-agri")
    pages = [f"/indicators?month={month}" for month in ("2021-08", "2021-09")]
    form = browsing.form(person.get(pages[0]).text, "/indicators")
    field = next(n for n in form.texts if "/" in n)
    sent = [(n, "-1" if n == field else v) for n, v in form.sent]
    assert 'value="-1"' in browsing.send(person.client, form.action, sent).text
    assert 'value="-1"' in person.get(pages[0]).text
    other = browsing.form(person.get(pages[1]).text, "/indicators")
    assert dict(other.sent)["month"] == "2021-09" and dict(other.sent)[field] != "-1"


# --- how long, and whose ---------------------------------------------------------------------------------------------------


def test_what_was_typed_is_sealed_goes_after_its_time_and_with_the_household(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    browsing.send(person.client, form.action, stale(form.typed("SecretWord")))
    path = Path(str(site.county.store.engine.url.database))
    with site.county.store.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"SecretWord" not in path.read_bytes()
    with site.county.store.transaction() as session:
        household = session.conn.exec_driver_sql("SELECT household FROM cases").scalar_one()
        key = session.conn.exec_driver_sql("SELECT data_key FROM households WHERE id = ?", (household,)).scalar_one()
        cases = [r[0] for r in session.conn.exec_driver_sql("SELECT id FROM cases")]
        keys._forget_refused(session, household, key, cases, [], site.county.now)
        assert not session.conn.execute(kept_forms.select()).all()
    browsing.send(person.client, form.action, stale(form.typed(MARK)))
    later = site.county.now + timedelta(days=retention.REFUSED_DAYS + 1)
    assert retention._old_drafts(site.county.store, later) == 1


def test_a_form_that_names_a_person_goes_with_the_household(site: Site) -> None:
    walk = site.walk()
    person = site.person("village_1")
    form = browsing.form(person.get("/clues/new").text, "/clues/new")
    with site.county.store.reading() as session:
        row = session.conn.exec_driver_sql("SELECT h.id, h.data_key FROM households h").first()
        from app.store import households as household_rows
        from app.store import record

        document, _ = household_rows.document(session, row[0], record.data_key(session, row[1]))
    number = document["members"][0]["id_number"]
    browsing.send(person.client, form.action, stale([(n, number if n == "head_id_number" else v) for n, v in form.sent]))
    with site.county.store.transaction() as session:
        keys._forget_refused(session, row[0], row[1], [walk.case_id], [], site.county.now)
        assert not session.conn.execute(kept_forms.select()).all()


def test_a_form_from_elsewhere_plants_nothing(site: Site) -> None:
    """Another site's form carries no mark of ours: it gets its refusal, and where nobody is signed in nothing is kept."""
    client: FlaskClient = site.app.test_client()
    client.post("/tasks/1/complete", data={"statement": MARK})
    person = site.person("village_1")
    assert person.client.post("/feedback", data={"text": MARK, keeping.MARK: "made-up"}).status_code == 400
    with site.county.store.reading() as session:
        rows = session.conn.execute(kept_forms.select()).all()
    assert all(row.official == site.county.ids["village_1"] for row in rows)


# --- by script --------------------------------------------------------------------------------------------------------------


def by_script(person: Person, path: str, data: dict[str, Any]) -> Any:
    sent = {"csrf_token": req.masked(person.csrf), **data}
    return person.client.post(path, data=sent, headers={"X-Requested-With": "fetch"})


def test_what_is_typed_into_any_form_is_there_after_a_reload(site: Site) -> None:
    person = site.person("village_1")
    form = browsing.form(person.get("/clues/new").text, "/clues/new")
    data = {**dict(form.sent), "situation": MARK, "_action": "/clues/new"}
    assert by_script(person, "/kept", data).status_code == 204
    assert MARK in person.get("/clues/new").text
    assert MARK not in site.person("village_2").get("/clues/new").text


def test_photographs_arrive_one_by_one_and_are_sent_with_the_form(site: Site) -> None:
    person, task = claimed(site)
    form = open_form(person, task)
    data = {keeping.MARK: dict(form.sent)[keeping.MARK], "_action": form.action, "_field": "_file-pages"}
    for n in range(20):
        answer = by_script(person, "/kept/file", {**data, "file": (io.BytesIO(jpeg()), f"{n}.jpg")})
        assert answer.status_code == 200 and f"{n}.jpg" in answer.json["line"]
    wrong = by_script(person, "/kept/file", {**data, "file": (io.BytesIO(b"\0\0\0\x18ftypheic"), "a.heic")})
    assert wrong.status_code == 422 and "HEIC" in wrong.text
    now = open_form(person, task)
    assert len([n for n, _ in now.sent if n == "_held"]) == 20
    assert "已办结" in browsing.send(person.client, form.action, put_right(site, now)).text
    with site.county.store.reading() as session:
        assert session.conn.exec_driver_sql("SELECT count(*) FROM papers").scalar_one() >= 20


# --- without an account, and at the door -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "field"), [("/apply", "situation"), ("/apply/status", "code"), ("/login", "username")])
@pytest.mark.parametrize("change", [list, stale])
def test_a_form_without_an_account_comes_back_by_a_redirect(site: Site, page: str, field: str, change: Any) -> None:
    client = site.app.test_client()
    form = next(f for f in browsing.forms(client.get(page).text) if f.action == page)
    answer = client.post(page, data=browsing.together(change([*form.typed(MARK), ("password", "geheim-geheim")])))
    assert answer.status_code == 303 and urlsplit(answer.location).path == page
    assert MARK not in str(answer.headers) and "geheim" not in str(answer.headers)
    for _ in range(2):
        shown = client.get(page).text
        assert browsing.values(shown, page)[field][0].startswith(MARK) and 'role="alert"' in shown and "geheim" not in shown
    assert MARK not in site.app.test_client().get(page).text


def test_passwords_are_never_kept(site: Site) -> None:
    give_password(site, "village_1")
    person = site.person("village_1")
    form = browsing.form(person.get("/password").text, "/password")
    plain = [p for p in form.sent if p[0] not in ("current", "new", "again")]
    wrong = [*plain, ("current", "geheim-geheim-1"), ("new", "geheim-geheim-2"), ("again", "x")]
    back = browsing.send(person.client, "/password", wrong)
    assert back.request.method == "GET" and "密码不对" in back.text and "geheim" not in back.text
    with site.county.store.reading() as session:
        assert not session.conn.execute(kept_forms.select()).all()


# --- everything that is wrong, at once ---------------------------------------------------------------------------------------


def test_file_field_rule_and_person_are_wrong_all_at_once(site: Site) -> None:
    person, task = claimed(site, "hold_village_review", "village_2")
    form = open_form(person, task)
    sent = dict(put_right(site, form))
    chair = str(site.county.ids["village_1"])  # who checked the household may not chair
    sent |= {"place": "", "attended": "900", "votes-against": "1", "discussion": "", "chair": chair, "recorder": chair}
    files = [("_file-pages", (io.BytesIO(b"GIF89a"), "动图.gif"))]
    back = browsing.send(person.client, form.action, [*sent.items(), *files])
    wrong = set(re.findall(r'id="f-([a-z-]+)-error"', back.text))
    assert {"place", "attended", "votes", "discussion", "chair", "recorder", "pages"} <= wrong, wrong
    assert "动图.gif没有收下" in back.text


def test_the_person_elsewhere_the_missing_phone_and_the_wrong_day_are_told_together(site: Site) -> None:
    site.walk()
    person = site.person("village_1")
    form = browsing.form(person.get("/applications/new").text, "/applications/new")
    typed = {"_clue_on": "2030-01-01", "head_name": "演示另一人", "head_id_number": nobody(1), "phone": ""}
    back = browsing.send(person.client, form.action, [(n, typed.get(n, v)) for n, v in form.sent])
    wrong = set(re.findall(r'id="f-([a-z_-]+)-error"', back.text))
    assert {"head_id_number", "phone"} <= wrong and "不能晚于今天" in back.text


def test_a_table_that_was_refused_is_not_asked_for_again(site: Site) -> None:
    person = site.person("county_officer")
    form = browsing.form(person.get("/register/import").text, "/register/import")
    sent = [*((n, v) for n, v in form.sent if n != "data_on"), ("data_on", "2030-01-01"), ("act", "look")]
    back = browsing.send(person.client, form.action, [*sent, ("file", (io.BytesIO("户主\n演示".encode()), "户册.csv"))])
    assert "已收到：户册.csv" in back.text
    now = browsing.form(back.text, form.action)
    assert [f.get("required") for f in now.element.xpath(".//input[@type='file']")] == [None]
    right = [*((n, v) for n, v in now.sent if n != "data_on"), ("data_on", "2021-08-31"), ("act", "look")]
    assert "空文件" not in browsing.send(person.client, form.action, right).text

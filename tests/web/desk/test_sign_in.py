"""Signing in and out, passwords, expiry, form tokens and headers."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app import clock
from app.services.officials import accounts
from app.store import people as people_rows
from app.store.tables import officials, sessions
from app.web.shell import request as req
from tests.web.conftest import Site

PASSWORD = "a long enough phrase"


def give_password(site: Site, name: str, **more: Any) -> None:
    with site.county.store.transaction() as session:
        hashed = accounts.hash_password(PASSWORD)
        people_rows.change_official(session, site.county.ids[name], password_hash=hashed, **{"must_change": False, **more})


def sign_in(client: Any, username: str, password: str, next_: str = "") -> Any:
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', client.get("/login").text)
    assert token
    sent = {"username": username, "password": password, "csrf_token": token[1], "next": next_}
    return client.post("/login", data=sent)


def test_a_person_signs_in_works_and_signs_out(site: Site) -> None:
    give_password(site, "village_1")
    client = site.app.test_client()
    assert client.get("/").location.startswith("/login")
    answer = sign_in(client, "village_1", PASSWORD, "/cases")
    assert answer.status_code == 302 and answer.location == "/cases"
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(req.COOKIE))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    page = client.get("/").text
    assert "village_1" in page and "岭头村委会" in page and "演示时钟" in page
    token = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert token and client.post("/logout", data={"csrf_token": token[1]}).location.startswith("/login")
    assert client.get("/").location.startswith("/login")


def test_the_database_keeps_no_token_that_opens_a_session(site: Site) -> None:
    person = site.person("village_1")
    token = person.client.get_cookie(req.COOKIE)
    with site.county.store.reading() as session:
        kept = [bytes(row.token_hash) for row in session.conn.execute(sessions.select())]
    assert token and all(token.value.encode() not in row for row in kept)


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "/\\example.org", "javascript:alert(1)"])
def test_sign_in_never_leads_to_another_site(site: Site, target: str) -> None:
    give_password(site, "village_1")
    assert sign_in(site.app.test_client(), "village_1", PASSWORD, target).location == "/"


@pytest.mark.slow
def test_failures_lock_the_account_twice_as_long_each_time(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    give_password(site, "village_1")
    now = clock.now()
    client = site.app.test_client()
    for _ in range(accounts.FREE_FAILURES):
        assert sign_in(client, "village_1", "wrong").status_code == 401
    assert sign_in(client, "village_1", PASSWORD).status_code == 401  # right, but it must wait

    def at(moment: datetime) -> Any:
        monkeypatch.setattr(clock, "now", lambda offset=timedelta(): moment + offset)

    at(now + timedelta(seconds=70))
    assert sign_in(client, "village_1", "wrong").status_code == 401
    at(now + timedelta(seconds=140))
    assert sign_in(client, "village_1", PASSWORD).status_code == 401  # two minutes now
    at(now + timedelta(seconds=200))
    assert sign_in(client, "village_1", PASSWORD).status_code == 302
    for _ in range(accounts.FREE_FAILURES - 1):
        sign_in(site.app.test_client(), "village_1", "wrong")
    assert sign_in(site.app.test_client(), "village_1", PASSWORD).status_code == 302  # counted anew


def test_the_answer_does_not_tell_whether_an_account_exists_or_is_locked(site: Site) -> None:
    give_password(site, "village_1")
    client = site.app.test_client()

    def said(username: str) -> str:
        answer = sign_in(client, username, "wrong")
        return str(answer.status_code) + re.sub(r'value="[^"]*"', "", answer.text)

    first = said("village_1")
    for _ in range(accounts.FREE_FAILURES):
        assert said("village_1") == first
    assert said("nobody_here") == first and "连错 5 次" in first


@pytest.mark.slow
def test_a_stranger_cannot_lock_an_official_out_of_the_own_browser(site: Site) -> None:
    give_password(site, "village_1")
    own, stranger = site.app.test_client(), site.app.test_client()
    assert sign_in(own, "village_1", PASSWORD).status_code == 302
    for _ in range(accounts.FREE_FAILURES + 3):
        sign_in(stranger, "village_1", "guess")
    assert sign_in(stranger, "village_1", PASSWORD).status_code == 401
    assert sign_in(own, "village_1", PASSWORD).status_code == 302
    for _ in range(accounts.FREE_FAILURES + 3):
        sign_in(stranger, "village_1", "guess")
    for _ in range(accounts.FREE_FAILURES):
        sign_in(own, "village_1", "guess")
    assert sign_in(own, "village_1", PASSWORD).status_code == 401  # its own failures count too


@pytest.mark.slow
def test_a_browser_known_for_one_official_is_a_stranger_to_another(site: Site) -> None:
    give_password(site, "village_1")
    give_password(site, "village_2")
    client = site.app.test_client()
    assert sign_in(client, "village_1", PASSWORD).status_code == 302
    for _ in range(accounts.FREE_FAILURES):
        sign_in(site.app.test_client(), "village_2", "guess")
    assert sign_in(client, "village_2", PASSWORD).status_code == 401


def test_wrong_current_passwords_end_the_session(site: Site) -> None:
    give_password(site, "village_1")
    person = site.person("village_1")
    sent = {"current": "guess", "new": "another long phrase", "again": "another long phrase"}
    for _ in range(accounts.FREE_FAILURES - 1):
        assert person.post("/password", sent).status_code == 422
    assert person.post("/password", sent).location.startswith("/login")
    assert person.get("/").location.startswith("/login")


def test_a_session_that_was_there_before_signing_in_opens_nothing(site: Site) -> None:
    """Session fixation: what a stranger planted in the browser is not what signing in makes valid."""
    give_password(site, "village_1")
    client, planted = site.app.test_client(), "planted-by-a-stranger"
    client.set_cookie(req.COOKIE, planted)
    assert sign_in(client, "village_1", PASSWORD).status_code == 302
    stranger = site.app.test_client()
    stranger.set_cookie(req.COOKIE, planted)
    assert stranger.get("/").location.startswith("/login")


@pytest.mark.slow
def test_guesses_at_the_same_moment_are_all_counted(both_sites: Site) -> None:
    site = both_sites
    give_password(site, "village_1")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: sign_in(site.app.test_client(), "village_1", "guess").status_code, range(8)))
    assert set(answers) == {401}
    with site.county.store.reading() as session:
        row = people_rows.official(session, site.county.ids["village_1"])
    assert row is not None and row.failures >= accounts.FREE_FAILURES and row.locked_until is not None


@pytest.mark.slow
def test_the_first_password_must_be_changed_before_anything_else(site: Site) -> None:
    give_password(site, "village_1", must_change=True)
    person = site.person("village_1")
    other = site.app.test_client()
    sign_in(other, "village_1", PASSWORD)
    assert person.get("/").location == "/password"
    assert "第一次登录" in person.get("/password").text
    for new, again, said in (
        ("short", "short", "至少要"),
        (PASSWORD, PASSWORD, "不能和现在的一样"),
        ("1234567890", "1234567890", "太常见"),
        ("village_1 rules it", "village_1 rules it", "太常见"),
        ("another long phrase", "differs", "两遍"),
    ):
        answer = person.post("/password", {"current": PASSWORD, "new": new, "again": again})
        assert answer.status_code == 422 and said in answer.text, new
    wrong = person.post("/password", {"current": "no", "new": "another long phrase", "again": "another long phrase"})
    assert "现在的密码不对" in wrong.text
    done = person.post("/password", {"current": PASSWORD, "new": "another long phrase", "again": "another long phrase"})
    assert done.status_code == 302 and person.get("/").status_code == 200
    assert other.get("/").location.startswith("/login")  # other places are signed out


@pytest.mark.parametrize(
    ("column", "ago"), [("seen_at", accounts.IDLE + timedelta(minutes=1)), ("created_at", accounts.ABSOLUTE)]
)
def test_a_session_ends_by_itself(site: Site, column: str, ago: timedelta) -> None:
    person = site.person("village_1")
    assert person.get("/").status_code == 200
    with site.county.store.transaction() as session:
        session.conn.execute(update(sessions).values({column: clock.now() - ago - timedelta(seconds=1)}))
    answer = person.get("/cases?page=2")
    assert answer.location.startswith("/login?next=/cases")
    assert "太久没有操作" in person.get(answer.location).text
    draft = person.client.post("/tasks/1/draft", headers={"X-Requested-With": "fetch"})
    assert draft.status_code == 401


def test_a_disabled_official_is_out_at_once(site: Site) -> None:
    give_password(site, "village_1")
    person = site.person("village_1")
    with site.county.store.transaction() as session:
        session.conn.execute(update(officials).where(officials.c.id == site.county.ids["village_1"]).values(active=False))
    assert person.get("/").status_code == 302
    assert "已停用" in sign_in(site.app.test_client(), "village_1", PASSWORD).text


def test_no_form_is_taken_without_its_token(site: Site) -> None:
    person, other = site.person("village_1"), site.person("village_2")
    for rule in site.app.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint not in ("auth.sign_in",):
            path = rule.rule.replace("<int:", "<").replace("<", "{").replace(">", "}")
            path = re.sub(r"\{[^}]+\}", "1", path)
            assert person.client.post(path, data={"_command": "c" * 32}).status_code == 400, path
            sent = {"csrf_token": req.masked(other.csrf), "_command": "c" * 32}
            assert person.client.post(path, data=sent).status_code == 400, path
    assert site.app.test_client().post("/login", data={"username": "x", "password": "y"}).status_code == 400


def test_every_answer_carries_the_secure_headers(site: Site) -> None:
    walk = site.walk()
    person = site.person("village_1")
    for path in ("/", "/login", f"/cases/{walk.case_id}", "/nowhere", "/healthz"):
        headers = person.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'" in policy
        assert "frame-ancestors 'none'" in policy and "unsafe-eval" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"


def test_tokens_on_pages_differ_each_time_and_mean_the_same(site: Site) -> None:
    person = site.person("village_1")
    found = {re.search(r'csrf_token" value="([0-9a-f]+)"', person.get("/").text)[1] for _ in range(3)}  # type: ignore[index]
    assert len(found) == 3 and {req.unmasked(one) for one in found} == {person.csrf}


def test_one_acts_under_the_chosen_post(site: Site) -> None:
    with site.county.store.transaction() as session:
        people_rows.assign(session, site.county.ids["village_1"], "grid_worker", "440229100201", site.county.now.date())
    person = site.person("village_1")
    page = person.get("/").text
    assert "岭头村委会 网格员" in page
    wanted = re.search(r'value="(\d+)">岭头村委会 网格员', page)
    assert wanted
    person.post("/acting", {"assignment": wanted[1]})
    assert "岭头村委会 · 网格员" in person.get("/").text
    person.post("/acting", {"assignment": "999999"})
    assert "岭头村委会 · 网格员" in person.get("/").text


def test_the_page_after_signing_in_is_always_one_of_ours() -> None:
    from app.web.desk.auth import _local

    assert _local("/cases/1") == "/cases/1"
    for elsewhere in ("//x", "//[", "/\t/x", "/\\x", "https://x", "/a\nb", "x"):
        assert _local(elsewhere) == ""

"""自主申报 without an account: what is handed in, what the tracking code tells, what stops a flood, and the role on PostgreSQL."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import altcha
import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import ProgrammingError

from app import config, crypto
from app.services.clues import receiving, submissions
from app.store import clues as clue_rows
from app.store import roles, tables
from app.store.session import open_store
from app.web import create_public_app
from tests.conftest import TOWN, VILLAGE, County
from tests.services.clues.test_clues import ENTER, Clue
from tests.walking import nobody
from tests.web.conftest import Site

GIVEN = {
    "head_name": "演示甲",
    "head_id_number": nobody(7),
    "phone": "13800000000",
    "place": VILLAGE,
    "family": "employment",
    "situation": "厂里停工，三个月没有工资",
}


def solved(page: str) -> str:
    """What the browser's script would send for the page's puzzle."""
    from html import unescape

    found = re.search(r'data-puzzle="([^"]+)"', page)
    assert found
    challenge = altcha.Challenge.from_dict(json.loads(unescape(found[1])))
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def hand_in(client: FlaskClient, **more: Any) -> Any:
    page = client.get("/apply").text
    return client.post("/apply", data={"csrf_token": token(page), "_puzzle": solved(page), **GIVEN, **more})


def code_of(page: str) -> str:
    found = re.search(r"data-code>([^<]+)<", page)
    assert found
    return found[1]


def ask(client: FlaskClient, code: str) -> Any:
    return client.post("/apply/status", data={"csrf_token": token(client.get("/apply/status").text), "code": code})


def newest(county: County) -> Clue:
    with county.store.reading() as session:
        return Clue(county, session.conn.execute(select(func.max(tables.clues.c.id))).scalar_one())


def test_a_household_declares_and_its_code_tells_how_it_stands(both_sites: Site) -> None:
    site = both_sites
    client = site.app.test_client()
    answer = hand_in(client)
    code = code_of(answer.text)
    assert answer.status_code == 200 and "马上转给村里" in ask(client, code).text
    assert submissions.take_up(site.county.store, site.county.now) == 1
    assert submissions.take_up(site.county.store, site.county.now) == 0
    clue = newest(site.county)
    assert (clue.row.channel, clue.row.sender, clue.open()) == ("self", None, [("check_clue", VILLAGE)])
    other = site.app.test_client()
    assert "正在核实" in ask(other, code.lower().replace("-", " ")).text  # as an old man types it
    clue.check("exclude", exclude_reason="afford", answer="儿子已经找到工作，情况变了再来")
    told = ask(other, code).text
    assert "没有纳入" in told and "情况变了再来" in told and "再核实" in told
    assert "问过本人" not in told and "演示甲" not in told and nobody(7) not in told
    with site.county.store.reading() as session:
        row = session.conn.execute(select(tables.submissions)).one()
    assert bytes(row.sealed) == b"" and "情况变了" not in str(row)


def test_a_code_that_nobody_has_and_a_mistyped_one_tell_the_same_nothing(site: Site) -> None:
    client = site.app.test_client()
    hand_in(client)
    for code in ("", "x", "0" * 26, "1" * 26, "'; DROP TABLE submissions; --"):
        answer = ask(client, code)
        assert answer.status_code == 404 and "没有这个查询码" in answer.text


def test_what_was_typed_is_kept_when_something_is_missing_or_the_puzzle_is_not_solved(site: Site) -> None:
    client = site.app.test_client()
    answer = hand_in(client, phone="")
    assert answer.status_code == 422 and "厂里停工" in answer.text and "联系电话" in answer.text
    page = client.get("/apply").text
    for payload in ("", "x", "eyJh", "A" * 5000):
        answer = client.post("/apply", data={"csrf_token": token(page), "_puzzle": payload, **GIVEN})
        assert answer.status_code == 422 and "厂里停工" in answer.text, payload
    assert client.post("/apply", data={"_puzzle": solved(page), **GIVEN}).status_code == 400
    assert rows(site.county) == 0


def rows(county: County) -> int:
    with county.store.reading() as session:
        return session.conn.execute(select(func.count()).select_from(tables.submissions)).scalar_one()


def test_one_solved_puzzle_counts_once(both_sites: Site) -> None:
    client = both_sites.app.test_client()
    page = client.get("/apply").text
    sent = {"csrf_token": token(page), "_puzzle": solved(page), **GIVEN}
    assert client.post("/apply", data=sent).status_code == 200
    again = client.post("/apply", data=sent)
    assert again.status_code == 422 and "不用再交" in again.text
    assert rows(both_sites.county) == 1


def test_a_flood_from_one_address_is_stopped_and_told_where_to_go(both_sites: Site) -> None:
    client = both_sites.app.test_client()
    answers = [hand_in(client) for _ in range(7)]
    assert [a.status_code for a in answers] == [200] * 6 + [422]
    assert "12317" in answers[-1].text and "厂里停工" in answers[-1].text
    other = both_sites.app.test_client()
    page = other.get("/apply").text
    sent = {"csrf_token": token(page), "_puzzle": solved(page), **GIVEN}
    assert other.post("/apply", data=sent, environ_base={"REMOTE_ADDR": "10.1.1.1"}).status_code == 200


def test_the_leaflets_code_brings_its_village_along(site: Site) -> None:
    page = site.app.test_client().get(f"/apply?at={VILLAGE}").text
    assert re.search(rf'value="{VILLAGE}"\s+selected', page)
    assert site.app.test_client().get("/apply?at=<script>").status_code == 200


def test_it_asks_four_typed_fields_and_two_lists(site: Site) -> None:
    _, page, _ = site.app.extensions["apply"][0], *_page_of(site)
    asked = page.form.fields
    assert sum(f.widget in ("text", "textarea") for f in asked) == 4
    assert sum(f.widget == "select" for f in asked) == 2 and len(asked) == 6


def _page_of(site: Site) -> tuple[Any, Any]:
    with site.county.store.reading() as session:
        return submissions.page_of(submissions.public_file(session, site.county.now)), None


def test_one_that_cannot_be_read_is_set_aside_and_the_others_go_on(site: Site) -> None:
    client = site.app.test_client()
    hand_in(client)
    hand_in(client, head_name="演示乙", head_id_number="")
    with site.county.store.transaction() as session:
        first = session.conn.execute(select(func.min(tables.submissions.c.id))).scalar_one()
        session.conn.execute(tables.submissions.update().where(tables.submissions.c.id == first).values(sealed=b"x"))
    assert submissions.take_up(site.county.store, site.county.now) == 1
    with site.county.store.reading() as session:
        states = session.conn.execute(select(tables.submissions.c.state).order_by(tables.submissions.c.id)).scalars().all()
    assert states == ["unreadable", "checking"]


def test_what_a_passing_trouble_hindered_waits_for_the_next_tick(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(site.app.test_client())
    with monkeypatch.context() as trouble:
        trouble.setattr(receiving, "receive", lambda *_: (_ for _ in ()).throw(ConnectionError()))
        assert submissions.take_up(site.county.store, site.county.now) == 0
    assert submissions.take_up(site.county.store, site.county.now) == 1
    assert newest(site.county).open() == [("check_clue", VILLAGE)]


def test_one_who_declares_what_is_known_already_is_answered_at_once(site: Site) -> None:
    client = site.app.test_client()
    hand_in(client)
    submissions.take_up(site.county.store, site.county.now)
    newest(site.county).check("enter", **ENTER)
    code = code_of(hand_in(client).text)
    submissions.take_up(site.county.store, site.county.now)
    assert newest(site.county).row.status == "joined"
    assert "正在核实" not in ask(client, code).text


def test_answers_and_addresses_are_forgotten_after_their_time(site: Site) -> None:
    client = site.app.test_client()
    code = code_of(hand_in(client, head_id_number="", place=TOWN).text)
    submissions.take_up(site.county.store, site.county.now)
    clue = newest(site.county)
    clue.do("town_officer", "dispatch_clue", dispatch_result="outside", elsewhere="广州市")
    assert "不在本县" in ask(client, code).text
    with site.county.store.transaction() as session:
        submissions.forget(session, site.county.now + timedelta(days=3650))
        row = session.conn.execute(select(tables.submissions)).one()
    assert (row.state, row.answer, bytes(row.source)) == ("over", None, b"")
    assert "已经办完" in ask(client, code).text


def test_apart_on_postgresql_the_role_may_hand_in_and_ask_and_nothing_else(
    both_sites: Site, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    site = both_sites
    if site.county.store.is_sqlite:
        pytest.skip("roles are PostgreSQL's")
    with site.county.store.transaction() as session:
        content = json.loads(json.dumps(submissions.public_file(session, site.county.now)))
        name = f"public_{site.county.store.engine.url.database}"
        assert roles.make_public(session, name, "pa'ss") and not roles.make_public(session, name, "x")
    assert not {"masters", "private"} & set(content)
    url = site.county.store.engine.url.set(username=name, password="pa'ss")
    keyless = crypto.Keyring(crypto.SUITES["intl"], {}, "", b"", crypto.SUITES["intl"])
    store = open_store(url.render_as_string(hide_password=False), keyless)
    app = create_public_app(store, replace(config.load(), var=tmp_path), submissions.page_of(content))
    client = app.test_client()
    code = code_of(hand_in(client).text)
    assert "马上转给村里" in ask(client, code).text
    assert client.get("/").status_code == 404 and client.get("/login").status_code == 404
    assert submissions.take_up(site.county.store, site.county.now) == 1
    newest(site.county).check("exclude", exclude_reason="untrue", answer="没有这回事")
    assert "没有这回事" in ask(client, code).text
    engine = create_engine(url)
    for statement in (
        "SELECT * FROM submissions",
        "SELECT * FROM households",
        "SELECT * FROM data_keys",
        "UPDATE submissions SET state = 'x'",
        "DELETE FROM submissions",
        "INSERT INTO clues (channel, found_on, recorded_at) VALUES ('x', now(), 1)",
        "INSERT INTO submissions (code, sealed, source, puzzle, received_at, state) VALUES ('1', '1', '1', '1', 1, 'answered')",
    ):
        with engine.connect() as conn, pytest.raises(ProgrammingError, match="permission denied"):
            conn.execute(text(statement))
    engine.dispose()
    store.engine.dispose()


def test_the_window_enters_the_same_for_those_without_a_phone(site: Site) -> None:
    answer = site.person("window").post("/clues/new", {**GIVEN, "_channel": "self", "_found_on": "2021-09-01"})
    assert answer.status_code == 302, answer.text
    clue = newest(site.county)
    assert (clue.row.channel, clue.row.sender) == ("self", site.county.ids["window"])
    clue.check("exclude", exclude_reason="afford", answer="能应付")
    page = site.person("window").get("/notifications").text
    assert "您报的线索有了答复" in page and "家里能应付" in page
    assert "能应付" in site.person("window").get(f"/clues/{clue.ident}").text
    with site.county.store.reading() as session:
        assert clue_rows.get(session, clue.ident).status == "excluded"

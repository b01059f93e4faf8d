"""The demo's four doors: each leads to real work that can be done there; the forgery is found and put right."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import config
from app.config import ROOT
from app.crypto import load_keyring
from app.services import background, demo
from app.services.demo.plan import MEETING, STAGES
from app.store.session import Store, open_store
from app.web import create_app
from tests.web.conftest import Site

pytestmark = pytest.mark.slow

TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path]]:
    folder = tmp_path_factory.mktemp("doors")
    store = open_store(f"sqlite:///{folder / 'demo.db'}", load_keyring(folder / "keys.json", "intl"))
    demo.build(store, ROOT, households=len(STAGES) + len(MEETING), seed=1, accounts=lambda _: "hash", register=30)
    yield store, folder
    store.engine.dispose()


@pytest.fixture
def client(place: tuple[Store, Path]) -> FlaskClient:
    app = create_app(place[0], replace(config.load(), var=place[1], keys=place[1] / "keys.json"))
    app.testing = True
    return app.test_client()


def enter(client: FlaskClient, door: str) -> str:
    """The tour's page behind a door."""
    page = client.get("/", follow_redirects=True)
    assert page.request.path == "/start"
    token = TOKEN.search(page.text)
    assert token
    answer = client.post(f"/start/{door}", data={"csrf_token": token[1]})
    assert answer.location == "/tour", answer.text
    return client.get("/tour").text


def post(client: FlaskClient, path: str) -> str:
    token = TOKEN.search(client.get("/tour").text)
    assert token
    return client.post(path, data={"csrf_token": token[1]}, follow_redirects=True).text


def verified(client: FlaskClient, place: tuple[Store, Path]) -> str:
    """The page once the tick has had the verification done."""
    assert "正在校验" in post(client, "/audit/verify")
    children = background.Children(client.application.extensions["shouwang"].config)
    children.tick(place[0])
    children.wait(place[0])
    return client.get("/audit").text


def links(page: str) -> list[str]:
    return re.findall(r'href="(/(?:tasks|lists|cases|diagrams)[^"]*)"', page.partition("<h1>")[2])


def test_the_village_has_three_things_a_filled_form_and_a_meeting_of_six(client: FlaskClient) -> None:
    page = enter(client, "village")
    tasks = [link for link in links(page) if link.startswith("/tasks/")]
    assert len(tasks) == 4
    for link in tasks:
        assert client.get(link).status_code == 200, link
    filled = client.get(tasks[3]).text
    assert re.search(r'value="[0-9]{3,}', filled)  # what was typed the last time stands in the form
    waiting = re.search(r"现在有 (\d+) 户等着开评议会", page)
    assert waiting and int(waiting[1]) >= 6
    assert client.get("/lists/meeting").text.count('name="_in"') >= 6


def test_the_county_has_reports_to_decide_and_a_late_case(client: FlaskClient) -> None:
    page = enter(client, "county")
    assert re.search(r"现在有 \d+ 户等着县里批", page) and "已超" in page
    assert client.get("/lists/county_decision").status_code == 200
    late = next(link for link in links(page) if link.startswith("/cases/"))
    assert "为什么要看" in client.get(late).text


def test_the_designer_sees_both_diagrams(client: FlaskClient) -> None:
    for link in links(enter(client, "designer")):
        assert client.get(link, follow_redirects=True).status_code == 200, link


def test_the_auditor_finds_the_forged_record_and_nothing_once_it_is_put_right(
    client: FlaskClient, place: tuple[Store, Path]
) -> None:
    page = enter(client, "auditor")
    case = next(link for link in links(page) if link.startswith("/cases/"))
    assert "全程" in client.get(case).text
    assert "没有被改动" in verified(client, place)
    assert "改回原样" in post(client, "/tour/forgery")
    found = verified(client, place)
    assert "发现 1 处不一致" in found and f'href="{case}#e' in found and "号办件）" in found and "级民主评议" in found
    post(client, "/tour/forgery")
    assert "没有被改动" in verified(client, place)


def test_outside_the_demo_there_are_no_doors(site: Site) -> None:
    with site.county.store.transaction() as session:
        from app.store.tables import clock

        session.conn.execute(clock.delete())
    client = site.app.test_client()
    assert client.get("/start").status_code == 404
    assert client.get("/").location == "/login"
    token = TOKEN.search(client.get("/login").text)
    assert token
    for door in ("village", "auditor"):
        assert client.post(f"/start/{door}", data={"csrf_token": token[1]}).status_code == 404
    assert site.person("auditor").post("/tour/forgery").status_code == 404


def test_only_the_auditor_forges(client: FlaskClient) -> None:
    enter(client, "village")
    token = TOKEN.search(client.get("/tour").text)
    assert client.post("/tour/forgery", data={"csrf_token": token[1] if token else ""}).status_code == 404

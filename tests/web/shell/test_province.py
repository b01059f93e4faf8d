"""Every page at the size of a province, for every kind of person: no page lists all that there is."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from app.services.context import Context
from app.services.people import SYSTEM
from app.services.people import county_on as county_of
from app.services.scale import watch
from app.store import dated
from app.store.tables import clues, households, tasks
from tests import province
from tests.conftest import COUNTY
from tests.services.clues.test_clues import report
from tests.web.conftest import Site

MOST = 300_000
"""Bytes of one page, before it is packed."""
POSTS = {"security": "security_admin", "leading": "leading_group", "leader": "county_leader"}
PEOPLE = (
    "village_1",
    "town_officer",
    "window",
    "county_officer",
    "civil",
    "rural",
    "auditor",
    "admin",
    "designer",
    "hotline",
    *POSTS,
    "",
)
FURTHER = (
    "/?tab=open",
    "/?tab=done",
    "/?tab=late",
    "/clues?tab=sent",
    "/clues?tab=watching",
    "/clues?tab=done",
    "/cases?status=monitored",
    "/cases?find=%E7%9F%B3",
    "/cases?page=100",
    "/officials?q=%E7%9F%B3",
    "/leaflets?find=s",
    "/scale?span=12",
    "/rounds/visits:2021-Q3",
    "/rounds/lookback:2021?page=3",
    "/indicators?page=5",
    "/places?of=unit&q=s",
    "/places?of=report&q=s",
    "/apply/places?q=s",
)


def paths(site: Site, town: str, village: str, case: int, task: int) -> list[str]:
    """Every page of the site, with something behind its address."""
    with site.county.store.reading() as session:
        clue = session.conn.execute(select(func.max(clues.c.id))).scalar()
        household = session.conn.execute(select(func.max(households.c.id))).scalar()
        instance = session.conn.execute(select(tasks.c.instance).where(tasks.c.id == task)).scalar()
    ids: dict[str, Any] = {
        "task": task,
        "clue": clue,
        "case_id": case,
        "ident": household,
        "household": household,
        "village": village,
        "month": "2021-09",
        "period": "2021-09",
        "key": "lookback:2021",
        "instance": instance,
        "deployment": 1,
        "process": "identify",
        "template": "medins",
        "kind": "meeting",
        "form": "docx",
        "batch": 1,
        "paper": 1,
        "token": "x",
    }
    found = [
        f"/cases?town={town}",
        f"/scale?town={town}",
        f"/rounds/lookback:2021?town={town}",
        f"/cases?place={village}",
        *FURTHER,
    ]
    for rule in site.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in ("static", "ops.health", "papers.leaflet"):
            plain = re.sub(r"any\([^)]*\)", "any", rule.rule)
            found.append(re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", lambda m: str(ids.get(m[1], 1)), plain))
    return found


def everyone(site: Site) -> None:
    with site.county.store.transaction() as session:
        for name, role in POSTS.items():
            site.county.ids[name] = province.hire(session, name, role, COUNTY)


@pytest.fixture
def large(site: Site) -> tuple[Site, list[str]]:
    """All the towns of a province, and a quarter of its villages: enough that a list of all would show."""
    walk = site.walk()
    codes = province.enlarge(site.county, province.TOWNS, 5_000)
    everyone(site)
    task = walk.task(walk.open_tasks()[0][0]).id
    return site, paths(site, f"{codes[0][:9]}000", codes[0], walk.case_id, task)


def test_steps_with_a_place_to_choose_find_it_by_typing(site: Site) -> None:
    report(site.county)
    with site.county.store.transaction() as session:
        dated.add_entries(session, province.units(province.TOWNS, 3_000), None)
        place = county_of(session, date(2021, 9, 1))
        watch.open_study(Context(session, SYSTEM, place, site.county.now), "round", "2021-Q2", "round:2021-Q2", place.code)
        listed = {t.element: t.id for t in session.conn.execute(select(tasks).order_by(tasks.c.id)) if t.status == "open"}
    for who, element, name in (
        ("village_1", "check_clue", "to_place"),
        ("county_officer", "study_scale_risk", "scale_towns"),
    ):
        person, ident = site.person(who), listed[element]
        person.post(f"/tasks/{ident}/claim", {"_version": 1})
        page = person.get(f"/tasks/{ident}")
        assert page.status_code == 200 and f'name="_find-{name}"' in page.text and len(page.data) <= MOST, (
            element,
            page.status_code,
        )
        found = person.post(f"/tasks/{ident}/complete", {f"_find-{name}": "shibei", "_look": name, "_version": 2})
        assert found.status_code == 200 and "449" in found.text and len(found.data) <= MOST, "the next step is to choose"


@pytest.mark.slow
def test_no_page_lists_all_there_is(large: tuple[Site, list[str]]) -> None:
    site, listed = large
    opened: set[str] = set()
    for who in PEOPLE:
        get = site.person(who).get if who else site.app.test_client().get
        for path in listed:
            answer = get(path)
            assert answer.status_code < 500, (who, path)
            assert len(answer.data) <= MOST, (who, path, len(answer.data))
            if answer.status_code == 200:
                opened.add(path)
    page = site.person("hotline").get("/clues/new").text
    assert page.count("<option") < 60, "nothing to choose from before something was typed"
    unopened = {path for path in listed if path not in opened}
    assert len(opened) > 50, unopened

"""A post's rights end at its area and its field groups: papers, signed pages and actions beside the tasks."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from app.store import people as people_rows
from app.store.tables import holds, papers
from tests.conftest import OTHER_TOWN, VILLAGE
from tests.web.cases.test_papers import household
from tests.web.conftest import Site

OTHER_VILLAGE = "440229104201"


def hire(site: Site, name: str, *posts: tuple[str, str]) -> Any:
    with site.county.store.transaction() as session:
        ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
        for role, unit in posts:
            people_rows.assign(session, ident, role, unit, date(2021, 1, 1))
    site.county.ids[name] = ident
    return site.person(name)


def refused(site: Site) -> Any:
    walk = household(site, "hold_village_review")
    walk.do(
        "village_3",
        "hold_village_review",
        votes={"for": 3, "against": 20, "abstained": 2},
        review_result="rejected",
        discussion="家里有人久病",
    )
    return walk


@pytest.mark.parametrize(
    ("role", "unit", "opens"),
    [
        ("hotline_officer", "440229000000", {"notice_entry"}),
        ("grid_worker", VILLAGE, {"notice_entry", "commitment"}),
        ("window_clerk", VILLAGE, {"notice_entry", "commitment"}),
        ("village_officer", VILLAGE, {"notice_entry", "commitment", "review_minutes", "decision_letter"}),
    ],
)
def test_a_paper_opens_only_to_who_may_see_all_it_tells(site: Site, role: str, unit: str, opens: set[str]) -> None:
    walk = refused(site)
    person = hire(site, "reader", (role, unit))
    person.post(f"/cases/{walk.case_id}/reason", {"reason": "群众来电询问进度"})
    page = person.get(f"/cases/{walk.case_id}").text
    for kind in ("notice_entry", "commitment", "review_minutes", "decision_letter"):
        answer = person.get(f"/papers/{walk.case_id}/{kind}.docx")
        assert (answer.status_code == 200) == (kind in opens), kind
        assert (f"/papers/{walk.case_id}/{kind}.docx" in page) == (kind in opens), kind
    sees_risk = "review_minutes" in opens
    assert ("久病" in page) == sees_risk


def test_a_signed_page_opens_only_to_who_may_see_its_whole_step(site: Site) -> None:
    walk = household(site, "post_notice")
    with site.county.store.reading() as session:
        pages = {row.kind: row.id for row in session.conn.execute(select(papers.c.kind, papers.c.id))}
    assert set(pages) == {"sign_commitment", "check_household"}
    readers = {
        "grid": hire(site, "grid_reader", ("grid_worker", VILLAGE)),
        "officer": site.person("village_1"),
    }
    for who, kind, status in (
        ("grid", "sign_commitment", 404),
        ("grid", "check_household", 404),
        ("officer", "sign_commitment", 200),
        ("officer", "check_household", 200),
    ):
        assert readers[who].get(f"/papers/{pages[kind]}").status_code == status, (who, kind)
    for who, shown in (("grid", False), ("officer", True)):
        text = readers[who].get(f"/cases/{walk.case_id}").text
        assert all((f'/papers/{page}"' in text) == shown for page in pages.values()), who
    with site.county.store.transaction() as session:  # who uploaded a page has seen it
        session.conn.execute(update(papers).values(added_by=site.county.ids["grid_reader"]))
    assert readers["grid"].get(f"/papers/{pages['sign_commitment']}").status_code == 200


def test_rights_of_a_post_elsewhere_do_not_count_here(site: Site) -> None:
    """A village officer of another village who is a grid worker here may not close; a town officer elsewhere may not
    read or settle what the town here investigates."""
    walk = household(site, "sign_town_report")
    assert walk.lodge("village_1") == "held"
    person = hire(site, "two_posts", ("grid_worker", VILLAGE), ("village_officer", OTHER_VILLAGE))
    sent = {"reason_code": "withdrawn", "text": "不办了"}
    assert person.post(f"/cases/{walk.case_id}/close", sent).status_code == 422
    assert 'name="reason_code"' not in person.get(f"/cases/{walk.case_id}").text
    town = hire(site, "two_towns", ("info_collector", "440229100000"), ("town_officer", OTHER_TOWN))
    town.post(f"/cases/{walk.case_id}/reason", {"reason": "核对月度收支"})
    page = town.get(f"/cases/{walk.case_id}").text
    assert "不符合条件" not in page
    with site.county.store.reading() as session:
        hold = session.conn.execute(select(holds.c.id).where(holds.c.kind == "late_objection")).scalar_one()
    settled = {"hold": hold, "result": "unfounded", "text": "已查清"}
    assert town.post(f"/cases/{walk.case_id}/late-objection", settled).status_code == 422
    assert town.post(f"/cases/{walk.case_id}/correction", {"value": "x", "reason": "y"}).status_code == 404
    officer = site.person("town_officer")
    assert officer.post(f"/cases/{walk.case_id}/late-objection", settled).status_code == 302

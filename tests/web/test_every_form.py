"""Every form of the site, whoever it is for: refused by a stale token, it comes back with all that was filled in."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.services import exchange, lookback, rescreening
from app.web import keeping
from tests.conftest import VILLAGE
from tests.services.test_branches import REJECTED
from tests.services.test_lookback import at
from tests.services.test_lookback import household as member
from tests.services.test_newer_list import A
from tests.services.test_rescreening import household
from tests.web import browsing
from tests.web.conftest import Person, Site
from tests.web.test_exports import most
from tests.web.test_household_people import bring
from tests.web.test_kept_forms import expire
from tests.web.test_merging import twice
from tests.web.test_operation import stuck
from tests.web.test_powers import hire
from tests.web.test_sign_in import PASSWORD, give_password, sign_in

MARK = "演示打的字"
EXPECTED = {
    "admin.add_post", "admin.create", "applications.register", "batches.complete", "cases.ask_again", "cases.change_contact",
    "cases.close", "cases.correct", "cases.give_reason", "cases.object_to", "cases.search", "cases.settle",
    "cases.withdraw_authorisation", "clues.report", "desk.answer", "desk.ask", "desk.follow", "desk.hand_on", "desk.many",
    "desk.note", "desk.opinion", "desk.report", "exchange.receipt", "exchange.taken", "exports.ask", "exports.decide",
    "households.archived", "households.change_head", "households.correct", "households.give_reason", "households.member",
    "households.merge", "incomes.province_file", "incomes.save", "leaflets.give", "months.send", "register.bring_in",
    "rounds.add", "rounds.households", "rounds.person", "rounds.visited", "scale.save", "tasks.complete", "tasks.send_back",
    "tasks.transfer",
}  # fmt: skip


def states(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Bring the county where many forms stand open; returns pages to be looked at first, and by whom."""
    site.county.now = at(2021, 9, 25)
    site.pass_days(0)
    for name, role in (("security", "security_admin"), ("audit_admin", "audit_admin"), ("leading", "leading_group")):
        hire(site, name, role)
    hire(site, "agri", "dept_liaison", "440229-agri")
    hire(site, "medins", "dept_liaison", "440229-medins")
    bring(site, A, "2021-08-01")
    bring(site, "\n".join(A.splitlines()[:2]), "2021-08-20")
    household(site.county, 31, poor=True)
    ill = member(site.county, 32, health="serious")
    lookback.tick(site.county.store, site.county.now)
    exchange.tick(site.county.store, site.county.now)
    first: list[tuple[str, str]] = [("village_1", "/register/questions"), ("grid", f"/rounds/2021-Q3/{ill}")]

    def at_case(who: str, walk: Any) -> None:
        first.append((who, f"/cases/{walk.case_id}"))

    at_case("village_1", stuck(site, monkeypatch, 41))
    first.append(("village_1", f"/households/{twice(site, 42)}"))
    signed = site.walk(44, to="sign_commitment")
    task = signed.task("sign_commitment")
    site.person("village_1").post(f"/tasks/{task.id}/claim", {"_version": task.version})
    first.append(("village_1", f"/tasks/{task.id}"))
    review = site.walk(45, to="hold_village_review")
    task = review.task("hold_village_review")
    site.person("village_2").post(f"/tasks/{task.id}/claim", {"_version": task.version})
    first.append(("village_2", f"/tasks/{task.id}"))
    site.person("village_2").post(f"/tasks/{task.id}/ask", {"to": str(site.county.ids["village_3"]), "text": "请看"})
    at_case("village_3", review)
    site.person("village_3").post(f"/cases/{review.case_id}/kinship")
    at_case("town_officer", review)
    late = site.walk(47, to="sign_town_report")
    late.lodge("village_2", "objection")
    at_case("town_officer", late)
    done = site.walk(48, to="report_to_departments")
    for who in ("town_officer", "village_1", "county_officer"):
        at_case(who, done)
    noticed = site.walk(46, to="post_notice")
    noticed.do("village_1", "post_notice")
    at_case("village_2", noticed)
    refused = site.walk(43, to="hold_village_review")
    refused.do("village_3", "hold_village_review", **REJECTED)
    at_case("village_1", refused)
    site.person("village_1").post("/grids", {"village": VILLAGE, "name": "一组", "official": str(site.county.ids["grid"])})
    most(site, 1)
    site.person("village_1").post("/exports", {"reason": "核对到期的户"})
    site.person("village_1").post("/feedback", {"page": "/", "text": "字太小"})
    site.person("admin").post(f"/officials/{site.county.ids['county_leader']}/reset")
    rescreening.begin_due(site.county.store, site.county.now)
    return first


def every_form(site: Site, first: list[tuple[str, str]]) -> Iterator[tuple[str, Person, str, browsing.PageForm]]:
    """(endpoint, who, page, form): one of each kind that the pages of the county show to anybody."""
    adapter, seen = site.app.url_map.bind(""), set()
    for name in site.county.ids:
        own = [page for who, page in first if who == name]
        person, todo, been = site.person(name), [*own, "/"], set()
        while todo and len(been) < 60:
            path = todo.pop(0)
            kind = path if path in own else re.sub(r"\d+", "N", path)
            if kind in been:
                continue
            been.add(kind)
            answer = person.get(path)
            if answer.location:
                todo.append(answer.location)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            for form in browsing.forms(answer.text):
                endpoint = adapter.match(urlsplit(form.action).path, method="POST")[0]
                if form.filled(MARK) and endpoint not in seen and endpoint.partition(".")[0] not in keeping.APART:
                    seen.add(endpoint)
                    yield endpoint, person, path, form
            todo += browsing.links(answer.text)


def test_every_form_comes_back_filled_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds, lost = set[str](), dict[str, Any]()
    for endpoint, person, page, form in every_form(site, states(site, monkeypatch)):
        kinds.add(endpoint)
        filled = form.filled(MARK)
        sent = [(n, "00" * 30 if n == "csrf_token" else v) for n, v in form.hidden()]
        back = browsing.send(person.client, form.action, [*sent, *((n, v) for n, vs in filled.items() for v in vs)])
        again = [f for f in browsing.forms(back.text) if "_kept" in dict(f.sent) and f.action == form.action]
        stands = again[0].stands() if again else {}
        if {n: stands.get(n, []) for n in filled} != filled or "这一页停留太久" not in back.text:
            lost[endpoint] = page, {n: (v, stands.get(n)) for n, v in filled.items() if stands.get(n, []) != v}
    assert not lost and kinds >= EXPECTED, EXPECTED - kinds


def test_a_form_of_each_part_comes_back_after_signing_in_again(site: Site) -> None:
    household(site.county, 1, poor=True)
    for who, page, action in (
        ("village_1", "/me", "/me/leave"), ("county_officer", "/cases", "/exports"), ("admin", "/officials", "/officials"),
        ("village_1", "/incomes", "/incomes"), ("village_1", "/clues/new", "/clues/new"), ("hotline", "/feedback", "/feedback"),
    ):  # fmt: skip
        person = site.person(who)
        form = next(f for f in browsing.forms(person.get(page).text) if f.action == action)
        filled = form.filled(MARK)
        expire(site, who)
        shown = browsing.send(person.client, action, [*form.hidden(), *((n, v) for n, vs in filled.items() for v in vs)])
        assert "填过的都还在" in shown.text and shown.request.path == "/login", page
        give_password(site, who)
        assert urlsplit(sign_in(person.client, who, PASSWORD).location).path == page
        again = next(f for f in browsing.forms(person.get(page).text) if f.action == action).stands()
        assert {n: again.get(n, []) for n in filled} == filled, page

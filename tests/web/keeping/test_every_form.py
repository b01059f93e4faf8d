"""Every form of the site, whoever it is for: refused by a stale token, it comes back with all that was filled in."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.services.exchange import outbox
from app.services.rescreening import month
from app.services.visits import rounds
from app.store import exchange as exchange_rows
from app.store.tables import clues
from app.web.keeping import forms as keeping
from tests.conftest import STAFF, TOWN, VILLAGE
from tests.services.clues.test_clues import report
from tests.services.register.test_newer_list import A
from tests.services.rescreening.test_rescreening import household
from tests.services.visits.test_lookback import at
from tests.services.visits.test_lookback import household as member
from tests.services.work.test_branches import REJECTED
from tests.walking import nobody
from tests.web import browsing
from tests.web.conftest import Person, Site
from tests.web.desk.test_sign_in import PASSWORD, give_password, sign_in
from tests.web.keeping.test_kept_forms import expire, jpeg
from tests.web.lists.test_exports import most
from tests.web.lists.test_lists import grid, meeting
from tests.web.office.test_operation import stuck
from tests.web.office.test_powers import hire
from tests.web.rights.test_household_people import bring
from tests.web.rights.test_merging import keys, twice

MARK = "演示打的字"
TYPED = {
    "admin.add_post",
    "admin.create",
    "applications.register",
    "batches.before",
    "batches.complete",
    "batches.draft",
    "batches.give_reason",
    "cases.ask_again",
    "cases.change_contact",
    "cases.close",
    "cases.correct",
    "cases.eliminate",
    "cases.give_reason",
    "cases.object_to",
    "cases.search",
    "cases.settle",
    "cases.withdraw_authorisation",
    "clues.give_reason",
    "clues.report",
    "desk.address",
    "desk.answer",
    "desk.ask",
    "desk.follow",
    "desk.hand_on",
    "desk.kinship",
    "desk.many",
    "desk.note",
    "desk.opinion",
    "desk.report",
    "desk.save_filter",
    "exchange.feedback",
    "exchange.receipt",
    "exchange.taken",
    "exports.ask",
    "exports.decide",
    "households.archived",
    "households.change_head",
    "households.correct",
    "households.give_reason",
    "households.member",
    "households.merge",
    "incomes.give_reason",
    "incomes.province_file",
    "incomes.save",
    "leaflets.give",
    "many.complete",
    "months.send",
    "papers.filled",
    "register.bring_in",
    "rounds.add",
    "rounds.households",
    "rounds.person",
    "rounds.visited",
    "scale.save",
    "tasks.complete",
    "tasks.draft",
    "tasks.send_back",
    "tasks.transfer",
}
ONLY_BUTTONS = {
    "admin.decide",
    "admin.disable",
    "admin.enable",
    "admin.end_post",
    "admin.reset",
    "audit.verify",
    "cases.confirm_check",
    "clock.advance",
    "desk.large",
    "desk.read",
    "desk.take_back",
    "desk.urge",
    "desk.withdraw_opinions",
    "exchange.again",
    "exports.take",
    "households.answer_merge",
    "households.answer_move",
    "households.stays",
    "incidents.retry",
    "rounds.begin",
    "tasks.claim",
    "tasks.release",
}
"""Nothing is typed into them."""
OF_OTHERS = {"cases.begin_beside", "households.begin", "rounds.begin_campaign"}
"""Nothing is typed, and only with a procedure that the county itself has opened a door for."""


def states(site: Site, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Bring the county where many forms stand open; returns pages to be looked at first, and by whom."""
    walks = {element: site.walk(n, to=element) for n, element in ((47, "sign_town_report"), (48, "acknowledge_measures"))}
    leaving = site.walk(49, to="acknowledge_measures")
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
    rounds.tick(site.county.store, site.county.now)
    outbox.tick(site.county.store, site.county.now)
    first: list[tuple[str, str]] = [("village_1", "/register/questions"), ("grid", f"/rounds/visits:2021-Q3/{ill}")]

    def at_case(who: str, walk: Any) -> None:
        first.append((who, f"/cases/{walk.case_id}"))

    at_case("village_1", stuck(site, monkeypatch, 41))
    same = twice(site, 42)
    first += [(who, f"/households/{same}") for who in ("village_1", "village_2")]
    named = keys(site, same)
    sent = {"keep": named["演示乙"], "drop": named["演示丙"], "reason": "户口簿上只有一个人"}
    site.person("village_1").post(f"/households/{same}/merge", sent)
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
    site.person("county_officer").post(f"/cases/{review.case_id}/reason", {"reason": "核对"})
    for who in ("town_officer", "county_officer"):
        at_case(who, review)
    late = walks["sign_town_report"]
    late.lodge("village_2", "objection")
    at_case("town_officer", late)
    done = walks["acknowledge_measures"]
    for who in ("town_officer", "village_1", "county_officer"):
        at_case(who, done)
    task = done.task("acknowledge_measures", "health")
    site.person("health").post(f"/tasks/{task.id}/claim", {"_version": task.version})
    first.append(("health", f"/inbox/complete?task={task.id}:{task.version + 1}"))
    leaving.do("health", "acknowledge_measures", "health")
    leaving.exit()
    at_case("village_1", leaving)
    noticed = site.walk(46, to="post_notice")
    noticed.do("village_1", "post_notice")
    at_case("village_2", noticed)
    posting = site.walk(51, to="post_notice").task("post_notice")
    site.person("village_1").post(f"/tasks/{posting.id}/claim", {"_version": posting.version})
    first.append(("village_1", f"/tasks/{posting.id}"))
    refused = site.walk(43, to="hold_village_review")
    refused.do("village_3", "hold_village_review", **REJECTED)
    at_case("village_1", refused)
    site.person("village_1").post("/grids", {"village": VILLAGE, "name": "一组", "official": str(site.county.ids["grid"])})
    site.person("village_1").post("/exports", {"reason": "核对到期的户"})
    most(site, 1)
    site.person("village_1").post("/exports", {"reason": "核对到期的户"})
    site.person("village_1").post("/feedback", {"page": "/", "text": "字太小"})
    site.person("admin").post(f"/officials/{site.county.ids['county_leader']}/reset")
    month.begin_due(site.county.store, site.county.now)
    bring(site, f"H5,青山村委会,演示47,{nobody(47)},户主,,,", site.county.now.date().isoformat())
    leave = {"to": site.county.ids["village_2"], "since": "2021-11-01", "until": "2021-11-02"}
    site.person("village_3").post("/me/leave", leave)
    first.append(("village_3", "/me"))
    hire(site, "left", "window_clerk", TOWN)
    site.person("admin").post(f"/officials/{site.county.ids.pop('left')}/disable")
    with site.county.store.transaction() as session:
        exchange_rows.change(session, 2, status=exchange_rows.DEAD)
    here = site.app.extensions["shouwang"]
    site.app.extensions["shouwang"] = replace(here, config=replace(here.config, smtp="smtp://localhost"))
    given = dict(browsing.form(site.person("civil").get("/exchange").text, "/exchange/1/receipt").sent)
    site.person("civil").post("/exchange/1/receipt", {**given, "receipt": "HZ-1"})
    first.append(("county_officer_2", f"/incomes?village={VILLAGE}"))
    first.append(("village_1", f"/?tab=mine&village={VILLAGE}"))
    return [*first, *asked_why(site)]


def asked_why(site: Site) -> list[tuple[str, str]]:
    """Pages on which somebody is asked why before a household is shown."""
    ident = household(site.county, 53)
    reported = report(site.county, "village_2", content={"words": "没活干了", "id_number": nobody(53)})
    with site.county.store.transaction() as session:
        session.conn.execute(clues.update().where(clues.c.id == reported.ident).values(household=ident))
    for number in (54, 55):
        site.walk(number, to="hold_village_review")
    person = site.person("village_3")
    page = person.get("/lists/meeting").text
    votes = {"votes-for": "20", "votes-against": "0"}
    held = person.post("/lists/meeting", {**grid(page, **votes), **meeting(site)})
    checked = site.walk(50, to="check_household")
    checked.do("village_1", "check_household", confirmed_by="own_account", signed_page=None)
    return [
        ("county_officer_2", held.location),
        ("town_officer_2", f"/clues/{reported.ident}"),
        ("grid", f"/cases/{checked.case_id}"),
    ]


def every_form(site: Site, first: list[tuple[str, str]]) -> Iterator[tuple[str, Person, str, browsing.PageForm, str]]:
    """(endpoint, who, page, form, its address): of each kind that the pages of the county show to anybody, one into which
    something is typed; where nothing is typed, again and again."""
    adapter, seen, posts = site.app.url_map.bind(""), set[str](), set[Any]()
    for name in site.county.ids:
        own = [page for who, page in first if who == name]
        held = tuple(site.county.actor(name).assignments) if name in STAFF else name
        person, todo, been = site.person(name), [*own, *(["/"] if held not in posts else [])], set[str]()
        posts.add(held)
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
                for action in form.actions():
                    endpoint = adapter.match(urlsplit(action).path, method="POST")[0]
                    if endpoint not in seen and endpoint.partition(".")[0] not in keeping.APART:
                        if form.filled(MARK) or form.files():
                            seen.add(endpoint)
                        yield endpoint, person, path, form, action
            todo += browsing.links(answer.text)


@pytest.mark.slow
def test_every_form_comes_back_filled_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a stale token, and once more by a session that is over; files included."""
    typed, bare, lost = set[str](), set[str](), list[Any]()
    for endpoint, person, page, form, action in every_form(site, states(site, monkeypatch)):
        filled, files = form.filled(MARK), form.files()
        if not filled and not files:
            bare.add(endpoint)
            continue
        typed.add(endpoint)

        def sent(hidden: list[tuple[str, str]], filled: Any = filled, files: list[str] = files) -> list[tuple[str, Any]]:
            pictures = [(n, (io.BytesIO(jpeg()), f"{n}.jpg")) for n in files]
            return [*hidden, *((n, v) for n, vs in filled.items() for v in vs), *pictures]

        def missing(text: str, action: str = action, filled: Any = filled, files: list[str] = files) -> Any:
            again = [f for f in browsing.forms(text) if "_kept" in dict(f.sent) and action in f.actions()]
            stands = again[0].stands() if again else {}
            gone = [n for n in files if not again or f"已收到：{n}.jpg" not in again[0].element.text_content()]
            return gone or {n: (v, stands.get(n)) for n, v in filled.items() if stands.get(n, []) != v}

        back = browsing.send(
            person.client, action, sent([(n, "00" * 30 if n == "csrf_token" else v) for n, v in form.hidden()])
        )
        if wrong := missing(back.text) or "这一页停留太久" not in back.text:
            lost.append((endpoint, page, wrong))
        expire(site, person.name)
        over = browsing.send(person.client, action, sent(form.hidden()))
        site.sign_in(person)
        if wrong := missing(person.get(back.request.full_path.rstrip("?")).text) or over.request.path != "/login":
            lost.append((endpoint, page, wrong))
    assert not lost
    assert (TYPED - typed, ONLY_BUTTONS - bare, ONLY_BUTTONS & typed) == (set(), set(), set())
    posts = {r.endpoint for r in site.app.url_map.iter_rules() if "POST" in (r.methods or ())}
    assert {
        e for e in posts if e.partition(".")[0] not in keeping.APART
    } == TYPED | ONLY_BUTTONS | OF_OTHERS  # whoever adds one says which


def test_a_form_of_each_part_comes_back_after_signing_in_again(site: Site) -> None:
    household(site.county, 1, poor=True)
    for who, page, action in (
        ("village_1", "/me", "/me/leave"),
        ("county_officer", "/cases", "/exports"),
        ("admin", "/officials", "/officials"),
        ("village_1", "/incomes", "/incomes"),
        ("village_1", "/clues/new", "/clues/new"),
        ("hotline", "/feedback", "/feedback"),
    ):
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

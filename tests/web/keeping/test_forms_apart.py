"""Two forms of one page, and one page in two tabs, never take each other's place."""

import io
from typing import Any

from app.store.tables import kept_forms
from tests.conftest import VILLAGE
from tests.services.rescreening.test_rescreening import household
from tests.web import browsing
from tests.web.conftest import Person, Site
from tests.web.desk.test_sign_in import PASSWORD, give_password
from tests.web.keeping.test_kept_forms import expire
from tests.web.scale.test_indicators import (
    FIELD,
    agri,  # noqa: F401
)

BAD, NEW = b"\x00\x01 no table", "/applications/new"


def grid_and_file(text: str, action: str) -> tuple[browsing.PageForm, browsing.PageForm]:
    """The form that is typed into and the one that takes a table."""
    found = [one for one in browsing.forms(text) if one.action == action]
    return next(one for one in found if one.texts), next(one for one in found if one.files())


def filled(form: browsing.PageForm, given: dict[str, str]) -> list[tuple[str, Any]]:
    return [(name, given.get(name, value)) for name, value in form.sent]


def with_table(form: browsing.PageForm, content: bytes) -> list[tuple[str, Any]]:
    return [*form.sent, ("file", (io.BytesIO(content), "表.csv"))]


def autosave(person: Person, form: browsing.PageForm, given: dict[str, str]) -> None:
    """As the page's script does; it says what was changed."""
    sent = [*filled(form, given), ("_action", form.action), ("_changed", " ".join(given))]
    answer = person.client.post("/kept", data=browsing.together(sent), headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 204


def test_figures_that_were_refused_stand_after_a_table_bad_or_good(site: Site) -> None:
    one = household(site.county, 1, poor=True)
    other = household(site.county, 2, poor=True)
    person = site.person("village_1")
    grid, _ = grid_and_file(person.get("/incomes").text, "/incomes")
    given = {f"{one}/wages": "1850", f"{other}/wages": "一千"}
    page = browsing.send(person.client, "/incomes", [*filled(grid, given), ("act", "save")]).text
    good = person.get(f"/incomes/{VILLAGE}/2021-09.xlsx").data
    for content in (BAD, good):
        _, table = grid_and_file(page, "/incomes")
        page = browsing.send(person.client, "/incomes", with_table(table, content)).text
        for shown in (page, person.get("/incomes").text):
            grid, _ = grid_and_file(shown, "/incomes")
            assert set(given.items()) <= set(grid.sent)
    assert "填的还没有交上" in page


def test_figures_that_were_only_typed_stand_beside_those_of_a_table(agri: Person, site: Site) -> None:  # noqa: F811
    grid, table = grid_and_file(agri.get("/indicators?month=2021-08").text, "/indicators")
    other = next(name for name in grid.texts if name not in (FIELD, "_in"))
    autosave(agri, grid, {other: "7"})
    content = "指标,地区,月份,数值\n生猪出栏价,翁源县,2021-08,20\n".encode()
    page = browsing.send(agri.client, "/indicators", with_table(table, content)).text
    stands = dict(grid_and_file(page, "/indicators")[0].sent)
    assert stands[FIELD] == "20.00" and stands[other] == "7"  # what was not typed is what the table brought


def test_one_correction_of_a_household_leaves_the_others_typed(site: Site) -> None:
    ident = household(site.county, 1, poor=True)
    person = site.person("village_1")
    page = f"/households/{ident}"
    first, second = [f for f in browsing.forms(person.get(page).text) if f.action == f"{page}/value"][:2]
    name = first.texts[0] if first.texts else "value"
    autosave(person, first, {name: "七组"})
    for given in ("", "演示新值"):  # refused, taken
        text = browsing.send(person.client, second.action, filled(second, {"value": given})).text
        assert (name, "七组") in [p for f in browsing.forms(text) for p in f.sent]


def two_tabs(person: Person) -> list[browsing.PageForm]:
    return [browsing.form(person.get(NEW).text, NEW) for _ in range(2)]


def head(form: browsing.PageForm, word: str) -> list[tuple[str, Any]]:
    return filled(form, dict.fromkeys(form.texts[:1], word))


def test_two_tabs_that_were_signed_out_each_come_back_with_their_own(site: Site) -> None:
    person = site.person("village_1")
    give_password(site, "village_1")
    tabs = two_tabs(person)
    expire(site, "village_1")
    sign_ins = [
        person.client.post(NEW, data=browsing.together(head(form, word))).location
        for form, word in zip(tabs, ("甲家", "乙家"), strict=True)
    ]
    asked = [browsing.form(person.client.get(place).text, "/login") for place in sign_ins]
    for form, own, other in ((asked[1], "乙家", "甲家"), (asked[0], "甲家", "乙家")):
        known = [(n, {"username": "village_1", "password": PASSWORD}.get(n, v)) for n, v in form.sent]
        back = person.client.post("/login", data=browsing.together(known))
        text = person.client.get(back.location).text
        assert own in str(browsing.form(text, NEW).sent) and other not in str(browsing.form(text, NEW).sent)
        assert "这张表还有另一份" in text
        link = text.partition("这张表还有另一份")[2].partition('href="')[2].partition('"')[0]
        assert other in str(browsing.form(person.client.get(link).text, NEW).sent)


def test_a_refused_form_is_reloaded_as_it_was_in_its_own_tab_and_sent_for_itself(site: Site) -> None:
    person = site.person("village_1")
    pages = [
        person.client.post(NEW, data=browsing.together(head(form, word))).location
        for form, word in zip(two_tabs(person), ("甲家", "乙家"), strict=True)
    ]
    for _ in range(2):
        for page, own, other in ((pages[0], "甲家", "乙家"), (pages[1], "乙家", "甲家")):
            sent = str(browsing.form(person.get(page).text, NEW).sent)
            assert own in sent and other not in sent
    again = browsing.form(person.get(pages[1]).text, NEW)
    person.client.post(NEW, data=browsing.together(head(again, "丙家")))
    assert "甲家" in str(browsing.form(person.get(pages[0]).text, NEW).sent)
    assert "丙家" in str(browsing.form(person.get(pages[1]).text, NEW).sent)
    with site.county.store.reading() as session:
        assert len(session.conn.execute(kept_forms.select()).all()) == 2


def test_two_tabs_that_were_filled_with_the_same_form_go_on_apart(site: Site) -> None:
    person = site.person("village_1")
    page = person.client.post(NEW, data=browsing.together(head(two_tabs(person)[0], "甲家"))).location
    first, second = browsing.form(person.get(page).text, NEW), browsing.form(person.get(NEW).text, NEW)
    assert first.texts[0] == second.texts[0]
    autosave(person, first, {first.texts[0]: "乙家"})
    autosave(person, second, {second.texts[0]: "丙家"})
    autosave(person, first, {first.texts[0]: "乙家二"})
    assert "乙家二" in str(browsing.form(person.get(page).text, NEW).sent)
    with site.county.store.reading() as session:
        assert len(session.conn.execute(kept_forms.select()).all()) == 2
    row = dict(browsing.form(person.get(page).text, NEW).sent)["_kept"]
    stale = next(
        f.sent for f in browsing.forms(person.get(page).text) if f.action == "/kept/drop" and ("_kept", row) in f.sent
    )
    elsewhere = browsing.form(person.get(NEW).text, NEW)
    assert dict(elsewhere.sent)["_kept"] == row
    autosave(person, elsewhere, {first.texts[0]: "丁家"})
    person.client.post("/kept/drop", data=browsing.together(stale))  # what another tab has gone on with stays
    assert "丁家" in str(browsing.form(person.get(NEW).text, NEW).sent)

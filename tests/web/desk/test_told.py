"""Who is waited for is told, and pages say where to go and what may be left: what a newcomer would not have found."""

import json
import re
from pathlib import Path

import pytest

from app import forms
from app.config import ROOT
from app.labels import say
from app.web.shell import frame
from tests.web.conftest import Site
from tests.worker import reading


def test_who_visited_too_is_told_to_confirm_and_finds_it_by_the_message(site: Site) -> None:
    walk = site.walk(to="check_household")
    site.do(walk, "village_1", "check_household", confirmed_by="own_account", signed_page=None)
    walk.open_tasks()
    page = reading.read(site.person("grid").get("/notifications").text, "/notifications", 200)
    [link] = [a for a in page.links() if "请看过再确认" in a.words]
    assert link.href == f"/cases/{walk.case_id}" and "village_1" in link.words
    assert "等您确认" in site.person("grid").get(link.href).text
    assert "请看过再确认" not in site.person("village_1").get("/notifications").text


def test_the_town_is_told_of_an_objection_after_the_period(site: Site) -> None:
    walk = site.walk(to="verify_in_town")
    assert walk.lodge("village_1") == "held"
    for who in ("town_officer", "town_leader"):
        assert "公示期过后有人提出异议，请查清" in site.person(who).get("/notifications").text
    assert "公示期过后" not in site.person("outsider_town").get("/notifications").text


def test_who_may_only_read_is_not_asked_to_sign(site: Site) -> None:
    walk = site.walk(to="hold_village_review")
    task = walk.task("hold_village_review")
    person, auditor = site.person("village_3"), site.county.ids["auditor"]
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    page = person.get(f"/tasks/{task.id}").text
    asked = page.partition('name="to"')[2].partition("</select>")[0]
    assert f'value="{site.county.ids["town_officer"]}"' in asked and f'value="{auditor}"' not in asked
    assert person.post(f"/tasks/{task.id}/ask", {"to": [auditor], "text": "请看"}).status_code == 422


def test_a_signer_who_may_not_sign_is_answered_with_who_may(site: Site) -> None:
    walk = site.walk(to="sign_town_report")
    answer = site.do(walk, "town_leader", "sign_town_report", signer=site.county.ids["town_officer_2"])
    assert answer.status_code == 422 and "签发人要是镇负责人（town_leader），请重新选择" in answer.text


@pytest.mark.parametrize("path", sorted((ROOT / "forms").glob("*/*.json")), ids=lambda p: p.stem)
def test_a_form_that_sends_elsewhere_names_an_entry_of_the_menu(path: Path) -> None:
    found = re.search("先到“([^”]+)”", json.loads(path.read_text("utf-8"))["description"])
    menu = {say(code) for code in re.findall("pages.nav.[a-z]+", Path(frame.__file__).read_text("utf-8"))}
    assert found is None or found[1] in menu


def test_a_list_with_nothing_in_it_says_so(site: Site) -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "x",
        "type": "object",
        "required": ["other"],
        "additionalProperties": False,
        "properties": {
            "other": {
                "title": "与哪一条重复",
                "type": "string",
                "x-choices": "clues",
                "x-widget": "select",
                "x-belongs-to": "process",
            }
        },
    }
    form = forms.load(schema, {})
    source = "{% import 'shell/fields.html' as fields %}{{ fields.cells(cells) }}"
    for offered, told in (([], True), ([("7", "7 号")], False)):
        with site.app.test_request_context():
            html = site.app.jinja_env.from_string(source).render(cells=forms.draw(form, choices={"clues": offered}))
        assert ("现在没有可以选的" in html) is told


def test_why_an_elimination_cannot_begin_yet_stands_where_it_would_begin(site: Site) -> None:
    walk = site.walk(to="acknowledge_measures")
    page = site.person("village_1").get(f"/cases/{walk.case_id}").text
    assert "现在还不能启动：认定以后的事还没有办完" in page and 'value="begin"' not in page
    walk.do("health", "acknowledge_measures", "health")
    page = site.person("village_1").get(f"/cases/{walk.case_id}").text
    assert "现在还不能启动" not in page and 'value="begin"' in page


def test_what_a_colleague_settled_meanwhile_is_said_to_be_settled(site: Site) -> None:
    """The page is older than the colleague's word: a sentence, what was typed stays, and no page that is not there."""
    walk = site.walk(to="verify_in_town")
    assert walk.lodge("village_1") == "held"
    path, first, second = f"/cases/{walk.case_id}", site.person("town_officer"), site.person("town_leader")
    for person in (first, second):
        person.post(f"{path}/reason", {"reason": "看异议"})
    page = reading.read(second.get(path).text, path, 200)
    [form] = [f for f in page.forms if f.action.endswith("/late-objection")]
    sent = {**dict(form.sheet.fixed), "result": "unfounded", "text": "上门问过了"}
    assert (
        first.post(f"{path}/late-objection", {"hold": sent["hold"], "result": "unfounded", "text": "问过"}).status_code == 302
    )
    late = second.post(f"{path}/late-objection", sent)
    assert late.status_code == 303
    shown = second.get(late.location).text
    assert "这一条异议已经有人查清" in shown and "上门问过了" in shown

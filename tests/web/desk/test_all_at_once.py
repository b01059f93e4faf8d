"""All that is wrong with a small form is said at once, each beside its field, and what was typed stays."""

from lxml import html

from tests.walking import Walk
from tests.web import browsing
from tests.web.conftest import Person, Site
from tests.web.office.test_powers import hire


def wrong(person: Person, page: str, action: str, **typed: str) -> dict[str, str]:
    """What the page says beside each field after the form was sent, by field."""
    form = browsing.form(person.get(page).text, action)
    fixed = [(n, v) for n, v in form.sent if n.startswith("_") or n == "csrf_token"]
    sent = fixed + list({**{n: v for n, v in form.sent if (n, v) not in fixed}, **typed}.items())
    back = browsing.send(person.client, action, sent)
    document = html.document_fromstring(back.text)
    found = {}
    for field in document.xpath("//*[@aria-invalid='true']"):
        note = document.xpath("//*[@id=$i]", i=field.get("aria-describedby").split()[-1])
        found[field.get("name")] = note[0].text
        assert note[0].text in back.text.split('class="note warn kept-note"')[1].split("</section>")[0]
    now = browsing.values(back.text, action)
    assert [now[name] for name in form.texts] == [[typed.get(name, "")] for name in form.texts]
    return found


def test_an_administrators_form_says_both_fields(site: Site) -> None:
    admin = site.person("admin")
    told = wrong(admin, "/officials", "/officials", name="", username="a b")
    assert set(told) == {"name", "username"} and "姓名" in told["name"]
    assert set(wrong(admin, "/officials", "/officials", name="演示人", username="village_1")) == {"username"}
    hire(site, "security", "security_admin")
    security = site.person("security")
    ident = site.county.ids["village_1"]
    told = wrong(security, "/officials", f"/officials/{ident}/posts", role="", unit="")
    assert told == {"role": "请选岗位。", "unit": "请选单位：先按名称查找，再从找到的里面选。"}


def test_leave_says_the_colleague_and_each_day(site: Site) -> None:
    person = site.person("village_1")
    day = site.county.now.date().isoformat()
    told = wrong(person, "/me", "/me/leave", to="", since="2020-01-01", until="")
    assert set(told) == {"to", "since", "until"} and told["to"] == "请选择请谁代办。"
    assert "岗位相当" in wrong(person, "/me", "/me/leave", to="999", since="2020-01-01")["to"]
    told = wrong(person, "/me", "/me/leave", to="", since="", until="不是日子")
    assert told["since"] == told["until"] == "请写日期。"
    assert set(wrong(person, "/me", "/me/leave", since=day, until="2020-01-01")) >= {"until"}


def household(site: Site) -> tuple[Walk, Person]:
    walk = site.walk(to="hold_village_review")
    return walk, site.person("village_1")


def test_a_households_forms_say_each_field(site: Site) -> None:
    walk, person = household(site)
    page = f"/households/{walk.case().household}"
    told = wrong(person, f"{page}/head", f"{page}/head", member="", why="", on="2041-01-01")
    assert set(told) == {"member", "why", "on"}
    form = next(
        f for f in browsing.forms(person.get(page).text) if f.action == f"{page}/value" and ("key", "phone") in f.sent
    )
    sent = [(n, {"value": "12", "reason": ""}.get(n, v)) for n, v in form.sent]
    back = browsing.send(person.client, form.action, sent)
    invalid = html.document_fromstring(back.text).xpath("//*[@aria-invalid='true']")
    assert [f.get("name") for f in invalid] == ["value", "reason"]
    own = [f for f in invalid[0].xpath("ancestor::form")[0].xpath(".//input[@name='key']")]
    assert [f.get("value") for f in own] == ["phone"]


def test_a_case_and_a_task_say_each_field(site: Site) -> None:
    walk, person = household(site)
    case = walk.case().id
    assert set(wrong(person, f"/cases/{case}", f"/cases/{case}/close", reason_code="", text="")) == {"reason_code", "text"}
    task = walk.task("hold_village_review")
    person = site.person("village_2")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    at = f"/tasks/{task.id}"
    told = wrong(person, at, f"{at}/return", target="", reason="")
    assert set(told) == {"target", "reason"} and told["target"] == "请选择退回到哪一步。"
    told = wrong(person, at, f"{at}/transfer", official="", reason="")
    assert set(told) == {"official", "reason"} and told["official"] == "请选择转给谁。"
    assert set(wrong(person, at, f"{at}/ask", text="")) == {"text", "to"}


def test_a_grid_says_each_field(site: Site) -> None:
    told = wrong(site.person("village_1"), "/grids", "/grids", name="", official="")
    assert set(told) == {"name", "official"} and told["official"] == "请选择负责人。"

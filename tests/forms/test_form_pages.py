"""Every form drawn by the macros: labels, ids, words for what is wrong, nothing inline."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.forms import blank, clean, draw, load
from app.forms.schema import _KINDS_OF_WIDGET
from app.labels import say
from app.web.shell.filters import day_input

TEMPLATES = Path(__file__).parents[2] / "app" / "web" / "templates"
PAGE = (
    "{% import 'shell/fields.html' as fields %}<form>{{ fields.summary(drawn, errors) }}"
    "{% for f in drawn %}{{ fields.field(f, none, none) }}{% endfor %}</form>"
)
CHOICES = {
    "officials": [(7, "甲（村干部）"), (8, "乙（网格员）")],
    "villages": [(f"44022910020{n}", f"村{n}", "某镇") for n in range(9)],
}
VOID = {"input", "br", "img"}


class Page(HTMLParser):
    """Elements as (tag, attributes); refuses tags that do not close in order."""

    def __init__(self, html):
        super().__init__()
        self.all, self.open, self.text = [], [], ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs), tuple(self.open)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def find(self, **wanted):
        return [(tag, at) for tag, at, _ in self.all if all(at.get(k) == v for k, v in wanted.items())]


def page_of(form, **args):
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters["day_input"] = day_input
    environment.globals["say"] = say
    errors = args.get("errors", {})
    drawn = draw(form, args.pop("raw", None), choices=CHOICES, **args)
    return Page(environment.from_string(PAGE).render(drawn=drawn, errors=errors))


def leaves(cells):
    for cell in cells:
        yield cell
        yield from leaves(cell.cells)
        for row in (*cell.rows, *((cell.copy,) if cell.copy else ())):
            yield from leaves(row.cells)


def test_every_form_is_drawn_whole(schema, codes):
    form = load(schema, codes)
    page = page_of(form)
    names = {at.get("name", "").removeprefix("_file-") for _, at, _ in page.all}
    ids = [at["id"] for _, at, _ in page.all if "id" in at]
    assert len(ids) == len(set(ids))
    for cell in leaves(draw(form, choices=CHOICES)):
        if cell.field.widget not in ("table", "votes", "hidden"):
            assert cell.path in names
            assert cell.field.title in page.text
    labelled = {at["for"] for tag, at, _ in page.all if tag == "label"}
    assert labelled <= set(ids)
    for tag, at, _ in page.all:
        if tag in ("input", "select", "textarea") and at.get("type") != "hidden":
            assert at["id"] in labelled
        assert not {"style", "onclick", "onchange"} & set(at) and tag not in ("script", "style")


def test_every_widget_has_a_macro():
    source = (TEMPLATES / "shell/fields.html").read_text("utf-8")
    for widget in _KINDS_OF_WIDGET:
        assert f"{{%- macro {widget}(" in source


def test_what_is_wrong_stands_beside_the_field_and_the_first_has_the_focus(shipped):
    form = shipped("register_application")
    done = clean(form, {"head_name": ["<b>张三</b>"], "phone": ["1"], "helped": ["yes"]})
    page = page_of(form, raw=done.raw, errors=done.errors)
    assert page.find(id="f-head_name", value="<b>张三</b>")
    (wrong,) = page.find(id="f-phone")
    assert wrong[1]["aria-describedby"].split()[0] == "f-phone-error" and wrong[1]["aria-invalid"] == "true"
    assert page.find(id="f-phone-error") and say("forms.phone", title="联系电话") in page.text
    focused = [at["name"] for _, at, _ in page.all if "autofocus" in at]
    assert focused == ["head_name"]
    assert page.find(href="#f-phone")


def test_a_date_that_could_not_be_read_stays_visible(shipped):
    form = shipped("register_in_province")
    done = clean(form, {"entered_on": ["九月三日"]})
    page = page_of(form, raw=done.raw, errors=done.errors)
    assert page.find(id="f-entered_on", type="text", value="九月三日")


def test_what_is_known_is_text_with_a_way_to_change_it(shipped):
    form = shipped("register_application")
    known = blank(form, {"household:head_name": "张三", "household:village": "440229100203"})
    page = page_of(form, known=known)
    assert [tag for tag, at, inside in page.all if at.get("id") == "f-head_name" and "details" in inside]
    assert "村3" in page.text and not [1 for _, at, i in page.all if at.get("id") == "f-phone" and "details" in i]
    changed = clean(form, {"head_name": ["李四"]}, known)
    page = page_of(form, raw=changed.raw, errors={}, known=known)
    assert not [1 for _, at, i in page.all if at.get("id") == "f-head_name" and "details" in i]


def test_known_members_are_read_and_only_the_rest_is_asked(shipped):
    form = shipped("check_household")
    known = blank(form, {"household:members": [{"key": "m1", "name": "张三", "relation": "head"}]})
    page = page_of(form, known=known)
    assert page.find(type="hidden", name="members-0-key", value="m1")
    inside = {at.get("name"): "details" in i for _, at, i in page.all}
    assert inside["members-0-name"] and inside["members-0-relation"] and not inside["members-0-health"]
    assert page.find(name="_remove-members-0")


def test_rows_can_be_added_without_a_script_and_with_one(shipped):
    form = shipped("plan_measures")
    assert len({at["data-row"] for _, at, _ in page_of(form).all if "data-row" in at}) == 3
    page = page_of(form, extra={"measures": 5})
    assert len([1 for _, at, _ in page.all if at.get("data-row", "__i__") != "__i__"]) == 5
    assert page.find(name="_add_measures") and page.find(name="measures-__i__-risk")


def test_conditional_questions_say_when_they_are_asked(shipped):
    page = page_of(shipped("register_application"))
    assert page.find(**{"data-when": "risks=disaster"})
    assert "仅“风险类型”选“因自然灾害”时填写" in page.text.replace("\n", "")
    rows = page_of(shipped("sign_commitment"))
    assert rows.find(**{"data-when": "how=guardian|proxy"})


@pytest.mark.parametrize("task", ["sign_commitment", "check_household", "hold_village_review"])
def test_scans_are_asked_for_as_files(shipped, task):
    form = shipped(task)
    page = page_of(form)
    for name in form.uploads:
        assert page.find(name=f"_file-{name}", accept="image/*,application/pdf")
        assert page.find(name=f"_file-{name}", capture="environment")

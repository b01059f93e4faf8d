"""A form file comes from outside: what this layer cannot draw safely is refused by name."""

import copy
import re
from pathlib import Path
from string import Formatter

import pytest

from app.forms import FormError, load, parse, problems
from app.labels.forms import TEXT

SIMPLE = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "试表",
    "type": "object",
    "additionalProperties": False,
    "required": ["choice"],
    "properties": {
        "choice": {"title": "选", "$ref": "../codes.json#/$defs/yes_no", "x-belongs-to": "process"},
        "note": {"title": "写", "type": "string", "maxLength": 20, "x-belongs-to": "step"},
    },
    "allOf": [
        {
            "if": {"properties": {"choice": {"const": "yes"}}, "required": ["choice"]},
            "then": {"required": ["note"]},
        }
    ],
}


def changed(change):
    made = copy.deepcopy(SIMPLE)
    made["properties"]["choice"]["x-widget"] = "radio"
    change(made, made["properties"]["note"])
    return made


def test_the_simple_form_is_accepted(codes):
    assert problems(changed(lambda form, note: None), codes) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda f, n: f.pop("$schema"), "dialect"),
        (lambda f, n: f.update(additionalProperties=True), "open"),
        (lambda f, n: n.update(pattern="(a+)+$"), "keyword"),
        (lambda f, n: n.pop("maxLength"), "unbounded"),
        (lambda f, n: n.update(maxLength=10**9), "unbounded"),
        (lambda f, n: n.pop("title"), "missing"),
        (lambda f, n: n.update({"x-belongs-to": "process"}), "process_text"),
        (lambda f, n: n.pop("x-belongs-to"), "belongs_to"),
        (lambda f, n: n.update({"x-widget": "password"}), "widget"),
        (lambda f, n: n.update({"x-widget": ["text"]}), "widget"),
        (lambda f, n: n.update({"type": ["string", "null"]}), "widget"),
        (lambda f, n: n.update({"$ref": "file:///etc/passwd"}), "reference"),
        (lambda f, n: n.update({"$ref": "../codes.json#/$defs/nothing"}), "reference"),
        (lambda f, n: n.update(format="regex"), "format"),
        (lambda f, n: f.update(required=["choice", "ghost"]), "unknown_name"),
        (lambda f, n: f.update(required=["choice", "note"]), "required_and_conditional"),
        (lambda f, n: f["allOf"][0]["if"].pop("required"), "condition"),
        (lambda f, n: f["allOf"][0].update({"if": {"not": {}}}), "condition"),
        (lambda f, n: f["allOf"][0]["then"].update({"properties": {"note": {"const": "x"}}}), "condition"),
        (lambda f, n: f["allOf"].append("x"), "condition"),
        (lambda f, n: f["properties"].update({"a-b": n}), "name"),
        (lambda f, n: f["properties"].update({f"f{i}": n for i in range(99)}), "missing"),
        (lambda f, n: n.update(oneOf=[{"const": 1, "title": "x"}]), "options"),
    ],
)
def test_what_a_form_may_not_contain_is_named(codes, change, code):
    found = problems(changed(change), codes)
    assert [one for one, _ in found] == [f"forms.schema.{code}"]


def test_bombs_are_not_parsed():
    for bomb in ('{"a":' * 5000 + "1" + "}" * 5000, "[" * 100_000, " " * 300_000, "[]", "{"):
        with pytest.raises(FormError):
            parse(bomb)
    assert parse('{"a": 1}') == {"a": 1}


def test_every_code_has_a_sentence_and_every_sentence_a_code():
    app = Path(__file__).parents[2] / "app"
    source = "\n".join(path.read_text("utf-8") for path in (*(app / "forms").glob("*.py"), app / "policy" / "naming.py"))
    used = {code for code in re.findall(r'"(forms\.[a-z_.]+[a-z])"', source)}
    used |= {f"forms.required.{kind}" for kind in ("text", "choice", "table", "scan")}
    used |= {"forms.money.minimum", "forms.money.maximum"}
    assert used == set(TEXT)
    allowed = {"title", "max", "min", "limit", "today", "since", "name", "row", "first", "path", "keyword", "char", "point"}
    for sentence in TEXT.values():
        assert {name for _, name, _, _ in Formatter().parse(sentence) if name} <= allowed | {
            "reference",
            "widget",
            "format",
        }


def test_a_loaded_form_is_a_value_that_requests_may_share(codes):
    form = load(changed(lambda f, n: None), codes)
    with pytest.raises(AttributeError):
        form.title = "other"

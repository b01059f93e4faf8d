"""Every form that asks a name, a phone or an ID number reads it by the same rule as a file."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.forms import Form, clean
from app.forms.model import Field
from app.labels import say

WRITTEN = {
    "name": "\u202d阿卜杜拉 ．买买提\u202c",
    "phone": "+86 0751-2812345转801",
    "id-number": "\u202a999999 19700101 7016\u202c",
}
STORED = {"name": "阿卜杜拉·买买提", "phone": "07512812345-801", "id-number": "999999197001017016"}


def _asking(form: Form) -> Iterator[tuple[Field, str]]:
    """(field, the name of its input) of everything that is a person's."""
    for item in form.fields:
        for one in item.columns or (item,):
            if one.format in WRITTEN:
                yield one, f"{item.name}-0-{one.name}" if item.columns else one.name


def _kept(values: dict[str, Any], path: str) -> Any:
    name, *rest = path.split("-")
    found = values[name][0][rest[1]] if rest else values[name]
    return found[0] if isinstance(found, list) else found


@pytest.mark.parametrize(
    "task",
    [
        "register_application",
        "check_household",
        "hold_village_review",
        "eliminate/hold_village_review",
        "sign_commitment",
        "check_clue",
        "apply_online",
        "report_clue",
    ],
)
def test_a_form_stores_names_phones_and_numbers_in_their_one_form(schemas: Any, codes: Any, task: str) -> None:
    from app.forms import load

    form = load(schemas[task], codes)
    asking = list(_asking(form))
    assert asking
    for item, path in asking:
        open_form = clean(form, {path: [WRITTEN[item.format]]})
        if path in open_form.values or path.split("-")[0] in open_form.values:
            assert _kept(open_form.values, path) == STORED[item.format] and path not in open_form.errors
        refused = clean(form, {path: ["王😀"]}).errors
        assert path in refused or item.format != "name" or item.when or "-" in path
        if item.format == "name" and path in refused:
            code, args = refused[path]
            assert item.title in say(code, **args) and "😀" in say(code, **args)
            assert clean(form, {path: ["张" * 41]}).errors[path][0] == "forms.too_long"


def test_free_words_that_no_paper_could_print_are_named_with_their_character(schemas: Any, codes: Any) -> None:
    from app.forms import load

    form = load(schemas["check_clue"], codes)
    code, args = clean(form, {"findings": ["看过了👍，很好"]}).errors["findings"]
    assert say(code, **args) == "“看到、问到什么”里的“👍”（U+1F44D）印不出来，请删去这个字或换一个。"
    for fine in ("两口子都在家，共 3 亩地。", "\u845b\U000e0100家", "㐂", "⺟亲\u200b病了"):
        assert "findings" not in clean(form, {"findings": [fine]}).errors, fine

"""Filling without a page: every shipped form from its schema alone, sentences read as a newcomer would read them."""

import json
from datetime import date
from random import Random
from typing import Any

import pytest

from app import forms
from app.config import ROOT
from app.labels import say

from . import inventing, reading, sentences
from .filling import FILE, TRIES, Filler, Habits
from .questions import Choice, Question, Row, Sent, Sheet, of_form

TODAY = date(2021, 10, 8)
CODES = json.loads((ROOT / "forms" / "codes.json").read_text("utf-8"))
SHIPPED = sorted(p for p in (ROOT / "forms").glob("*/*.json"))
PEOPLE = [("1", "演示甲"), ("2", "演示乙"), ("3", "演示丙"), ("4", "演示丁")]


class Anything(dict[str, Any]):
    """A few things to choose from, whatever list a form names."""

    def __contains__(self, name: object) -> bool:
        return bool(name)

    def __getitem__(self, name: str) -> Any:
        return PEOPLE

    def get(self, name: str, default: Any = None) -> Any:
        return PEOPLE if name else default


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_shipped_form_is_filled_from_its_schema_in_three_tries(path: Any) -> None:
    form = forms.load(json.loads(path.read_text("utf-8")), CODES)
    choices = {f.choices: PEOPLE for item in form.fields for f in (item, *item.columns) if f.choices and not f.options}
    for seed in range(4):
        filler = Filler(Random(seed), Habits(), TODAY)
        sheet = of_form(path.stem, form, choices=choices)
        sent = filler.fill(sheet)
        for tried in range(TRIES + 1):
            cleaned = forms.clean(form, _handed_in(sent), choices=choices, today=TODAY)
            if cleaned.ok:
                break
            told = {p: say(code, **args) for p, (code, args) in cleaned.errors.items()}
            sent = filler.mend(sheet, sent, told, [], tried)
        assert cleaned.ok, (seed, cleaned.errors)


def _handed_in(sent: Sent) -> Sent:
    """A picture becomes a page with a number, as it does when it comes in."""
    return {path: ["7" if value == FILE else value for value in values] for path, values in sent.items()}


def test_the_same_seed_fills_the_same() -> None:
    form = forms.load(json.loads((ROOT / "forms" / "verify_clue" / "check_clue.json").read_text("utf-8")), CODES)
    sheet = of_form("x", form)
    assert Filler(Random(3), Habits(), TODAY).fill(sheet) == Filler(Random(3), Habits(), TODAY).fill(sheet)


@pytest.mark.parametrize(
    ("sentence", "day"),
    [
        ("“签收日期”晚于今天（2021-10-08），还没发生的事请到时再填。", "2021-10-08"),
        ("“去的日期”早于 2021-09-30，请核对年份。", "2021-10-01"),
        ("公示到 2021 年 10 月 9 日止，当天不能取下。请在第二天以后填写。", "2021-10-10"),
        ("授权有效期最长到 2022-03-01，请改短。", "2022-03-01"),
        ("再看的日子要在 2021 年 9 月 4 日 到 2021 年 12 月 2 日 之间。", "2021-10-18"),
        ("走完的日子要在布置以后，请改正。", "2021-10-15"),
    ],
)
def test_a_sentence_about_a_day_tells_which(sentence: str, day: str) -> None:
    assert sentences.day_wanted(sentence, TODAY, 0).isoformat() == day


def test_a_sentence_tells_a_figure_a_choice_and_whom_not_to_choose() -> None:
    assert sentences.number_wanted("实到人数不能多于应到的 30 人，请核对。", 41) == 30
    assert sentences.sum_wanted("三项票数合计 40，应当是 25（实到减去回避），请核对。") == 25
    result = [Choice("agreed", "同意纳入"), Choice("rejected", "不同意纳入")]
    assert sentences.choice_wanted("赞成 2 票，结果应当是不同意。", result, ["agreed"]) == "rejected"
    verdict = [Choice("agree", "同意"), Choice("disagree", "不同意")]
    assert sentences.named("不同意请写明理由。", verdict) == {"disagree"}
    people = [Choice(code, name) for code, name in PEOPLE]
    assert sentences.named("主持人演示乙办过“入户核实”，请换人。", people) == {"2"}


def test_whoever_is_named_in_a_refusal_gives_way_and_missing_parties_are_added() -> None:
    people = tuple(Choice(code, name) for code, name in PEOPLE)
    sheet = Sheet(
        "x",
        (
            Question("chair", "主持人", "one", required=True, choices=people),
            Question("came", "参加的", "many", required=True, choices=people),
        ),
    )
    filler = Filler(Random(1), Habits(), TODAY)
    sent = filler.mend(sheet, {"chair": ["2"], "came": ["1"]}, {}, ["主持人演示乙办过“入户核实”，请换人。"], 0)
    assert sent["chair"] != ["2"]
    sent = filler.mend(sheet, {"chair": ["4"], "came": ["1"]}, {"chair": "主持人要是负责人（演示甲），请重新选择。"}, [], 0)
    assert sent["chair"] == ["1"]
    sent = filler.mend(sheet, {"chair": ["4"], "came": ["1"]}, {"came": "演示乙、演示丙没有参加，会议不算。"}, [], 0)
    assert sent["came"] == ["1", "2", "3"]


def test_a_cell_of_a_row_is_set_as_the_sentence_beside_it_says() -> None:
    relation = tuple(Choice(code, title) for code, title in (("spouse", "配偶"), ("head", "户主"), *(PEOPLE * 3)))
    cells = (
        Question("members-0-name", "姓名", "name", given=("甲",)),
        Question("members-0-relation", "与户主关系", "one", choices=relation),
    )
    sheet = Sheet("x", (Question("members", "家庭成员", "table", rows=(Row("0", cells, given=True),)),))
    filler = Filler(Random(1), Habits(), TODAY)
    sent = filler.mend(
        sheet,
        {"members-0-name": ["甲"], "members-0-relation": ["spouse"]},
        {"members-0-relation": say("steps.no_head")},
        [],
        0,
    )
    assert sent["members-0-relation"] == ["head"]


def test_invented_people_belong_to_nobody() -> None:
    number = inventing.id_number(Random(1), TODAY)
    assert number.startswith("999999") and inventing.name(Random(1)).endswith("·演示")


def test_a_page_is_read_with_its_questions_conditions_and_sentences() -> None:
    page = reading.read(
        """<main><h1>走访</h1><form method="post" action="/rounds/5/7"><input type="hidden" name="csrf_token" value="t">
        <fieldset class="field"><legend>怎么样</legend><input type="radio" name="result" value="calm" id="a" required>
        <label for="a">没有变化</label><input type="radio" name="result" value="signs" id="b"><label for="b">有情况</label></fieldset>
        <div class="field" data-when="result=signs"><label for="w">看到什么 <span class="optional">“怎么样”选“有情况”时必填</span></label>
        <textarea id="w" name="words" maxlength="500"></textarea><div class="invalid-feedback">请写一两句。</div></div>
        <button class="btn btn-primary">记下</button></form></main>""",
        "/rounds/5/7",
        422,
    )
    [form] = page.forms
    assert form.main is not None and form.kind == "/rounds/*/*" and form.errors == {"words": "请写一两句。"}
    result, words = form.sheet.questions
    assert (result.kind, result.required, [c.title for c in result.choices]) == ("one", True, ["没有变化", "有情况"])
    assert words.needed and not words.asked({"result": ["calm"]}) and words.asked({"result": ["signs"]})

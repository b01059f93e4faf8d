import json
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.policy.household_file import household_of
from app.policy.model import LINE_KINDS
from app.policy.parameters import (
    UNITS_OF_TIME,
    Entries,
    MissingEntry,
    days,
    flag,
    monitoring_line,
    number,
    read_toml,
    share,
)

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "bpmn/entries").glob("*.toml"))
ON = date(2026, 3, 1)
STRAIGHT_PATH = [
    "register_application",
    "sign_commitment",
    "check_household",
    "hold_village_review",
    "post_notice",
    "take_down_notice",
    "verify_in_town",
    "sign_town_report",
    "review_in_county",
    "confirm_by_civil_affairs",
    "approve_in_county",
]
FORMS = sorted((ROOT / "forms").glob("*/*.json"))
CODES = json.loads((ROOT / "forms/codes.json").read_text("utf-8"))["$defs"]


def entry(valid_from: str, value: int, rest: str = "") -> str:
    return f'[[parameter]]\nkey = "k"\nvalid_from = {valid_from}\nsource = "s"\nvalue = {value}\n{rest}\n'


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_each_file_parses_and_every_entry_has_a_source(path: Path) -> None:
    assert all(entry.source for entry in read_toml(path.read_text("utf-8")))


def test_parameters_from_the_plan_are_no_defaults_and_the_others_are(entries: Entries) -> None:
    for key in entries.keys("parameter"):
        found = entries.require("parameter", key, ON)
        plain = all(part.startswith("wx2021-25#") for part in found.source.split())
        assert found.default is not plain, key
        assert found.value["title"] and found.value["selected_by"], key


def test_every_user_task_has_its_due_time(entries: Entries) -> None:
    for path in FORMS:
        if path.stem in ("apply_online", "report_clue"):
            continue  # pages before there is a task
        assert days(entries, f"due_{path.stem}", ON).unit in UNITS_OF_TIME


def test_the_longest_straight_path_with_its_notice_fits_into_the_case_limit(entries: Entries) -> None:
    spans = [days(entries, f"due_{task}", ON) for task in STRAIGHT_PATH]
    assert {span.unit for span in spans} == {"calendar_days"}
    midnight = 1  # a notice is over when its last day is: the next step begins on the day after
    notice = days(entries, "notice_days", ON).n + midnight
    assert sum(span.n for span in spans) + notice <= days(entries, "case_limit_days", ON).n


def test_help_is_planned_reported_and_answered_within_its_month(entries: Entries) -> None:
    chain = ["due_plan_measures", "due_report_to_departments", "acknowledge_silence_days"]
    assert sum(days(entries, key, ON).n for key in chain) <= 28
    assert number(entries, "help_within_months", ON) == 1


def test_departments_are_urged_before_their_silence_is_taken_as_an_answer(entries: Entries) -> None:
    for due, silence in [
        ("due_answer_asset_query", "asset_silence_days"),
        ("due_acknowledge_measures", "acknowledge_silence_days"),
    ]:
        assert days(entries, due, ON).n < days(entries, silence, ON).n


def test_quorum_is_two_thirds_and_the_majority_more_than_half(entries: Entries) -> None:
    quorum, majority = share(entries, "quorum", ON), share(entries, "majority", ON)
    assert (quorum.reached(20, 30), quorum.reached(19, 30), quorum.reached(0, 0)) == (True, False, False)
    assert (majority.reached(11, 20), majority.reached(10, 20)) == (True, False)
    assert flag(entries, "publish_online", ON) is False


def test_line_is_the_higher_of_floor_and_rounded_product(entries: Entries) -> None:
    line = monitoring_line(entries, date(2021, 6, 1))
    value = line.entry.value
    product = value["standard"] * value["multiplier"]["numerator"] // value["multiplier"]["denominator"]
    assert line.value_fen == max(value["floor"], product) == 960000
    assert value["floor"] == number(entries, "line_floor_fen", ON)
    assert (line.year, line.provisional) == (2021, False)


def test_a_year_without_a_line_uses_the_last_one_and_says_so(entries: Entries) -> None:
    line = monitoring_line(entries, date(2024, 1, 1))
    assert (line.value_fen, line.year, line.provisional) == (960000, 2021, True)
    with pytest.raises(MissingEntry):
        monitoring_line(entries, date(2020, 12, 31))


def test_validity_begins_on_its_day_and_ends_before_its_last() -> None:
    found = Entries.of(
        read_toml(entry("2021-01-01", 1) + entry("2022-01-01", 2, "valid_to = 2022-07-01") + entry("2023-01-01", 3))
    )
    expected = [("2021-12-31", 1), ("2022-01-01", 2), ("2022-06-30", 2), ("2022-07-01", 1), ("2023-01-01", 3)]
    for day, value in expected:
        assert number(found, "k", date.fromisoformat(day)) == value
    assert found.get("parameter", "k", date(2020, 12, 31)) is None


def test_a_wrong_entry_is_replaced_by_the_one_that_names_it() -> None:
    wrong, right = entry("2021-01-01", 1), entry("2021-01-01", 2, "number = 2\nsupersedes = 1")
    found = Entries.of(read_toml(wrong + right))
    assert number(found, "k", ON) == 2
    assert len(found.all("parameter", ON)) == 1 == len(found.history("parameter", "k"))
    ended = entry("2021-01-01", 2, "number = 2\nsupersedes = 1\nvalid_to = 2022-01-01")
    with pytest.raises(MissingEntry, match="k"):
        number(Entries.of(read_toml(wrong + ended)), "k", ON)


def test_the_same_entry_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        Entries.of(read_toml(entry("2021-01-01", 1) + entry("2021-01-01", 2)))


@pytest.mark.parametrize(
    "text",
    [
        entry("2021-01-01", 1, "rate = 1.5"),
        entry("2021-01-01", 1, "valid_to = 2021-01-01"),
        '[[parameter]]\nkey = "k"\nvalid_from = 2021-01-01\n',
        '[parameter]\nkey = "k"\n',
        '[[parameter]]\nkey = "k"\nvalid_from = "2021-01-01"\nsource = "s"\n',
    ],
)
def test_what_cannot_be_an_entry_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_toml(text)


def test_entries_point_only_at_entries_that_exist(entries: Entries) -> None:
    departments = {found.key for found in entries.all("department", ON)}
    assert all(found.value["department"] in departments for found in entries.all("asset_kind", ON))
    assert {f.value.get("department") for f in entries.all("org_unit", ON)} - {None} == departments
    groups = {found.value["group"] for found in entries.all("field", ON)}
    for role in entries.all("role", ON):
        assert set(role.value["sees"]) <= groups, role.key
        blind = ("figures_only", "no_household_data")
        assert not (role.value["sees"] and any(role.value.get(flag) for flag in blind)), role.key
    keys = [(name, key) for name in entries.names() for key in entries.keys(name)]
    for found in (version for name, key in keys for version in entries.history(name, key)):
        for word in found.source.replace("；", " ").split():
            if word.startswith("wx2021-25#"):
                assert entries.get("sentence", word, ON), (found.key, word)


def test_the_village_never_sees_asset_figures(entries: Entries) -> None:
    for role in entries.all("role", ON):
        assert "village" not in role.value["levels"] or "assets" not in role.value["sees"], role.key


def codes(name: str) -> set[str]:
    return {choice["const"] for choice in CODES[name]["oneOf"]}


def test_income_items_are_those_of_the_forms_and_cover_every_kind(entries: Entries) -> None:
    items = entries.all("income_item", ON)
    assert {item.value["kind"] for item in items} == set(LINE_KINDS)
    lists = {
        "income": "income_item",
        "costs": "cost_item",
        "self_paid": "self_paid_item",
        "claims": "claim_item",
    }
    for table, name in lists.items():
        assert {item.value["item"] for item in items if item.value["table"] == table} == codes(name)
    for item in items:
        assert item.key == f"{item.value['table']}.{item.value['item']}"
        values = {
            "household_type": "ordinary",
            item.value["table"]: [{"item": item.value["item"], "amount": 1}],
        }
        assert [line.kind for line in household_of(values, []).lines] == [item.value["kind"]]


def test_code_lists_and_entries_name_the_same_things(entries: Entries) -> None:
    assert {found.key for found in entries.all("department", ON)} == codes("department")
    assert {found.key for found in entries.all("asset_kind", ON)} == codes("asset_kind")
    assert {found.key for found in entries.all("school_stage", ON)} == codes("school") - {"not_student"}
    for name in ("category", "household_type", "channel"):
        terms = {found.key for found in entries.all("term", ON)}
        assert {f"{name}.{code}" for code in codes(name)} <= terms
    for family in entries.all("risk_family", ON):
        assert set(family.value["risks"]) <= codes("risk")
    for rule in entries.all("risk_measure", ON):
        assert rule.key in codes("risk") and set(rule.value["groups"]) <= codes("measure_group")
    for field in entries.all("field", ON):
        assert field.value.get("codes", "risk") in CODES, field.key


def owners(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(owner := schema.get("x-belongs-to"), str):
            yield owner
        for part in schema.values():
            yield from owners(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from owners(part)


def test_every_question_that_is_kept_and_every_shown_field_is_in_the_catalogue(entries: Entries) -> None:
    for path in FORMS:
        for owner in owners(json.loads(path.read_text("utf-8"))):
            level, _, key = owner.partition(":")
            if key:
                assert entries.require("field", key, ON).value["level"] == level, (path.name, owner)
    for path in sorted((ROOT / "bpmn").glob("*.bpmn")):
        for key in (key for value in properties(path, "shows") for key in value.split(",")):
            assert entries.get("field", key, ON), (path.name, key)


def test_every_clause_and_role_of_the_diagrams_is_an_entry(entries: Entries) -> None:
    for path in sorted((ROOT / "bpmn").glob("*.bpmn")):
        for clause in (part for value in properties(path, "clause") for part in value.split()):
            assert entries.get("sentence", clause, ON), (path.name, clause)
        for role in (part for value in properties(path, "role") for part in value.split(",")):
            assert role == "contact" or entries.get("role", role, ON), (path.name, role)


def properties(path: Path, name: str) -> list[str]:
    found = (element for element in ET.parse(path).iter() if element.tag.endswith("}property"))
    return [element.get("value") or "" for element in found if element.get("name") == name]


def test_every_due_time_the_diagrams_name_is_an_entry(entries: Entries) -> None:
    for path in sorted((ROOT / "bpmn").glob("*.bpmn")):
        for key in properties(path, "due"):
            assert days(entries, key, ON)


def test_the_toml_files_hold_no_entry_twice() -> None:
    for path in FILES:
        for name, rows in tomllib.loads(path.read_text("utf-8")).items():
            places = [(row["key"], row["valid_from"], row.get("number", 1)) for row in rows]
            assert len(places) == len(set(places)), (path.name, name)

"""Households in, findings out: examples/identification.toml says which and by which clause."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.decisions import analysis
from app.decisions.reader import parse_dmn
from app.decisions.tables import evaluate
from app.labels.policy import TEXT
from app.policy.facts import burden_limits, identification_facts
from app.policy.household_file import MissingFact, checks_of, household_of
from app.policy.income import income
from app.policy.parameters import Entries, monitoring_line

APPLIED = date(2021, 9, 6)
SIX = ("schooling", "housing", "insurance", "water", "food", "clothing")
TABLE = parse_dmn((Path(__file__).parents[2] / "bpmn/decisions/decide_category.dmn").read_bytes())
EXAMPLES = tomllib.loads(Path(__file__).with_name("examples").joinpath("identification.toml").read_text("utf-8"))["example"]


def file_of(example: dict[str, Any]) -> dict[str, Any]:
    return {"household_type": "former_poor", "income_fell": "no", **dict.fromkeys(SIX, "yes"), **example}


def members_of(file: dict[str, Any]) -> list[dict[str, Any]]:
    return list(file.get("members", [{}, {}]))


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["name"] for example in EXAMPLES])
def test_example_household_gets_the_expected_category(example: dict[str, Any], entries: Entries) -> None:
    file = file_of(example)
    household = household_of(file, members_of(file))
    line = monitoring_line(entries, APPLIED)
    facts = identification_facts(household, checks_of(file), line, burden_limits(entries, APPLIED))

    hit = evaluate(TABLE, facts)

    assert hit.one() == {"category": example["category"], "reason": example["reason"]}
    assert example["clause"] in hit.clauses
    assert set(facts) == {column.name for column in TABLE.inputs}
    found = income(household)
    assert found.net_fen == example.get("net_fen", found.net_fen)
    assert found.reference_fen == example.get("reference_fen", found.reference_fen)


def test_every_row_of_the_table_is_shown_by_an_example(entries: Entries) -> None:
    line, limits = monitoring_line(entries, APPLIED), burden_limits(entries, APPLIED)
    rows = set()
    for example in EXAMPLES:
        file = file_of(example)
        facts = identification_facts(household_of(file, members_of(file)), checks_of(file), line, limits)
        rows.update(evaluate(TABLE, facts).row_ids)
    without_example = {rule.id for rule in TABLE.rules} - rows
    assert without_example <= {"rule_below_poor_gap", "rule_gap_ordinary"}  # the twins of a shown row


def test_table_is_complete_and_every_row_names_a_known_clause(entries: Entries) -> None:
    assert TABLE.problems == ()
    assert analysis.check(TABLE) == []
    for rule in TABLE.rules:
        assert rule.clause.split(), rule.id
        for clause in rule.clause.split():
            assert entries.get("sentence", clause, APPLIED), clause


def test_every_category_and_reason_has_its_words(entries: Entries) -> None:
    for rule in TABLE.rules:
        category, reason = rule.outputs
        assert entries.get("term", f"category.{category}", APPLIED)
        assert f"policy.reason.{reason}" in TEXT


def test_an_unanswered_check_is_not_taken_for_yes() -> None:
    file = file_of({})
    del file["water"]
    with pytest.raises(MissingFact, match="water"):
        checks_of(file)


def test_an_income_item_of_no_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="lottery"):
        household_of(file_of({"income": [{"item": "lottery_win", "amount": 1}]}), [])


def test_schooling_paid_by_the_household_is_a_burden_at_its_own_limit(entries: Entries) -> None:
    example = {"household_type": "ordinary", "self_paid": [{"item": "schooling", "amount": 1000000}]}
    file = file_of(example)
    line, limits = monitoring_line(entries, APPLIED), burden_limits(entries, APPLIED)
    facts = identification_facts(household_of(file, members_of(file)), checks_of(file), line, limits)
    assert facts["rigid_burden"] is True

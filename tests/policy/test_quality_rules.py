from dataclasses import replace
from datetime import date

import pytest

from app.labels.policy import TEXT
from app.policy.identity import birth_date, check_digit, id_problem, normalise, normalise_id, phone_problem
from app.policy.income import NobodyCounted, income
from app.policy.model import Checks, Household, Line, Member
from app.policy.parameters import Entries
from app.policy.quality import RULES, findings, limits

ON = date(2026, 3, 1)


def id_of(born: str, serial: str = "001") -> str:
    """A number with an unassigned area code and a true check digit."""
    first = "990000" + born + serial
    return first + check_digit(first)


ADULT, CHILD = (
    Member("1", id_of("19800101"), labour="ordinary"),
    Member("2", id_of("20160101"), school="primary"),
)
GOOD = Household(True, (ADULT, CHILD), (Line("wages", "job", 2000000),))


def rules(entries: Entries, household: Household, checks: Checks = Checks()) -> list[str]:  # noqa: B008
    return [found.rule_id for found in findings(household, checks, limits(entries, ON), ON)]


def test_a_household_that_fits_has_no_findings(entries: Entries) -> None:
    assert rules(entries, GOOD) == []


@pytest.mark.parametrize(
    ("rule", "household", "checks"),
    [
        (
            "id_number",
            replace(GOOD, members=(replace(ADULT, id_number="990000198001010010"[:-1] + "9"),)),
            Checks(),
        ),
        ("id_twice", replace(GOOD, members=(ADULT, replace(ADULT, key="2"))), Checks()),
        ("phone", replace(GOOD, phone="12345"), Checks()),
        ("nobody_counted", replace(GOOD, members=(replace(ADULT, status="gone"),)), Checks()),
        ("negative_line", replace(GOOD, lines=(Line("claims", "other", -1),)), Checks()),
        ("negative_income", replace(GOOD, lines=(Line("business_cost", "crops", 100),)), Checks()),
        ("high_income", replace(GOOD, lines=(Line("wages", "job", 4000002),)), Checks()),
        ("low_wage", replace(GOOD, lines=(Line("wages", "job", 9999),)), Checks()),
        (
            "too_many_risks",
            replace(GOOD, risks=("disability", "schooling", "disaster", "accident", "industry", "other")),
            Checks(),
        ),
        ("illness_unpaid", replace(GOOD, risks=("illness",)), Checks()),
        ("labour_enough", replace(GOOD, risks=("labour_short",)), Checks()),
        ("nobody_works", replace(GOOD, members=(CHILD,), risks=("employment",)), Checks()),
        (
            "uninsured_no_illness",
            replace(GOOD, members=(replace(ADULT, insured=False),)),
            Checks(insurance=False),
        ),
        (
            "insurance_contradicted",
            replace(
                GOOD,
                members=(replace(ADULT, insured=False),),
                risks=("illness",),
                lines=(*GOOD.lines, Line("self_paid", "medical", 1)),
            ),
            Checks(),
        ),
        ("school_age", replace(GOOD, members=(ADULT, replace(CHILD, school="college"))), Checks()),
        ("water_unnamed", GOOD, Checks(water=False)),
        ("housing_unnamed", GOOD, Checks(housing=False)),
    ],
)
def test_each_rule_finds_its_fault_and_only_that(rule: str, household: Household, checks: Checks, entries: Entries) -> None:
    found = findings(household, checks, limits(entries, ON), ON)
    assert [finding.rule_id for finding in found] == [rule]
    assert "{" not in TEXT[found[0].code].format(**found[0].args)


def test_every_rule_points_at_known_fields(entries: Entries) -> None:
    known = {field.key for field in entries.all("field", ON)}
    assert all(set(rule.fields) <= known for rule in RULES)


def test_an_id_number_is_read_as_people_type_it() -> None:
    number = next(id_of("19491001", f"{n:03}") for n in range(100) if id_of("19491001", f"{n:03}")[-1] == "X")
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number.lower())
    assert normalise_id(f" {wide[:6]} {wide[6:]} ") == number
    assert normalise_id(number[:-1] + "\u00d7") == number
    assert id_problem(number, ON) is None
    assert birth_date(number) == date(1949, 10, 1)
    assert check_digit("11010519491231002") == "X"  # the example printed in GB 11643 itself


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("", "shape"),
        ("123456789012345", "shape"),
        (id_of("20230230"), "birth_date"),
        (id_of("20990101"), "birth_date"),
        (id_of("18991231"), "birth_date"),
        (id_of("19800101")[:-1] + "?", "shape"),
    ],
)
def test_a_wrong_id_number_is_told_why(number: str, code: str) -> None:
    assert id_problem(number, ON) == f"policy.id_number.{code}"


def test_phones_are_mobile_or_with_area_code() -> None:
    good = ["10000000000", "0000-0000000", "\uff11\uff10\uff10 0000 0000"]
    assert [phone_problem(normalise(phone)) for phone in good] == [None] * 3
    assert phone_problem("0000000") == "policy.phone.shape"


def test_income_of_nobody_is_not_a_number() -> None:
    with pytest.raises(NobodyCounted):
        income(Household(True, ()))


def test_income_is_rounded_once_half_up_and_away_from_zero() -> None:
    three = tuple(Member(str(n)) for n in range(1, 4))
    found = income(Household(True, three, (Line("wages", "job", 100), Line("claims", "other", 100))))
    assert (found.net_fen, found.reference_fen) == (33, 67)
    loss = income(Household(True, three[:2], (Line("business_cost", "crops", 101),)))
    assert (loss.net_total_fen, loss.net_fen) == (-101, -51)

"""What the table `decide_category` is told about a household: numbers, yes/no and codes, no names."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from .income import Income, income
from .model import Checks, Household
from .parameters import Entries, MonitoringLine, Share, number, share

Fact = int | bool | str
IDENTIFICATION = (
    "former_poor",
    "net_gap_fen",
    "reference_gap_fen",
    "rigid_burden",
    "guarantee_gap",
    "low_income_kind",
    "risk_named",
)
ELIMINATION = (
    "exit_way",
    "has_labour",
    "guarantee_gap",
    "risks_gone",
    "net_gap_fen",
    "stability",
    "months_missing",
    "measures_done",
)
GRADING = ("family", "severity", "signs", "former_poor")
"""What the facts of each kind are called; the functions below say what they mean."""


@dataclass(frozen=True)
class BurdenLimits:
    """When expenditure is large and an income drop sharp. Fen per household in the 12-month window."""

    total_former_poor_fen: int
    total_ordinary_fen: int
    education_fen: int
    income_drop: Share


def burden_limits(entries: Entries, on: date) -> BurdenLimits:
    """The limits valid on the day of application. MissingEntry."""
    return BurdenLimits(
        number(entries, "burden_former_poor_fen", on),
        number(entries, "burden_ordinary_fen", on),
        number(entries, "burden_education_fen", on),
        share(entries, "income_drop", on),
    )


def identification_facts(household: Household, checks: Checks, line: MonitoringLine, limits: BurdenLimits) -> dict[str, Fact]:
    """Exactly the inputs of decide_category.dmn. NobodyCounted if no member is counted.

    former_poor         the household was on the 2016-2020 register
    net_gap_fen         net income per head minus the line; 0 or less is within the monitored range (2.2.2)
    reference_gap_fen   the same after claims and compliant self-paid expenditure
    rigid_burden        expenditure that cannot be avoided is large, or income has dropped sharply (2.1.1)
    guarantee_gap       schooling, housing, insurance, water, food or clothing is not in order (2.1.3)
    low_income_kind     what civil affairs already holds (2.1.2): none, dibao, tekun, edge, burdened
    risk_named          the checkers named at least one risk of falling back
    """
    found = income(household)
    return {
        "former_poor": household.former_poor,
        "net_gap_fen": found.net_fen - line.value_fen,
        "reference_gap_fen": found.reference_fen - line.value_fen,
        "rigid_burden": rigid_burden(household, checks, found, limits),
        "guarantee_gap": not checks.all_hold,
        "low_income_kind": household.low_income_kind,
        "risk_named": bool(household.risks),
    }


def elimination_facts(
    household: Household,
    checks: Checks,
    line: MonitoringLine,
    *,
    way: str,
    risks_gone: bool,
    stability: str,
    months: int,
    min_months: int,
    measures_done: bool,
) -> dict[str, Fact]:
    """Exactly the inputs of decide_elimination.dmn, as of the assessment. NobodyCounted if no member is counted.

    exit_way        helped (by measures) or natural
    has_labour      somebody who is counted can work, be it a little (4.2.6)
    guarantee_gap   as at identification (2.1.3)
    risks_gone      the risks named then are gone and there is no new one
    net_gap_fen     net income per head minus the line of the day of assessment; must be above 0
    stability       stable, income_unstable, burden_uncontrolled: the contact's word (4.2.6)
    months_missing  full months still missing since identification; 0 when long enough
    measures_done   every planned measure is carried out, and there is one
    """
    found = income(household)
    return {
        "exit_way": way,
        "has_labour": any(member.labour in WORKS for member in household.counted),
        "guarantee_gap": not checks.all_hold,
        "risks_gone": risks_gone,
        "net_gap_fen": found.net_fen - line.value_fen,
        "stability": stability,
        "months_missing": max(0, min_months - months),
        "measures_done": measures_done,
    }


WORKS = ("ordinary", "skilled", "weak")
"""Codes of `labour` that can work (5.2.2)."""


def rigid_burden(household: Household, checks: Checks, found: Income, limits: BurdenLimits) -> bool:
    """Self-paid expenditure (all, or education alone) reaches its limit, or income fell sharply.

    Sharply: the checkers said so, or net income per head is down by the given share on a year earlier.
    """
    total_limit = limits.total_former_poor_fen if household.former_poor else limits.total_ordinary_fen
    return (
        household.total("self_paid") >= total_limit
        or household.total("self_paid", "schooling") >= limits.education_fen
        or checks.income_fell
        or _dropped(household.previous_net_fen, found.net_fen, limits.income_drop)
    )


def _dropped(before_fen: int | None, now_fen: int, drop: Share) -> bool:
    if before_fen is None or before_fen <= 0:
        return False
    return Decimal(before_fen - now_fen) * drop.denominator >= Decimal(before_fen) * drop.numerator

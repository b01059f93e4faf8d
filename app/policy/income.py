"""Income per head over the 12-month window. Integer fen in and out; inside Decimal yuan, rounded once."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from .calendar import add_months
from .model import INCOME_KINDS, Household

# The plan says disposable income, practice computes net income (DOMAIN 1.5): so the formula has a name and a
# version, kept with every snapshot. A changed formula gets a new name; the old one stays to replay old cases.
FORMULA = "net_income/1"
REFERENCE_FORMULA = "reference_income/1"


class NobodyCounted(ValueError):
    """No member is counted, so nothing can be said per head."""


@dataclass(frozen=True)
class Income:
    """Fen. Totals are of the household; net may be negative (costs above income)."""

    net_total_fen: int
    net_fen: int
    reference_total_fen: int
    reference_fen: int
    counted: int
    formula: str = FORMULA
    reference_formula: str = REFERENCE_FORMULA


def income_window(applied_on: date) -> tuple[date, date]:
    """First and last day of the 12 full months before the month of application (DOMAIN 1.5)."""
    month = applied_on.replace(day=1)
    return add_months(month, -12), month - timedelta(days=1)


def income(household: Household) -> Income:
    """Net = wages + business + property + transfer - business costs. NobodyCounted if no member is counted.

    Reference = net + claims paid - compliant self-paid expenditure: no source states it, this is an inference
    (DOMAIN 1.5) that lets a household be seen whose net income is above the line.
    """
    counted = len(household.counted)
    if counted == 0:
        raise NobodyCounted("no member of the household is counted")
    net = sum(household.total(kind) for kind in INCOME_KINDS) - household.total("business_cost")
    reference = net + household.total("claims") - household.total("self_paid")
    return Income(net, _per_head(net, counted), reference, _per_head(reference, counted), counted)


def _per_head(total_fen: int, counted: int) -> int:
    yuan = Decimal(total_fen) / 100 / counted
    return int(yuan.quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)

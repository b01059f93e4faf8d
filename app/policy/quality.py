"""Data-quality rules at identification (DOMAIN 1.12). What blocks may be overridden with a logged reason."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from .identity import age, birth_date, id_problem, normalise_id, normalise_phone, paper_kind, phone_problem
from .income import NobodyCounted, income
from .model import Checks, Household, Member
from .parameters import Entries, number

Severity = Literal["block", "warn"]
Args = dict[str, int | str]


class Finding(NamedTuple):
    """One thing that does not fit. `args` fill the sentence of `code`; members are named by their key."""

    rule_id: str
    severity: Severity
    code: str
    args: Args


@dataclass(frozen=True)
class Limits:
    """Dated numbers the rules ask for. Fen; `stages` is school stage -> (youngest, oldest) usual age."""

    low_wage_fen: int
    high_income_fen: int
    max_risks: int
    stages: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Facts:
    """What a rule is judged on."""

    household: Household
    checks: Checks
    limits: Limits
    on: date


@dataclass(frozen=True)
class Rule:
    """fields: keys of `field` entries the sentence belongs to. `judge` yields (code, args) for each hit."""

    id: str
    severity: Severity
    fields: tuple[str, ...]
    judge: Callable[[Facts], Iterator[tuple[str, Args]]]


def limits(entries: Entries, on: date) -> Limits:
    """The limits valid on a day. MissingEntry."""
    return Limits(
        number(entries, "low_wage_fen", on),
        number(entries, "high_income_fen", on),
        number(entries, "max_risks", on),
        {e.key: (e.value["min_age"], e.value["max_age"]) for e in entries.all("school_stage", on)},
    )


def findings(household: Household, checks: Checks, limits: Limits, on: date) -> list[Finding]:
    """Everything that does not fit, in the order of RULES. Empty is good."""
    facts = Facts(household, checks, limits, on)
    return [Finding(rule.id, rule.severity, code, args) for rule in RULES for code, args in rule.judge(facts)]


def _id_number(facts: Facts) -> Iterator[tuple[str, Args]]:
    """A number that is there is right; who has none yet is of the household all the same."""
    for member in facts.household.members:
        number = normalise_id(member.id_number)
        problem = id_problem(number, facts.on) if number and paper_kind(number) is None else None
        if problem:
            yield problem, {"member": member.key}


def _id_missing(facts: Facts) -> Iterator[tuple[str, Args]]:
    for member in facts.household.counted:
        if not member.id_number:
            yield "policy.quality.id_missing", {"member": member.key}


def _id_twice(facts: Facts) -> Iterator[tuple[str, Args]]:
    first: dict[str, str] = {}
    for member in facts.household.members:
        id_number = normalise_id(member.id_number)
        if id_number and id_number in first:
            yield "policy.quality.id_twice", {"member": member.key, "other": first[id_number]}
        first.setdefault(id_number, member.key)


def _phone(facts: Facts) -> Iterator[tuple[str, Args]]:
    problem = phone_problem(normalise_phone(facts.household.phone)) if facts.household.phone else None
    if problem:
        yield problem, {}


def _nobody(facts: Facts) -> Iterator[tuple[str, Args]]:
    if not facts.household.counted:
        yield "policy.quality.nobody_counted", {}


def _negative_line(facts: Facts) -> Iterator[tuple[str, Args]]:
    for line in facts.household.lines:
        if line.amount_fen < 0:
            yield "policy.quality.negative_line", {"item": line.item}


def _negative_income(facts: Facts) -> Iterator[tuple[str, Args]]:
    found = _net(facts)
    if found is not None and found < 0:
        yield "policy.quality.negative_income", {"fen": found}


def _high_income(facts: Facts) -> Iterator[tuple[str, Args]]:
    found = _net(facts)
    if found is not None and found > facts.limits.high_income_fen:
        yield "policy.quality.high_income", {"fen": found, "limit": facts.limits.high_income_fen}


def _low_wage(facts: Facts) -> Iterator[tuple[str, Args]]:
    wages = facts.household.total("wages")
    if 0 < wages < facts.limits.low_wage_fen:
        yield "policy.quality.low_wage", {"fen": wages, "limit": facts.limits.low_wage_fen}


def _too_many_risks(facts: Facts) -> Iterator[tuple[str, Args]]:
    named = len(set(facts.household.risks))
    if named > facts.limits.max_risks:
        yield "policy.quality.too_many_risks", {"count": named, "limit": facts.limits.max_risks}


def _illness_unpaid(facts: Facts) -> Iterator[tuple[str, Args]]:
    if "illness" in facts.household.risks and facts.household.total("self_paid") == 0:
        yield "policy.quality.illness_unpaid", {}


def _labour_enough(facts: Facts) -> Iterator[tuple[str, Args]]:
    able, counted = len(_able(facts.household)), len(facts.household.counted)
    if "labour_short" in facts.household.risks and counted and able * 2 >= counted:
        yield "policy.quality.labour_enough", {"able": able, "count": counted}


def _nobody_works(facts: Facts) -> Iterator[tuple[str, Args]]:
    if "employment" in facts.household.risks and not _able(facts.household):
        yield "policy.quality.nobody_works", {}


def _uninsured(facts: Facts) -> Iterator[tuple[str, Args]]:
    for member in facts.household.counted:
        if member.insured is False and "illness" not in facts.household.risks:
            yield "policy.quality.uninsured_no_illness", {"member": member.key}


def _insurance_contradicted(facts: Facts) -> Iterator[tuple[str, Args]]:
    uninsured = any(member.insured is False for member in facts.household.counted)
    if uninsured and facts.checks.insurance:
        yield "policy.quality.insurance_contradicted", {}


def _school_age(facts: Facts) -> Iterator[tuple[str, Args]]:
    for member in facts.household.counted:
        youngest, oldest = facts.limits.stages.get(member.school or "", (0, 999))
        born = member.born or birth_date(normalise_id(member.id_number))
        if born is not None and not youngest <= age(born, facts.on) <= oldest:
            yield "policy.quality.school_age", {"member": member.key, "age": age(born, facts.on)}


def _water_unnamed(facts: Facts) -> Iterator[tuple[str, Args]]:
    if not facts.checks.water and "water" not in facts.household.risks:
        yield "policy.quality.water_unnamed", {}


def _housing_unnamed(facts: Facts) -> Iterator[tuple[str, Args]]:
    if not facts.checks.housing and "housing" not in facts.household.risks:
        yield "policy.quality.housing_unnamed", {}


def _able(household: Household) -> list[Member]:
    return [member for member in household.counted if member.labour in ("ordinary", "skilled")]


def _net(facts: Facts) -> int | None:
    try:
        return income(facts.household).net_fen
    except NobodyCounted:
        return None


RULES = (
    Rule("id_number", "block", ("id_number",), _id_number),
    Rule("id_missing", "warn", ("id_number",), _id_missing),
    Rule("id_twice", "block", ("id_number",), _id_twice),
    Rule("phone", "warn", ("phone",), _phone),
    Rule("nobody_counted", "block", ("status",), _nobody),
    Rule("negative_line", "block", ("amount",), _negative_line),
    Rule("negative_income", "warn", ("income", "costs"), _negative_income),
    Rule("high_income", "warn", ("income",), _high_income),
    Rule("low_wage", "warn", ("income",), _low_wage),
    Rule("too_many_risks", "block", ("risks",), _too_many_risks),
    Rule("illness_unpaid", "warn", ("risks", "self_paid"), _illness_unpaid),
    Rule("labour_enough", "warn", ("risks", "labour"), _labour_enough),
    Rule("nobody_works", "warn", ("risks", "labour"), _nobody_works),
    Rule("uninsured_no_illness", "warn", ("insured", "risks"), _uninsured),
    Rule("insurance_contradicted", "block", ("insured", "insurance"), _insurance_contradicted),
    Rule("school_age", "warn", ("school", "id_number"), _school_age),
    Rule("water_unnamed", "warn", ("water", "risks"), _water_unnamed),
    Rule("housing_unnamed", "warn", ("housing", "risks"), _housing_unnamed),
)

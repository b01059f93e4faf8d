"""Synthetic households: nobody's names, nobody's numbers, money and people that fit together.

ID numbers carry area code 999999, which no place has, with a real birth date and the right check digit. Telephone
numbers begin with 1000000: numbers that begin with 10 are service numbers (10086 …), no subscriber has one of
eleven digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from app.policy.identity import age, birth_date, check_digit

Words = Mapping[str, Any]
Row = dict[str, Any]

AREA = "999999"
PHONE = "1000000"
ON = date(2021, 9, 1)
"""The day on which ages are judged."""

LOW, SUDDEN, ABOVE, CIVIL = "low", "sudden", "above", "civil"
"""Below the line; pushed below it by expenditure; well above it; known to civil affairs."""

_NET_PER_HEAD = {LOW: (4600, 8900), SUDDEN: (10800, 13200), ABOVE: (14500, 18500), CIVIL: (10600, 12800)}
"""Yuan a year; the line of 2021 is 9,600."""

_RISKS = (
    "illness",
    "illness",
    "illness",
    "disability",
    "schooling",
    "disaster",
    "accident",
    "industry",
    "employment",
    "labour_short",
    "housing",
    "water",
    "other",
)
_SIZES = (1, 1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 6, 7, 8)


@dataclass(frozen=True)
class File:
    """One household as its people would tell it; money in fen. `members` and the lines are rows of the forms."""

    number: int
    village: str
    profile: str
    phone: str
    group: str
    household_type: str
    low_income_kind: str
    risks: list[str]
    situation: str
    members: list[Row]
    income: list[Row]
    costs: list[Row]
    self_paid: list[Row]
    checks: Row
    focus_groups: list[str]
    incapable: frozenset[str] = frozenset()

    @property
    def head(self) -> Row:
        return self.members[0]


@dataclass
class Maker:
    """Makes files one after the other; remembers numbers already given."""

    rng: Random
    words: Words
    used: set[str] = field(default_factory=set)

    def make(self, number: int, village: str, profile: str, special: str | None = None) -> File:
        """`special`: rare_name, nine (members), long (situation), guardians; None for an ordinary one."""
        rng = self.rng
        risks = self._risks(profile)
        members = self._members({"nine": 9, "guardians": 5}.get(special or "") or rng.choice(_SIZES), risks, special)
        former = rng.random() < 0.35
        self_paid = self._self_paid(profile, risks, len(members))
        income, costs = self._income(profile, members, civil=profile == CIVIL)
        checks: Row = {name: "yes" for name in ("food", "clothing", "schooling", "housing", "insurance", "water")}
        if profile != ABOVE:
            for name in {"housing", "water"} & set(risks) if profile != CIVIL else ():
                checks[name], checks[f"{name}_problem"] = "no", self.words["problem"][name]
        focus = {"serious": "major_illness", "chronic": "chronic_burden"}.get(members[0]["health"])
        return File(
            number=number,
            village=village,
            profile=profile,
            phone=f"{PHONE}{number % 10000:04d}",
            group=rng.choice(self.words["groups"]),
            household_type="former_poor" if former else "ordinary",
            low_income_kind=rng.choice(["dibao", "edge", "burdened"]) if profile == CIVIL else "none",
            risks=risks,
            situation=self.words["long_situation"] if special == "long" else rng.choice(self.words["situation"][risks[0]]),
            members=members,
            income=income,
            costs=costs,
            self_paid=self_paid,
            checks=checks,
            focus_groups=[focus] if focus else [],
            incapable=frozenset([members[-1]["id_number"]] if special == "guardians" else []),
        )

    def _risks(self, profile: str) -> list[str]:
        rng = self.rng
        first = rng.choice([r for r in _RISKS if profile != CIVIL or r not in ("housing", "water")])
        more = [r for r in ("employment", "schooling", "labour_short") if r != first and rng.random() < 0.15]
        return [first, *more]

    def _members(self, size: int, risks: list[str], special: str | None) -> list[Row]:
        rng, words = self.rng, self.words
        surname = words["rare_surname"] if special == "rare_name" else rng.choice(words["surnames"])
        given = rng.sample(words["given"], size)
        head_age = rng.randint(32, 68)
        rows: list[Row] = []
        for n in range(size):
            relation, years, male = _place(rng, n, size, head_age)
            sure = relation not in ("spouse", "parent", "child_in_law")
            family = surname if sure else rng.choice(words["surnames"])
            name = f"{family}{words['name_middle']}{given[n]}{words['name_mark']}"
            rows.append(self._member(name, relation, years, male, risks))
        if special == "guardians":
            rows[-1] |= {"disability_grade": "grade_2", "disability_kind": "intellectual", "labour": "none"}
        return rows

    def _member(self, name: str, relation: str, years: int, male: bool, risks: list[str]) -> Row:
        rng = self.rng
        head = relation == "head"
        health = "healthy"
        if head and "illness" in risks:
            health = rng.choice(["serious", "chronic"])
        elif years > 60 and rng.random() < 0.4:
            health = "chronic"
        row: Row = {
            "name": name,
            "id_number": self.id_number(years, male=male),
            "relation": relation,
            "health": health,
            "disability_grade": "none",
            "labour": _labour(rng, years, risks),
            "school": _school(rng, years),
            "insured": "yes",
            "status": "present",
        }
        if head and "disability" in risks:
            row |= {"disability_grade": rng.choice(["grade_1", "grade_2"]), "disability_kind": "limb", "labour": "lost"}
        elif head and health == "serious":
            row["labour"] = "weak"
        return row

    def id_number(self, years: int, *, male: bool) -> str:
        """An 18-digit number of nobody, of that age on `ON`, never given twice."""
        while True:
            born = date(ON.year - years - 1, self.rng.randint(9, 12), self.rng.randint(2, 28))
            first17 = f"{AREA}{born:%Y%m%d}{self.rng.randint(0, 99):02d}{self.rng.randint(0, 4) * 2 + male}"
            number = first17 + check_digit(first17)
            if number not in self.used:
                self.used.add(number)
                return number

    def _self_paid(self, profile: str, risks: list[str], size: int) -> list[Row]:
        """What was paid after reimbursement: enough to matter for SUDDEN, too little to matter for ABOVE and CIVIL."""
        low, high = {LOW: (500, 4000), SUDDEN: (20500, 30000), ABOVE: (200, 900), CIVIL: (200, 500)}[profile]
        yuan = self.rng.randint(low, high)
        if profile == SUDDEN:
            yuan = max(yuan, size * 5500)
        item = self.words["self_paid"][risks[0]]
        return [{"item": item, "amount": yuan * 100, "source": "paper"}]

    def _income(self, profile: str, members: list[Row], *, civil: bool) -> tuple[list[Row], list[Row]]:
        """Lines whose sum per head, costs taken off, is the yuan of the profile."""
        rng, size = self.rng, len(members)
        net = rng.randint(*_NET_PER_HEAD[profile]) * size
        lines: list[Row] = []
        crops = round(net * rng.uniform(0.1, 0.25))
        cost = round(crops * 0.3)
        old = sum(age(birth_date(m["id_number"]) or ON, ON) >= 60 for m in members)
        fixed = {"transfer_pension": 2160 * old, "transfer_dibao": round(net * 0.2) if civil else 0}
        lines = [{"item": k, "amount": v * 100, "source": "department"} for k, v in fixed.items() if v and v < net // 2]
        rest = net + cost - crops - sum(line["amount"] // 100 for line in lines)
        lines.insert(0, {"item": "business_crops", "amount": crops * 100, "source": "household"})
        if rest > 0:
            lines.insert(0, {"item": "wages_work", "amount": rest * 100, "source": rng.choice(["paper", "household"])})
        return lines, [{"item": "cost_crops", "amount": cost * 100, "source": "household"}]


def _place(rng: Random, n: int, size: int, head_age: int) -> tuple[str, int, bool]:
    """(relation, age, male) of the n-th member."""
    if n == 0:
        return "head", head_age, rng.random() < 0.75
    if n == 1:
        return "spouse", max(22, head_age + rng.randint(-4, 3)), rng.random() < 0.25
    if n in (2, 3) or head_age < 45:
        return (
            ("child", max(1, head_age - rng.randint(22, 30)), rng.random() < 0.5)
            if n < 5
            else ("parent", min(95, head_age + rng.randint(22, 30)), rng.random() < 0.5)
        )
    if n == size - 1:
        return "parent", min(95, head_age + rng.randint(22, 30)), rng.random() < 0.4
    return "grandchild", max(1, head_age - rng.randint(44, 52)), rng.random() < 0.5


def _labour(rng: Random, years: int, risks: list[str]) -> str:
    if years < 16:
        return "none"
    if years >= 70:
        return "lost"
    if years >= 60 or "labour_short" in risks:
        return "weak"
    return "skilled" if rng.random() < 0.15 else "ordinary"


def _school(rng: Random, years: int) -> str:
    stages = ((3, 5, "preschool"), (6, 11, "primary"), (12, 14, "junior"), (15, 17, "senior"))
    for youngest, oldest, stage in stages:
        if youngest <= years <= oldest:
            return stage
    return "college" if 18 <= years <= 21 and rng.random() < 0.5 else "not_student"

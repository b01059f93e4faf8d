"""Which of the eight groups that must be visited a household belongs to, from its file and what was found of late.

Source: the eight groups as practice elsewhere lists them; wx2021-25#2.1.4 for whom the plan wants watched. A file that does
not say something puts nobody into a group: a visit asks it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

GROUPS = ("income", "illness", "tekun", "dibao", "disability", "students", "wages", "accident")
_STUDYING = ("senior", "vocational", "college")
_SEVERE = ("grade_1", "grade_2")
_MENTAL = ("intellectual", "mental")


@dataclass(frozen=True)
class Limits:
    """`line_fen`: the monitoring line per head and year, None where the year has none; percents of it and of income."""

    students: int
    wage_percent: int
    income_percent: int
    line_fen: int | None
    new_since: date


def groups(document: Mapping[str, Any], families: Collection[str], limits: Limits) -> list[str]:
    """Keys of GROUPS, in their order. `families`: the plan's risk families found of late."""
    household, sources = document["household"], document.get("sources", {})
    members = [m for m in document["members"] if m.get("status") != "gone"]
    risks = household.get("risks") or ()
    focus = household.get("focus_groups") or ()
    income = _sum(household.get("income"))
    wages = _sum(household.get("income"), "wages")
    per_head = (income - _sum(household.get("costs"))) // len(members) if members and household.get("income") else None
    low = limits.line_fen is not None and per_head is not None and per_head * 100 < limits.line_fen * limits.income_percent
    belongs = {
        "income": low or household.get("income_fell") == "yes" or "industry" in families,
        "illness": any(m.get("health") in ("chronic", "serious") for m in members)
        or bool({"major_illness", "chronic_burden"} & set(focus))
        or "illness_disability" in families,
        "tekun": household.get("low_income_kind") == "tekun" or "disabled_tekun" in focus,
        "dibao": household.get("low_income_kind") == "dibao" and _since(sources.get("low_income_kind"), limits.new_since),
        "disability": bool({"severe_disability", "mental_disability"} & set(focus)) or any(map(_disabled, members)),
        "students": sum(m.get("school") in _STUDYING for m in members) >= limits.students or "education" in families,
        "wages": "employment" in risks
        or "employment" in families
        or (income > 0 and wages * 100 >= income * limits.wage_percent),
        "accident": bool({"disaster", "accident"} & set(risks)) or "disaster_accident" in families,
    }
    return [key for key in GROUPS if belongs[key]]


def _disabled(member: Mapping[str, Any]) -> bool:
    grade = member.get("disability_grade")
    return grade in _SEVERE or (grade in ("grade_3", "grade_4") and member.get("disability_kind") in _MENTAL)


def _sum(lines: Any, group: str | None = None) -> int:
    mine = (one for one in lines or () if group is None or str(one.get("item")).startswith(f"{group}_"))
    return sum(int(one.get("amount") or 0) for one in mine)


def _since(source: Any, day: date) -> bool:
    return bool(source) and str(source[1]) >= day.isoformat()

"""Signals and series in plain words: what was noticed, where, since when, and against which limit."""

from collections.abc import Mapping
from typing import Any

from app.labels import say

from ..people import County


def subject(county: County, about: str) -> str:
    """family:… or series:… or round:… in words."""
    kind, _, key = about.partition(":")
    if kind == "family":
        entry = county.entries.get("risk_family", key, county.on)
        return str(entry.value["label"]) if entry else key
    if kind == "series":
        entry = county.entries.get("indicator", key, county.on)
        return str(entry.value["title"]) if entry else key
    return say("scale.round", year=int(key[:4]), quarter=int(key[6]))


def figure(county: County, indicator: str, value: int) -> str:
    """A value of a series with its unit: whole numbers are kept, decimals are shown."""
    entry = county.entries.get("indicator", indicator, county.on)
    decimals = int(entry.value["decimals"]) if entry else 0
    unit = str(entry.value["unit"]) if entry else ""
    return f"{decimal(value, decimals)} {unit}"


def decimal(value: int, decimals: int) -> str:
    if not decimals:
        return str(value)
    whole, part = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{part:0{decimals}d}"


def month(period: str) -> str:
    return say("scale.month", year=int(period[:4]), month=int(period[5:]))


def where(county: County, unit: str) -> str:
    known = county.units.get(unit)
    if known is None:
        return unit
    above = county.units.get(known.parent or "")
    return f"{above.name}{known.name}" if known.level == "village" and above is not None else known.name


def signal(county: County, told: Mapping[str, Any]) -> str:
    """`told`: rule, about, at, month, since, figures, as the event keeps them."""
    figures, about = told["figures"], str(told["about"])
    key = about.partition(":")[2]
    words: dict[str, Any] = {
        "place": where(county, told["at"]),
        "about": subject(county, about),
        "month": month(told["month"]),
        "since": month(told["since"]),
    }
    rule = str(told["rule"])
    if rule == "scan":
        words |= {
            "value": figures["value"],
            "expected": decimal(round(figures["expected_hundredths"] / 10), 1),
            "than": say("scale.than_years" if figures["years"] else "scale.than_months"),
        }
    elif rule in ("series", "drift"):
        entry = county.entries.get("indicator", key, county.on)
        bad = str(entry.value["bad"]) if entry else "up"
        words |= {"way": say(f"scale.way.{rule}.{bad}"), "last": figure(county, key, figures["last"])}
        if rule == "series":
            words |= {"first": figure(county, key, figures["first"])}
        else:
            words |= {"usual": figure(county, key, figures["usual"])}
    return say(f"scale.signal.{rule}", **{**figures, **words})

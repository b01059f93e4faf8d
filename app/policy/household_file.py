"""From one version of the household file (values under the keys of `fields.toml`) to the facts rules take."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from .model import INCOME_KINDS, Checks, Household, Line, Member

Values = Mapping[str, Any]

_KINDS = {"costs": "business_cost", "self_paid": "self_paid", "claims": "claims"}


class MissingFact(LookupError):
    """The file does not say something a rule needs; nothing is assumed. `key` is a field key."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the household file does not say: {key}")
        self.key = key


def household_of(values: Values, members: Iterable[Values]) -> Household:
    """Facts of a file: its household fields and its members, as the forms fill them; money in fen.

    MissingFact; ValueError for an income item that is none of the kinds.
    """
    return Household(
        former_poor=_needed(values, "household_type") == "former_poor",
        members=tuple(_member(n, row) for n, row in enumerate(members, 1)),
        lines=tuple(_lines(values)),
        risks=tuple(values.get("risks") or ()),
        low_income_kind=values.get("low_income_kind") or "none",
        phone=values.get("phone") or "",
        previous_net_fen=values.get("previous_net"),
    )


def checks_of(values: Values) -> Checks:
    """The six answers and the checkers' word on income; each must have been given. MissingFact."""

    def holds(key: str) -> bool:
        answer = yes(_needed(values, key))
        if answer is None:
            raise MissingFact(key)
        return answer

    return Checks(
        schooling=holds("schooling"),
        housing=holds("housing"),
        insurance=holds("insurance"),
        water=holds("water"),
        food=holds("food"),
        clothing=holds("clothing"),
        income_fell=holds("income_fell"),
    )


def yes(value: object) -> bool | None:
    """A yes/no answer, kept as a boolean or as the codes yes and no; None if it is neither."""
    if isinstance(value, bool):
        return value
    return {"yes": True, "no": False}.get(value) if isinstance(value, str) else None


def _member(n: int, row: Values) -> Member:
    born = row.get("born")
    return Member(
        key=str(row.get("key") or n),
        id_number=row.get("id_number") or "",
        status=row.get("status") or "present",
        labour=row.get("labour"),
        school=row.get("school"),
        insured=yes(row.get("insured")),
        born=date.fromisoformat(born) if born else None,
    )


def _lines(values: Values) -> Iterator[Line]:
    for table in ("income", *_KINDS):
        for row in values.get(table) or ():
            item = _needed(row, "item")
            kind = _KINDS.get(table) or _income_kind(item)
            yield Line(kind, item, _needed(row, "amount"), row.get("source") or "")


def _income_kind(item: str) -> str:
    """The code of an income item begins with its kind: wages_work, transfer_dibao."""
    kind = item.partition("_")[0]
    if kind not in INCOME_KINDS:
        raise ValueError(f"income item of no kind: {item}")
    return kind


def _needed(values: Values, key: str) -> Any:
    value = values.get(key)
    if value is None:
        raise MissingFact(key)
    return value

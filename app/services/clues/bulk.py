"""Many clues at once, as a month's comparison finds them: the same rows, streams and events as one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.decisions.tables import evaluate
from app.store import bulk as rows_of_many
from app.store import clues as rows
from app.store import rescreening
from app.store.record import DataKey, seal_secret
from app.store.tables import clues as clue_table
from app.store.types import micros

from .. import doors
from ..context import Context
from ..people import SYSTEM
from ..work import bulk
from ..work.bulk import Subject
from . import receiving
from .receiving import Report

_CLUE = (
    "id",
    "household",
    "channel",
    "found_on",
    "recorded_at",
    "org_unit",
    "sender_unit",
    "sign",
    "family",
    "risk",
    "data_on",
    "run",
    "status",
    "times",
    "data_key",
    "secret",
    "demo",
    "grade",
)


@dataclass(frozen=True)
class Opened:
    """`fresh`: a clue of its own; else it was joined with a known one."""

    clue: int
    fresh: bool


def receive_many(context: Context, reports: Sequence[Report]) -> list[Opened]:
    """In the order of `reports`. New signs of known households go in bulk; what joins a known sign, is the second of its
    kind here, or is about nobody we know, is taken one by one."""
    session = context.session
    named = {r.household for r in reports if r.household is not None}
    standing = rescreening.standing(session, named)
    known = rows.latest_of_signs(session, named)
    fresh: list[tuple[int, Report, Any, DataKey]] = []
    seen: set[tuple[int, str]] = set()
    for at, report in enumerate(reports):
        if report.household is None or report.household not in standing:
            continue
        pair = (report.household, report.sign)
        before = known.get(pair)
        if pair in seen or (before is not None and receiving.stands_for(context, before, report)):
            continue
        seen.add(pair)
        row, key = standing[report.household]
        fresh.append((at, report, row, key))
    found: dict[int, Opened] = {at: Opened(ident, True) for at, ident in _bulk(context, fresh, known)}
    for at, report in enumerate(reports):
        if at not in found:
            made = receiving.receive(context.acting(SYSTEM), report)
            found[at] = Opened(made.clue, made.joined is None)
    return [found[at] for at in range(len(reports))]


def _bulk(
    context: Context,
    fresh: Sequence[tuple[int, Report, Any, DataKey]],
    known: Mapping[tuple[int, str], Any],
) -> list[tuple[int, int]]:
    """[(place in the list, clue)]."""
    session, county = context.session, context.county
    if not fresh:
        return []
    at, signs = micros(context.now), {r.sign: receiving.sign_of(county, r.sign) for _, r, _, _ in fresh}
    idents = list(rows_of_many.take_ids(session, clue_table, len(fresh)))
    open_signs: dict[int, set[str]] = {}
    standing = [pair for pair, row in known.items() if row.status in rows.OPEN]
    for household, sign_ in standing + [(r.household or 0, r.sign) for _, r, _, _ in fresh]:
        open_signs.setdefault(household, set()).add(sign_)
    made = doors.latest(session, doors.CLUE, county.on)
    grades: dict[tuple[Any, ...], str] = {}
    written, subjects = [], []
    for ident, (_, report, row, key) in zip(idents, fresh, strict=True):
        sign = signs[report.sign]
        day = report.found_on.isoformat() if session.store.is_sqlite else report.found_on
        data_on = report.data_on.isoformat() if session.store.is_sqlite and report.data_on else report.data_on
        facts = {
            "family": sign["family"],
            "severity": str(report.content.get("severity", "none")),
            "signs": len(open_signs[report.household or 0]),
            "former_poor": row.household_type == "former_poor" or row.status in ("monitored", "eliminated"),
        }
        asked = tuple(facts.values())
        if asked not in grades:
            grades[asked] = str(evaluate(made.definition.tables[made.first_decision], facts).one()["grade"])
        secret = seal_secret(session, key, f"clue:{ident}", report.content)
        written.append(
            (
                ident,
                report.household,
                report.channel,
                day,
                at,
                row.org_unit,
                report.sender_unit,
                report.sign,
                sign["family"],
                sign["risk"],
                data_on,
                report.run,
                "open",
                1,
                key.id,
                secret,
                report.demo,
                grades[asked],
            )
        )
        subjects.append(
            Subject(
                "clue",
                ident,
                row.org_unit,
                None,
                report.household,
                key,
                answers=_ANSWERS,
                facts=facts,
                body={"clue": ident, "channel": report.channel},
            )
        )
    rows_of_many.add_rows(session, clue_table, _CLUE, written)
    bulk.open_many(context.acting(SYSTEM), made, subjects, kind="clue_received")
    return [(at_, ident) for ident, (at_, _, _, _) in zip(idents, fresh, strict=True)]


_ANSWERS: Mapping[str, Mapping[str, Any]] = {"place_clue": {"snapshot": 0, "placed": "village"}}
"""A household of the register lies in its village."""

"""What is handed on of a household each month (6.2.2): the monitoring and the help, in words, and nothing else.

What is kept beside it, so that what comes back finds its household, does not leave the house.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.forms import yuan
from app.labels import say
from app.policy import calendar
from app.store import cases as case_rows
from app.store import exchange as rows
from app.store import households as household_rows
from app.store import people as people_rows
from app.store import rescreening as runs
from app.store.session import Session

from .. import doors
from ..files import outside
from ..household.knowledge import Words
from ..people import County

COLUMNS = (
    "number",
    "town",
    "village",
    "head",
    "id_number",
    "phone",
    "people",
    "category",
    "status",
    "decided_on",
    "risks",
    "net_income",
    "reference_income",
    "measures",
    "contacts",
)
KEPT = ("id", "province")
"""Of each household, for our own use."""


def households(session: Session, county: County, categories: Sequence[str], until: datetime) -> list[dict[str, Any]]:
    """Those of these categories that were decided before this moment."""
    listed = [r for r in rows.listed(session, categories) if r.decided_at is None or r.decided_at < until]
    standing = runs.standing(session, [r.id for r in listed])
    contacts = people_rows.contacts_of_many(session, [r.id for r in listed])
    words = _words(session)
    return [_one(session, county, words, r, standing[r.id][1], contacts.get(r.id, [])) for r in listed if r.id in standing]


def _words(session: Session) -> Words:
    return Words(doors.shared(session).codes)


def _one(session: Session, county: County, words: Words, r: Any, key: Any, contacts: Sequence[str]) -> dict[str, Any]:
    document, _ = household_rows.document(session, r.id, key)
    file: Mapping[str, Any] = document or {"household": {}, "members": ()}
    head: dict[str, Any] = next((m for m in file["members"] if m.get("relation") == "head"), {})
    taken = household_rows.snapshots_of(session, r.case_id)
    figures: Mapping[str, Any] = (household_rows.taken_figures(session, taken[-1], key) if taken else None) or {}
    unit = county.units.get(r.org_unit)
    risks = file["household"].get("risks") or ()
    return {
        "id": r.id,
        "province": r.number,
        "number": outside.number(session, r.id, r.number),
        "town": county.name_of(unit.parent or "") if unit else "",
        "village": unit.name if unit else "",
        "head": r.head_name,
        "id_number": head.get("id_number", ""),
        "phone": file["household"].get("phone") or "",
        "people": sum(1 for m in file["members"] if m.get("status") != "gone"),
        "category": words.title("category", r.category),
        "status": say(f"status.{r.status}"),
        "decided_on": calendar.local_date(r.decided_at).isoformat() if r.decided_at else "",
        "risks": [words.title("risk", risk) for risk in risks],
        "net_income": yuan(figures["net_fen"]) if "net_fen" in figures else "",
        "reference_income": yuan(figures["reference_fen"]) if "reference_fen" in figures else "",
        "measures": [
            {
                "group": words.title("measure_group", m.group),
                "risk": words.title("risk", m.risk),
                "lead": words.title("department", m.lead),
                "planned_on": m.planned_on.isoformat() if m.planned_on else None,
                "done_on": m.done_on.isoformat() if m.done_on else None,
            }
            for m in case_rows.measures_of(session, r.case_id)
        ],
        "contacts": list(contacts),
    }


def ident(one: Mapping[str, Any]) -> int:
    """The household; what was made by an earlier release has our row's number where the province's belongs."""
    return int(one.get("id") or one["number"])


def in_words(session: Session, made: Mapping[str, Any]) -> dict[str, Any]:
    """The content with every household in words: codes that an earlier release put there become words here."""
    words = _words(session)
    standing = household_rows.numbers_of(session, [ident(one) for one in made["households"]])
    return {
        **made,
        "households": [
            one
            if "id" in one
            else {
                **one,
                "id": ident(one),
                "number": outside.number(session, ident(one), standing.get(ident(one))),
                "category": words.title("category", one["category"]),
                "status": say(f"status.{one['status']}"),
                "measures": [
                    {**m, "group": words.title("measure_group", m["group"]), "lead": words.title("department", m["lead"])}
                    for m in one["measures"]
                ],
            }
            for one in made["households"]
        ],
    }


def leaving(made: Mapping[str, Any]) -> bytes:
    """What the other side gets."""
    households = [{k: v for k, v in one.items() if k not in KEPT} for one in made["households"]]
    return as_json({**{k: v for k, v in made.items() if k != "returned"}, "households": households})


def as_json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()


def lines(made: Mapping[str, Any]) -> list[list[Any]]:
    """The same as a sheet: a header and a row for each household."""
    found: list[list[Any]] = [[say(f"exchange.column.{c}") for c in COLUMNS]]
    for one in made["households"]:
        told = {
            **one,
            "risks": say("stories.comma").join(one.get("risks", ())),
            "contacts": say("stories.comma").join(one.get("contacts", ())),
            "measures": say("exchange.and").join(_measure(m) for m in one["measures"]),
        }
        found.append([told.get(c, "") for c in COLUMNS])
    return found


def _measure(m: Mapping[str, Any]) -> str:
    state = "done" if m.get("done_on") else "planned" if m.get("planned_on") else "open"
    on = m.get("done_on") or m.get("planned_on") or ""
    return say(f"exchange.measure.{state}", group=m["group"], lead=m["lead"], on=on)

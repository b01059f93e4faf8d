"""The steps of verify_clue.bpmn: what their forms know and offer, and what they ask beyond it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from app.forms import Form
from app.forms.model import CodedMessage
from app.labels import say
from app.policy import naming
from app.policy import parameters as params
from app.store import clues as rows
from app.store import households as household_rows
from app.store import record
from app.store.processes import Work
from app.store.session import Session

from .. import places
from ..household import file as household_file
from ..people import County

Found = tuple[dict[str, CodedMessage], dict[str, Any]]


def known(session: Session, work: Work, form: Form) -> dict[str, Any]:
    """What a form about a clue need not ask: the household's file, else what was reported."""
    row = rows.get(session, work.subject_id)
    if row is None:
        return {}
    content = rows.content(session, row)
    found = {
        "household:head_name": row.name,
        "household:head_id_number": content.get("id_number"),
        "household:phone": content.get("phone"),
        "household:risks": [row.risk] if row.risk else None,
    }
    document = file_of(session, work)
    if document is not None:
        file = household_file.known(document, work.village)
        found |= {key: value for key, value in file.items() if value and key != "household:risks"}
        if content.get("phone"):
            found["household:phone"] = content["phone"]
    return {key: value for key, value in found.items() if value}


def file_of(session: Session, work: Work) -> dict[str, Any] | None:
    """The file of the household that the clue is about; None where it is not matched, or was erased."""
    household = household_rows.get(session, work.household) if work.household is not None else None
    if household is None:
        return None
    document, number = household_rows.document(session, household.id, record.data_key(session, household.data_key))
    return document if number else None


def facts(session: Session, work: Work, snapshot: int) -> Mapping[str, Any] | None:
    """Exactly the inputs of grade_clue.dmn, as they stand now: a clue has no snapshots."""
    row = rows.get(session, work.subject_id)
    if row is None:
        return None
    household = household_rows.get(session, row.household) if row.household is not None else None
    signs = {row.sign}
    if row.household is not None:
        signs |= {c.sign for c in rows.open_of(session, row.household)}
    return {
        "family": row.family,
        "severity": str(rows.content(session, row).get("severity", "none")),
        "signs": len(signs),
        "former_poor": household is not None
        and (household.household_type == "former_poor" or household.status in ("monitored", "eliminated")),
    }


def since(session: Session, work: Work) -> date | None:
    """Nothing about a clue happened before it was found."""
    row = rows.get(session, work.subject_id)
    return row.found_on if row is not None else None


OFFERED = ("villages_here", "other_places", "clues")
"""Lists that forms about a clue may choose from."""


def choices(session: Session, work: Work, unit: str, county: County) -> dict[str, Sequence[tuple[str, ...]]]:
    """Villages of the town, other towns, other places, and clues near by that may be the same."""
    here = work.village or unit
    town = here if county.units[here].level == "town" else county.units[here].parent or ""
    others = places.towns(county).without(town)
    elsewhere = places.elsewhere(county).without(here)
    near: list[tuple[str, ...]] = [(str(c.id), _title(c, county)) for c in rows.near(session, here, work.subject_id)]
    return {"villages_here": places.below(county, town), "towns": others, "other_places": elsewhere, "clues": near}


def _title(row: Any, county: County) -> str:
    sign = county.entries.get("sign", row.sign, county.on)
    name = row.head_name or row.name or say("clues.unnamed")
    return say("clues.title", number=row.id, name=name, sign=sign.value["title"] if sign else row.sign, on=row.found_on)


def check(session: Session, work: Work, county: County, values: Mapping[str, Any], today: date) -> Found:
    """(errors by field, what the step adds to the process variables)."""
    errors: dict[str, CodedMessage] = {}
    process: dict[str, Any] = {}
    wanted = params.number(county.entries, "min_checkers", today)
    if values.get("verify_way") == "visit" and len(set(values["verifiers"])) < wanted:
        errors["verifiers"] = ("steps.too_few_checkers", {"wanted": wanted})
    result = values["clue_result"]
    if result == "watch" and "watch_until" in values:
        until = date.fromisoformat(values["watch_until"])
        longest = today + timedelta(days=params.number(county.entries, "watch_longest_days", today))
        if not today < until <= longest:
            errors["watch_until"] = ("clues.watch_between", {"first": today + timedelta(days=1), "last": longest})
        process["watch_until"] = until.isoformat()
    if result == "enter" and {"head_id_number", "head_name"} <= values.keys():
        errors |= _entering(session, work, values)
    return errors, process


def _entering(session: Session, work: Work, values: Mapping[str, Any]) -> dict[str, CodedMessage]:
    """The person named must be head of one household at most, the one that is meant."""
    number, name = str(values["head_id_number"]), str(values["head_name"])
    there = household_rows.with_person(session, number)
    if work.household is not None:
        if there and there != [work.household]:
            return {"head_id_number": ("steps.person_elsewhere", {})}
        return {}
    if len(there) > 1:
        return {"head_id_number": ("clues.two_households", {})}
    if there:
        household = household_rows.get(session, there[0])
        if household is None or household.head_name is None:
            return {"head_id_number": ("clues.erased", {})}
        if household.org_unit != work.village or not naming.same(household.head_name, name):
            return {"head_id_number": ("cases.person_elsewhere", {})}
    return {}

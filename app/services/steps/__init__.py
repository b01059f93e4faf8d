"""What steps ask beyond their form, what they keep, and what going back undoes: each by its type."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app import forms
from app.engine.values import element_of
from app.forms import Cleaned, Form
from app.forms.model import CodedMessage
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import people as people_rows
from app.store.processes import Work
from app.store.record import open_secret
from app.store.session import Session

from ..definitions import Bundle
from ..household import family as family_rules
from ..household import file as household_file
from .catalogue import TYPES
from .model import Here, Judged, StepType

__all__ = ["Here", "Judged", "StepType", "judge", "judge_readable", "keep", "returns_to", "type_of"]

PLAIN = StepType("")
"""A step that has nothing beyond its form."""


def type_of(bundle: Bundle, element: str) -> StepType:
    """What kind of step an element is; one without a kind has nothing beyond its form."""
    return TYPES.get(bundle.said(element, "type"), PLAIN)


def returns_to(bundle: Bundle, cause: str) -> str:
    """The step to which a case goes back when what it rested on does not hold: as the procedure says, else its review."""
    return bundle.said(bundle.process, f"returns_to.{cause}") or bundle.of_type("village_review")[0]


def judge(here: Here, element: str, cleaned: Cleaned) -> Judged:
    of_family = _family(here, element, cleaned)
    if of_family:
        return Judged(of_family)
    rule = type_of(here.bundle, element).judge
    return rule(replace(here, element=element), cleaned.values) if rule else Judged()


def _family(step: Here, element: str, cleaned: Cleaned) -> dict[str, CodedMessage]:
    """What every form about the people of a household keeps."""
    form = step.bundle.forms.get(element)
    if form is None or not family_rules.asks(form) or step.work.household is None or step.work.key is None:
        return {}
    document, _ = household_rows.document(step.session, step.work.household, step.work.key)
    return (
        family_rules.errors(form, document, cleaned.values, step.today, step.county.entries) if document is not None else {}
    )


def judge_readable(step: Here, element: str, cleaned: Cleaned) -> dict[str, CodedMessage]:
    """What the step's own rule says of the answers that could be read, so that everything wrong is said at once; a rule that
    needs one of the others waits for it."""
    wrong = {path.partition("-")[0] for path in cleaned.errors}
    rows = {name for name, value in cleaned.values.items() if isinstance(value, list) and name in wrong}
    readable = {name: value for name, value in cleaned.values.items() if name not in wrong or name in rows}
    try:
        return judge(replace(step, partly=True), element, replace(cleaned, values=readable)).errors
    except KeyError:
        return {}


# --- what steps keep -----------------------------------------------------------------------------------


def keep(step: Here, element: str, form: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the typed answers to where they belong: household file, case, contacts, measures, papers. Returns what the
    event says of it: the hashes of the scanned pages."""
    kind, step = type_of(step.bundle, element), replace(step, element=element)
    if step.work.case_id is None or step.work.key is None or step.work.household is None:
        if kind.keep is not None:
            kind.keep(step, values)
        return {}
    _keep_household(step, kind, form, values)
    case = dict(forms.split(form, values).get("case", {}))
    carried_out = case.pop("measures_done", None)
    if carried_out is not None:
        case_rows.mark_measures(step.session, step.work.case_id, carried_out)
    measures = case.pop("measures", None)
    if measures is not None:
        case_rows.add_measures(step.session, step.work.case_id, measures, step.now)
    if case:
        known = {**step.details(), **case}
        if "authorised_until" in case:  # signed again: an earlier withdrawal is over
            known.pop("authorisation_withdrawn_on", None)
        case_rows.save_details(step.session, step.work.case_id, step.work.key, known)
    for level in ("town", "village"):
        if f"{level}_contact" in case:
            people_rows.add_contact(step.session, step.work.household, int(case[f"{level}_contact"]), level, step.today)
    if kind.keep is not None:
        kind.keep(step, values)
    pages = [values[f.name] for f in form.fields if f.widget == "scan" and f.name in values]
    flat = [int(p) for page in pages for p in (page if isinstance(page, list) else [page])]
    hashed = case_rows.claim_papers(step.session, flat, step.work.case_id, step.batch)
    return {"papers": hashed} if hashed else {}


def _keep_household(here: Here, kind: StepType, form: Form, values: Mapping[str, Any]) -> None:
    if here.work.household is None or here.work.key is None:
        return
    if not kind.teaches and not any(f.belongs_to.startswith("household:") for f in form.fields):
        return
    document, number = household_rows.document(here.session, here.work.household, here.work.key)
    if document is None:
        return
    learned = household_file.learn(document, form, values, who=str(here.actor.id), on=here.today)
    if kind.learn is not None:
        learned = kind.learn(here, learned or document, values)
    if learned is not None:
        household_file.save(
            here.session,
            here.work.household,
            here.work.key,
            {**document, **learned},
            as_of=here.today,
            now=here.now,
            number=number + 1,
        )


# --- going back ------------------------------------------------------------------------------------------


def last_of_type(session: Session, work: Work, bundle: Bundle, kind: str) -> dict[str, Any] | None:
    """The answers of the last completion of a step of this type."""
    return last_values(session, work, *bundle.of_type(kind))


def last_values(session: Session, work: Work, *elements: str) -> dict[str, Any] | None:
    """The answers, if they stand, of the last completion of one of these elements in this instance."""
    if work.key is None:
        return None
    for event in reversed(case_rows.events_in(session, work.head.name)):
        if event.kind == "task_completed" and event.instance == work.instance:
            body = json.loads(event.body)
            if element_of(body["el"]) in elements and event.secret:
                secret = open_secret(session, work.key, f"{body['stream']}/{body['number']}", bytes(event.secret))
                return (secret or {}).get("values")
    return None

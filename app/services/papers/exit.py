"""Papers of helping and of elimination: the check form, measures, acceptance, the exit's sheet and letter."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.forms import yuan
from app.labels import say
from app.policy import calendar, family, identity
from app.policy import parameters as params
from app.store import cases as case_rows
from app.store import people as people_rows
from app.store.processes import NotFound

from ..history import reasons
from ..household.knowledge import place_of
from ..people import Actor
from .file import File, decision, group_of_file, guardian_of, notice_frame, signers, snapshot_of

REVEALING = ("health", "social_security")
"""Groups of measures that would tell of illness or disability; on a public sheet they are called 综合保障."""


def figures(file: File) -> str:
    """The sentence with net income, what is left, and the standard; empty before the first snapshot."""
    content = snapshot_of(file)
    if content is None:
        return ""
    return say(
        "papers.figure",
        net=yuan(content["net_fen"]),
        reference=yuan(content["reference_fen"]),
        year=content["line_year"],
        line=yuan(content["line_fen"]),
    )


def public_measures(file: File) -> str:
    """Groups of measures carried out, as a sheet may name them."""
    done = [m.group for m in case_rows.measures_of(file.session, file.case.id) if m.done_on is not None]
    named = ["social_security" if group in REVEALING else group for group in done]
    words = [file.words.title("measure_group", group) for group in dict.fromkeys(named)]
    return say("stories.comma").join(words) or say("papers.no_measures")


def notice_exit(file: File, actor: Actor, now: datetime, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    row = {
        "head_name": file.head_name,
        "group": group_of_file(file),
        "people": file.people,
        "measures": public_measures(file),
    }
    return {**notice_frame(file, typed), "title": say("papers.notice_exit_title"), "rows": [row]}


def exit_letter(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    decided = decision(file)
    if decided is None:
        raise NotFound
    assessed = file.last("exit_assessment")
    content = snapshot_of(file)
    given = decided.event.values or {}
    office = {"village": file.village, "town": file.unit("town"), "county": file.unit("county")}
    reason = given.get("reason") or ""
    if not reason and content is not None:
        reason = reasons.judged(content, file.bundle)[2]
    found: dict[str, Any] = {
        "number": say("papers.exit_number", year=decided.on.year, number=file.case.id),
        "head_name": file.head_name,
        "village": place_of(file.county, file.case.org_unit),
        "assessed_on": assessed.on if assessed else decided.on,
        "stage": decided.stage,
        "outcome": decided.outcome,
        "decided_on": decided.on,
        "reason": reason or say("papers.as_recorded"),
        "contact_office": office["town"],
        "contact_phone": say("papers.hotline"),
        "issued_on": decided.on,
        "issuer": say("papers.county_issuer", unit=office["county"])
        if decided.stage == "county"
        else office.get(decided.stage, office["village"]),
        "visit_months": params.number(file.county.entries, "visit_eliminated_months", decided.on),
        "figure": figures(file),
    }
    if content is not None:
        _, row, why, _ = reasons.judged(content, file.bundle)
        found["matched_row"] = say("reasons.by_row", row=row, reason=why) if row else ""
    return found


def _printed(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"printed_by": actor.name, "printed_at": now.astimezone(calendar.LOCAL)}


def household_check(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    """What was found at the visit, as it was typed then."""
    checked = file.last("household_check")
    if checked is None or not checked.values:
        raise NotFound
    given, words = checked.values, file.words
    members = []
    for row in given.get("members", ()):
        born = family.born(row)
        facts = [
            words.title(listed, row[key])
            for key, listed in (("health", "health"), ("labour", "labour"), ("school", "school"))
            if row.get(key)
        ]
        members.append(
            {
                "name": row.get("name", ""),
                "relation": words.title("relation", row.get("relation", "")),
                "age": say("papers.age", n=identity.age(born, checked.on)) if born else "",
                "facts": say("stories.comma").join(facts),
            }
        )
    amounts = [
        {
            "kind": say(f"papers.amounts.{table}"),
            "item": words.title(listed, line["item"]),
            "amount": yuan(int(line["amount"])),
            "source": words.title("line_source", line.get("source", "")),
        }
        for table, listed in (
            ("income", "income_item"),
            ("costs", "cost_item"),
            ("self_paid", "self_paid_item"),
            ("claims", "claim_item"),
        )
        for line in given.get(table, ())
    ]
    form = file.bundle.forms[checked.element].by_name
    checks = [
        {"name": form[key].title, "answer": words.title("yes_no", given[key]), "problem": given.get(f"{key}_problem", "")}
        for key in ("food", "clothing", "schooling", "housing", "insurance", "water")
        if key in given
    ]
    return {
        "head_name": file.head_on(checked.on),
        "village": place_of(file.county, file.case.org_unit),
        "group": str(given.get("group") or ""),
        "people": file.people,
        "visited_on": checked.on,
        "checkers": signers(file, checked, given["checkers"]),
        "figures": figures(file),
        "evidence": given.get("evidence", ""),
        "risks": words.titles("risk", file.document["household"].get("risks") or ()),
        "guardian": _guardian(file, checked.on),
        "members": members,
        "amounts": amounts,
        "checks": checks,
        **_printed(actor, now),
    }


def _guardian(file: File, on: date) -> str:
    """Who signs in the place of a minor head; empty for a grown-up one."""
    head = family.head_of(file.document["members"])
    if head is None or not family.is_minor(head, on, params.adult_age(file.county.entries, on)):
        return ""
    named = guardian_of(file, head, on)
    return say("papers.guardian", name=named["guardian"], relation=named["guardian_relation"])


def _measures(file: File) -> list[dict[str, Any]]:
    return [
        {
            "risk": file.words.title("risk", m.risk),
            "group": file.words.title("measure_group", m.group),
            "lead": file.words.title("department", m.lead),
            "planned_on": m.planned_on,
            "done_on": m.done_on,
        }
        for m in case_rows.measures_of(file.session, file.case.id)
    ]


def acceptance(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    accepted = file.last("exit_acceptance")
    if accepted is None or not accepted.values:
        raise NotFound
    given, words = accepted.values, file.words
    return {
        "head_name": file.head_on(accepted.on),
        "village": place_of(file.county, file.case.org_unit),
        "people": file.people,
        "visited_on": accepted.on,
        "verifiers": signers(file, accepted, given["verifiers"]),
        "figures": figures(file),
        "findings": given["findings"],
        "result": words.title("acceptance", given["acceptance"]),
        "household_signs": words.title("household_signs", given["household_signs"]),
        "no_sign_reason": given.get("no_sign_reason", ""),
        "guardian": given.get("guardian", ""),
        "guardian_relation": words.title("relation", given["guardian_relation"]) if given.get("guardian_relation") else "",
        "measures": _measures(file),
        **_printed(actor, now),
    }


def measures_plan(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    rows = _measures(file)
    if not rows:
        raise NotFound
    contacts = [
        say("papers.contact", level=say(f"lanes.{c.level}"), name=c.name)
        for c in people_rows.contacts_of(file.session, file.case.household)
    ]
    return {
        "head_name": file.head_name,
        "village": place_of(file.county, file.case.org_unit),
        "category": file.words.title("category", file.case.category) if file.case.category else say("papers.as_recorded"),
        "contacts": contacts,
        "measures": rows,
        **_printed(actor, now),
    }

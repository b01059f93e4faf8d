"""Papers of the identification: the notice, the letter, the commitment, the minutes of the review."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.forms import yuan
from app.labels import say
from app.policy import calendar, family
from app.policy import parameters as params
from app.store.processes import NotFound

from ..definitions import Bundle
from ..history import reasons
from ..household.knowledge import place_of
from ..people import Actor, Refused
from ..steps import village_review
from .file import File, category, decision, group_of_file, guardian_of, matter, notice_frame, signers, snapshot_of


def notice(file: File, actor: Actor, now: datetime, typed: Mapping[str, str] | None = None) -> dict[str, Any]:
    row = {"head_name": file.head_name, "group": group_of_file(file), "people": file.people, "category": category(file)}
    address = file.session.store.url
    url = f"{address}/apply?at={file.case.org_unit}" if address else ""
    return {**notice_frame(file, typed), "title": say("papers.notice_title"), "rows": [row], "apply_url": url}


def letter(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    decided = decision(file)
    if decided is None:
        raise NotFound
    entries = file.county.entries
    days = params.number(entries, "reexam_request_days", decided.on)
    office = {"village": file.village, "town": file.unit("town"), "county": file.unit("county")}
    above = {"village": office["town"], "town": office["county"], "county": say("papers.other_people", unit=office["county"])}
    registered = file.last("application")
    content = snapshot_of(file)
    given = decided.event.values or {}
    reason = given.get("reason") or given.get("statement") or given.get("discussion") or given.get("category_reason") or ""
    ending = decided.event.body.get("outcome")
    if decided.outcome == "closed" and ending:
        reason = say("papers.ending", outcome=say(f"outcomes.{ending}"), reason=reason)
    found: dict[str, Any] = {
        "number": say("papers.letter_number", year=decided.on.year, number=file.case.id),
        "head_name": file.head_name,
        "village": place_of(file.county, file.case.org_unit),
        "applied_on": registered.on if registered else file.case.clue_on,
        "stage": decided.stage,
        "outcome": decided.outcome,
        "decided_on": decided.on,
        "reason": reason or (_row(content, file.bundle) if content else say("papers.as_recorded")),
        "contact_office": office["town"],
        "contact_phone": say("papers.hotline"),
        "reexam_office": above[decided.stage],
        "reexam_phone": say("papers.hotline"),
        "reexam_until": decided.on + timedelta(days=days),
        "issuer": office[decided.stage] if decided.stage != "county" else say("papers.county_issuer", unit=office["county"]),
        "issued_on": decided.on,
    }
    if decided.outcome == "approved":
        found["category"] = category(file)
    if content is not None:
        found["figure"] = say(
            "papers.figure",
            net=yuan(content["net_fen"]),
            reference=yuan(content["reference_fen"]),
            year=content["line_year"],
            line=yuan(content["line_fen"]),
        )
        found["matched_row"] = _row(content, file.bundle)
    return found


def _row(content: Mapping[str, Any], made: Bundle) -> str:
    _, row, reason, _ = reasons.judged(content, made)
    return say("reasons.by_row", row=row, reason=reason) if row else reason


def commitment(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    """Every grown-up signs; for a minor the guardian does. Who is not yet known is added by hand."""
    entries, today = file.county.entries, calendar.local_date(now)
    kinds = entries.all("asset_kind", today)
    asking = {str(k.value["department"]): None for k in kinds}
    adults, wards = [], []
    for member in file.document["members"]:
        if member.get("status") == "gone":
            continue
        relation = file.words.title("relation", member.get("relation", "other"))
        if family.is_minor(member, today, params.adult_age(entries, today)):
            wards.append({"name": member["name"], "relation": relation, **guardian_of(file, member, today)})
        else:
            adults.append({"name": member["name"], "relation": relation})
    return {
        "head_name": file.head_name,
        "village": place_of(file.county, file.case.org_unit),
        "purposes": [say("papers.purpose")],
        "asset_kinds": [file.words.title("asset_kind", k.key) for k in kinds],
        "askers": [str(e.value["name"]) for d in asking if (e := entries.get("department", d, today)) is not None],
        "until": calendar.add_months(today, params.number(entries, "authorisation_months", today)),
        "contact_office": file.village,
        "contact_phone": say("papers.hotline"),
        "adults": adults,
        "wards": wards,
    }


def minutes(file: File, actor: Actor, now: datetime) -> dict[str, Any]:
    review = file.last("village_review")
    if review is None:
        raise NotFound
    given = review.values
    if not given:
        raise Refused("cases.erased")
    quorum = village_review.TYPE.parameter(file.bundle.said, review.element, "quorum")
    share = params.share(file.county.entries, quorum, review.on)
    enough = share.reached(given["attended"], given["entitled"])
    risks = file.words.titles("risk", file.document["household"].get("risks") or ())
    chair, recorder = signers(file, review, [given["chair"], given["recorder"]])
    known = list(dict.fromkeys([chair, recorder]))
    head = file.head_on(review.on)
    return {
        "village": file.village,
        "meeting_kind": file.words.title("meeting_form", given["meeting_form"]),
        "place": given["place"],
        "held_on": review.on,
        "held_at": str(given.get("held_at") or ""),
        "chair": chair,
        "recorder": recorder,
        "should_attend": given["entitled"],
        "attended": given["attended"],
        "quorum": say(
            "papers.quorum" if enough else "papers.no_quorum",
            part=f"{share.numerator}/{share.denominator}",
        ),
        "sheet": [{"name": name} for name in known] + [{} for _ in range(max(0, given["attended"] - len(known)))],
        "rows": [
            {
                "head_name": head,
                "group": group_of_file(file),
                "people": file.people,
                "category": category(file),
                "agree": given["votes"]["for"],
                "against": given["votes"]["against"],
                "abstain": given["votes"]["abstained"],
                "result": "agreed" if given["review_result"] == "agreed" else "not_agreed",
                "situation": say("papers.situation", risks=risks, people=file.people),
                "discussion": given.get("discussion", ""),
                "matter": matter(file.bundle),
            }
        ],
        "printed_by": actor.name,
        "printed_at": now.astimezone(calendar.LOCAL),
        "recusals": [{"name": name, "head_name": head, "why": say("papers.recusal")} for name in given.get("recusals", [])],
    }

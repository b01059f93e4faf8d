"""What people of the demo type into each step: values as the forms hold them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app.policy.facts import WORKS
from app.policy.identity import age, birth_date
from app.services.people import Actor

from .households import File
from .staff import Words

Values = dict[str, Any]

ASSETS = (
    ("deposits", "finance"),
    ("vehicles", "police"),
    ("houses", "natural"),
    ("business", "market"),
    ("social_aid", "civil"),
    ("farm_machinery", "agri"),
)


@dataclass(frozen=True)
class AtHand:
    """Where answers are written: the household, who works on it, and the day. `turn` varies what does not matter."""

    file: File
    crew: Mapping[str, Actor]
    words: Words
    today: date
    turn: int
    page: int = 0
    proposed: str = "none"

    def id(self, who: str) -> int:
        return self.crew[who].id

    def say(self, key: str) -> str:
        found = self.words["words"][key]
        return str(found[self.turn % len(found)] if isinstance(found, list) else found)

    @property
    def day(self) -> str:
        return self.today.isoformat()


def register(desk: AtHand) -> Values:
    file, helped = desk.file, desk.turn % 5 == 0
    values: Values = {
        "head_name": file.head["name"],
        "head_id_number": file.head["id_number"],
        "phone": file.phone,
        "village": file.village,
        "risks": file.risks,
        "situation": file.situation,
        "helped": "yes" if helped else "no",
    }
    if "disaster" in file.risks:
        values["disaster_kind"] = "flood"
    if helped:
        helper = desk.crew["opener"]
        relation = next((r for r in ("grid_worker", "window_clerk") if helper.has(r)), "village_cadre")
        values |= {"helper_name": helper.name, "helper_relation": relation, "read_back": ["done"]}
    return values


def answer(step: str, desk: AtHand, more: Mapping[str, Any]) -> Values:
    """The values of one step; `more` bends them: refuse=True, commitment=…, reexam_result=…, item=…"""
    return _STEPS[step](desk, more)


def kinds_of(file: File) -> list[str]:
    """The kinds of assets this household lets be queried: two to four."""
    first = file.number % 3
    return [kind for kind, _ in ASSETS[first : first + 2 + file.number % 3]]


def departments_of(file: File) -> list[str]:
    held = dict(ASSETS)
    return [held[kind] for kind in kinds_of(file)]


def leads_of(file: File, words: Words) -> list[str]:
    """Departments that lead a measure for this household, each once."""
    return list(dict.fromkeys(words["measure"][risk]["lead"] for risk in file.risks))


def _sign(desk: AtHand, more: Mapping[str, Any]) -> Values:
    decided = str(more.get("commitment", "signed"))
    if decided != "signed":
        said = "unwilling_watched" if decided == "refused_watch" else "unwilling"
        return {"commitment": decided, "signed_on": desk.day, "statement": desk.say(said)}
    head = desk.file.head
    signers = []
    for member in desk.file.members:
        born = birth_date(member["id_number"]) or desk.today
        signer = {"name": member["name"], "id_number": member["id_number"]}
        if age(born, desk.today) < 18 or member["id_number"] in desk.file.incapable:
            signer |= {"how": "guardian", "by": head["name"], "by_relation": "parent"}
        else:
            signer["how"] = "fingerprint" if age(born, desk.today) > 65 else "signature"
        signers.append(signer)
    return {
        "commitment": "signed",
        "signed_on": desk.day,
        "signers": signers,
        "asset_kinds": kinds_of(desk.file),
        "authorised_until": (desk.today + timedelta(days=180)).isoformat(),
        "rights_told": ["done"],
        "pages": [desk.page],
    }


def _check(desk: AtHand, more: Mapping[str, Any]) -> Values:
    file = desk.file
    values: Values = {
        "visited_on": desk.day,
        "checkers": [desk.id("checker"), desk.id("second")],
        "confirmed_by": "signed_page",
        "signed_page": [desk.page],
        "group": file.group,
        "household_type": file.household_type,
        "low_income_kind": file.low_income_kind,
        "members": file.members,
        "income": file.income,
        "costs": file.costs,
        "self_paid": file.self_paid,
        "income_fell": "no",
        "evidence": desk.say("evidence"),
        **file.checks,
    }
    if file.focus_groups:
        values["focus_groups"] = file.focus_groups
    return values


def _review(desk: AtHand, more: Mapping[str, Any]) -> Values:
    entitled = 24 + desk.turn % 16
    attended = entitled - desk.turn % 7
    against, abstained = 1 + desk.turn % 3, desk.turn % 2
    votes = {"for": attended - against - abstained, "against": against, "abstained": abstained}
    if more.get("refuse"):
        votes = {"for": against, "against": attended - against - abstained, "abstained": abstained}
    return {
        "held_on": desk.day,
        "place": desk.say("review_place"),
        "meeting_form": "representatives",
        "chair": desk.id("chair"),
        "recorder": desk.id("recorder"),
        "entitled": entitled,
        "attended": attended,
        "votes": votes,
        "discussion": desk.say("discussion_rejected" if more.get("refuse") else "discussion"),
        "review_result": "rejected" if more.get("refuse") else "agreed",
    }


def _post(desk: AtHand, more: Mapping[str, Any]) -> Values:
    return {
        "posted_on": desk.day,
        "places": desk.say("notice_places"),
        "posted_by": desk.id("checker"),
        "objection_contact": desk.say("objection_contact"),
    }


def _investigate(desk: AtHand, more: Mapping[str, Any]) -> Values:
    findings = desk.say(f"findings_{more['objection_result']}")
    return {
        "investigated_on": desk.day,
        "investigators": [desk.id("recorder"), desk.id("chair")],
        "findings": findings,
        **more,
    }


def _appeal(desk: AtHand, more: Mapping[str, Any]) -> Values:
    return {
        "reviewed_on": desk.day,
        "reviewers": [desk.id("town_officer")],
        "findings": desk.say("findings_town"),
        "appeal_result": "unfounded",
    }


def _take_down(desk: AtHand, more: Mapping[str, Any]) -> Values:
    return {"taken_down_on": desk.day, "condition": "intact", "other_objections": "no"}


def _verify(desk: AtHand, more: Mapping[str, Any]) -> Values:
    values: Values = {
        "visited_on": desk.day,
        "verifiers": [desk.id("town_officer"), desk.id("town_second")],
        "town_result": "passed",
    }
    if more.get("refuse"):
        values |= {"town_result": "failed", "reason": desk.say("town_failed")}
        values["differences"] = [{"subject": "income", "found": desk.say("town_difference")}]
    return values


def _report(desk: AtHand, more: Mapping[str, Any]) -> Values:
    number = desk.say("report_number").format(n=desk.file.number)
    return {"report_number": number, "signer": desk.id("town_leader"), "signed_on": desk.day}


def _review_in_county(desk: AtHand, more: Mapping[str, Any]) -> Values:
    if not more.get("exit") and desk.proposed == "none":
        return {"county_opinion": "oppose", "reason": desk.say("county_oppose")}
    return {"county_opinion": "support"}


def _approve(desk: AtHand, more: Mapping[str, Any]) -> Values:
    if more.get("exit"):
        supported = desk.proposed == "eliminate"
        return {"decision": "approved"} if supported else {"decision": "exception", "reason": desk.say("exit_exception")}
    if more.get("refuse"):
        return {"category": desk.proposed, "decision": "refused", "reason": desk.say("county_turned_down")}
    return {"category": desk.proposed, "decision": "approved"}


def _assess(desk: AtHand, more: Mapping[str, Any]) -> Values:
    """The household is out of danger; where nobody can work the county must decide it as an exception."""
    present = [m for m in desk.file.members if m.get("status") == "present"]
    works = any(m.get("labour") in WORKS for m in present)
    values: Values = {
        "assessed_on": desk.day,
        "exit_way": more["exit"],
        "income_fell": "no",
        "risks_gone": "yes",
        "new_risk": "no",
        "stability": "stable",
        "findings": desk.say("exit_findings"),
        "ask_exception": "no" if works else "yes",
        "income": [{"item": "wages_work", "amount": 1_900_000 * len(present), "source": "paper"}],
        "measures_done": [
            {
                "measure_id": m.id,
                "group": m.group,
                "carried_out": "yes",
                "done_on": desk.day,
                "evidence": desk.say("exit_evidence"),
            }
            for m in more["planned"]
        ],
    }
    values |= dict.fromkeys(("food", "clothing", "schooling", "housing", "insurance", "water"), "yes")
    return values if works else values | {"exception_reason": desk.say("exit_exception")}


def _accept(desk: AtHand, more: Mapping[str, Any]) -> Values:
    return {
        "visited_on": desk.day,
        "verifiers": [desk.id("town_officer"), desk.id("town_second")],
        "household_signs": "signed",
        "signed_page": [desk.page],
        "findings": desk.say("exit_accepted"),
        "acceptance": "passed",
    }


def _plan(desk: AtHand, more: Mapping[str, Any]) -> Values:
    rows = []
    for n, risk in enumerate(desk.file.risks):
        known = desk.words["measure"][risk]
        planned = (desk.today + timedelta(days=30 + 15 * n)).isoformat()
        rows.append(
            {"risk": risk, "group": known["group"], "measure": known["text"], "lead": known["lead"], "planned": planned}
        )
    return {"measures": rows}


def _acknowledge(desk: AtHand, more: Mapping[str, Any]) -> Values:
    if desk.turn % 9 == 0:
        return {"acknowledgement": "cannot", "arrangement": desk.say("cannot")}
    return {"acknowledgement": "accepted", "arrangement": desk.say("arrangement")}


def _answer_assets(desk: AtHand, more: Mapping[str, Any]) -> Values:
    if (desk.turn + more["turn"]) % 6 == 0:
        return {
            "answer": "differs",
            "data_as_of": desk.day,
            "question": desk.say("question"),
            "figures": desk.say("figures"),
        }
    return {"answer": "consistent" if desk.turn % 2 else "no_record", "data_as_of": desk.day}


def _again(desk: AtHand, more: Mapping[str, Any]) -> Values:
    result = str(more["reexam_result"])
    return {
        "examined_on": desk.day,
        "examiners": [desk.id(more["by"])],
        "reexam_result": result,
        "reason": desk.say(f"reexam_{result}"),
    }


_STEPS: dict[str, Callable[[AtHand, Mapping[str, Any]], Values]] = {
    "commitment": _sign,
    "household_check": _check,
    "village_review": _review,
    "notice_posting": _post,
    "objection_inquiry": _investigate,
    "objection_review": _appeal,
    "notice_removal": _take_down,
    "town_check": _verify,
    "town_report": _report,
    "county_review": _review_in_county,
    "exit_county_review": _review_in_county,
    "civil_confirmation": lambda desk, more: {"civil_result": "confirmed"},
    "entry_decision": _approve,
    "exit_decision": _approve,
    "province_entry": lambda desk, more: {
        "entered_on": desk.day,
        "receipt_number": desk.say("receipt").format(n=desk.file.number),
    },
    "town_contact": lambda desk, more: {"town_contact": desk.id("town_officer")},
    "village_contact": lambda desk, more: {"village_contact": desk.id("checker")},
    "measure_plan": _plan,
    "exit_assessment": _assess,
    "village_collection": lambda desk, more: {"collected_on": desk.day, "opinion": desk.say("exit_opinion")},
    "exit_acceptance": _accept,
    "observation": lambda desk, more: {"observed_on": desk.day, "new_risk": "no"},
    "measure_report": lambda desk, more: {
        "departments": leads_of(desk.file, desk.words),
        "reported_on": desk.day,
    },
    "measure_receipt": _acknowledge,
    "asset_answer": _answer_assets,
    "reexamination": _again,
}

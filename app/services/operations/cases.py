"""What service tasks do by themselves. Each takes (world, address, process variables) and returns small JSON facts.

Run in a savepoint inside the person's command; what is missing or wrong raises and becomes an incident, the person's work
stands. Operations are named the way the document speaks.
"""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from app.engine.check_elements import ANSWER, CODE, ITEMS, MANY
from app.engine.values import OperationFailed, element_of
from app.policy import calendar
from app.policy import parameters as params
from app.policy.facts import ELIMINATION, IDENTIFICATION, burden_limits, elimination_facts, identification_facts
from app.policy.income import FORMULA, REFERENCE_FORMULA, Income, income, income_window
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import inbox, notifications
from app.store import people as people_rows
from app.store.processes import Work
from app.store.session import Session

from .. import doors
from ..household import file as household_file
from ..steps import asset_answer
from ..steps.decisions import reopen
from . import clues
from .model import ANY, Operation, Result
from .world import CaseWorld, Start

ASSET_ANSWER = asset_answer.TYPE.key


def start_asset_query(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """Ask the departments that hold the authorised kinds of assets; the case waits for them at the town's check.

    A civil affairs answer younger than `reuse_check_days` is taken over, not asked again.
    """
    today = calendar.local_date(world.now)
    kinds = world.details().get("asset_kinds", [])
    entries = world.county.entries
    departments = {str(entries.require("asset_kind", kind, today).value["department"]): None for kind in kinds}
    reuse_from = today - timedelta(days=params.number(entries, world.asked(address, "reuse_check_days"), today))
    earlier = world.document().get("asset_answers", {}).get("civil")
    if earlier and "civil" in departments and date.fromisoformat(earlier["on"]) >= reuse_from:
        del departments["civil"]
    asked_before = inbox.asked(world.session, world.case_id, ASSET_ANSWER)
    for department in asked_before:  # after a return: open questions and answers of this case stay valid
        departments.pop(department, None)
    if not departments:
        return {"asset_query": "none"}
    asked = list(departments)
    case_rows.open_hold(
        world.session,
        world.case_id,
        kind="asset_answers",
        lifted_by="dept_liaison",
        cause=world.work.instance,
        now=world.now,
    )
    world.starts.append(Start(doors.ASSETS, {"departments": asked}))
    return {"asset_query": "started"}


def close_asset_query(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """All departments answered, or the rest kept silent for too long: the town's check need not wait."""
    if not inbox.open_elsewhere(world.session, world.case_id, ASSET_ANSWER, world.work.instance):
        case_rows.lift_holds(world.session, world.case_id, "asset_answers", world.now)
    answered = world.answered(ASSET_ANSWER, scope)
    silent = [d for d in scope.get("departments", []) if d not in answered]
    return {"asset_query": "silent" if silent else "answered"}


def record_unwilling(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The household does not sign: no query; it is watched on, or the case ends as 不愿申报."""
    watch = scope.get("commitment") == "refused_watch"
    world.set_household(status="watched" if watch else "registered")
    return _close(world, "unwilling_watched" if watch else "unwilling")


def compute_facts(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The snapshot that tables read: income, the standard of the application date, the four checks."""
    document = world.document()
    entries = world.county.entries
    applied_on = date.fromisoformat(str(scope["applied_on"]))
    household, checks = household_file.facts(document)
    line = params.monitoring_line(entries, applied_on)
    facts = identification_facts(household, checks, line, burden_limits(entries, applied_on))
    world.set_household(household_type=document["household"]["household_type"])
    content = _figures(facts, _asked(world, document), income(household), line, applied_on, document)
    return _keep_snapshot(world, address, content, line.provisional)


def _figures(
    facts: Mapping[str, Any],
    asked: Mapping[str, Any],
    found: Income,
    line: params.MonitoringLine,
    on: date,
    document: Mapping[str, Any],
) -> dict[str, Any]:
    first, last = income_window(on)
    return {
        "facts": {**asked, **facts},
        "net_fen": found.net_fen,
        "reference_fen": found.reference_fen,
        "net_total_fen": found.net_total_fen,
        "reference_total_fen": found.reference_total_fen,
        "counted": found.counted,
        "line_fen": line.value_fen,
        "line_year": line.year,
        "line_provisional": line.provisional,
        "line_entry": line.entry.id,
        "window": [first.isoformat(), last.isoformat()],
        "formulas": [FORMULA, REFERENCE_FORMULA],
        "household": document,
    }


def _keep_snapshot(world: CaseWorld, address: str, content: dict[str, Any], provisional: bool) -> Result:
    """Store the snapshot, with the table it was taken for; a provisional standard holds the approval."""
    content = {**content, "table": world.bundle.decision_after(element_of(address))}
    _, version = household_rows.document(world.session, world.household, world.key)
    snapshot = household_rows.add_snapshot(
        world.session, world.case_id, world.key, content, version=version, formula=FORMULA, now=world.now
    )
    case_rows.lift_holds(world.session, world.case_id, "provisional_standard", world.now)
    if provisional:
        case_rows.open_hold(
            world.session,
            world.case_id,
            kind="provisional_standard",
            lifted_by="process_designer",
            cause=snapshot,
            now=world.now,
        )
    return {"snapshot": snapshot, "standard": "provisional" if provisional else "published"}


def compute_exit_facts(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The second snapshot: income against the standard of the day of assessment, measures, risks, months since approval."""
    document, entries = world.document(), world.county.entries
    assessed_on = date.fromisoformat(str(scope["assessed_on"]))
    household, checks = household_file.facts(document)
    line = params.monitoring_line(entries, assessed_on)
    case = case_rows.get(world.session, world.case_id)
    if case is None or case.decided_at is None:
        raise OperationFailed("operations.no_case")
    planned = case_rows.measures_of(world.session, world.case_id)
    facts = elimination_facts(
        household,
        checks,
        line,
        way=str(scope["exit_way"]),
        stability=str(scope["stability"]),
        risks_gone=scope["risks_gone"] == "yes" and scope["new_risk"] == "no",
        months=calendar.full_months(calendar.local_date(case.decided_at), assessed_on),
        min_months=params.number(entries, world.asked(address, "min_monitoring_months"), assessed_on),
        measures_done=bool(planned) and all(m.done_on is not None for m in planned),
    )
    found = income(household)
    content = _figures(facts, _asked(world, document), found, line, assessed_on, document) | {
        "measures": [[m.group, m.done_on.isoformat() if m.done_on else None] for m in planned],
    }
    return _keep_snapshot(world, address, content, line.provisional)


def take_facts(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The snapshot of a procedure that asks nothing of income: how many live there, and answers of the household's that
    tables may read (fields marked `fact`)."""
    document = world.document()
    people = sum(1 for m in document["members"] if m.get("status") != "gone")
    content = {
        "facts": {"people": people, **_asked(world, document)},
        "household": document,
        "table": world.bundle.decision_after(element_of(address)),
    }
    _, version = household_rows.document(world.session, world.household, world.key)
    snapshot = household_rows.add_snapshot(
        world.session, world.case_id, world.key, content, version=version, formula="facts/1", now=world.now
    )
    return {"snapshot": snapshot}


def _asked(world: CaseWorld, document: Mapping[str, Any]) -> dict[str, Any]:
    """What households were asked of themselves and tables may read: no Python is needed for a new question."""
    fields = world.county.entries.all("field", world.county.on)
    wanted = [e.key for e in fields if e.value.get("fact") and e.value.get("level") == "household"]
    return {key: document["household"][key] for key in wanted if document["household"].get(key) is not None}


def tally(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """What the answers of many come to: whether so many of those asked gave this answer; who kept silent counts as `silence`
    says. Nobody asked is no."""
    made, here = world.bundle, element_of(address)
    step, (question, _, code) = made.said(here, "of"), made.said(here, "counts").partition("=")
    asked = [str(item) for item in scope.get(made.definition.elements[step].collection or "", ())]
    said = world.answers_of(step, scope)
    silent = made.said(here, "silence") == "yes"
    many = sum(str(said[item].get(question)) == code if item in said else silent for item in asked)
    wants = made.said(here, "wants")
    wanted = len(asked) if wants == "all" else 1 if wants == "any" else int(wants)
    return {"outcome": "yes" if asked and many >= wanted else "no"}


def start_notice_period(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """From the day the village says it posted the sheet: the whole days of notice, and when they are over."""
    posted_on = date.fromisoformat(str(scope["posted_on"]))
    entry = world.parameter(world.asked(address, "notice_days"), posted_on)
    over_on = calendar.notice_over_on(posted_on, int(entry.value["value"]))
    ends_on = over_on - timedelta(days=1)
    online = params.flag(world.county.entries, "publish_online", posted_on) and world.bundle.main != "own"
    case_rows.add_notice(
        world.session,
        world.case_id,
        posted_on=posted_on,
        ends_on=ends_on,
        now=world.now,
        web_token=secrets.token_hex(16) if online else None,
    )
    return {"notice_ends_on": ends_on.isoformat(), "notice_over_on": over_on.isoformat()}


def issue_refusal(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The decision letter falls due; until the request period is over the household may ask to look again."""
    case_rows.change(world.session, world.case_id, status="refused", outcome="refused", decided_at=world.now)
    clues.decided(world)
    return {"letter": "refused"}


def confirm_monitoring(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """County approval: the 15 days end, the household is monitored."""
    category = str(scope["category"])
    world.set_household(status="monitored", category=category)
    case_rows.change(
        world.session, world.case_id, status="monitored", outcome="approved", category=category, decided_at=world.now
    )
    clues.decided(world)
    return {"letter": "approved"}


def keep_helping(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The risk is not eliminated: monitoring and help go on, and the household is told why."""
    return {"letter": "kept"}


def confirm_elimination(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """Approved by the county and marked in the province's system: 风险消除; the case ends, observation begins."""
    way = "exception" if scope.get("decision") == "exception" else str(scope["exit_way"])
    world.set_household(status="eliminated")
    case_rows.change(world.session, world.case_id, status="eliminated", outcome=f"eliminated_{way}", closed_at=world.now)
    if doors.opens(world.session, doors.OBSERVATION, world.county.on):
        world.starts.append(Start(doors.OBSERVATION, {"round": 1}))
    return {"letter": "eliminated", "way": way}


def plan_next_observation(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """One observation is over: the next one, unless all were made, a new case came, or the town found a risk: then the
    village is told to register the household again."""
    row = household_rows.get(world.session, world.household)
    rounds = params.number(world.county.entries, world.asked(address, "observe_rounds"), calendar.local_date(world.now))
    done = int(scope.get("round", 1))
    if scope.get("signs_result") == "apply_again":
        village = world.work.village or ""
        told = people_rows.who_hold(world.session, world.county.who_may("hear_of_decisions"), [village], world.county.on)
        told |= {c.official for c in people_rows.contacts_of(world.session, world.household)}
        notifications.add(world.session, told, "relapse", world.actor.id or None, world.now, case_id=world.case_id)
        return {"observation": "relapse"}
    newest = max(c.id for c in case_rows.cases_of(world.session, world.household, case_rows.MONITORING))
    if row is None or row.status != "eliminated" or newest != world.case_id or done >= rounds:
        return {"observation": "over"}
    world.starts.append(Start(doors.OBSERVATION, {"round": done + 1}))
    return {"observation": "goes_on"}


def close_case(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The drawn end of a case, with the `outcome` that the element says; what led to it stands in its events. (A person
    closes with `cases/applications.py` close.)"""
    return _close(world, world.bundle.said(element_of(address), "outcome"))


def _close(world: CaseWorld, outcome: str) -> Result:
    case_rows.change(world.session, world.case_id, status="closed", outcome=outcome, closed_at=world.now)
    clues.decided(world)
    return {}


def urge(world: CaseWorld, address: str, scope: Mapping[str, Any]) -> Result:
    """The due time of a task has passed: it is marked for its own desk and for the level above."""
    task = world.bundle.definition.top.awaited_by(element_of(address))
    if task is not None:
        inbox.mark_urged(world.session, world.work.instance, task)
    return {}


def void_notice(session: Session, work: Work, now: datetime) -> None:
    """It will be posted again: the sheet that hangs is void."""
    if work.case_id is not None:
        case_rows.void_notices(session, work.case_id, now)


_CASE = ("case",)
_ENTRY, _EXIT = ("entry",), ("exit",)
"""Only the monitoring's own procedures say what a household is."""
_FACTS = {"snapshot": ANY, "standard": ("provisional", "published")}
OPERATIONS: dict[str, Operation] = {
    "start_asset_query": Operation(
        run=start_asset_query,
        subjects=_CASE,
        gives={"asset_query": ("started", "none")},
        parameters={"reuse_check_days": "reuse_check_days"},
    ),
    "close_asset_query": Operation(
        run=close_asset_query, subjects=_CASE, needs=("departments",), gives={"asset_query": ("answered", "silent")}
    ),
    "record_unwilling": Operation(run=record_unwilling, subjects=_CASE, mains=_ENTRY, needs=("commitment",)),
    "compute_facts": Operation(
        run=compute_facts,
        subjects=_CASE,
        mains=_ENTRY,
        needs=("applied_on",),
        gives=_FACTS,
        raises=("provisional_standard",),
        day="applied_on",
        facts=IDENTIFICATION,
    ),
    "compute_exit_facts": Operation(
        run=compute_exit_facts,
        subjects=_CASE,
        mains=_EXIT,
        needs=("assessed_on", "exit_way", "stability", "risks_gone", "new_risk"),
        gives=_FACTS,
        raises=("provisional_standard",),
        day="assessed_on",
        facts=ELIMINATION,
        parameters={"min_monitoring_months": "min_monitoring_months"},
    ),
    "start_notice_period": Operation(
        run=start_notice_period,
        subjects=_CASE,
        needs=("posted_on",),
        protects=("notice_days",),
        gives={"notice_ends_on": ANY, "notice_over_on": ANY},
        parameters={"notice_days": "notice_days"},
        undo=void_notice,
    ),
    "issue_refusal": Operation(run=issue_refusal, subjects=_CASE, mains=_ENTRY, gives={"letter": ("refused",)}, undo=reopen),
    "confirm_monitoring": Operation(
        run=confirm_monitoring,
        subjects=_CASE,
        mains=_ENTRY,
        needs=("category",),
        gives={"letter": ("approved",)},
        undo=reopen,
    ),
    "close_case": Operation(run=close_case, subjects=_CASE, properties={"outcome": CODE}),
    "keep_helping": Operation(run=keep_helping, subjects=_CASE, mains=_EXIT, gives={"letter": ("kept",)}),
    "confirm_elimination": Operation(
        run=confirm_elimination,
        subjects=_CASE,
        mains=_EXIT,
        needs=("exit_way",),
        gives={"letter": ("eliminated",), "way": ANY},
    ),
    "plan_next_observation": Operation(
        run=plan_next_observation,
        subjects=_CASE,
        gives={"observation": ("goes_on", "over", "relapse")},
        parameters={"observe_rounds": "observe_rounds"},
    ),
    "take_facts": Operation(run=take_facts, subjects=_CASE, gives={"snapshot": ANY}, facts=("people",)),
    "tally": Operation(
        run=tally,
        gives={"outcome": ("yes", "no")},
        properties={"of": ITEMS, "counts": ANSWER, "wants": MANY, "silence": ("yes", "no")},
    ),
    "urge": Operation(run=urge),
}

"""The county's decisions: to monitor (4.1.6), to eliminate (4.2.5), and to look again at one that was refused."""

from datetime import datetime

from app.forms.model import CodedMessage
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store.processes import Work
from app.store.session import Session

from .model import Here, Judged, StepType, Values


def judge_entry(here: Here, values: Values) -> Judged:
    errors: dict[str, CodedMessage] = {}
    scope, category = here.scope, values["category"]
    if values["decision"] != "approved":
        return Judged()
    if category == "none":
        errors["category"] = ("steps.approved_without_category", {})
    elif category == "other_low_income" and scope.get("civil_result") != "confirmed":
        errors["category"] = ("steps.civil_affairs_first", {})
    if category not in ("none", scope.get("category")) and not values.get("category_reason"):
        errors["category_reason"] = ("steps.other_category_needs_reason", {})
    return Judged(errors)


def judge_exit(here: Here, values: Values) -> Judged:
    """What the table supports is approved, what it does not only as an exception with a reason."""
    supported = here.scope.get("exit_proposal") == "eliminate"
    if values["decision"] == "approved" and not supported:
        return Judged({"decision": ("steps.only_as_exception", {})})
    if values["decision"] == "exception" and supported:
        return Judged({"decision": ("steps.no_exception_needed", {})})
    return Judged()


def reopen(session: Session, work: Work, now: datetime) -> None:
    """A decision is undone: the case is open again, and the household what it was before the approval."""
    case = case_rows.get(session, work.case_id or 0)
    if case is None or case.status == "open":
        return
    case_rows.change(session, case.id, status="open", outcome=None, category=None, decided_at=None)
    if case.household_status == "monitored" and not case.door:
        household_rows.change(session, case.household, work.head.name, status="registered", category=None)


def keep_again(here: Here, values: Values) -> None:
    if values["reexam_result"] == "overturned":
        reopen(here.session, here.work, here.now)


ENTRY = StepType(
    "entry_decision",
    reads=("decision", "category"),
    codes={"decision": ("approved",)},
    uses=("category", "civil_result"),
    subjects=("case",),
    protects=("entry_decision",),
    judge=judge_entry,
    shows=("reasons", "differences"),
)
EXIT = StepType(
    "exit_decision",
    reads=("decision",),
    codes={"decision": ("approved", "exception")},
    needs=("exit_proposal",),
    protects=("exit_decision",),
    judge=judge_exit,
    shows=("reasons", "differences"),
)
AGAIN = StepType(
    "reexamination",
    reads=("reexam_result",),
    codes={"reexam_result": ("overturned",)},
    subjects=("case",),
    protects=("reexamination",),
    keep=keep_again,
)

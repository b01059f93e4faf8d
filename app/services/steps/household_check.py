"""A visit to the household by two people (4.1.2): what they saw goes to its file."""

from app.forms.model import CodedMessage
from app.policy import parameters as params
from app.policy import quality
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import notifications

from ..household import file as household_file
from .model import Here, Judged, StepType, Values

HOLD = "second_check"


def judge(here: Here, values: Values) -> Judged:
    errors: dict[str, CodedMessage] = {}
    wanted = params.number(here.county.entries, here.parameter(TYPE, "min_checkers"), here.today)
    if "checkers" in values and len(set(values["checkers"])) < wanted:
        errors["checkers"] = ("steps.too_few_checkers", {"wanted": wanted})
    for place, member in enumerate(values.get("members", ())):
        number = member.get("id_number")
        if number and here.work.household is not None:
            elsewhere = [h for h in household_rows.with_person(here.session, number) if h != here.work.household]
            if elsewhere:
                errors[f"members-{place}-id_number"] = ("steps.person_elsewhere", {})
    if here.work.key is None or here.work.household is None or here.partly:
        return Judged(errors)
    document, _ = household_rows.document(here.session, here.work.household, here.work.key)
    form = here.bundle.forms[(here.work.task or {})["element"]]
    learned = household_file.learn(document or {}, form, values, who=str(here.actor.id), on=here.today)
    if learned is not None:
        household, checks = household_file.facts(learned)
        limits = quality.limits(here.county.entries, here.today)
        for finding in quality.findings(household, checks, limits, here.today):
            if finding.severity == "block":
                errors.setdefault("", (finding.code, dict(finding.args)))
    return Judged(errors)


def keep(here: Here, values: Values) -> None:
    """Two people visit: the others confirm under their own accounts, unless the signed page says it for all."""
    case_id = here.work.case_id or 0
    case_rows.lift_holds(here.session, case_id, HOLD, here.now)
    if values["confirmed_by"] == "own_account":
        others = sorted(set(values["checkers"]) - {here.actor.id})
        for checker in others:
            case_rows.open_hold(here.session, case_id, kind=HOLD, lifted_by="", cause=checker, now=here.now)
        notifications.add(here.session, others, "check_to_confirm", here.actor.id, here.now, case_id=case_id)


TYPE = StepType(
    "household_check",
    reads=("checkers", "confirmed_by", "members"),
    parameters={"min_checkers": "min_checkers"},
    codes={"confirmed_by": ("own_account",)},
    subjects=("case",),
    protects=("checkers",),
    judge=judge,
    keep=keep,
    raises=(HOLD,),
)

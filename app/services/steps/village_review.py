"""The village's democratic review (4.1.3): quorum, votes, and a result that they bear out."""

from datetime import date

from app.forms.model import CodedMessage
from app.labels import say
from app.policy import parameters as params
from app.policy.parameters import Entries

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    """Quorum, votes within attendance less recusals, and a result that the votes bear out."""
    errors: dict[str, CodedMessage] = {}
    entries, given = here.county.entries, values.get
    quorum, majority = here.parameter(TYPE, "quorum"), here.parameter(TYPE, "majority")
    held_on = date.fromisoformat(given("held_on") or here.today.isoformat())
    entitled, attended, votes = given("entitled"), given("attended"), given("votes")
    if entitled is not None and attended is not None:
        if attended > entitled:
            errors["attended"] = ("steps.more_than_entitled", {"entitled": entitled})
        elif not params.share(entries, quorum, held_on).reached(attended, entitled):
            errors["attended"] = ("steps.no_quorum", {"attended": attended, "entitled": entitled})
    if votes is not None and attended is not None:
        cast = sum(votes.get(side, 0) for side in ("for", "against", "abstained"))
        voting = attended - len(given("recusals", []))
        if cast != voting:
            errors["votes"] = ("steps.votes_differ", {"cast": cast, "voting": voting})
        share = params.share(entries, majority, held_on)
        agreed = share.reached(votes.get("for", 0), attended)
        if not errors and given("review_result") and (given("review_result") == "agreed") != agreed:
            code = "steps.result_is_agreed" if agreed else "steps.result_is_rejected"
            part = say("steps.more_than" if share.strict else "steps.at_least", part=f"{share.numerator}/{share.denominator}")
            errors["review_result"] = (code, {"votes": votes.get("for", 0), "attended": attended, "part": part})
    if votes and votes.get("against") and not given("discussion"):
        errors["discussion"] = ("steps.why_against", {})
    if given("chair") is not None and given("chair") == given("recorder"):
        errors["recorder"] = ("steps.chair_is_recorder", {})
    return Judged(errors, {"reviewed_on": held_on.isoformat()})


def carried(entries: Entries, majority: str, held_on: date, votes_for: int, attended: int) -> bool:
    """Whether so many votes of those present carry a review."""
    return params.share(entries, majority, held_on).reached(votes_for, attended)


TYPE = StepType(
    "village_review",
    reads=("held_on", "entitled", "attended", "votes", "chair", "recorder", "review_result"),
    judge=judge,
    codes={"review_result": ("agreed", "rejected")},
    protects=("quorum", "majority"),
    gives={"reviewed_on": ()},
    parameters={"quorum": "quorum", "majority": "majority"},
    shows=("reasons",),
)

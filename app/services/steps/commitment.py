"""Commitment and authorisation (4.1.1, 4.1.2): signed, or not."""

from datetime import date

from app.forms.model import CodedMessage
from app.policy import calendar
from app.policy import parameters as params

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    errors: dict[str, CodedMessage] = {}
    if values["commitment"] == "signed":
        signed_on = date.fromisoformat(values["signed_on"])
        months = params.number(here.county.entries, here.parameter(TYPE, "authorisation_months"), signed_on)
        longest = calendar.add_months(signed_on, months)
        if values["authorised_until"] < values["signed_on"]:
            errors["authorised_until"] = ("steps.authorised_before_signed", {})
        elif date.fromisoformat(values["authorised_until"]) > longest:
            errors["authorised_until"] = ("steps.authorised_too_long", {"until": longest.isoformat()})
    return Judged(errors)


TYPE = StepType(
    "commitment",
    reads=("commitment", "signed_on", "authorised_until"),
    judge=judge,
    teaches=True,
    raises=("authorisation_withdrawn",),
    parameters={"authorisation_months": "authorisation_months"},
    protects=("authorisation",),
    codes={"commitment": ("signed",)},
)

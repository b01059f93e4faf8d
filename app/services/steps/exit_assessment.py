"""Assessing whether a household's risk is gone (4.2.5)."""

from app.forms.model import CodedMessage

from .model import Here, Judged, StepType, Values


def judge(here: Here, values: Values) -> Judged:
    """What was carried out has a day; the standard is that of the day of assessment."""
    errors: dict[str, CodedMessage] = {}
    for place, row in enumerate(values.get("measures_done", ())):
        if row["carried_out"] == "yes" and not row.get("done_on"):
            errors[f"measures_done-{place}-done_on"] = ("steps.measure_day_missing", {})
    return Judged(errors, {"assessed_on": values["assessed_on"]})


TYPE = StepType(
    "exit_assessment", reads=("assessed_on", "measures_done"), gives={"assessed_on": ()}, subjects=("case",), judge=judge
)

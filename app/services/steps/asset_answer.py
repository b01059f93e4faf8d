"""A department's answer about assets (4.1.2): kept with the day and the department."""

from typing import Any

from .model import Here, StepType, Values


def learn(here: Here, document: dict[str, Any], values: Values) -> dict[str, Any]:
    if here.task_item is None:
        return document
    answers = {**document.get("asset_answers", {})}
    answers[here.task_item] = {"on": here.today.isoformat(), "answer": values["answer"]}
    return {**document, "asset_answers": answers}


TYPE = StepType("asset_answer", reads=("answer",), learn=learn, teaches=True)

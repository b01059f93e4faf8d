"""What service tasks do by themselves, by noun; the one table of all operations."""

from ..definitions import Bundle
from . import cases, clues, incomes, months, rounds, scale
from .model import Operation

OPERATIONS: dict[str, Operation] = {
    **cases.OPERATIONS,
    **clues.OPERATIONS,
    **months.OPERATIONS,
    **scale.OPERATIONS,
    **rounds.OPERATIONS,
    **incomes.OPERATIONS,
}


def ahead(bundle: Bundle, element: str, name: str) -> str:
    """The entry that the nearest operation after an element asks for a parameter."""
    for one in bundle.definition.top.onward(element):
        made = OPERATIONS.get(one.properties.get("operator", ""))
        if made is not None and name in made.parameters:
            return made.parameter(bundle.said, one.id, name)
    return name

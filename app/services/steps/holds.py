"""Holds: what keeps a step from being completed now. A step says in the diagram for which kinds it waits."""

from collections.abc import Iterable, Sequence

from app.engine.graph import split

from ..definitions import Bundle

KINDS = (
    "asset_answers",
    "authorisation_withdrawn",
    "late_objection",
    "opinion",
    "provisional_standard",
    "second_check",
)
OF_A_TASK = ("opinion",)
"""Kinds that stop the one step they name; every other stops whatever step waits for it."""
Open = tuple[str, Sequence[str]]
"""A hold as it stands on a case: (kind, steps it names)."""


def on(bundle: Bundle, element: str, open_: Iterable[Open]) -> list[str]:
    """Kinds of the open holds of a case that this step must wait for."""
    waits = split(bundle.said(element, "waits_for"))
    return [kind for kind, named in open_ if (element in named if kind in OF_A_TASK else kind in waits)]

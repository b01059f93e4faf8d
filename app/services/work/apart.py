"""Who may not do a step although they hold its post: kin, and who took part in a step that it is kept apart from."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.engine.graph import Element, split
from app.store import inbox, notifications
from app.store.processes import Work
from app.store.session import Session

from ..definitions import Bundle, bundle
from ..events import act_key, apart_from


def acted_apart(work: Work, made: Bundle, element: Element) -> dict[str, frozenset[int]]:
    """By name, the steps that this one must be kept apart from, and who took part in them."""
    elements = made.definition.elements
    return {
        elements[step].name: work.acts.get(act_key(work.process, step), frozenset())
        for step in split(element.properties.get("separate_from"))
    }


def barred(session: Session, rows: Sequence[Any], acting: Mapping[int, set[int]]) -> set[int]:
    """Open tasks (rows of the inbox) that cannot be taken: by kin, or by who took part in a step they must be kept apart
    from. `acting`: by task, who takes it and in whose place."""
    everybody = set[int]().union(*acting.values())
    kin = notifications.kin_among(session, {r.household for r in rows if r.household}, everybody)
    past = inbox.acted(session, {r.case_id for r in rows if r.case_id}, {r.instance for r in rows}, everybody)
    found = set()
    for row in rows:
        others = apart_from(row.process, bundle(session, row.deployment).definition.elements[row.element])
        done = past.get((row.case_id, None if row.case_id else row.instance), set())
        people = acting[row.id]
        if any((row.household, one) in kin or any((other, one) in done for other in others) for one in people):
            found.add(row.id)
    return found

"""反映问题: anybody reports what hinders the work with the system; the county answers, and the answer is told."""

from collections.abc import Sequence
from typing import Any

from app.store import feedback as rows
from app.store import notifications
from app.store.processes import NotFound

from ..context import Context
from ..people import Refused

LONGEST = 1_000
SHOWN = 100


def answers(context: Context) -> bool:
    return context.county.may(context.actor, "answer_feedback")


def listed(context: Context) -> Sequence[dict[str, Any]]:
    """Everybody's for those who answer, else one's own."""
    return rows.listed(context.session, None if answers(context) else context.actor.id, SHOWN)


def report(context: Context, page: str, text: str) -> None:
    """`page` is the path it is about, without its query."""
    text = text.strip()
    if not text:
        raise Refused("desk.empty")
    if len(text) > LONGEST:
        raise Refused("desk.long", maximum=LONGEST)
    rows.add(context.session, context.actor.id, page[:120], text, context.now)


def answer(context: Context, ident: int, text: str) -> None:
    session, actor, now = context.session, context.actor, context.now
    found = rows.get(session, ident)
    if found is None or not answers(context):
        raise NotFound
    if not text.strip():
        raise Refused("desk.empty")
    rows.answer(session, found, text.strip(), actor.id, now)
    notifications.add(session, [found.official], "answered", actor.id, now)

"""What an official keeps for the own desk: days to look again, and filters of the inbox under a name."""

from datetime import date
from urllib.parse import parse_qsl, urlencode

from app.store import notifications
from app.store.session import Session

from ..people import Actor, Refused
from .task_page import Look

FILTERED = ("process", "step", "village", "due", "tab")
MOST_FILTERS = 8


def follow(session: Session, actor: Actor, view: Look, on: date | None, today: date) -> None:
    """A day on which this person wants to look at the task again (None: no more); it moves no due date."""
    if not view.is_open or view.county.may(actor, "inspect"):
        raise Refused("colleagues.not_open")
    if on is not None and on < today:
        raise Refused("pages.date_too_early", earliest=today.isoformat())
    notifications.follow(session, actor.id, view.task["id"], on)


def keep_filter(session: Session, actor: Actor, name: str, query: str) -> str:
    """Keep the inbox's filter under a name; returns it as it is kept."""
    name = name.strip()
    if not name:
        raise Refused("desk.filter_name")
    if len(notifications.filters_of(session, actor.id)) >= MOST_FILTERS:
        raise Refused("desk.filters_full", maximum=MOST_FILTERS)
    kept = urlencode({k: v for k, v in parse_qsl(query) if k in FILTERED})
    notifications.save_filter(session, actor.id, name, kept)
    return kept

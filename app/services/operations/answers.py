"""The answer goes back to whoever reported: officials and departments in their inbox, the public by tracking code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.labels import say
from app.policy import calendar
from app.store import clues as rows
from app.store import notifications, submissions
from app.store import people as people_rows
from app.store.session import Session

from ..people import county_on

KIND = "clue_answered"


def outcome_words(outcome: str | None, reason: str = "") -> str:
    """What became of a clue, in one phrase."""
    return say(f"clues.outcome.{outcome or 'open'}", reason=reason)


def tell(session: Session, row: Any, now: datetime, kind: str = KIND) -> None:
    """Tell the sender of this clue that its (or the one's it was joined with) answer stands."""
    people = {row.sender} if row.sender is not None else set()
    if row.sender_unit is not None:
        on = calendar.local_date(now)
        people |= people_rows.who_hold(session, county_on(session, on).who_may("hear_of_clues"), [row.sender_unit], on)
    notifications.add(session, people, kind, None, now, clue=row.id)
    root = rows.get(session, row.merged_into) if row.merged_into is not None else row
    code = rows.content(session, row).get("code")
    if code and root is not None:
        submissions.answer(session, bytes.fromhex(code), public_answer(session, root), now)


def tell_all(session: Session, row: Any, now: datetime, kind: str = KIND) -> None:
    """The clue's sender and everybody whose clue was joined with it."""
    for one in (row, *rows.merged_in(session, row.id)):
        tell(session, one, now, kind)


def public_answer(session: Session, row: Any) -> Mapping[str, str]:
    """What who declared online may read: the outcome, and the words meant for them; nothing of what was found."""
    if row.status == "open":
        return {"state": "checking", "outcome": "", "answer": ""}
    return {"state": "answered", "outcome": row.outcome or "", "answer": rows.content(session, row).get("answer", "")}

"""Doors: where something outside a procedure starts one (an application, a clue, the calendar). Which procedure stands
behind each is dated data, the `door` entries."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from app.policy.parameters import Entries
from app.store import cases as case_rows
from app.store import dated
from app.store.session import Session

from . import definitions
from .definitions import Bundle, NotDeployed

APPLICATION, CONFIRMED, EXIT, OBSERVATION, ASSETS = "application", "clue_confirmed", "exit", "observation", "asset_query"
CLUE, CLUE_WATCH, SCALE = "clue", "clue_watch", "scale_study"
MONTH, INCOMES, ROUND = "month_comparison", "month_incomes", "round"
ALL = (APPLICATION, CONFIRMED, CLUE, CLUE_WATCH, ASSETS, EXIT, OBSERVATION, MONTH, INCOMES, ROUND, SCALE)


def process(session: Session, door: str, on: date) -> str:
    """The procedure behind a door on a day. NotDeployed if the county has published none for it."""
    entries = dated.current_entries(session)
    entry = entries.get("door", door, on)
    if entry is not None:
        return str(entry.value["process"])
    if entries.history("door", door):
        raise NotDeployed(door)
    return _before(session, door)


def latest(session: Session, door: str, on: date) -> Bundle:
    """The newest version of the procedure behind a door."""
    return definitions.latest(session, process(session, door, on))


def opens(session: Session, door: str, on: date) -> bool:
    """Whether a published procedure stands behind a door."""
    try:
        latest(session, door, on)
    except NotDeployed:
        return False
    return True


def roles(session: Session, door: str, on: date, otherwise: Collection[str]) -> Collection[str]:
    """Who may knock, where the door says so."""
    entry = dated.current_entries(session).get("door", door, on)
    named: Any = entry.value.get("roles") if entry is not None else None
    return list(named) if named else otherwise


def shared(session: Session, entries: Entries | None = None) -> Bundle:
    """What all procedures share (code lists, papers), as the newest version of the application's has it."""
    known = dated.current_entries(session) if entries is None else entries
    entry = next(iter(known.history("door", APPLICATION)), None)
    return definitions.latest(session, str(entry.value["process"]) if entry is not None else _before(session, APPLICATION))


def _before(session: Session, door: str) -> str:
    """Where a county has not published its doors since they were named: the procedure that always stood there."""
    known: Mapping[str, str] | None = session.store.cache.get("doors_before")
    if known is None:
        known = session.store.cache["doors_before"] = dated.doors_before(session)
    if door not in known:
        raise NotDeployed(door)
    return known[door]


# --- procedures that carry a case ------------------------------------------------------------------------------------


def main_instances(session: Session, case_id: int) -> list[Any]:
    """Instances of a case whose procedure carries it (`main`), oldest first; others, such as an asset query, run beside."""
    rows = case_rows.instances_of(session, case_id)
    return [row for row in rows if definitions.bundle(session, row.deployment).main]


def main_instance(session: Session, case_id: int) -> Any | None:
    """The procedure the case is in, or was in last."""
    return next(reversed(main_instances(session, case_id)), None)

"""Nothing is kept longer than needed: every kind has its months (dated parameters), and once a day what is over them goes.

What goes leaves an event of its own; digests stay, so that chain, seals and replay still verify. A household that stands in
the province's register is kept with it: only its papers go here.
"""

from collections.abc import Callable
from datetime import datetime, time

from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import audit as keys_rows
from app.store import jobs, record
from app.store import retention as rows
from app.store.record import Draft
from app.store.session import Session, Store

from . import keys
from .people import County, county

JOB = "retention"
KINDS = ("clue", "refused", "finished", "papers")
AT_ONCE = 200
STATUS = {"refused": "registered", "finished": "eliminated"}
"""Kind -> status of the households it is about; those put on the watch list are neither."""


def key_of(kind: str) -> str:
    """The parameter that says how many months."""
    return f"keep_{kind}_months"


def run(store: Store, now: datetime) -> dict[str, int]:
    """Once a day. Returns how many of each kind went; {} if it was done today."""
    today = calendar.local_date(now)
    with store.reading() as session:
        if jobs.job_result(session, JOB, today.isoformat()) is not None:
            return {}
        place = county(session, today)
    with store.transaction() as session:
        if not jobs.begin_job(session, JOB, today.isoformat(), now):
            return {}
    gone = {
        "clue": _in_pieces(store, place, "clue", now, _clues),
        "refused": _households(store, place, "refused", now),
        "finished": _households(store, place, "finished", now),
        "papers": _in_pieces(store, place, "papers", now, _papers),
    }
    with store.transaction() as session:
        jobs.end_job(session, JOB, today.isoformat(), now, gone)
    return gone


def before(place: County, kind: str) -> datetime:
    """What ended earlier than this has been kept long enough."""
    months = params.number(place.entries, key_of(kind), place.on)
    return datetime.combine(calendar.add_months(place.on, -months), time(), calendar.LOCAL)


def _in_pieces(
    store: Store, place: County, kind: str, now: datetime, piece: Callable[[Session, datetime, datetime], int]
) -> int:
    total, until = 0, before(place, kind)
    while True:
        with store.transaction() as session:
            done = piece(session, until, now)
        total += done
        if done < AT_ONCE:
            return total


def _clues(session: Session, until: datetime, now: datetime) -> int:
    old = rows.clues_before(session, until, AT_ONCE)
    if old:
        rows.drop_clues(session, old)
        _note(session, "clues_expired", {"clues": old}, now)
    return len(old)


def _papers(session: Session, until: datetime, now: datetime) -> int:
    old = rows.papers_before(session, until, AT_ONCE)
    if old:
        keys_rows.destroy_keys(session, [row.data_key for row in old], now)
        rows.empty_papers(session, [row.id for row in old])
        _note(session, "papers_expired", {"papers": [[row.id, row.case_id, row.batch] for row in old]}, now)
    return len(old)


def _note(session: Session, kind: str, body: dict[str, object], now: datetime) -> None:
    head = record.lock_stream(session, JOB)
    _, writes = record.append(session, head, None, Draft(kind, now, None, body))
    session.write(writes)


def _households(store: Store, place: County, kind: str, now: datetime) -> int:
    """One household, one transaction: what one says stands on its own stream."""
    total, until, status = 0, before(place, kind), STATUS[kind]
    basis = say("retention.basis", source=place.entries.require("parameter", key_of(kind), place.on).source)
    while True:
        with store.reading() as session:
            old = rows.households_ended(session, status, until, AT_ONCE)
        gone = 0
        for household in old:
            with store.transaction() as session:
                record.lock_stream(session, f"household:{household}")
                if rows.still_ended(session, household, status, until):
                    keys.expire_household(session, household, basis=basis, kind=kind, now=now)
                    gone += 1
        total += gone
        if gone < AT_ONCE:
            return total

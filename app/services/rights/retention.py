"""Nothing is kept longer than needed: every kind has its months (dated parameters), and once a day what is over them goes.

What goes leaves an event of its own; digests stay, so that chain, seals and replay still verify. A household that stands in
the province's register is kept with it: only its papers go here.
"""

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta

from app import trouble
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import drafts, jobs, kept_forms, record
from app.store import households as household_rows
from app.store import retention as rows
from app.store.record import NewEvent
from app.store.session import Session, Store

from .. import events
from ..people import County, county_on
from . import erasure as keys

log = logging.getLogger("shouwang.retention")
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
        run_of_today = jobs.job_result(session, JOB, today.isoformat())
        if run_of_today is not None and run_of_today.ended_at is not None:
            return {}
        county = county_on(session, today)
    with store.transaction() as session:
        jobs.begin_job(session, JOB, today.isoformat(), now)  # one that broke off today goes on
    parts: dict[str, Callable[[], int]] = {
        "clue": lambda: _in_pieces(store, county, "clue", now, _clues),
        "refused": lambda: _households(store, county, "refused", now),
        "finished": lambda: _households(store, county, "finished", now),
        "papers": lambda: _in_pieces(store, county, "papers", now, _papers),
        "drafts": lambda: _old_drafts(store, now),
    }
    gone = {kind: _tried(kind, part) for kind, part in parts.items()}
    with store.transaction() as session:
        jobs.end_job(session, JOB, today.isoformat(), now, gone)
    return gone


def _tried(kind: str, part: Callable[[], int]) -> int:
    """One kind that fails must not keep the others."""
    try:
        return part()
    except Exception as error:
        log.error("retention failed", extra={"kind": kind, **trouble.of(error)})
        return 0


DRAFT_DAYS, REFUSED_DAYS, TABLE_DAYS = 30, 14, 4


def _old_drafts(store: Store, now: datetime) -> int:
    """Half-filled lists and refused forms that nobody came back to."""
    with store.transaction() as session:
        refused = kept_forms.drop_old(session, now - timedelta(days=REFUSED_DAYS), now)
        refused += kept_forms.drop_tables(session, "file", now - timedelta(days=TABLE_DAYS), now)
        return refused + drafts.drop_old_lists(session, now - timedelta(days=DRAFT_DAYS), now)


def before(county: County, kind: str) -> datetime:
    """What ended earlier than this has been kept long enough."""
    months = params.number(county.entries, key_of(kind), county.on)
    return datetime.combine(calendar.add_months(county.on, -months), time(), calendar.LOCAL)


def _in_pieces(
    store: Store, county: County, kind: str, now: datetime, piece: Callable[[Session, datetime, datetime], int]
) -> int:
    total, until = 0, before(county, kind)
    while True:
        with store.transaction() as session:
            done = piece(session, until, now)
        total += done
        if done < AT_ONCE:
            return total


def _clues(session: Session, until: datetime, now: datetime) -> int:
    old = rows.clues_before(session, until, AT_ONCE)
    if old:
        idents = [row.id for row in old]
        for ident in idents:
            events.stop_clue(session, ident, now)
        record.destroy_keys(session, [row.own_key for row in old if row.own_key is not None], now)
        rows.drop_clues(session, idents)
        _note(session, "clues_expired", {"clues": idents}, now)
    return len(old)


def _papers(session: Session, until: datetime, now: datetime) -> int:
    old = rows.papers_before(session, until, AT_ONCE)
    if old:
        record.destroy_keys(session, [row.data_key for row in old], now)
        rows.empty_papers(session, [row.id for row in old])
        _note(session, "papers_expired", {"papers": [[row.id, row.case_id, row.batch] for row in old]}, now)
    return len(old)


def _note(session: Session, kind: str, body: dict[str, object], now: datetime) -> None:
    head = record.lock_stream(session, JOB)
    _, writes = record.append(session, head, None, NewEvent(kind, now, None, body))
    session.write(writes)


def _households(store: Store, county: County, kind: str, now: datetime) -> int:
    """One household, one transaction: what one says stands on its own stream."""
    total, until, status = 0, before(county, kind), STATUS[kind]
    basis = say("privacy.retention.basis", source=county.entries.require("parameter", key_of(kind), county.on).source)
    while True:
        with store.reading() as session:
            old = rows.households_ended(session, status, until, AT_ONCE)
        gone = 0
        for household in old:
            try:
                with store.transaction() as session:
                    household_rows.lock(session, household)
                    if rows.still_ended(session, household, status, until):
                        keys.expire_household(session, household, basis=basis, kind=kind, now=now)
                        gone += 1
            except Exception as error:
                log.error("retention failed", extra={"kind": kind, **trouble.of(error)})
        total += gone
        if gone < AT_ONCE:
            return total

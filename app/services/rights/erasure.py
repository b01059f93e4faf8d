"""Rotation of master keys, and lawful erasure of one household."""

from datetime import datetime

from app.crypto import SUITES
from app.policy import calendar
from app.store import audit as rows
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import drafts, incomes, kept_forms, questions, record
from app.store import households as household_rows
from app.store import lists as list_rows
from app.store import visits as visit_rows
from app.store.record import NewEvent
from app.store.session import Session

from .. import events
from ..context import context_of
from ..exchange import outbox
from ..people import SYSTEM, Refused
from ..rescreening import extract


def rewrap_some(session: Session, limit: int = 500) -> int:
    """Wrap data keys with the current master key, a piece at a time; 0 when none is left. Event rows never change."""
    keyring = session.keyring
    found = rows.keys_under(session, keyring.current, limit)
    for row in found:
        suite = SUITES[row.suite]
        key = keyring.unwrap(row.id, row.master, bytes(row.wrapped), suite)
        rows.rewrap(session, row.id, row.wrapped, *keyring.wrap(key, suite))
    return len(found)


def erase_household(session: Session, household: int, *, basis: str, approvers: tuple[str, str], now: datetime) -> int:
    """Destroy the keys of one household and of its papers; names in plain columns are blanked. The chain still verifies;
    pages say it was erased by law. Returns the number of papers that went with it; the event lists the signed pages of
    meetings that still name it (they are under the meeting's key, for the other households' sake).

    Refused without a legal basis, two different people, or while a case is open.
    """
    if not basis.strip() or not all(a.strip() for a in approvers) or approvers[0] == approvers[1]:
        raise Refused("keys.basis_and_two_people")
    household_rows.lock(session, household)
    row = household_rows.get(session, household)
    if row is None:
        raise Refused("keys.no_such_household")
    if case_rows.open_case_of(session, household, None) is not None:
        raise Refused("keys.case_open")
    return _erase(session, household, row.data_key, {"basis": basis.strip(), "approvers": list(approvers)}, now)


def expire_household(session: Session, household: int, *, basis: str, kind: str, now: datetime) -> None:
    """The same by the nightly job, once the time of its `kind` (see retention) is over; the caller made sure that it is."""
    row = household_rows.get(session, household)
    _erase(session, household, row.data_key if row else 0, {"basis": basis[:500], "kept_as": kind}, now)


def _forget_refused(session: Session, household: int, key: int, cases: list[int], clues: list[int], now: datetime) -> None:
    """Forms that were never taken and are about this household: by page, by the field of a list, by a person's number."""
    tasks = [t.id for c in cases for t in case_rows.tasks_of(session, c)]
    pages = [
        f"/households/{household}",
        *(f"/cases/{c}" for c in cases),
        *(f"/clues/{c}" for c in clues),
        *(f"/tasks/{t}" for t in tasks),
    ]
    document, _ = household_rows.document(session, household, record.data_key(session, key)) if key else (None, 0)
    people = (document or {}).get("members") or ()
    numbers = [str(n) for m in people for n in (m.get("id_number"), m.get("phone")) if n]
    fields = [f"\n{household}/", f'name="{household}/', *(f"_v-{t}=" for t in tasks)]
    kept_forms.drop_naming(session, pages, [*fields, *numbers], f"/{household}", now)


def _erase(session: Session, household: int, key: int, why: dict[str, object], now: datetime) -> int:
    cases = [c.id for c in case_rows.cases_of(session, household)]
    for case_id in cases:
        events.stop_case(context_of(session, SYSTEM, now), case_id)
    drafts.drop_lists_naming(session, [t.id for c in cases for t in case_rows.tasks_of(session, c)], now)
    papers = rows.paper_keys_of(session, cases)
    clues = clue_rows.of_household(session, household)
    _forget_refused(session, household, key, cases, [c.id for c in clues], now)
    for clue in clues:
        events.stop_clue(session, clue.id, now)
    record.destroy_keys(session, [key, *papers, *sorted({c.data_key for c in clues if c.data_key} - {key})], now)
    clue_rows.blank(session, [c.id for c in clues])
    visit_rows.forget(session, household)
    incomes.forget(session, household)
    outbox.without(session, household, now)
    extract.drop(session, now)
    stream = f"household:{household}"
    household_rows.change(session, household, stream, head_name=None, pinyin=None, status="erased", category=None)
    household_rows.forget_people(session, household)
    questions.forget(session, household, now)
    head = record.lock_stream(session, stream)
    body = {
        "household": household,
        **why,
        "on": calendar.local_date(now).isoformat(),
        "cases": cases,
        "papers": len(papers),
        "shared_pages": list_rows.pages_naming(session, cases),
    }
    _, writes = record.append(session, head, None, NewEvent("household_erased", now, None, body))
    session.write(writes)
    return len(papers)

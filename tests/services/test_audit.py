"""The record verifies, by replay too; and tampering is named for what it is."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.crypto import chain_hash
from app.services import audit
from app.services.rights import erasure as keys
from app.store import sealed
from app.store.session import Store
from tests.conftest import County
from tests.walking import Walk


def report_of(store: Store) -> audit.Report:
    with store.reading() as session:
        return audit.verify(session)


def finished(county: County) -> Walk:
    walk = Walk(county).open().to("post_notice")
    walk.do("village_1", "post_notice")
    walk.lodge("village_2")
    walk.do("village_2", "investigate_objection")
    walk.to("acknowledge_measures")
    walk.do("health", "acknowledge_measures", "health")
    return walk


def test_a_finished_case_verifies_by_replay(county: County) -> None:
    finished(county)
    report = report_of(county.store)
    assert report.findings == []
    assert report.cases == 1 and report.replayed > 20


def test_replay_holds_for_refusal_return_and_closing(county: County) -> None:
    walk = Walk(county, 2).open().to("hold_village_review")
    walk.do("village_3", "hold_village_review", votes={"for": 3, "against": 20, "abstained": 2}, review_result="rejected")
    walk.lodge("village_1", "reexam_requested")
    walk.do("town_leader", "reexamine_in_town", reexam_result="overturned")
    assert "hold_village_review" in dict(walk.open_tasks())
    assert report_of(county.store).ok


TAMPERINGS = {
    "audit.event_changed": "UPDATE events SET body = (SELECT body FROM events WHERE number = 3 AND stream = :s) "
    "WHERE number = 4 AND stream = :s",
    "audit.missing_event": "DELETE FROM events WHERE number = 5 AND stream = :s",
    "audit.tail_cut": "DELETE FROM events WHERE stream = :s AND number = (SELECT max(number) FROM events WHERE stream = :s)",
    "audit.columns_differ": "UPDATE events SET actor = 9999 WHERE number = 6 AND stream = :s",
    "audit.timers_differ": "UPDATE timers SET due = due - 86400000000",
    "audit.acts_differ": "DELETE FROM acts",
    "audit.holds_differ": "UPDATE holds SET lifted_at = NULL",
    "audit.case_differs": "UPDATE cases SET outcome = 'approved' WHERE id = 1",
    "audit.household_differs": "UPDATE households SET status = 'monitored'",
    "audit.papers_differ": "UPDATE papers SET hash = (SELECT hash FROM events WHERE number = 1 AND stream = :s)",
    "audit.state_differs": "UPDATE process_instances SET state = NULL WHERE state IS NOT NULL",
    "audit.tasks_differ": "UPDATE tasks SET status = 'done' WHERE status = 'open'",
}


@pytest.mark.parametrize("code", TAMPERINGS)
def test_tampering_is_named_for_what_it_is(county: County, code: str) -> None:
    Walk(county).open().to("verify_in_town")
    Walk(county, 2).open()
    with county.store.transaction() as session:
        stream = session.conn.execute(text("SELECT id FROM streams WHERE name = 'case:1'")).scalar()
        _without_triggers(county.store, session)
        session.conn.execute(text(TAMPERINGS[code]), {"s": stream} if ":s" in TAMPERINGS[code] else {})
    assert [f.code for f in report_of(county.store).findings][:1] == [code]


def test_what_lies_sealed_is_opened_of_one_case_too(county: County) -> None:
    walk = finished(county)
    Walk(county, 2).open()
    with county.store.transaction() as session:
        pieces = {piece.kind for piece in sealed.pieces(session)}
        assert {"version", "details", "snapshot", "paper", "message"} <= pieces
        assert {piece.kind for piece in sealed.pieces(session, walk.case_id)} == pieces
        session.conn.execute(
            text("UPDATE papers SET secret = (SELECT secret FROM household_versions LIMIT 1) WHERE case_id = 1")
        )
    with county.store.reading() as session:
        said = [(f.code, f.where) for f in audit.verify(session, 1).findings]
        assert said and set(said) == {("audit.sealed_broken", "case:1")}
        assert audit.verify(session, 2).ok


def _without_triggers(store: Store, session: object) -> None:
    conn = session.conn  # type: ignore[attr-defined]
    if store.is_sqlite:
        for verb in ("update", "delete"):
            conn.execute(text(f"DROP TRIGGER events_no_{verb}"))
    else:
        conn.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))


def test_the_database_itself_refuses_to_change_an_event(county: County) -> None:
    Walk(county).open()
    attempts = ["UPDATE events SET actor = 1", "DELETE FROM events", "DELETE FROM readings", "UPDATE entries SET source = ''"]
    attempts.append(
        "INSERT OR REPLACE INTO events SELECT * FROM events" if county.store.is_sqlite else "TRUNCATE events CASCADE"
    )
    with county.store.transaction() as session:
        session.conn.execute(text("INSERT INTO readings (official, household, at, what) VALUES (1, 1, 0, 'case')"))
    for attempt in attempts:
        with pytest.raises(Exception, match="insert-only"), county.store.transaction() as session:
            session.conn.execute(text(attempt))


def test_a_cut_tail_is_seen_by_the_seal_even_if_the_stream_row_was_mended(sqlite_county: County) -> None:
    store = sqlite_county.store
    Walk(sqlite_county).open().to("check_household")
    with store.transaction() as session:
        audit.seal(session, date(2021, 9, 1), sqlite_county.now)
    with store.transaction() as session:
        _without_triggers(store, session)
        session.conn.execute(text("DELETE FROM events WHERE stream = (SELECT id FROM streams WHERE name='case:1')"))
        session.conn.execute(text("UPDATE streams SET number = 0, hash = x'' WHERE name = 'case:1'"))
    assert "audit.seal_broken" in {f.code for f in report_of(store).findings}


def test_erasing_one_household_leaves_chain_and_seals_intact(county: County) -> None:
    walk = Walk(county).open().to("hold_village_review")
    walk.do("village_3", "hold_village_review", votes={"for": 3, "against": 20, "abstained": 2}, review_result="rejected")
    walk.wait(days=11)
    assert walk.case().closed_at is not None
    with county.store.transaction() as session:
        audit.seal(session, date(2021, 9, 30), county.now)
        keys.erase_household(
            session, walk.case().household, basis="依法删除申请", approvers=("甲", "乙"), now=county.now + timedelta(days=1)
        )
    report = report_of(county.store)
    assert report.findings == [] and report.erased > 0
    assert walk.case().head_name is None


def test_rotation_rewraps_every_key_and_the_record_still_verifies(sqlite_county: County) -> None:
    finished(sqlite_county)
    keyring = sqlite_county.store.keyring
    keyring.masters["k2"], keyring.current = b"\x07" * 32, "k2"
    with sqlite_county.store.transaction() as session:
        assert keys.rewrap_some(session) > 0
    with sqlite_county.store.transaction() as session:
        assert keys.rewrap_some(session) == 0
    del keyring.masters["k1"]
    keyring._cache.clear()
    assert report_of(sqlite_county.store).ok


def test_a_rewritten_history_with_a_mended_chain_is_betrayed_by_replay(sqlite_county: County) -> None:
    """Who can write the tables and knows the hash can chain a lie; run again, the lie does not come out."""
    store = sqlite_county.store
    Walk(sqlite_county).open().to("sign_town_report")
    with store.transaction() as session:
        _without_triggers(store, session)
        rows = session.conn.execute(
            text("SELECT number, body, secret FROM events WHERE stream = :s ORDER BY number"), {"s": _stream_of(session)}
        ).all()
        previous = b""
        for row in rows:
            body = row.body.replace(b'"review_result":"agreed"', b'"review_result":"rejected"')
            digest = chain_hash(store.keyring.suite, previous, body, row.secret)
            session.conn.execute(
                text("UPDATE events SET body = :b, prev_hash = :p, hash = :h WHERE number = :n AND stream = :s"),
                {"b": body, "p": previous, "h": digest, "n": row.number, "s": _stream_of(session)},
            )
            previous = digest
        session.conn.execute(text("UPDATE streams SET hash = :h WHERE id = :s"), {"h": previous, "s": _stream_of(session)})
    assert {f.code for f in report_of(store).findings} <= {"audit.replay_differs", "audit.replay_failed"}
    assert report_of(store).findings


def _stream_of(session: object) -> int:
    return session.conn.execute(text("SELECT id FROM streams WHERE name = 'case:1'")).scalar()  # type: ignore[attr-defined]

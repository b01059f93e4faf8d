"""What households declare online: taken in within limits, found by its code, taken up once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.crypto import open_under
from app.store import submissions
from app.store.session import Session
from app.store.tables import entries
from app.store.tables import submissions as table
from tests.conftest import START, County

LONG_AGO, ONE_DAY = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LIMITS = (2, 4)


def hand_in(session: Session, n: int, source: bytes = b"s1", **columns: Any) -> None:
    usual: dict[str, Any] = {"code": b"code%d" % n, "sealed": b"sealed%d" % n, "puzzle": b"p%d" % n}
    submissions.add(session, **{**usual, **columns}, source=source, now=START, limits=LIMITS)


def limited(session: Session) -> None:
    """The county's own limits, by which PostgreSQL counts."""
    for key, value in zip(("apply_per_hour", "apply_per_day"), LIMITS, strict=True):
        entry = {"name": "parameter", "key": key, "valid_from": START.date(), "number": 99, "value": {"value": value}}
        session.conn.execute(insert(entries).values(**entry, source="", default=False))


def row_of(session: Session, ident: int) -> Any:
    return session.conn.execute(select(table).where(table.c.id == ident)).one()


def test_what_was_handed_in_is_found_by_its_code_and_waits_in_order(county: County) -> None:
    with county.store.transaction() as session:
        for n in (1, 2):
            hand_in(session, n)
        found = submissions.new(session, 10)
        assert [bytes(row.sealed) for row in found] == [b"sealed1", b"sealed2"]
        assert [row.id for row in submissions.new(session, 1)] == [found[0].id]
        assert submissions.status(session, b"code1") == ("received", None, found[0].received_at)
        assert submissions.status(session, b"code9") is None
        assert bytes(row_of(session, found[0].id).code) != b"code1"  # nobody who reads the table learns it


@pytest.mark.parametrize("same", [{"code": b"code1"}, {"puzzle": b"p1"}])
def test_the_same_code_or_puzzle_is_taken_once(county: County, same: dict[str, bytes]) -> None:
    with county.store.transaction() as session:
        hand_in(session, 1)
        with pytest.raises(submissions.Known):
            hand_in(session, 2, b"s2", **same)
        hand_in(session, 3, b"s3")  # the transaction goes on
        assert [bytes(row.sealed) for row in submissions.new(session, 10)] == [b"sealed1", b"sealed3"]


def test_one_address_and_all_together_are_limited(county: County) -> None:
    with county.store.transaction() as session:
        limited(session)
        hand_in(session, 1)
        hand_in(session, 2)
        with pytest.raises(submissions.Flood, match="hour"):
            hand_in(session, 3)
        hand_in(session, 4, b"s2")
        hand_in(session, 5, b"s3")
        with pytest.raises(submissions.Flood, match="day"):
            hand_in(session, 6, b"s4")
        assert [bytes(row.sealed) for row in submissions.new(session, 10)] == [b"sealed%d" % n for n in (1, 2, 4, 5)]


def test_an_hour_and_a_day_later_there_is_room_again(sqlite_county: County) -> None:
    def later(session: Session, n: int, source: bytes, **passed: int) -> None:
        once = {"code": b"c%d" % n, "sealed": b"", "puzzle": b"p%d" % n}
        submissions.add(session, **once, source=source, now=START + timedelta(**passed), limits=LIMITS)

    with sqlite_county.store.transaction() as session:
        for n in (1, 2):
            later(session, n, b"s1")
        with pytest.raises(submissions.Flood, match="hour"):
            later(session, 3, b"s1", minutes=59)
        later(session, 3, b"s1", hours=1)
        later(session, 4, b"s2", hours=2)
        with pytest.raises(submissions.Flood, match="day"):
            later(session, 5, b"s3", hours=23)
        later(session, 5, b"s3", hours=24)
        assert len(submissions.new(session, 10)) == 5


def test_a_submission_is_taken_up_once_and_its_words_go(county: County) -> None:
    with county.store.transaction() as session:
        for n in (1, 2):
            hand_in(session, n)
        one, two = (row.id for row in submissions.new(session, 10))
        assert submissions.take(session, one, None, "read", START)
        assert not submissions.take(session, one, 7, "twice", START)
        assert not submissions.take(session, 10**6, 7, "read", START)
        row = row_of(session, one)
        assert (row.taken_at, row.clue, row.state, bytes(row.sealed)) == (START, None, "read", b"")
        submissions.bind(session, one, 8)
        assert (row_of(session, one).clue, row_of(session, two).clue) == (8, None)
        assert [row.id for row in submissions.new(session, 10)] == [two]
        assert submissions.status(session, b"code1")[:2] == ("read", None)


def test_what_no_key_opens_is_set_aside_as_it_came(county: County) -> None:
    with county.store.transaction() as session:
        for n in (1, 2):
            hand_in(session, n)
        one, two = (row.id for row in submissions.new(session, 10))
        submissions.take(session, two, 7, "read", START)
        for ident in (one, two):
            submissions.set_aside(session, ident, START)
        first, second = row_of(session, one), row_of(session, two)
        assert (first.state, bytes(first.sealed), first.taken_at) == ("unreadable", b"sealed1", START)
        assert (second.state, second.clue) == ("read", 7)
        assert submissions.new(session, 10) == []


def test_an_answer_is_read_by_who_has_the_code(county: County) -> None:
    with county.store.transaction() as session:
        for n in (1, 2):
            hand_in(session, n)
        submissions.answer(session, b"code1", {"state": "answered", "words": "已受理"}, START)
        submissions.answer(session, b"code9", {"state": "answered"}, START)
        state, sealed, _ = submissions.status(session, b"code1")
        assert state == "answered"
        assert json.loads(open_under(b"code1", bytes(sealed))) == {"state": "answered", "words": "已受理"}
        assert submissions.status(session, b"code2")[:2] == ("received", None)


def test_old_answers_go_and_who_sent_is_forgotten(county: County) -> None:
    with county.store.transaction() as session:
        for n in (1, 2, 3):
            hand_in(session, n, b"s%d" % n)
        one, two, three = (row.id for row in submissions.new(session, 10))
        submissions.answer(session, b"code1", {"state": "answered"}, START)
        submissions.answer(session, b"code2", {"state": "answered"}, START + timedelta(days=1))
        assert submissions.forget(session, START, LONG_AGO) == 0
        assert [bytes(row_of(session, ident).source) for ident in (one, two, three)] == [b"s1", b"s2", b"s3"]
        assert submissions.forget(session, START + timedelta(hours=1), ONE_DAY) == 1
        assert submissions.forget(session, START + timedelta(hours=1), ONE_DAY) == 0
        assert submissions.status(session, b"code1")[:2] == ("over", None)
        assert submissions.status(session, b"code2")[0] == "answered"
        assert submissions.status(session, b"code3")[0] == "received"
        assert [bytes(row_of(session, ident).source) for ident in (one, two, three)] == [b"", b"", b""]

"""Streams, events and keys: each event follows the one before, and what a key sealed goes with the key."""

import json
from datetime import timedelta

import pytest
import rfc8785
from sqlalchemy import select

from app.crypto import SUITES, KeyDestroyed, Tampered, chain_hash
from app.store import record
from app.store.record import DataKey, Head, NewEvent
from app.store.session import Session
from app.store.tables import data_keys, events, streams
from app.store.types import micros
from tests.conftest import START, County

from .planted import LATER


def written_down(session: Session, name: str, draft: NewEvent, key: DataKey | None = None) -> Head:
    head, writes = record.append(session, record.lock_stream(session, name), key, draft)
    session.write(writes)
    return head


def test_a_stream_is_made_once_and_found_by_name(county: County) -> None:
    with county.store.transaction() as session:
        made = record.new_stream(session, "demo:1")
        assert made == Head(made.stream, "demo:1", 0, b"")
        assert record.lock_stream(session, "demo:1") == made
        other = record.lock_stream(session, "demo:2")
        assert (other.name, other.number, other.hash) == ("demo:2", 0, b"")
        assert other.stream != made.stream
        assert record.lock_stream(session, "demo:2") == other
        assert record.stream_name(session, other.stream) == "demo:2"


def test_each_event_follows_the_hash_of_the_one_before(county: County) -> None:
    with county.store.transaction() as session:
        key = record.new_data_key(session, "test")
        first = written_down(session, "demo:1", NewEvent("noted", START, 5, {"a": 1}, {"words": "保密"}, 7, 9, b"c1"), key)
        second = written_down(session, "demo:1", NewEvent("noted", LATER, None, {}))
        assert (first.number, second.number, second.stream) == (1, 2, first.stream)
        assert record.lock_stream(session, "demo:1") == second
        one, two = session.conn.execute(select(events).where(events.c.stream == first.stream).order_by(events.c.number)).all()
        assert (one.kind, one.at, one.actor, one.case_id, one.instance) == ("noted", START, 5, 7, 9)
        assert json.loads(one.body) == {
            "a": 1,
            "kind": "noted",
            "at": micros(START),
            "actor": 5,
            "stream": "demo:1",
            "number": 1,
            "suite": key.suite.name,
            "key": key.id,
        }
        assert record.open_secret(session, key, "demo:1/1", bytes(one.secret)) == {"words": "保密"}
        assert (bytes(one.prev_hash), bytes(two.prev_hash)) == (b"", first.hash)
        assert bytes(two.hash) == second.hash == chain_hash(session.keyring.suite, first.hash, bytes(two.body), b"")
        assert (json.loads(two.body)["key"], bytes(two.secret), two.command_id) == (None, b"", None)


def test_the_next_event_of_a_stream_tells_what_was_set_beside_it(county: County) -> None:
    with county.store.transaction() as session:
        session.sets("demo:1", "case", 3, {"status": "closed", "note": "x"}, ("status", "outcome"))
        session.sets("demo:2", "case", 4, {"status": "open"}, ("status",))
        session.unrecorded.append(("demo:1", "lifts", [8]))
        written_down(session, "demo:1", NewEvent("noted", START, None, {}))
        assert session.unrecorded == [("demo:2", "sets", ["case", 4, "status", "open"])]
        written_down(session, "demo:1", NewEvent("noted", START, None, {}))
        written_down(session, "demo:2", NewEvent("noted", START, None, {}))
        assert session.unrecorded == []
        query = select(events.c.body).join(streams, streams.c.id == events.c.stream).where(streams.c.name.like("demo:%"))
        first, second, third = (
            json.loads(body) for body in session.conn.execute(query.order_by(streams.c.name, events.c.number)).scalars()
        )
        assert (first["sets"], first["lifts"]) == ([["case", 3, "status", "closed"]], [[8]])
        assert "sets" not in second
        assert third["sets"] == [["case", 4, "status", "open"]]


def test_parts_that_events_share_give_the_same_bytes_as_a_body_written_whole(county: County) -> None:
    with county.store.transaction() as session:
        head = record.lock_stream(session, "demo:1")
        shared = {"basis": "演示", "Upper": [1, {"b": None, "a": True}], "z": {}}
        whole, (insert_whole, _) = record.append(session, head, None, NewEvent("noted", START, 1, {**shared, "own": "x"}))
        parts, (insert_parts, _) = record.append(
            session, head, None, NewEvent("noted", START, 1, {"own": "x"}), record.written(shared)
        )
        assert whole == parts
        assert insert_whole[1] == insert_parts[1]


def test_each_part_is_written_as_the_reference_writes_it() -> None:
    body = {"n": -5, "text": '演"示\n', "list": [1, "2", None, False], "inner": {"b": 1, "a": {}}}
    assert record.written(body) == {name: rfc8785.dumps(value).decode() for name, value in body.items()}
    assert record.written({}) == {}
    with pytest.raises(record.Inexact):
        record.written({"share": 0.5})


def test_a_command_is_known_by_the_event_that_it_made(county: County) -> None:
    with county.store.transaction() as session:
        head = written_down(session, "demo:1", NewEvent("noted", START, 1, {"a": 1}, case_id=7, instance=9, command_id=b"c1"))
        found = record.event_of_command(session, b"c1")
        assert found is not None
        assert (found.stream, found.number, found.kind, found.instance, found.case_id) == (head.stream, 1, "noted", 9, 7)
        assert json.loads(found.body)["a"] == 1
        assert record.event_of_command(session, b"c2") is None


def test_a_key_is_found_by_id_and_bears_its_owners_name(county: County) -> None:
    with county.store.transaction() as session:
        key, other = record.new_data_key(session, "household"), record.new_data_key(session, "household")
        record.name_owner(session, key, "household:12")
        owners = session.conn.execute(
            select(data_keys.c.owner).where(data_keys.c.id.in_([key.id, other.id])).order_by(data_keys.c.id)
        )
        assert owners.scalars().all() == ["household:12", "household"]
        assert key.bytes is not None and key.bytes != other.bytes
    county.store.keyring.forget(key.id)  # as in another process
    with county.store.reading() as session:
        assert record.data_key(session, key.id) == key
        (row,) = record.key_row(session, key.id)
        assert row.suite == key.suite.name
        assert record.opened_key(session, key.id, row.master, row.wrapped, row.suite) == key
        assert record.key_row(session, 10**6) == []


def test_a_key_keeps_the_suite_that_it_was_made_for(county: County) -> None:
    keyring = county.store.keyring
    plain = bytes(SUITES["gm"].key_bytes)
    master, wrapped = keyring.wrap(plain, SUITES["gm"])
    with county.store.reading() as session:
        found = record.opened_key(session, 10**6, master, wrapped, "gm")
        assert (found.bytes, found.suite) == (plain, SUITES["gm"])
        sealed = record.seal_secret(session, found, "demo:1", {"a": 1})
        assert record.open_secret(session, found, "demo:1", sealed) == {"a": 1}
    keyring.forget(10**6)


def test_nothing_that_a_destroyed_key_sealed_can_be_read_again(county: County) -> None:
    with county.store.transaction() as session:
        gone, second, kept = (record.new_data_key(session, f"demo:{n}") for n in range(3))
        secrets = [record.seal_secret(session, key, "demo:1", {"a": 1}) for key in (gone, second, kept)]
        record.data_key(session, gone.id)  # the process remembers it
        record.destroy_keys(session, [gone.id, second.id], LATER)
        record.destroy_keys(session, [], LATER)
        keys = [record.data_key(session, key.id) for key in (gone, second, kept)]
        assert [key.bytes is None for key in keys] == [True, True, False]
        opened = [record.open_secret(session, key, "demo:1", sealed) for key, sealed in zip(keys, secrets, strict=True)]
        assert opened == [None, None, {"a": 1}]
        with pytest.raises(KeyDestroyed):
            record.seal_secret(session, keys[0], "demo:1", {})
        rows = session.conn.execute(
            select(data_keys.c.destroyed_at, data_keys.c.owner).where(data_keys.c.id >= gone.id).order_by(data_keys.c.id)
        ).all()
        assert [tuple(row) for row in rows] == [(LATER, "demo:0"), (LATER, "demo:1"), (None, "demo:2")]


@pytest.mark.parametrize("content", [{}, {"words": "短"}, {"words": "很长的话" * 500}])
def test_a_secret_opens_at_its_own_place_only(county: County, content: dict[str, str]) -> None:
    with county.store.transaction() as session:
        key = record.new_data_key(session, "demo")
        sealed = record.seal_secret(session, key, "snapshot:3", content)
        assert record.open_secret(session, key, "snapshot:3", sealed) == content
        assert len(sealed) < 1000  # long ones are deflated
        for place, bytes_ in (("snapshot:4", sealed), ("snapshot:3", sealed[:-1]), ("snapshot:3", b"")):
            with pytest.raises(Tampered):
                record.open_secret(session, key, place, bytes_)


def test_a_stream_that_another_made_is_the_same_stream_in_the_next_transaction(county: County) -> None:
    with county.store.transaction() as session:
        head = written_down(session, "demo:1", NewEvent("noted", START, None, {}))
    with pytest.raises(RuntimeError), county.store.transaction() as session:
        written_down(session, "demo:1", NewEvent("noted", START + timedelta(days=1), None, {}))
        raise RuntimeError  # nothing of it is saved
    with county.store.transaction() as session:
        assert record.lock_stream(session, "demo:1") == head

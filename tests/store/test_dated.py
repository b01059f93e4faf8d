"""Dated data and deployments: what was published is found again, whole and by its versions."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import NoResultFound

from app.policy.model import Entry
from app.store import dated, tables
from app.store.session import Session
from tests.conftest import START, County

SINCE = date(2021, 1, 1)


def entry(key: str, value: Mapping[str, Any], **more: Any) -> Entry:
    return Entry(id=None, name="test", key=key, valid_from=SINCE, valid_to=None, value=value, source="演示", **more)


def published(session: Session, process: str, content: Mapping[str, bytes], reason: str = "演示") -> tuple[int, int, bool]:
    return dated.add_deployment(session, process, content, author="甲", approver="乙", reason=reason, now=START)


def test_added_entries_are_known_with_everything_they_say(county: County) -> None:
    with county.store.transaction() as session:
        before = dated.known_entries(session)
        new = [
            entry("a", {"value": 1}),
            entry("a", {"value": {"deep": ["演示", True, None]}}, number=2, supersedes=1, default=True),
            Entry(None, "test", "b", SINCE, date(2021, 6, 1), {"value": 3}, ""),
        ]
        dated.add_entries(session, new, None)
        known = dated.known_entries(session)
        assert known[: len(before)] == before
        found = known[len(before) :]
        ids = [one.id or 0 for one in found]
        assert ids == sorted(ids)
        assert ids[0] > (before[-1].id or 0)
        told = ("name", "key", "valid_from", "valid_to", "value", "source", "default", "number", "supersedes")
        assert [[getattr(one, name) for name in told] for one in found] == [
            [getattr(one, name) for name in told] for one in new
        ]
        dated.add_entries(session, [], None)
        assert dated.known_entries(session) == known


def test_current_entries_are_read_again_only_when_some_were_added(county: County) -> None:
    with county.store.transaction() as session:
        first = dated.current_entries(session)
        assert first.get("test", "a", SINCE) is None
        assert dated.current_entries(session) is first
        dated.add_entries(session, [entry("a", {"value": 1})], None)
        newest = dated.known_entries(session)[-1].id
        second = dated.current_entries(session)
        found = second.get("test", "a", SINCE)
        assert found is not None
        assert (found.id, found.value) == (newest, {"value": 1})
        assert second.get("test", "a", SINCE - timedelta(days=1)) is None
        assert dated.current_entries(session, newest) is second  # who knows the newest need not ask
    with county.store.reading() as session:
        assert dated.current_entries(session) is second
        assert dated.current_entries(session, newest) is second


def test_a_deployment_is_a_new_version_only_where_its_files_differ(county: County) -> None:
    with county.store.transaction() as session:
        content = {"演示.bpmn": b"<one/>", "papers/a.typ": b"a"}
        first = published(session, "演示", content)
        assert first[1:] == (1, True)
        assert published(session, "演示", dict(reversed(content.items())), "again") == (first[0], 1, False)
        second = published(session, "演示", {**content, "演示.bpmn": b"<two/>"})
        assert (second[1:], second[0] > first[0]) == ((2, True), True)
        third = published(session, "演示", content)  # as version 1, but not as the latest
        assert third[1:] == (3, True)
        assert published(session, "演示二", content)[1:] == (1, True)
        assert published(session, "演示", {"演示.bpmn": b"<one/>"})[1:] == (4, True)  # a file less


def test_files_of_a_deployment_come_back_as_they_were_published(county: County) -> None:
    with county.store.transaction() as session:
        before = dict(dated.stored_files(session))
        content = {"演示.bpmn": b"<one/>", "papers/a.typ": b"same", "papers/b.typ": b"same", "x.png": b"\x00\xff"}
        first, second = published(session, "演示", content)[0], published(session, "演示", {"演示.bpmn": b"<two/>"})[0]
        digest = session.keyring.suite.digest
        assert dated.deployed_files(session, first) == content
        assert dated.deployed_files(session, second) == {"演示.bpmn": b"<two/>"}
        hashes = {path: bytes(hashed) for path, hashed in dated.file_hashes(session, first).items()}
        assert hashes == {path: digest(data) for path, data in content.items()}
        assert dated.deployed_files(session, 999) == dated.file_hashes(session, 999) == {}
        added = {bytes(k): bytes(v) for k, v in dated.stored_files(session) if k not in before}
        assert added == {digest(data): data for data in (*content.values(), b"<two/>")}  # equal files are kept once


def test_deployments_are_told_with_who_answers_for_them_newest_version_first(county: County) -> None:
    with county.store.transaction() as session:
        assert dated.latest_deployment(session, "演示") is None
        first, second = published(session, "演示", {"a": b"1"}, "一")[0], published(session, "演示", {"a": b"2"}, "二")[0]
        row = dated.deployment(session, first)
        assert (row.process, row.version, row.author, row.approver, row.reason, row.deployed_at) == (
            "演示",
            1,
            "甲",
            "乙",
            "一",
            START,
        )
        assert dated.latest_deployment(session, "演示") == second
        everything = [(d.process, d.version, d.id) for d in dated.all_deployments(session)]
        assert [(v, i) for p, v, i in everything if p == "演示"] == [(2, second), (1, first)]
        assert {p for p, _, _ in everything} >= {"identify", "eliminate", "演示"}
        with pytest.raises(NoResultFound):
            dated.deployment(session, 999)
    with county.store.reading() as session:
        assert dated.latest_deployment(session, "演示") == second


def test_what_an_old_diagram_did_not_say_is_kept_beside_it(county: County) -> None:
    with county.store.transaction() as session:
        known = set(session.conn.execute(select(tables.succession.c.element)).scalars())
        doors = dated.doors_before(session)
        old = published(session, "演示", {"演示.bpmn": b"<old/>", "other.bpmn": b"<other/>"})[0]
        new = published(session, "演示", {"演示.bpmn": b"<new/>"})[0]
        digest = session.keyring.suite.digest
        rows = [
            {"diagram": digest(b"<old/>"), "element": "one", "says": {"roles": "village_officer"}},
            {"diagram": digest(b"<old/>"), "element": "two", "says": {"doors": "by_day,by_night"}},
            {"diagram": digest(b"<other/>"), "element": "three", "says": {"doors": ""}},
        ]
        assert not known & {"one", "two", "three"}
        session.conn.execute(insert(tables.succession), rows)
        assert dated.succession(session, old, "演示") == {
            "one": {"roles": "village_officer"},
            "two": {"doors": "by_day,by_night"},
        }
        assert dated.succession(session, old, "other") == {"three": {"doors": ""}}
        assert dated.succession(session, new, "演示") == dated.succession(session, old, "identify") == {}
        assert dated.doors_before(session) == {**doors, "by_day": "two", "by_night": "two"}

"""What the demo county asks of a database: who can sign in, where its cases stand, and what a forger could do."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from app.crypto import Keyring
from app.store import cases, demo, people, record
from app.store.migrate import upgrade
from app.store.session import Session, Store, open_store
from app.store.tables import awaited_messages, events, households
from tests.conftest import START, TOWN, VILLAGE, County, new_database

from . import making
from .making import LATER, writing


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[Store]:
    """A migrated database in which nobody works yet."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.db'}" if sqlite else new_database(request.getfixturevalue("postgres"))
    store = open_store(url, keyring)
    upgrade(store)
    yield store
    store.engine.dispose()


def test_a_database_is_occupied_by_the_first_household_or_official(empty: Store) -> None:
    with empty.transaction() as session:
        assert not demo.occupied(session)
        with session.conn.begin_nested() as tried:
            making.household(session)
            assert demo.occupied(session)
            tried.rollback()
        assert not demo.occupied(session)
        people.add_official(session, name="演示", username=None, password_hash=None, demo=True)
        assert demo.occupied(session)


def test_demo_people_with_a_password_can_sign_in(county: County) -> None:
    with county.store.transaction() as session:
        assert demo.sign_ins(session) == []  # nobody of the county has a password

        def hire(username: str, *posts: tuple[str, str], password: str | None = "hash", is_demo: bool = True) -> None:
            who = people.add_official(session, name="演示", username=username, password_hash=password, demo=is_demo)
            for role, unit in posts:
                people.assign(session, who, role, unit, START.date())

        hire("z", ("town_officer", TOWN), ("auditor", TOWN))
        hire("real", ("auditor", TOWN), is_demo=False)
        hire("locked", ("auditor", TOWN), password=None)
        hire("idle")
        hire("a", ("village_officer", VILLAGE))
        first = people.by_username(session, "z")
        people.change_official(session, first.id, failures=1)  # written last, and still the first
        assert [tuple(row) for row in demo.sign_ins(session)] == [
            ("z", "town_officer", TOWN),
            ("z", "auditor", TOWN),
            ("a", "village_officer", VILLAGE),
        ]


def test_demo_households_are_counted_and_all_become_so_when_marked(county: County) -> None:
    with county.store.transaction() as session:
        assert demo.count_households(session) == 0
        making.household(session)
        making.household(session, demo=False)
        making.household(session, demo=False)
        assert demo.count_households(session) == 1
        demo.mark_demo(session)
        assert demo.count_households(session) == 3
        assert set(session.conn.execute(select(households.c.demo)).scalars()) == {True}


def test_the_latest_case_is_the_undecided_one_whose_limit_passed_first(county: County) -> None:
    hour = timedelta(hours=1)
    with writing(county) as session:
        assert demo.latest_case(session, LATER) is None
        decided, closed = making.case(session, limit_at=START), making.case(session, limit_at=START)
        cases.change(session, decided, decided_at=START)
        cases.change(session, closed, closed_at=START)
        late, same = (making.case(session, limit_at=START + 2 * hour) for _ in range(2))
        assert same > late
        assert demo.latest_case(session, START + 2 * hour) is None  # the border itself has not passed
        found = demo.latest_case(session, START + 3 * hour)
        assert found is not None
        assert tuple(found) == (late, START + 2 * hour, VILLAGE)
        later = making.case(session, limit_at=START + hour)
        first = demo.latest_case(session, START + 3 * hour)
        assert first is not None
        assert first.id == later


def completed(
    session: Session, instance: int, address: str, case_id: int | None, kind: str = "task_completed"
) -> record.Head:
    """The record of a finished task."""
    head = record.lock_stream(session, f"case:{case_id}")
    done = record.NewEvent(kind, START, None, {"el": address}, case_id=case_id, instance=instance)
    head, writes = record.append(session, head, None, done)
    session.write(writes)
    return head


def test_the_first_completed_step_of_a_type_is_found_in_the_record(county: County) -> None:
    with writing(county) as session:
        case_id = making.case(session)
        here, other = making.instance(session, case_id), making.instance(session, making.case(session))
        for address, kind, status in (
            ("1", "visit", "done"),
            ("2", "review", "done"),
            ("3", "review", "done"),
            ("4", "vote", "open"),
        ):
            making.task(session, here, address, type=kind, status=status, case_id=case_id)
        making.task(session, other, "1", type="notice", status="done")
        completed(session, here, "2", case_id, "task_claimed")
        for address in ("1", "2", "3", "4"):
            completed(session, here, address, case_id)
        completed(session, other, "1", None)  # of no case
        found = demo.completion(session, "review")
        assert found is not None
        assert (found.kind, found.case_id, found.instance, found.number) == ("task_completed", case_id, here, 3)
        assert demo.completion(session, "vote") is None  # it is still open
        assert demo.completion(session, "notice") is demo.completion(session, "nothing") is None


def test_a_forger_rewrites_one_event_and_leaves_the_guard_as_it_was(county: County) -> None:
    with writing(county) as session:
        case_id = making.case(session)
        here = making.instance(session, case_id)
        elsewhere = completed(session, here, "9", making.case(session))
        first, second = (completed(session, here, address, case_id) for address in ("1", "2"))
        demo.rewrite(session, first.stream, first.number, b'{"forged":true}')
        bodies = session.conn.execute(select(events.c.body).where(events.c.stream == second.stream).order_by(events.c.number))
        forged, kept = (bytes(body) for body in bodies.scalars())
        assert forged == b'{"forged":true}'
        assert kept != forged
        (other,) = session.conn.execute(select(events.c.body).where(events.c.stream == elsewhere.stream)).scalars()
        assert bytes(other) != forged
    for forbidden in ("UPDATE events SET kind = 'x'", "DELETE FROM events"):
        with pytest.raises(DatabaseError), county.store.transaction() as session:
            session.conn.execute(text(forbidden))
    with writing(county) as session:
        demo.rewrite(session, first.stream, first.number, b"{}")  # a second time


def test_cases_open_steps_and_awaited_messages_are_told_of_the_whole_county(county: County) -> None:
    with writing(county) as session:
        assert demo.case_rows(session) == demo.open_steps(session, "identify") == demo.awaited(session) == []
        one, two = making.case(session), making.case(session)
        cases.change(session, two, status="decided", outcome="approved", closed_at=LATER)
        assert sorted(tuple(row) for row in demo.case_rows(session)) == [
            (one, "open", None, None),
            (two, "decided", "approved", LATER),
        ]
        here, watch = making.instance(session, one), making.instance(session, two, process="observe")
        making.task(session, here, "1", type="visit", case_id=one)
        making.task(session, here, "2", type="review", case_id=one, status="done")
        making.task(session, watch, "1", type="look", case_id=two)
        assert [tuple(row) for row in demo.open_steps(session, "identify")] == [(one, "visit")]
        assert [tuple(row) for row in demo.open_steps(session, "observe")] == [(two, "look")]
        assert demo.open_steps(session, "nothing") == []
        session.conn.execute(insert(awaited_messages).values(instance=watch, address="7", name="objection"))
        assert [tuple(row) for row in demo.awaited(session)] == [(two, "objection")]

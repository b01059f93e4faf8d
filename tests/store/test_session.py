"""The door to the database: all or nothing, what is refused and by which name, and what a reading asks once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.store import faults, people, record
from app.store import session as sessions
from app.store.session import BUSY_SECONDS, QUEUE, Busy, Crossed, Session, Store, Taken, Unrecorded, WriteLock, open_store
from app.store.tables import household_versions, officials, person_index
from tests.conftest import START, County

from . import planted
from .planted import TODAY

Given = TypeVar("Given")
SHORT = 0.05


def elsewhere(do: Callable[[], Given]) -> Given:
    """In another thread, as another request."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do).result()


def hire(session: Session, name: str) -> int:
    return people.add_official(session, name=name, username=None, password_hash=None, demo=True)


def how_many(store: Store) -> int:
    with store.reading() as session:
        return session.conn.execute(select(func.count()).select_from(officials)).scalar_one()


# --- all or nothing ---------------------------------------------------------------------------------------------------


def test_a_transaction_is_saved_whole_or_not_at_all(county: County) -> None:
    before = how_many(county.store)
    with county.store.transaction() as session:
        hire(session, "演示甲")
    with pytest.raises(ZeroDivisionError), county.store.transaction() as session:
        hire(session, "演示乙")
        raise ZeroDivisionError
    assert how_many(county.store) == before + 1


def test_what_is_written_while_reading_is_not_kept(county: County) -> None:
    before = how_many(county.store)
    with county.store.reading() as session:
        hire(session, "演示甲")
    assert how_many(county.store) == before


def test_a_reading_sees_one_moment(county: County) -> None:
    with county.store.reading() as session:
        before = session.conn.execute(select(func.count()).select_from(officials)).scalar_one()

        def hired() -> None:
            with county.store.transaction() as other:
                hire(other, "演示甲")

        elsewhere(hired)
        assert session.conn.execute(select(func.count()).select_from(officials)).scalar_one() == before
    assert how_many(county.store) == before + 1


def test_a_change_that_no_event_tells_of_is_not_saved(county: County) -> None:
    before = how_many(county.store)
    with pytest.raises(Unrecorded, match="demo:1"), county.store.transaction() as session:
        hire(session, "演示甲")
        session.sets("demo:1", "case", 3, {"status": "closed"}, ("status",))
    assert how_many(county.store) == before
    with county.store.transaction() as session:
        hire(session, "演示甲")
        session.sets("demo:1", "case", 3, {"note": "x"}, ("status", "outcome"))  # nothing that is told
        assert session.unrecorded == []
    assert how_many(county.store) == before + 1


def test_writes_are_sent_with_no_row_one_row_or_many(county: County) -> None:
    hired, rename = insert(officials).inline(), update(officials).where(officials.c.demo).values(email="a@example.invalid")
    rows = [{"name": f"演示{n}", "demo": False, "must_change": False} for n in range(3)]
    with county.store.transaction() as session:
        session.write([])
        session.write([(hired, rows[:1]), (hired, rows[1:]), (rename, [])])
    with county.store.reading() as session:
        names = select(officials.c.name).where(officials.c.name.like("演示%")).order_by(officials.c.id)
        assert session.conn.execute(names).scalars().all() == ["演示0", "演示1", "演示2"]
        written = select(func.count()).select_from(officials).where(officials.c.email == "a@example.invalid")
        assert session.conn.execute(written).scalar() == len(county.ids)
        assert session.keyring is county.store.keyring


# --- by which name it is refused --------------------------------------------------------------------------------------


def test_a_person_of_another_household_is_taken(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted.household(session), planted.household(session, "演示乙")
        session.conn.execute(insert(person_index).values(blind=b"b", household=one, member=0))
    with pytest.raises(Taken), county.store.transaction() as session:
        session.conn.execute(insert(person_index).values(blind=b"b", household=two, member=0))


def test_a_case_that_is_open_already_is_taken(county: County) -> None:
    with county.store.transaction() as session:
        household = planted.household(session)
        planted.case(session, household)
    with pytest.raises(Taken), county.store.transaction() as session:
        planted.case(session, household)


def test_two_who_write_the_next_version_of_a_file_cross(county: County) -> None:
    with county.store.transaction() as session:
        household = planted.household(session)
        version = {"household": household, "number": 1, "as_of": TODAY, "recorded_at": START, "secret": b""}
        session.conn.execute(insert(household_versions).values(version))
    with pytest.raises(Crossed), county.store.transaction() as session:
        session.conn.execute(insert(household_versions).values(version))


def test_any_other_row_that_may_not_be_twice_stays_what_it_is(county: County) -> None:
    with pytest.raises(IntegrityError), county.store.transaction() as session:
        people.add_official(session, name="演示甲", username="admin", password_hash=None, demo=True)


def test_who_waits_too_long_for_another_writer_is_told_busy_and_may_ask_again(county: County) -> None:
    def lock() -> str:
        with county.store.transaction(SHORT) as session:
            return record.lock_stream(session, "demo:1").name

    assert lock() == "demo:1"
    with county.store.transaction() as session:
        record.lock_stream(session, "demo:1")
        with pytest.raises(Busy):
            elsewhere(lock)
    assert elsewhere(lock) == "demo:1"


def test_a_store_waits_as_long_as_its_patience_says(sqlite_county: County) -> None:
    hasty = replace(sqlite_county.store, patience=SHORT)

    def hired() -> int:
        with hasty.transaction() as session:
            return hire(session, "演示甲")

    with sqlite_county.store.transaction(), pytest.raises(Busy):
        elsewhere(hired)
    assert elsewhere(hired) > max(sqlite_county.ids.values())


# --- the one writer of SQLite -----------------------------------------------------------------------------------------


def held(lock: WriteLock, patience: float) -> float:
    with lock.held(patience) as left:
        return left


def test_the_lock_is_held_by_one_thread_and_says_what_patience_is_left() -> None:
    lock = WriteLock()
    assert held(lock, 7) == pytest.approx(7, abs=0.5)
    with lock.held(7):
        assert held(lock, 3) == pytest.approx(3, abs=0.5)  # the same thread goes on
        with pytest.raises(Busy):
            elsewhere(lambda: held(lock, SHORT))
    assert elsewhere(lambda: held(lock, 0)) == 0


def test_behind_a_full_queue_only_the_most_patient_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SOON", SHORT)
    lock = WriteLock()
    with ThreadPoolExecutor(1) as pool:
        with ExitStack() as queued:
            for _ in range(QUEUE):
                queued.enter_context(lock.held(1))
            with pytest.raises(Busy):
                elsewhere(lambda: held(lock, BUSY_SECONDS - 1))  # gives way soon
            patient = pool.submit(held, lock, BUSY_SECONDS)
        assert patient.result() > SHORT
    assert elsewhere(lambda: held(lock, 5)) == pytest.approx(5, abs=0.5)  # the places in the queue are free again


# --- opening ----------------------------------------------------------------------------------------------------------


def test_psycopg_is_chosen_where_the_address_names_no_driver(county: County) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        store = open_store(f"{scheme}://somebody@localhost/demo", county.store.keyring, address="https://example.invalid")
        assert (store.engine.dialect.name, store.engine.dialect.driver) == ("postgresql", "psycopg")
        assert (store.is_sqlite, store.file, store.url) == (False, None, "https://example.invalid")
        store.engine.dispose()


def test_a_store_knows_where_it_lies_and_whether_it_can_be_written(county: County, tmp_path: Path) -> None:
    assert county.store.can_be_written
    assert county.store.is_sqlite is (county.store.file is not None)
    if county.store.file is not None:
        assert county.store.file.exists()
    assert not replace(county.store, file=tmp_path / "gone.db").can_be_written


def test_a_store_opened_to_be_read_is_not_written(sqlite_county: County) -> None:
    store = open_store(f"sqlite:///{sqlite_county.store.file}", sqlite_county.store.keyring, read_only=True)
    with store.reading() as session:
        assert people.by_username(session, "admin").id == sqlite_county.ids["admin"]
    with pytest.raises(DatabaseError) as caught, store.transaction() as session:
        hire(session, "演示甲")
    assert faults.kind_of(caught.value.orig) == "read_only"
    store.engine.dispose()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_database_that_was_removed_under_an_open_store_is_gone(
    sqlite_county: County, tmp_path: Path, replaced: bool
) -> None:
    store = sqlite_county.store
    how_many(store)
    assert store.file is not None
    other = tmp_path / "other.db"
    other.write_bytes(store.file.read_bytes())
    store.file.unlink()
    if replaced:
        other.rename(store.file)
    for door in (store.reading, store.transaction):
        with pytest.raises(DatabaseError) as caught, door():
            pass
        assert faults.kind_of(caught.value.orig) == "gone"


# --- asked once -------------------------------------------------------------------------------------------------------


def test_a_reading_asks_the_same_once_and_a_transaction_each_time(county: County) -> None:
    asked: list[tuple[int, str]] = []

    @sessions.once
    def ask(session: Session, ident: int, word: str = "") -> int:
        """A question."""
        asked.append((ident, word))
        return ident

    with county.store.reading() as session:
        assert [ask(session, 1), ask(session, 1), ask(session, 2), ask(session, 1, word="a")] == [1, 1, 2, 1]
    assert asked == [(1, ""), (2, ""), (1, "a")]
    with county.store.reading() as session:
        ask(session, 1)
    assert len(asked) == 4
    with county.store.transaction() as session:
        assert [ask(session, 1), ask(session, 1)] == [1, 1]
    assert len(asked) == 6
    assert (ask.__name__, ask.__doc__) == ("ask", "A question.")

"""Many rows at once: ids that nobody else gets, rows as the database keeps them, and streams that move on together."""

from dataclasses import replace

from sqlalchemy import select

from app.store import bulk, people, record
from app.store.record import Head
from app.store.session import Session
from app.store.tables import grids, officials, scan_thresholds, streams
from tests.conftest import START, VILLAGE, County


def told(session: Session, name: str) -> Head:
    """A stream with one event."""
    head, writes = record.append(session, record.lock_stream(session, name), None, record.NewEvent("a", START, None, {}))
    session.write(writes)
    return head


def test_taken_ids_follow_those_that_are_given_and_nobody_else_gets_them(county: County) -> None:
    with county.store.transaction() as session:
        taken = list(bulk.take_ids(session, officials, 3))
        assert len(set(taken)) == 3
        assert min(taken) > max(county.ids.values())
        bulk.add_rows(
            session,
            officials,
            ("id", "name", "must_change", "failures", "active", "demo"),
            [(ident, "演示", False, 0, True, True) for ident in taken],
        )
        later = people.add_official(session, name="演示后", username=None, password_hash=None, demo=True)
        assert later > max(taken)
        assert list(bulk.take_ids(session, officials, 0)) == []
        assert min(bulk.take_ids(session, officials, 2)) > later


def test_the_first_ids_of_a_table_without_rows_begin_at_one(county: County) -> None:
    with county.store.transaction() as session:
        assert list(bulk.take_ids(session, grids, 3)) == [1, 2, 3]


def test_added_rows_are_found_as_they_were_given(county: County) -> None:
    rows = [("演示\t制表\n换行\\反斜", n, n * 10**12) for n in range(1_200)]
    with county.store.transaction() as session:
        bulk.add_rows(session, scan_thresholds, ("key", "total", "micros"), [])
        assert session.conn.execute(select(scan_thresholds)).all() == []
        bulk.add_rows(session, scan_thresholds, ("key", "total", "micros"), rows)
        assert [tuple(row) for row in session.conn.execute(select(scan_thresholds).order_by(scan_thresholds.c.total))] == rows
        bulk.add_rows(session, grids, ("name", "org_unit"), [("演示一组", VILLAGE)])  # in the order that is named
        (found,) = session.conn.execute(select(grids.c.org_unit, grids.c.name))
        assert tuple(found) == (VILLAGE, "演示一组")


def test_streams_are_found_where_they_stand_or_begin_at_ids_of_their_own(county: County) -> None:
    with county.store.transaction() as session:
        known = told(session, "z:known")
        found = bulk.heads(session, ["z:new", "z:known", "z:newer"])
        assert found["z:known"] == known
        assert {name: (head.name, head.number, head.hash) for name, head in found.items() if name != "z:known"} == {
            "z:new": ("z:new", 0, b""),
            "z:newer": ("z:newer", 0, b""),
        }
        assert len({head.stream for head in found.values()}) == 3
        assert bulk.heads(session, []) == {}


def test_saved_heads_make_new_streams_and_move_the_others_on(county: County) -> None:
    with county.store.transaction() as session:
        told(session, "z:known")
        untouched = told(session, "z:other")
        old = bulk.heads(session, ["z:known", "z:new"])
        new = {name: replace(head, number=head.number + 2, hash=name.encode()) for name, head in old.items()}
        bulk.save_heads(session, old, new)
        assert bulk.heads(session, ["z:known", "z:new", "z:other"]) == {**new, "z:other": untouched}
        assert (new["z:known"].number, new["z:new"].number) == (3, 2)
        assert record.lock_stream(session, "z:new") == new["z:new"]
        bulk.save_heads(session, new, {n: replace(h, number=9) for n, h in new.items()})  # a second time both move on
        assert {head.number for head in bulk.heads(session, ["z:known", "z:new"]).values()} == {9}
        bulk.save_heads(session, {}, {})


def test_more_streams_than_one_statement_takes_are_all_found(county: County) -> None:
    names = [f"z:{n}" for n in range(1_100)]
    with county.store.transaction() as session:
        old = bulk.heads(session, names)
        bulk.save_heads(session, old, {n: replace(h, number=1, hash=b"h") for n, h in old.items()})
        again = bulk.heads(session, names)
        assert [again[n].stream for n in names] == [old[n].stream for n in names]
        assert {head.number for head in again.values()} == {1}
        assert len(session.conn.execute(select(streams.c.id).where(streams.c.name.in_(names))).all()) == 1_100

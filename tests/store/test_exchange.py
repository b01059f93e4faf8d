"""The outbox: who is handed on, what lies sealed in it, and who posts it when."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.crypto import Tampered
from app.store import cases, exchange, households, record
from app.store.session import Session
from app.store.tables import exchanges
from tests.conftest import START, TOWN, VILLAGE, County

from . import making
from .making import LATER, writing

HOUR = timedelta(hours=1)


def made(session: Session, month: str, content: bytes = b"{}", **columns: Any) -> int:
    usual = {"kind": "civil", "status": exchange.WAITING, "next_at": START, "made_at": START, "basis": "6.2"}
    values = {**usual, "rows": 1, "digest": b"d", "token": f"{columns.get('kind')}{month}", "period": month, **columns}
    return exchange.add(session, content, **values)


def test_an_exchange_is_found_with_all_but_its_content(county: County) -> None:
    with county.store.transaction() as session:
        ident = made(session, "2021-08", "演示".encode(), rows=3)
        row = exchange.get(session, ident)
        assert row is not None
        assert (row.id, row.kind, row.period, row.rows, row.status, row.tries) == (ident, "civil", "2021-08", 3, "waiting", 0)
        assert (row.next_at, row.made_at, row.closed_at, row.trouble, row.receipt) == (START, START, None, None, None)
        assert not hasattr(row, "secret")
        assert exchange.get(session, ident, lock=True) == row
        assert exchange.get(session, 999) is exchange.get(session, 999, lock=True) is None
    with pytest.raises(IntegrityError), county.store.transaction() as session:
        made(session, "2021-08", token="another")


def test_the_content_is_sealed_under_a_key_of_its_own(county: County) -> None:
    with county.store.transaction() as session:
        one, two = made(session, "2021-07", "演示一".encode()), made(session, "2021-08", "演示二".encode())
        assert (exchange.content(session, one), exchange.content(session, two)) == ("演示一".encode(), "演示二".encode())
        rows = {row.id: row for row in session.conn.execute(exchanges.select())}
        assert rows[one].data_key != rows[two].data_key
        assert "演示".encode() not in bytes(rows[one].secret)
        with session.conn.begin_nested() as tried, pytest.raises(Tampered):
            exchange.change(session, one, secret=rows[two].secret)
            exchange.content(session, one)
            tried.rollback()
    with county.store.transaction() as session:
        record.destroy_keys(session, [rows[two].data_key], LATER)
        assert exchange.content(session, two) is None


def test_replaced_content_lies_under_another_key(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = made(session, "2021-08", b"first"), made(session, "2021-07", b"other")
        old = exchange.get(session, ident)
        assert old is not None
        record.destroy_keys(session, [old.data_key], LATER)
        exchange.replace(session, ident, b"second", rows=0, digest=b"e")
        new = exchange.get(session, ident)
        assert new is not None
        assert (new.data_key != old.data_key, new.rows, bytes(new.digest), new.token) == (True, 0, b"e", old.token)
        assert exchange.content(session, ident) == b"second"
        assert exchange.content(session, other) == b"other"


def test_those_whose_key_is_left_can_be_read(county: County) -> None:
    with county.store.transaction() as session:
        assert exchange.readable(session) == []
        one, two = made(session, "2021-07", status=exchange.SENT, closed_at=LATER), made(session, "2021-08")
        found = {row.id: row for row in exchange.readable(session)}
        assert {ident: (row.status, row.closed_at) for ident, row in found.items()} == {
            one: ("sent", LATER),
            two: ("waiting", None),
        }
        record.destroy_keys(session, [found[one].data_key], LATER)
        assert [row.id for row in exchange.readable(session)] == [two]


def test_the_newest_exchanges_fill_a_page(county: County) -> None:
    with county.store.transaction() as session:
        idents = [made(session, f"2021-{month:02d}") for month in range(1, 5)]
        assert [row.id for row in exchange.page(session)] == idents[::-1]
        assert [row.id for row in exchange.page(session, 2)] == [idents[3], idents[2]]
        assert not hasattr(exchange.page(session, 1)[0], "secret")


def test_what_waits_is_due_from_its_moment_on_oldest_first(county: County) -> None:
    with county.store.transaction() as session:
        second = made(session, "2021-02", next_at=START)
        first = made(session, "2021-01", next_at=START - HOUR)
        made(session, "2021-03", next_at=START + HOUR)
        exchange.change(session, second, tries=1)  # written last, and still the oldest
        for n, status in enumerate((exchange.SENT, exchange.DEAD), 4):
            made(session, f"2021-{n:02d}", status=status)
        assert [row.id for row in exchange.due(session, START)] == [second, first]
        assert [row.id for row in exchange.due(session, START - timedelta(seconds=1))] == [first]
        assert exchange.due(session, START - 2 * HOUR) == []


def test_one_of_two_that_saw_the_same_exchange_posts_it(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = made(session, "2021-08"), made(session, "2021-07")
        (seen, _) = exchange.due(session, START)
        assert seen.id == ident
        assert exchange.claim(session, seen, LATER)
        assert not exchange.claim(session, seen, LATER + HOUR)
        claimed = exchange.get(session, ident)
        assert claimed is not None
        assert (claimed.next_at, claimed.tries) == (LATER, 1)
        assert [row.id for row in exchange.due(session, START)] == [other]
        assert exchange.claim(session, claimed, LATER + HOUR)  # once its time has come again
        again = exchange.get(session, ident)
        exchange.change(session, ident, status=exchange.DEAD, trouble="refused")
        assert not exchange.claim(session, again, LATER + 2 * HOUR)  # what lies dead is not posted
        dead = exchange.get(session, ident)
        assert dead is not None
        assert (dead.status, dead.trouble, dead.tries) == ("dead", "refused", 2)


def test_monitored_and_eliminated_households_are_listed_with_their_newest_decided_case(county: County) -> None:
    with writing(county) as session:
        assert exchange.listed(session, ["sudden"]) == []

        def known(name: str, status: str, *categories: str | None, now: str | None = "sudden") -> tuple[int, list[int]]:
            home = making.household(session, name)[0]
            found = []
            for category in categories:
                case_id = making.case(session, home)
                cases.change(session, case_id, category=category, decided_at=LATER if category else None, closed_at=LATER)
                found.append(case_id)
            households.change(session, home, f"household:{home}", status=status, category=now, number=f"n{home}")
            return home, found

        two, of_two = known("演示甲", "monitored", "marginal", "sudden", None)  # the newest was never decided
        gone, of_gone = known("演示乙", "eliminated", "sudden", now="marginal")
        known("演示丙", "registered", "sudden")
        known("演示丁", "monitored", "sudden", now="unstable")
        known("演示戊", "monitored", None)
        households.change(session, two, f"household:{two}", pinyin="last")  # written last, and still the first
        first, second = exchange.listed(session, ["sudden", "marginal"])
        assert (first.id, first.case_id, first.decided_at) == (two, of_two[1], LATER)
        assert (first.org_unit, first.head_name, first.category, first.status) == (VILLAGE, "演示甲", "sudden", "monitored")
        assert first.number == f"n{two}"
        assert (second.id, second.case_id, second.status) == (gone, of_gone[0], "eliminated")
        assert [row.id for row in exchange.listed(session, {"marginal"})] == [gone]
        assert exchange.listed(session, []) == []


def test_a_household_is_told_when_it_was_handed_on_and_on_which_basis(county: County) -> None:
    with county.store.transaction() as session:
        home, other = making.household(session)[0], making.household(session, village=TOWN)[0]
        early = made(session, "2021-07", status=exchange.SENT, closed_at=START)
        late = made(session, "2021-08", status=exchange.SENT, closed_at=LATER, kind="rural", basis="6.3")
        exchange.hand_on(session, early, [home, other, home])  # twice on the list, once handed on
        exchange.hand_on(session, late, {home})
        exchange.hand_on(session, late, [])
        assert [tuple(row) for row in exchange.handed_on_of(session, home, 20)] == [
            ("rural", "2021-08", LATER, "6.3"),
            ("civil", "2021-07", START, "6.2"),
        ]
        assert [row.period for row in exchange.handed_on_of(session, home, 1)] == ["2021-08"]
        assert [row.period for row in exchange.handed_on_of(session, other, 20)] == ["2021-07"]
        assert list(exchange.handed_on_of(session, 999, 20)) == []

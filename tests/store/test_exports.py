"""Lists that leave the house: who asked, who decided, what they said, and how much one person got alone."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.store import exports, record
from app.store.session import Session
from app.store.tables import data_keys
from tests.conftest import OTHER_TOWN, START, TOWN, County
from tests.store.making import LATER

HOUR = timedelta(hours=1)


def asked(
    session: Session, official: int, *, unit: str = TOWN, waits: bool = True, rows: int = 10, now: datetime = START
) -> int:
    return exports.add(
        session, official=official, unit=unit, filters={"town": TOWN}, rows=rows, reason="演示理由", now=now, waits=waits
    )[0]


def of(session: Session, ident: int) -> Any:
    row = exports.get(session, ident)
    assert row is not None
    return row


def test_an_export_is_kept_with_its_reason_sealed_under_its_own_key(county: County) -> None:
    who = county.ids["town_officer"]
    with county.store.transaction() as session:
        ident, key = exports.add(
            session, official=who, unit=TOWN, filters={"risk": "illness"}, rows=7, reason="演示理由", now=START, waits=True
        )
        row = of(session, ident)
        assert (row.official, row.org_unit, row.filters, row.rows) == (who, TOWN, {"risk": "illness"}, 7)
        assert (row.status, row.asked_at, row.decided_by, row.decided_at, row.taken_at) == ("asked", START, None, None, None)
        assert row.data_key == key.id
        assert "演示".encode() not in bytes(row.secret)
        owner = session.conn.execute(select(data_keys.c.owner).where(data_keys.c.id == key.id)).scalar()
        assert owner == f"export:{ident}"
        assert exports.words(session, row) == ("演示理由", "")
        assert of(session, asked(session, who, waits=False)).status == "allowed"
        assert exports.get(session, 999) is None
        record.destroy_keys(session, [key.id], LATER)
        assert exports.words(session, row) == ("", "")


def test_a_decision_is_kept_with_who_made_it_and_why(county: County) -> None:
    who, by = county.ids["town_officer"], county.ids["town_leader"]
    with county.store.transaction() as session:
        one, other = asked(session, who), asked(session, who)
        exports.decide(session, of(session, one), "refused", by, "演示不准", LATER)
        row, untouched = of(session, one), of(session, other)
        assert (row.status, row.decided_by, row.decided_at) == ("refused", by, LATER)
        assert exports.words(session, row) == ("演示理由", "演示不准")
        assert (untouched.status, exports.words(session, untouched)) == ("asked", ("演示理由", ""))
        exports.change(session, other, status="taken_back", taken_at=LATER)
        changed = of(session, other)
        assert (changed.status, changed.taken_at, of(session, one).taken_at) == ("taken_back", LATER, None)


def test_the_newest_list_somebody_asked_for_waits_until_it_is_decided(county: County) -> None:
    who, other = county.ids["town_officer"], county.ids["town_officer_2"]
    with county.store.transaction() as session:
        assert not exports.latest_waits(session, who)
        first = asked(session, who)
        assert exports.latest_waits(session, who)
        assert not exports.latest_waits(session, other)
        asked(session, other)
        asked(session, who, waits=False)
        assert not exports.latest_waits(session, who)  # the one before it still does
        last = asked(session, who)
        exports.decide(session, of(session, first), "allowed", other, "", LATER)
        assert exports.latest_waits(session, who)
        exports.decide(session, of(session, last), "allowed", other, "", LATER)
        assert not exports.latest_waits(session, who)


def test_rows_count_that_somebody_got_without_a_second_person(county: County) -> None:
    who, other = county.ids["town_officer"], county.ids["town_officer_2"]
    with county.store.transaction() as session:
        assert exports.asked_alone(session, who, START) == 0
        asked(session, who, waits=False, rows=1, now=START - timedelta(microseconds=1))
        asked(session, who, waits=False, rows=20, now=START)
        taken = asked(session, who, waits=False, rows=300, now=START + HOUR)
        exports.change(session, taken, taken_at=LATER)
        asked(session, who, waits=True, rows=4_000)
        decided = asked(session, who, waits=True, rows=50_000)
        exports.decide(session, of(session, decided), "allowed", other, "", LATER)
        asked(session, other, waits=False, rows=600_000)
        assert exports.asked_alone(session, who, START) == 320
        assert exports.asked_alone(session, who, START + HOUR) == 300
        assert exports.asked_alone(session, who, LATER) == 0


def test_lists_are_shown_newest_first_to_everybody_or_of_one(county: County) -> None:
    who, other, by = (county.ids[name] for name in ("town_officer", "town_officer_2", "town_leader"))
    with county.store.transaction() as session:
        assert exports.everybodys(session, 10) == exports.of(session, who, 10) == []
        one, two, three = asked(session, who), asked(session, other), asked(session, who)
        exports.decide(session, of(session, one), "allowed", by, "", LATER)
        assert [(row.id, row.name) for row in exports.everybodys(session, 10)] == [
            (three, "town_officer"),
            (two, "town_officer_2"),
            (one, "town_officer"),
        ]
        assert [row.id for row in exports.everybodys(session, 2)] == [three, two]
        assert [(row.id, row.name) for row in exports.of(session, who, 10)] == [(three, None), (one, "town_leader")]
        assert [row.id for row in exports.of(session, who, 1)] == [three]
        assert exports.of(session, by, 10) == []


def test_what_others_asked_for_waits_at_the_units_of_who_decides_oldest_first(county: County) -> None:
    who, other, outsider = (county.ids[name] for name in ("town_officer", "town_officer_2", "outsider_town"))
    with county.store.transaction() as session:
        one, two = asked(session, other), asked(session, who)
        there = asked(session, outsider, unit=OTHER_TOWN)
        decided = asked(session, other)
        exports.decide(session, of(session, decided), "refused", who, "演示", LATER)
        asked(session, other, waits=False)
        exports.change(session, one, rows=11)  # written last, and still the oldest
        assert [(row.id, row.name) for row in exports.waiting(session, [TOWN], [])] == [
            (one, "town_officer_2"),
            (two, "town_officer"),
        ]
        assert [row.id for row in exports.waiting(session, [TOWN], [who])] == [one]
        assert [row.id for row in exports.waiting(session, None, [who])] == [one, there]
        assert [row.id for row in exports.waiting(session, {TOWN, OTHER_TOWN}, {other, outsider})] == [two]
        assert exports.waiting(session, [], []) == exports.waiting(session, [TOWN], [who, other]) == []

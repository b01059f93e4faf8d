"""Who saw which household: every look is kept, its reason sealed under the household's key."""

from datetime import date

from sqlalchemy import insert, select, update

from app.store import people, readings, record
from app.store.tables import assignments
from app.store.tables import readings as rows
from tests.conftest import OTHER_VILLAGE, START, TOWN, VILLAGE, County
from tests.store.planting import DAY, HOUR, TODAY, household, household_and_key

ME, OTHER, THIRD = 1, 2, 3


def test_a_reading_keeps_its_reason_until_the_household_is_erased(county: County) -> None:
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        readings.add_reading(session, official=ME, household=ident, at=START, what="reason", reason="核对信息")
        readings.add_reading(session, official=OTHER, household=ident, at=START, what="case", reason=None)
        bare, full = readings.readings_of(session, ident, 9)
        assert (full.official, full.name, full.at, full.what, full.reason) == (ME, "village_1", START, "reason", None)
        assert "核对信息".encode() not in bytes(full.secret)
        assert readings.reading_reason(session, full, key) == "核对信息"
        assert readings.reading_reason(session, bare, key) is None
        record.destroy_keys(session, [key.id], START)
        gone = record.data_key(session, key.id)
        assert readings.reading_reason(session, full, gone) is None
        readings.add_reading(session, official=ME, household=ident, at=START + DAY, what="reason", reason="以后")
        latest = readings.readings_of(session, ident, 1)[0]
        assert (latest.at, latest.secret, latest.reason) == (START + DAY, None, None)


def test_an_old_reason_in_plain_words_is_still_told(county: County) -> None:
    with county.store.transaction() as session:
        ident, key = household_and_key(session)
        session.conn.execute(insert(rows).values(official=ME, household=ident, at=START, what="reason", reason="旧"))
        assert readings.reading_reason(session, readings.readings_of(session, ident, 1)[0], key) == "旧"


def test_many_households_are_seen_at_once(county: County) -> None:
    with county.store.transaction() as session:
        one, key = household_and_key(session)
        two = household(session, "演示乙")
        sealed = record.seal_secret(session, key, f"reading:{one}", {"reason": "核对"})
        readings.add_readings(session, ME, [one, two], START, "export", {one: sealed})
        readings.add_readings(session, OTHER, [two], START, "list")
        readings.add_readings(session, THIRD, [], START, "list")
        row = readings.readings_of(session, one, 9)[0]
        assert (row.what, readings.reading_reason(session, row, key)) == ("export", "核对")
        assert [(r.official, r.what, r.secret) for r in readings.readings_of(session, two, 9)] == [
            (OTHER, "list", None),
            (ME, "export", None),
        ]
        assert len(session.conn.execute(select(rows)).all()) == 3


def test_who_saw_a_household_stands_newest_first_and_is_counted(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = household(session), household(session, "演示乙")
        for n in range(3):
            readings.add_readings(session, ME, [ident], START + n * HOUR, "case")
    with county.store.reading() as session:
        assert [row.at for row in readings.readings_of(session, ident, 2)] == [START + 2 * HOUR, START + HOUR]
        assert len(readings.readings_of(session, ident, 9)) == 3
        assert readings.readings_of(session, other, 9) == []
        assert [row.n for row in readings.count_readings(session, ident)] == [3]
        assert [row.n for row in readings.count_readings(session, other)] == [0]


def test_this_very_reading_is_known(county: County) -> None:
    with county.store.transaction() as session:
        ident = household(session)
        readings.add_readings(session, ME, [ident], START, "case")
        assert readings.was_read(session, ME, ident, START)
        assert not readings.was_read(session, ME, ident, START + HOUR)
        assert not readings.was_read(session, OTHER, ident, START)
        assert not readings.was_read(session, ME, household(session, "演示乙"), START)


def test_a_reason_counts_for_whoever_gave_it_since_a_moment(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = household(session), household(session, "演示乙")
        readings.add_reading(session, official=ME, household=ident, at=START, what="reason", reason="核对")
        readings.add_reading(session, official=OTHER, household=ident, at=START, what="case", reason=None)
        assert readings.reasoned_reading(session, ME, ident, START)
        assert readings.reasoned_reading(session, ME, ident, START - DAY)
        assert not readings.reasoned_reading(session, ME, ident, START + HOUR)
        assert not readings.reasoned_reading(session, OTHER, ident, START - DAY)
        assert not readings.reasoned_reading(session, ME, other, START - DAY)


def test_posts_of_those_who_saw_it_are_those_of_the_day(county: County) -> None:
    with county.store.transaction() as session:
        ident, other = household(session), household(session, "演示乙")
        readings.add_readings(session, ME, [ident], START, "case")
        readings.add_readings(session, ME, [ident], START + HOUR, "case")
        readings.add_readings(session, OTHER, [other], START, "case")
        people.assign(session, ME, "grid_worker", OTHER_VILLAGE, TODAY + DAY)
        people.assign(session, ME, "window_clerk", TOWN, date(2021, 2, 1))
        ended = (assignments.c.official == ME) & (assignments.c.role == "window_clerk")
        session.conn.execute(update(assignments).where(ended).values(valid_to=TODAY))

        def posts(on: date) -> list[tuple[int, str, str]]:
            return [tuple(row) for row in readings.posts_of_readers(session, ident, on)]

        first, later, past = (ME, "village_officer", VILLAGE), (ME, "grid_worker", OTHER_VILLAGE), (ME, "window_clerk", TOWN)
        assert posts(TODAY) == [first]
        assert posts(TODAY + DAY) == [first, later]
        assert posts(TODAY - DAY) == [first, past]
        assert posts(date(2020, 12, 31)) == []
        assert readings.posts_of_readers(session, household(session, "演示丙"), TODAY) == []

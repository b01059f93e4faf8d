"""What the scheduler keeps right: late timers in order, provisional limits, real standards, nobody's tasks, daily seals."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app import scheduler
from app.policy.model import Entry
from app.services import audit, upkeep
from app.services.work import timers
from app.store import cases as case_rows
from app.store import dated, jobs
from app.store import people as people_rows
from app.store.tables import incidents
from tests.conftest import County
from tests.walking import Walk


def test_after_days_of_downtime_timers_fire_in_order_of_their_moments(county: County) -> None:
    walk = Walk(county).open().to("post_notice")
    walk.do("village_1", "post_notice")
    walk.wait(days=30)
    with county.store.reading() as session:
        fired = [json.loads(e.body)["el"] for e in case_rows.events_of(session, walk.case_id) if e.kind == "timer_fired"]
    assert fired == ["answer_asset_query_due#1", "notice_over#1", "answer_asset_query_silence#1"]
    assert "take_down_notice" in dict(walk.open_tasks())


def test_a_late_task_is_marked_for_its_desk_and_for_the_level_above(county: County) -> None:
    from app.store import inbox

    walk = Walk(county).open()
    walk.wait(days=2)
    with county.store.reading() as session:
        late, many = inbox.urged_below(session, ["440229100201"])
    assert [(t.element, t.case_id, t.urged) for t in late] == [("sign_commitment", walk.case_id, 1)] and many == 1


def _holidays(county: County, year: int) -> None:
    """Publish a year's holidays as dated data."""
    value = {"holidays": [f"{year}-01-03"], "workdays": []}
    with county.store.transaction() as session:
        entry = Entry(None, "holiday_year", str(year), date(2021, 8, 9), None, value, "test")
        dated.add_entries(session, [entry], None)


def test_a_holiday_year_loaded_late_recomputes_the_limit_by_a_recorded_command(county: County) -> None:
    county.now = datetime(2028, 12, 29, 1, tzinfo=UTC)
    walk = Walk(county).open().to("hold_village_review")
    walk.do("village_3", "hold_village_review", votes={"for": 3, "against": 20, "abstained": 2}, review_result="rejected")
    walk.lodge("village_1", "reexam_requested")
    before = walk.task("reexamine_in_town").due
    with county.store.reading() as session:
        assert [r.address for r in jobs.provisional_timers(session)] == ["reexamine_in_town_due#1"]
    assert upkeep.settle_provisional(county.store, county.now) == 0
    _holidays(county, 2028)
    _holidays(county, 2029)
    assert upkeep.settle_provisional(county.store, county.now) == 1
    assert walk.task("reexamine_in_town").due > before
    with county.store.reading() as session:
        assert jobs.provisional_timers(session) == []
        assert audit.verify(session).findings == []


def _standard(county: County, year: int, fen: int) -> None:
    with county.store.transaction() as session:
        entry = Entry(None, "monitoring_line", str(year), date(year, 1, 1), None, {"year": year, "value": fen}, "test")
        dated.add_entries(session, [entry], None)


def _with_provisional_standard(county: County) -> Walk:
    county.now = datetime(2022, 3, 1, 1, tzinfo=UTC)
    walk = Walk(county).open().to("approve_in_county")
    with county.store.reading() as session:
        assert [h.kind for h in case_rows.open_holds(session, walk.case_id)] == ["provisional_standard"]
    return walk


def test_approval_waits_for_the_real_standard_and_goes_on_when_it_changes_nothing(county: County) -> None:
    import pytest

    from app.services.people import Refused

    walk = _with_provisional_standard(county)
    with pytest.raises(Refused, match="provisional_standard"):
        walk.do("county_leader", "approve_in_county")
    _standard(county, 2022, 980_000)
    upkeep.settle_provisional(county.store, county.now)
    walk.do("county_leader", "approve_in_county")
    assert walk.case().status == "monitored"


def test_a_standard_that_changes_the_category_sends_the_case_back_to_the_review(county: County) -> None:
    walk = _with_provisional_standard(county)
    _standard(county, 2022, 600_000)
    assert upkeep.settle_provisional(county.store, county.now) == 1
    assert "hold_village_review" in dict(walk.open_tasks())
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_a_task_that_nobody_may_do_is_an_incident_until_somebody_may(county: County) -> None:
    walk = Walk(county).open().to("sign_town_report")
    with county.store.transaction() as session:
        people_rows.end_assignments(session, county.ids["town_leader"], date(2021, 9, 2))
    county.now += timedelta(days=2)
    assert upkeep.watch(county.store, county.now) == 1
    assert upkeep.watch(county.store, county.now) == 0
    with county.store.transaction() as session:
        row = session.conn.execute(select(incidents)).one()
        assert (row.element, row.code, row.closed_at) == ("sign_town_report", "tasks.nobody", None)
        people_rows.assign(session, county.ids["town_officer_2"], "town_leader", "440229100000", date(2021, 9, 1))
    upkeep.watch(county.store, county.now)
    with county.store.reading() as session:
        assert session.conn.execute(select(incidents.c.closed_at)).scalar_one() is not None
    assert "sign_town_report" in dict(walk.open_tasks())


def test_an_instance_that_waits_for_nothing_is_an_incident(county: County) -> None:
    from sqlalchemy import text

    walk = Walk(county).open()
    with county.store.transaction() as session:
        session.conn.execute(text("UPDATE tasks SET status = 'void'"))
        session.conn.execute(text("DELETE FROM timers"))
    assert upkeep.watch(county.store, county.now) == 1
    assert walk.case_id


def test_each_day_is_sealed_once_and_the_file_says_the_same(county: County, tmp_path: Path) -> None:
    Walk(county).open()
    county.now += timedelta(days=1)
    assert [upkeep.daily_seal(county.store, county.now, tmp_path) for _ in range(2)] == [True, False]
    assert [p.name for p in (tmp_path / "seals").iterdir()] == ["2021-09-01.json"]


def test_only_the_holder_of_the_lease_ticks(county: County, tmp_path: Path) -> None:
    assert scheduler.tick(county.store, tmp_path, "one")
    assert not scheduler.tick(county.store, tmp_path, "two")
    assert scheduler.tick(county.store, tmp_path, "one")


def test_a_broken_timer_does_not_stop_the_others(county: County) -> None:
    from sqlalchemy import text

    first, second = Walk(county, 1).open(), Walk(county, 2).open()
    with county.store.transaction() as session:
        session.conn.execute(
            text("UPDATE timers SET address = 'nowhere#1' WHERE instance = (SELECT min(instance) FROM timers)")
        )
    county.now += timedelta(days=3)
    assert timers.fire_due(county.store, county.now) == 1
    assert first.open_tasks() and second.open_tasks()


def test_a_task_whose_every_holder_must_keep_apart_is_an_incident_at_once(county: County) -> None:
    walk = Walk(county).open().to("verify_in_town")
    with county.store.transaction() as session:
        people_rows.assign(session, county.ids["town_leader"], "town_officer", "440229100000", date(2021, 9, 1))
    leaders = [county.ids["town_officer"], county.ids["town_leader"]]
    walk.do("town_officer", "verify_in_town", verifiers=leaders)
    with county.store.reading() as session:
        row = session.conn.execute(select(incidents)).one()
        assert (row.element, row.code, row.closed_at) == ("sign_town_report", "tasks.nobody_apart", None)
    with county.store.transaction() as session:
        people_rows.assign(session, county.ids["town_officer_2"], "town_leader", "440229100000", date(2021, 9, 1))
    upkeep.watch(county.store, county.now)
    with county.store.reading() as session:
        assert session.conn.execute(select(incidents.c.closed_at)).scalar_one() is not None

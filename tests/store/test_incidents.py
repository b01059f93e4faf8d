"""What cannot go on: opened once, closed when it is healed, listed where it lies."""

from typing import Any

from sqlalchemy import select

from app.store import incidents
from app.store.session import Session
from app.store.tables import incidents as rows
from tests.conftest import OTHER_VILLAGE, START, TOWN, VILLAGE, County
from tests.store.planting import DAY, HOUR, TODAY, case, household, run, task

NOBODY = "tasks.nobody"


def opened(session: Session, instance: int, address: str = "a", code: str = NOBODY, at: Any = START) -> int:
    assert incidents.open_incident(session, instance, address, address.partition("[")[0], code, {"unit": VILLAGE}, at)
    return session.conn.execute(select(rows.c.id).order_by(rows.c.id.desc()).limit(1)).scalar_one()


def ids(found: Any) -> list[int]:
    return [row.id for row in found]


def test_an_incident_is_opened_once_per_place_and_code(county: County) -> None:
    with county.store.transaction() as session:
        one, two = run(session), run(session)
        first = opened(session, one, "step[a]")
        assert not incidents.open_incident(session, one, "step[a]", "step", NOBODY, {}, START + HOUR)
        others = [opened(session, one, "step[b]"), opened(session, two, "step[a]"), opened(session, one, "step[a]", "other")]
        row = session.conn.execute(select(rows).where(rows.c.id == first)).one()
        assert (row.instance, row.address, row.element, row.code) == (one, "step[a]", "step", NOBODY)
        assert (row.details, row.opened_at, row.closed_at) == ({"unit": VILLAGE}, START, None)
        assert len({first, *others}) == 4
        incidents.close_incidents(session, NOBODY, set(), START + HOUR)
        assert opened(session, one, "step[a]", at=START + DAY) > max(others)  # healed and broken again


def test_what_no_longer_holds_is_closed(county: County) -> None:
    with county.store.transaction() as session:
        one, two = run(session), run(session)
        still, healed, same = opened(session, one), opened(session, one, "b"), opened(session, two)
        other = opened(session, one, "b", "engine.stuck")
        assert incidents.has_open_incidents(session, [NOBODY])
        incidents.close_incidents(session, NOBODY, {(one, "a")}, START + HOUR)
        closed = {row.id: row.closed_at for row in session.conn.execute(select(rows))}
        assert closed == {still: None, healed: START + HOUR, same: START + HOUR, other: None}
        incidents.close_incidents(session, NOBODY, set(), START + DAY)
        closed = {row.id: row.closed_at for row in session.conn.execute(select(rows))}
        assert closed == {still: START + DAY, healed: START + HOUR, same: START + HOUR, other: None}
        assert not incidents.has_open_incidents(session, [NOBODY])
        assert not incidents.has_open_incidents(session, [])
        assert incidents.has_open_incidents(session, [NOBODY, "engine.stuck"])


def test_open_tasks_with_an_open_incident_of_a_code(county: County) -> None:
    with county.store.transaction() as session:
        case_id = case(session, household(session))
        instance, other = run(session, case_id), run(session)
        for address in ("a", "c", "d"):
            task(session, instance, address)
        task(session, instance, "b", status="done")
        task(session, other, "a")
        for address in ("a", "b"):
            opened(session, instance, address)
        opened(session, instance, "c", "other")
        (row,) = incidents.tasks_with_incident(session, NOBODY)
        assert (row.instance, row.address, row.element, row.case_id) == (instance, "a", "a", case_id)
        assert (row.roles, row.org_unit) == ("village_officer", VILLAGE)
        assert row.deployment is not None
        incidents.close_incidents(session, NOBODY, set(), START)
        assert incidents.tasks_with_incident(session, NOBODY) == []


def test_incidents_are_listed_where_they_lie_and_where_they_wait(county: County) -> None:
    with county.store.transaction() as session:
        case_id = case(session, household(session))
        of_case = run(session, case_id, status="stuck")
        alone = run(session, process="clue", subject_kind="clue", subject_id=7, org_unit=OTHER_VILLAGE)
        its = run(session, household=household(session, "演示乙", OTHER_VILLAGE))
        task(session, of_case, "a", org_unit=TOWN)
        late, early = opened(session, of_case, at=START + HOUR), opened(session, alone, at=START)
        third = opened(session, its, "", "engine.stuck", START + DAY)

        def listed(is_open: bool = True, **more: Any) -> list[int]:
            return ids(incidents.incident_rows(session, is_open=is_open, **more))

        assert listed() == [early, late, third]
        assert listed(limit=1) == [early]
        assert listed(ident=late) == [late]
        assert listed(ident=10**9) == listed(is_open=False) == []
        assert listed(units=[VILLAGE]) == listed(units=[TOWN]) == [late]
        assert listed(units=[OTHER_VILLAGE]) == [early, third]
        assert listed(units=[OTHER_VILLAGE], ident=late) == listed(units=[]) == []
        one, two, three = incidents.incident_rows(session, is_open=True)
        assert (two.process, two.case_id, two.instance_status, two.clue_on) == ("identify", case_id, "stuck", TODAY)
        assert (two.org_unit, two.waits_at, two.head_name) == (VILLAGE, TOWN, "演示甲")
        assert (one.process, one.subject_kind, one.subject_id, one.org_unit) == ("clue", "clue", 7, OTHER_VILLAGE)
        assert (one.waits_at, one.head_name, one.case_id, one.clue_on) == (None, None, None, None)
        assert (three.org_unit, three.head_name) == (OTHER_VILLAGE, "演示乙")
        incidents.close_incidents(session, NOBODY, {(alone, "a")}, START + DAY)
        incidents.close_incidents(session, "engine.stuck", set(), START + 2 * DAY)
        assert listed(is_open=False) == [third, late]  # the latest closed first
        assert listed(is_open=False, units=[TOWN]) == [late]
        assert listed() == [early]


def test_open_incidents_of_a_case(county: County) -> None:
    with county.store.transaction() as session:
        case_id, other = case(session, household(session)), case(session, household(session, "演示乙"))
        one, two = run(session, case_id), run(session, case_id)
        first, second = opened(session, two), opened(session, one, "b")
        opened(session, one, "c", "healed")
        theirs = opened(session, run(session, other))
        incidents.close_incidents(session, "healed", set(), START)
        assert ids(incidents.incidents_of_case(session, case_id)) == [first, second]
        assert ids(incidents.incidents_of_case(session, other)) == [theirs]
        assert incidents.incidents_of_case(session, 10**9) == []

"""Opening many instances at once gives the rows, the record and the tasks that opening them one by one gives."""

from typing import Any

import pytest

from app.policy import calendar
from app.services import audit, definitions, people
from app.services.context import Context, context_of
from app.services.work import bulk, tasks
from app.services.work.bulk import NotAlike, Subject
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import inbox
from tests.conftest import VILLAGE, County
from tests.walking import Walk, command, nobody


def case_without_instance(county: County, session: Any, number: int) -> Subject:
    household, key = household_rows.add(
        session, village=VILLAGE, head_name=f"演示{number}", pinyin="", household_type=None, demo=True
    )
    on = calendar.local_date(county.now)
    case = case_rows.add_case(session, household=household, clue_on=on, limit_at=county.now, now=county.now)
    return Subject("case", case, VILLAGE, case, household, key)


def opened(county: County, session: Any, subjects: list[Subject], process: str = "identify") -> list[int]:
    place = people.county_on(session, calendar.local_date(county.now))
    made = definitions.latest(session, process)
    return bulk.open_many(Context(session, people.SYSTEM, place, county.now), made, subjects)


def test_many_at_once_are_like_one_by_one(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BATCH", 7)
    walk = Walk(county).open()
    with county.store.transaction() as session:
        subjects = [case_without_instance(county, session, n) for n in range(20)]
        idents = opened(county, session, subjects)
    assert len(set(idents)) == 20
    with county.store.reading() as session:
        assert audit.verify(session).findings == []
        here = inbox.open_tasks_of_case(session, subjects[3].id)
    assert [(t.element, t.org_unit, t.roles) for t in here] == [
        ("register_application", VILLAGE, "grid_worker,resident_team,village_officer,window_clerk")
    ]
    walk.do("village_1", "sign_commitment")  # ids given by the database go on behind those taken
    with county.store.transaction() as session:
        values = {
            "head_name": "演示3",
            "head_id_number": nobody(3),
            "phone": "13800000000",
            "village": VILLAGE,
            "risks": ["illness"],
            "situation": "演示数据",
            "helped": "no",
        }
        tasks.complete(context_of(session, county.actor("grid"), county.now), here[0].id, 1, command(), None, values=values)
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_a_stream_that_exists_goes_on(county: County) -> None:
    with county.store.transaction() as session:
        subject = case_without_instance(county, session, 1)
        first = opened(county, session, [subject])
        second = opened(county, session, [subject])
    assert first != second
    with county.store.reading() as session:
        assert [e.number for e in case_rows.events_of(session, subject.id)] == [1, 2]
        assert audit.verify(session).findings == []


def test_a_procedure_that_begins_with_an_operation_is_not_opened_in_bulk(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.engine import runner
    from app.engine.values import Failure, Step

    parts: dict[str, Any] = {name: () for name in Step.__dataclass_fields__}
    step = Step(**{**parts, "state": b"{}", "scope": {}, "failures": (Failure("a#1", "a", "x", {}),)})
    monkeypatch.setattr(runner, "start", lambda *_: step)
    with pytest.raises(NotAlike), county.store.transaction() as session:
        opened(county, session, [case_without_instance(county, session, 1)])

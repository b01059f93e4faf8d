"""Many questions in one statement: the rows are those that each gives alone."""

from dataclasses import astuple, is_dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Select, select

from app.store import cases, clues, households, inbox, incidents, notifications, people, readings, record, tables
from app.store import exchange as exchange_rows
from app.store.session import Session
from app.store.together import Question, question, question_of, together
from tests.conftest import VILLAGE, County
from tests.walking import Walk

TODAY = date(2021, 9, 1)


def questions(case_id: int, household: int, key: int) -> list[tuple[Question[..., Any], tuple[object, ...]]]:
    of_case = (
        cases.instances_of,
        cases.tasks_of,
        cases.timers_in,
        cases.awaited_in,
        cases.open_holds,
        cases.notices_of,
        cases.measures_of,
        cases.papers_of,
        incidents.incidents_of_case,
        inbox.open_tasks_of_case,
        clues.of_case,
        clues.debts_of_case,
        households.snapshots_of,
    )
    of_household = (
        households.row_of,
        households.newest_version,
        people.contacts_of,
        notifications.kin,
        readings.count_readings,
    )
    return [
        (record.key_row, (key,)),
        *((ask, (case_id,)) for ask in of_case),
        *((ask, (household,)) for ask in of_household),
        (readings.readings_of, (household, 20)),
        (households.version_as_of, (household, TODAY)),
        (readings.posts_of_readers, (household, TODAY)),
        (people.posts_of_contacts, (household, TODAY)),
        (people.posts_near, (1, TODAY)),
        (people.at_unit, (VILLAGE, TODAY)),
        (exchange_rows.handed_on_of, (household, 20)),
    ]


@pytest.fixture
def walked(county: County) -> Walk:
    """A case with contacts, measures, holds, notices, snapshots, timers and a declared relative who also looked at it."""
    walk = Walk(county, 1).open()
    walk.to("acknowledge_measures")
    with county.store.transaction() as session:
        household = walk.case().household
        notifications.add_kinship(session, 1, household, county.now)
        readings.add_readings(session, 2, [household], county.now, "case")
        readings.add_reading(session, official=3, household=household, at=county.now, what="case", reason="核对信息")
    return walk


def plain(rows: object) -> list[tuple[object, ...]]:
    return [astuple(row) if is_dataclass(row) else tuple(row) for row in rows]  # type: ignore[attr-defined]


def test_asked_together_each_gives_the_rows_that_it_gives_alone(county: County, walked: Walk) -> None:
    case = walked.case()
    wanted = questions(walked.case_id, case.household, case.data_key)
    with county.store.reading() as session:
        alone = [plain(ask(session, *args)) for ask, args in wanted]
    with county.store.reading() as session:
        together(session, *wanted)
        asked = len(session.asked or ())
        both = [plain(ask(session, *args)) for ask, args in wanted]
        assert len(session.asked or ()) == asked == len(wanted)  # nothing was asked again
    assert both == alone
    assert sum(map(bool, alone)) >= 15  # most of them had rows to compare
    for rows in zip(both, alone, strict=True):
        assert [[type(v) for v in row] for row in rows[0]] == [[type(v) for v in row] for row in rows[1]]


def test_rows_bear_the_names_of_their_columns(county: County, walked: Walk) -> None:
    with county.store.reading() as session:
        together(session, (cases.instances_of, (walked.case_id,)), (cases.tasks_of, (walked.case_id,)))
        assert cases.instances_of(session, walked.case_id)[0].process == "identify"
        assert {task.status for task in cases.tasks_of(session, case_id=walked.case_id)} >= {"open", "done"}


@question
def two_columns(village: str, status: str) -> Select[Any]:
    columns = (tables.households.c.id, tables.households.c.status)
    return select(*columns).where(tables.households.c.org_unit == village, tables.households.c.status == status)


@question_of(dict)
def nobody_of(village: str) -> Select[Any]:
    return select(tables.households.c.id).where(tables.households.c.org_unit == village)


def test_a_question_of_ones_own_takes_its_arguments_by_place_or_name(county: County, walked: Walk) -> None:
    household = walked.case().household
    with county.store.reading() as session:
        status = households.get(session, household).status  # type: ignore[union-attr]
        by_name = two_columns(session, VILLAGE, status=status)
        assert [tuple(row) for row in by_name] == [(household, status)]
        assert two_columns(session, VILLAGE, status) is by_name  # a reading asks once
        assert two_columns(session, VILLAGE, "nowhere") == [] == nobody_of(session, "000000000000")


def test_where_something_is_written_every_question_is_asked_anew(county: County, walked: Walk) -> None:
    case = walked.case()

    def kin(session: Session) -> list[int]:
        return [row.official for row in notifications.kin(session, case.household)]

    with county.store.transaction() as session:
        together(session, (notifications.kin, (case.household,)))
        assert kin(session) == [1]
        notifications.drop_kinship(session, 1, case.household)
        assert kin(session) == []

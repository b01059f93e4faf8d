"""What procedures are about: one table says what its steps know, and what changes is said in its own stream."""

import json

import pytest
from sqlalchemy import event, select

from app.engine.check_xml import SUBJECTS as WORDS
from app.engine.values import OperationFailed
from app.forms import Cleaned
from app.services import audit, people, steps
from app.services.context import Context
from app.services.definitions import bundle
from app.services.desk import subjects as subject_pages
from app.services.subjects import table as subjects
from app.services.work.commands import world_for
from app.store import cases as case_rows
from app.store import processes
from app.store.session import Unrecorded
from app.store.tables import events
from tests.conftest import County
from tests.services.clues.test_clues import ENTER, report
from tests.walking import Walk


def test_every_word_for_a_subject_has_its_row() -> None:
    assert set(WORDS) == set(subjects.SUBJECTS) == set(subject_pages.PAGES)


def test_what_a_clue_becomes_is_said_by_the_clue_and_what_its_case_becomes_by_the_case(county: County) -> None:
    one = report(county)
    one.check("enter", **ENTER)
    with county.store.reading() as session:
        bodies = [json.loads(bytes(body)) for body in session.conn.execute(select(events.c.body)).scalars()]
        said = {(body["stream"].partition(":")[0], what) for body in bodies for what, *_ in body.get("sets", [])}
        assert one.row.case_id is not None and said == {("clue", "clue")}
        assert audit.verify(session).findings == []


def test_a_row_that_no_event_tells_of_is_not_saved(sqlite_county: County) -> None:
    walk = Walk(sqlite_county).open()
    with pytest.raises(Unrecorded), sqlite_county.store.transaction() as session:
        case_rows.change(session, walk.case_id, status="closed")
    assert walk.case().status == "open"


def test_an_operation_works_on_its_own_kind_of_subject_only(sqlite_county: County) -> None:
    walk = Walk(sqlite_county).open()
    with sqlite_county.store.transaction() as session:
        work = processes.lock_instance(session, case_rows.instances_of(session, walk.case_id)[0].id)
        world = world_for(
            Context(session, sqlite_county.actor("village_1"), people.county_on(session, walk.today), sqlite_county.now),
            work,
            bundle(session, work.deployment),
        )
        with pytest.raises(OperationFailed, match="operations.other_subject"):
            world.operate("settle_clue", "x#1", {})


def test_what_judges_a_step_writes_nothing(sqlite_county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every check of a form, on the whole way of an identification: lists judge many before one is saved."""
    judged: list[str] = []
    written: list[str] = []

    def heard(conn: object, cursor: object, statement: str, *_: object) -> None:
        if judged and judged[-1] and not statement.lstrip().upper().startswith(("SELECT", "WITH")):
            written.append(f"{judged[-1]}: {statement[:60]}")

    def judge(here: steps.Here, element: str, cleaned: Cleaned) -> steps.Judged:
        judged.append(element)
        try:
            return truly(here, element, cleaned)
        finally:
            judged.append("")

    truly = steps.judge
    monkeypatch.setattr(steps, "judge", judge)
    event.listen(sqlite_county.store.engine, "before_cursor_execute", heard)
    Walk(sqlite_county).open().monitored()
    assert {"hold_village_review", "check_household", "approve_in_county"} <= set(judged) and written == []

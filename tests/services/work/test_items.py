"""One step for many: every village of the county gets its task, and what an earlier engine recorded stays true."""

import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from app.crypto import load_keyring
from app.services import audit, doors, people
from app.services.context import Context, context_of
from app.services.people import SYSTEM
from app.services.people import county_on as county_of
from app.services.work import incidents, tasks
from app.services.work import runs as run_steps
from app.store import items, processes
from app.store import rescreening as runs
from app.store.migrate import upgrade
from app.store.session import Store, open_store
from app.store.tables import incidents as incident_rows
from app.store.tables import process_instances
from app.store.tables import tasks as task_rows
from tests.conftest import START, County

KEPT = Path(__file__).parent / "engine_1"
"""A database of the engine's first version: run 1 of 25 villages stuck (a limit of 20), run 2 of 4 with one answer, run 3
of 2 over. Its people and villages' wells are 演示数据."""
STUCK, HALF, OVER = 1, 2, 3
NOW = datetime(2026, 11, 30, 1, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    raw = sqlite3.connect(tmp_path / "kept.db")
    raw.executescript((KEPT / "database.sql").read_text("utf-8"))
    raw.close()
    shutil.copy(KEPT / "keys.json", tmp_path / "keys.json")
    (tmp_path / "keys.json").chmod(0o600)
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}", load_keyring(tmp_path / "keys.json", "intl"))
    upgrade(store)
    yield store
    store.engine.dispose()


def clean(store: Store) -> bool:
    with store.reading() as session:
        report = audit.verify(session)
    assert report.findings == []
    return report.replayed > 0


def opened(store: Store, run: int) -> list[tuple[int, str]]:
    with store.reading() as session:
        here = select(task_rows.c.id, task_rows.c.item).join(
            process_instances, process_instances.c.id == task_rows.c.instance
        )
        mine = here.where(process_instances.c.subject_id == run, task_rows.c.status == "open").order_by(task_rows.c.id)
        return [(row.id, row.item) for row in session.conn.execute(mine)]


def answer(store: Store, task: int, village: str) -> None:
    with store.transaction() as session:
        query = text("SELECT official FROM assignments WHERE org_unit = :u")
        who = session.conn.execute(query, {"u": village}).scalar_one()
        actor = people.actor(session, who, date(2026, 11, 30))
        tasks.complete(context_of(session, actor, NOW), task, None, uuid.uuid4().bytes, {"well_found": ["no"]})


def test_a_database_of_the_first_engine_verifies_and_what_was_stuck_is_stuck(kept: Store) -> None:
    assert clean(kept)
    with kept.reading() as session:
        (row,) = session.conn.execute(select(incident_rows)).all()
        assert (row.code, row.closed_at) == ("engine.items.bad_collection", None)
    assert opened(kept, STUCK) == []


def test_a_retry_opens_every_villages_task_and_the_record_stays_true(kept: Store) -> None:
    with kept.transaction() as session:
        admin = people.actor(session, 1, date(2026, 11, 30))
        (row,) = session.conn.execute(select(incident_rows)).all()
        assert incidents.retry(context_of(session, admin, NOW), row.id, uuid.uuid4().bytes) is None
    assert len(opened(kept, STUCK)) == 25
    assert clean(kept)
    for task, village in opened(kept, STUCK)[:24]:
        answer(kept, task, village)
    assert clean(kept)
    answer(kept, *opened(kept, STUCK)[0])
    with kept.reading() as session:
        ended = select(process_instances.c.status).where(process_instances.c.subject_id == STUCK)
        assert session.conn.execute(ended).scalar_one() == "ended"
    assert clean(kept)


def test_what_the_first_engine_had_half_done_goes_on(kept: Store) -> None:
    todo = opened(kept, HALF)
    assert len(todo) == 3
    for task, village in todo:
        answer(kept, task, village)
        assert clean(kept)
    assert opened(kept, HALF) == []


@pytest.mark.parametrize(
    "forged",
    [
        'UPDATE tasks SET answer = \'{"well_found":"yes"}\' WHERE answer IS NOT NULL',
        "UPDATE tasks SET status = 'void' WHERE id = (SELECT max(id) FROM tasks)",
        "UPDATE kept_lists SET content = '[\"440229100201\"]'",
        "DELETE FROM kept_lists",
    ],
)
def test_a_changed_answer_task_or_list_is_found(kept: Store, forged: str) -> None:
    with kept.transaction() as session:
        admin = people.actor(session, 1, date(2026, 11, 30))
        (row,) = session.conn.execute(select(incident_rows)).all()
        incidents.retry(context_of(session, admin, NOW), row.id, uuid.uuid4().bytes)
    answer(kept, *opened(kept, STUCK)[0])
    assert clean(kept)
    with kept.transaction() as session:
        session.conn.execute(text(forged))
    with kept.reading() as session:
        assert not audit.verify(session).ok


def test_all_villages_of_the_county_get_their_income_task(county: County) -> None:
    """On both databases, through the shipped procedure: opened, done one by one by whoever collects, and over."""
    with county.store.transaction() as session:
        place = county_of(session, START.date())
        villages = [u.code for u in place.units.values() if u.level == "village"]
        run = runs.add_run(
            session, kind="income", period="2021-09", as_of=place.on, started_at=START, late=False, status="open", counts={}
        )
        run_steps.begin(
            Context(session, SYSTEM, place, START), run, doors.INCOMES, {"villages": villages}, {"month": "2021-09"}
        )
    assert len(villages) == 174
    assert [item for _, item in opened(county.store, run)] == villages
    with county.store.transaction() as session:
        actor = county.actor("village_1")
        held = actor.assignments[0]
        (instance,) = processes.instances_of_subject(session, "run", run)
        (element,) = set(
            session.conn.execute(select(task_rows.c.element).where(task_rows.c.instance == instance.id)).scalars()
        )
        for village in villages[:-1]:
            collected = {"collected_on": "2021-09-03"}
            run_steps.done(Context(session, actor, place, START), held, run, "village_incomes", village, collected)
        assert items.open_items(session, instance.id, f"{element}#1") == villages[-1:]
        run_steps.done(Context(session, actor, place, START), held, run, "village_incomes", villages[-1], {})
        (instance,) = processes.instances_of_subject(session, "run", run)
        assert instance.status == "ended"
    with county.store.reading() as session:
        assert audit.verify(session).findings == []

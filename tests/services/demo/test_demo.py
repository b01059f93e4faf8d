"""The demo county: synthetic, complete, repeatable, and recorded like any other."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pypinyin import lazy_pinyin
from sqlalchemy import select

from app.config import ROOT
from app.crypto import load_keyring
from app.policy import calendar
from app.policy.identity import id_problem
from app.services import audit, definitions, demo, incomes, people
from app.services.demo.plan import STAGES
from app.services.people import Refused
from app.services.scale import watch
from app.store import cases as case_rows
from app.store import demo as demo_rows
from app.store import households as household_rows
from app.store import inbox, record, tables
from app.store import people as people_rows
from app.store import time as clock
from app.store.session import Session, Store, open_store
from tests.conftest import County, _database, _run_on

pytestmark = pytest.mark.slow

SEED = 7

DECIDED_AT_ONCE = {"application"}
"""The step that opening an application completes: it never stays open."""
SIDE_BY_SIDE = {"town_contact", "village_contact", "measure_plan"}
"""Open together with the entry in the province's system, under which the summary counts the case."""


def build(store: Store, households: int, seed: int = SEED) -> demo.Summary:
    return demo.build(store, ROOT, households=households, seed=seed, accounts=lambda _: "hash")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def _empty(folder: Path, name: str) -> Store:
    return open_store(f"sqlite:///{folder / name}.db", load_keyring(folder / "keys.json", "intl"))


@pytest.fixture(scope="module")
def made(folder: Path) -> Iterator[tuple[Store, demo.Summary]]:
    """One household of each stage."""
    store = _empty(folder, "made")
    yield store, build(store, len(STAGES))
    store.engine.dispose()


@pytest.fixture
def session(made: tuple[Store, demo.Summary]) -> Iterator[Session]:
    with made[0].reading() as session:
        yield session


def test_its_households_stand_at_every_step_every_wait_and_the_main_outcomes(
    made: tuple[Store, demo.Summary], session: Session
) -> None:
    _, summary = made
    made = definitions.latest(session, "identify")
    steps = {made.said(step, "type") for step in made.forms}
    assert steps - DECIDED_AT_ONCE - SIDE_BY_SIDE <= set(summary.cases_by_stage)
    assert {r.type for r in demo_rows.open_steps(session, "identify")} >= SIDE_BY_SIDE
    assert {
        "notice_period",
        "reexam_wait",
        "monitored",
        "withdrawn",
        "unwilling",
        "unwilling_watched",
        "registered",
        "refused_by_village",
        "refused_by_county",
    } <= set(summary.cases_by_stage)
    assert sum(summary.cases_by_stage.values()) == summary.households == len(STAGES)
    assert demo_rows.open_steps(session, "query_assets")  # departments are still asked
    assert session.conn.execute(select(tables.incidents)).all() == []


def test_the_demo_village_has_work_that_is_late_due_today_and_still_ahead(session: Session) -> None:
    now = clock.now(session)
    assert calendar.local_date(now) == demo.TODAY
    open_tasks = session.conn.execute(
        select(tables.tasks.c.due, tables.tasks.c.urged).where(
            tables.tasks.c.status == "open", tables.tasks.c.org_unit == "440229100201"
        )
    ).all()
    left = [calendar.days_left(task.due, now) for task in open_tasks]
    assert min(left) < 0 and 0 in left and max(left) > 0
    assert all((task.urged > 0) == (days < 0) for task, days in zip(open_tasks, left, strict=True))


def test_everybody_and_everything_is_marked_and_nobody_is_real(session: Session) -> None:
    assert session.conn.execute(select(tables.officials).where(~tables.officials.c.demo)).all() == []
    officials = session.conn.execute(select(tables.officials)).all()
    assert all(o.name.startswith("演示·") and not o.must_change for o in officials)
    households = session.conn.execute(select(tables.households)).all()
    numbers, sizes = [], set()
    for row in households:
        assert row.demo and row.head_name.endswith("·演示")
        document, _ = household_rows.document(session, row.id, record.data_key(session, row.data_key))
        assert document is not None and document["household"]["phone"].startswith("1000000")
        numbers += [m["id_number"] for m in document["members"]]
        sizes.add(len(document["members"]))
    assert all(n.startswith("999999") and id_problem(n, demo.TODAY) is None for n in numbers)
    assert len(set(numbers)) == len(numbers)
    assert {1, 9} <= sizes
    assert any(row.head_name.startswith("𠮷") for row in households)


def test_a_head_of_household_is_found_by_name_pinyin_and_initials(session: Session) -> None:
    row = session.conn.execute(
        select(tables.households).where(~tables.households.c.head_name.startswith("𠮷")).limit(1)
    ).one()
    family, given = lazy_pinyin(row.head_name[:1])[0], lazy_pinyin(row.head_name[1:2])[0]
    for typed in (row.head_name[:2], row.head_name[1:], family + given, given, family[:1] + given[:1]):
        assert row.id in {found.id for found in household_rows.search(session, typed, None, limit=500)}


def test_the_record_holds_every_case_and_replays(session: Session) -> None:
    report = audit.verify(session)
    assert report.findings == []
    cases = demo_rows.case_rows(session)
    assert report.cases == len(cases) == len(STAGES) - 1  # one only stands in the register
    for case in cases:
        kinds = [e.kind for e in case_rows.events_of(session, case.id)]
        assert kinds[:2] == ["case_opened", "task_completed"]


def test_signed_pages_are_real_pictures(session: Session) -> None:
    paper = session.conn.execute(select(tables.papers).limit(1)).one()
    key = record.data_key(session, paper.data_key)
    page = session.keyring.suite.open(key.bytes or b"", bytes(paper.secret), bytes(paper.hash))
    assert Image.open(io.BytesIO(page)).format == "JPEG"


def test_each_role_can_sign_in_and_deciding_roles_are_held_twice(made: tuple[Store, demo.Summary], session: Session) -> None:
    summary = made[1]
    held = [role for _, role, _ in summary.sign_ins]
    on = demo.TODAY
    place = people.county_on(session, on)
    assert set(held) == {e.key for e in place.entries.all("role", on)}
    assert len(summary.accounts) == len(set(held))
    assert held.count("village_officer") == 3 and held.count("dept_liaison") == 15
    for role in ("town_officer", "town_leader", "county_officer", "county_leader", "civil_officer", "civil_leader"):
        assert held.count(role) == 2
    for username in ("cungan1", "zhenjingban1", "xianjingban1", "bumen-finance"):
        row = people_rows.by_username(session, username)
        actor = people.actor(session, row.id, on)
        assert inbox.standing(session, actor.id, actor.assignments, clock.now(session)).open > 0
        assert inbox.open_for_roles(session, actor.id, actor.assignments)


def test_departments_gave_their_series_and_one_price_that_fell_is_studied(session: Session) -> None:
    place = people.county_on(session, demo.TODAY)
    known = watch.indicators(place)
    series = [(key, unit) for key, one in known.items() for unit in watch.places_of(place, one)]
    values = session.conn.execute(select(tables.indicator_values)).all()
    assert len(values) == 24 * len(series)  # two years up to last month, without a gap
    signals = session.conn.execute(select(tables.scale_signals)).all()
    assert {(s.about, s.period) for s in signals} == {("series:price_pig", "2022-08")}
    assert "series" in {s.rule for s in signals}
    assert len(session.conn.execute(select(tables.scale_risks)).all()) == 1


def test_incomes_stand_for_two_months_and_who_lost_the_wage_was_looked_at(session: Session) -> None:
    place = people.county_on(session, demo.TODAY)
    village = demo.read_words(ROOT)["demo_village"]
    lines = incomes.grid(session, place, village, "2022-09")
    assert len(lines) > 2 and all(line["before"] and line["now"] is None for line in lines)
    assert [line["before"]["wages"] for line in lines].count(0) == 2
    warned = session.conn.execute(select(tables.clues).where(tables.clues.c.sign == "income_fell")).all()
    assert {w.household for w in warned} == {line["household"] for line in lines if line["before"]["wages"] == 0}
    assert {w.org_unit for w in warned} == {village} and {w.status for w in warned} == {"watching"}
    runs = session.conn.execute(select(tables.runs).where(tables.runs.c.kind == "collect_income")).all()
    assert [(r.period, r.status) for r in runs] == [("2022-07", "closed"), ("2022-08", "closed")]


def test_a_second_call_changes_nothing(made: tuple[Store, demo.Summary]) -> None:
    store, summary = made

    def rows() -> list[int]:
        with store.reading() as session:
            return [
                len(session.conn.execute(select(t)).all())
                for t in (tables.events, tables.officials, tables.households, tables.deployments, tables.entries)
            ]

    before = rows()
    assert build(store, 60, seed=1) == summary
    assert rows() == before


def _told(session: Session) -> tuple[list[str], list[tuple[object, ...]]]:
    """The households by name, and what happened to them, when, by which command."""
    e, h = tables.events.c, tables.households.c
    names = session.conn.execute(select(h.head_name).order_by(h.id)).scalars()
    happened = session.conn.execute(select(e.kind, e.at, e.command_id).order_by(e.stream, e.number))
    return list(names), [tuple(row) for row in happened]


def test_another_seed_makes_another_county(folder: Path, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SCREENED_FROM", demo.TODAY.replace(day=1))
    store = _empty(folder, "another")
    build(store, 3, SEED + 1)
    with store.reading() as another:
        names = _told(another)[0]
    store.engine.dispose()
    assert len(names) == 3 and set(names).isdisjoint(_told(session)[0])


def test_a_county_in_service_is_left_alone(sqlite_county: County) -> None:
    with pytest.raises(Refused, match=r"demo\.not_empty"):
        build(sqlite_county.store, 5)
    with sqlite_county.store.reading() as session:
        assert clock.offset(session) is None


def test_the_same_seed_makes_the_same_county_on_postgresql_too(
    postgres: str, folder: Path, made: tuple[Store, demo.Summary], session: Session
) -> None:
    _run_on(postgres, "CREATE DATABASE demo_county")
    store = open_store(_database(postgres, "demo_county"), load_keyring(folder / "keys.json", "intl"))
    told: list[tuple[int, int]] = []
    summary = demo.build(
        store, ROOT, households=len(STAGES), seed=SEED, accounts=lambda _: "hash", progress=lambda *done: told.append(done)
    )
    assert summary == made[1]
    assert told[-1] == (len(STAGES), len(STAGES)) and told == sorted(told)
    with store.reading() as there:
        assert _told(there) == _told(session)
        assert audit.verify(there).findings == []
    store.engine.dispose()
    _run_on(postgres, "DROP DATABASE demo_county")


def test_some_households_are_on_their_way_out_and_some_eliminated(made: tuple[Store, demo.Summary], session: Session) -> None:
    wanted = {"exit_assessment", "village_review", "exit_acceptance", "town_report", "exit_decision"}
    assert wanted <= {r.type for r in demo_rows.open_steps(session, "eliminate")}
    assert made[1].cases_by_stage["eliminated_natural"] + made[1].cases_by_stage.get("eliminated_exception", 0) == 1

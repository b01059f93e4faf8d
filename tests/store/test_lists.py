"""Batches: what one meeting or sheet did for many households."""

from datetime import date
from typing import Any

from app.store import lists, record
from app.store.session import Session
from app.store.tables import papers
from tests.conftest import OTHER_VILLAGE, START, TOWN, VILLAGE, County
from tests.store.planting import case, household, run, task

ON = date(2021, 8, 30)


def planted(session: Session, name: str, village: str = VILLAGE) -> tuple[int, int]:
    """(case, task) of a new household."""
    case_id = case(session, household(session, name, village))
    return case_id, task(session, run(session, case_id), f"review_{name}")


def batch(session: Session, items: list[tuple[int, int]], unit: str = VILLAGE, **shared: Any) -> int:
    made, _ = lists.add(session, kind="review", unit=unit, happened_on=ON, by=3, shared=shared, items=items, now=START)
    return made


def test_a_batch_keeps_what_was_asked_once_until_its_key_is_destroyed(county: County) -> None:
    with county.store.transaction() as session:
        items = [planted(session, "演示甲")]
        told = {"place": "村委会"}
        ident, key = lists.add(
            session, kind="review", unit=VILLAGE, happened_on=ON, by=3, shared=told, items=items, now=START
        )
        row = lists.get(session, ident)
        assert row is not None
        assert (row.kind, row.org_unit, row.happened_on, row.made_by, row.made_at) == ("review", VILLAGE, ON, 3, START)
        assert row.data_key == key.id
        assert lists.shared(session, row) == told
        assert lists.get(session, ident + 1) is None
        record.destroy_keys(session, [key.id], START)
        assert lists.shared(session, row) == {}


def test_items_stand_in_the_order_of_the_list(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted(session, "演示甲"), planted(session, "演示乙", OTHER_VILLAGE)
        ident = batch(session, [two, one])
        other = batch(session, [one])
        rows = lists.items(session, ident)
        assert [(r.row, r.case_id, r.task, r.element, r.head_name, r.village) for r in rows] == [
            (1, *two, "review_演示乙", "演示乙", OTHER_VILLAGE),
            (2, *one, "review_演示甲", "演示甲", VILLAGE),
        ]
        named = lists.tasks_named(session, [two[1], one[1]])
        assert [(r.task, r.case_id, r.head_name, r.village) for r in named] == [
            (one[1], one[0], "演示甲", VILLAGE),
            (two[1], two[0], "演示乙", OTHER_VILLAGE),
        ]
        assert [r.household for r in rows] == [named[1].household, named[0].household]
        assert all(r.instance for r in rows)
        assert [r.row for r in lists.items(session, other)] == [1]
        assert lists.items(session, other + 1) == lists.tasks_named(session, []) == []


def test_the_latest_batches_of_ones_units_come_first(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted(session, "演示甲"), planted(session, "演示乙")
        first, second = batch(session, [one, two]), batch(session, [two])
        there = batch(session, [one], OTHER_VILLAGE)
        rows = lists.listed(session, [VILLAGE])
        assert [(r.id, r.kind, r.org_unit, r.happened_on, r.made_by, r.n) for r in rows] == [
            (second, "review", VILLAGE, ON, 3, 1),
            (first, "review", VILLAGE, ON, 3, 2),
        ]
        assert [r.id for r in lists.listed(session, [VILLAGE, OTHER_VILLAGE], limit=2)] == [there, second]
        assert lists.listed(session, []) == lists.listed(session, [TOWN]) == []
        found = lists.of_case(session, one[0])
        assert [(r.id, r.org_unit, r.happened_on) for r in found] == [(first, VILLAGE, ON), (there, OTHER_VILLAGE, ON)]
        assert lists.of_case(session, planted(session, "演示丙")[0]) == []


def test_shared_pages_that_name_a_case_are_found(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted(session, "演示甲"), planted(session, "演示乙")
        key = record.new_data_key(session, "batch")

        def page(of: int | None) -> int:
            columns = {"kind": "sheet", "title": "签到表", "media_type": "image/jpeg", "hash": b"h", "secret": b"s"}
            made = papers.insert().values(**columns, batch=of, data_key=key.id, added_at=START).returning(papers.c.id)
            return session.conn.execute(made).scalar_one()

        both, alone = batch(session, [one, two]), batch(session, [two])
        pages = [page(both) for _ in range(2)]
        beside = page(alone)
        page(None)
        assert lists.pages_naming(session, [one[0]]) == pages
        assert lists.pages_naming(session, [two[0]]) == lists.pages_naming(session, [one[0], two[0]]) == [*pages, beside]
        assert lists.pages_naming(session, []) == []

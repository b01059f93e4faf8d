"""What has been kept long enough, and what not yet."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import record, retention
from app.store.session import Session
from app.store.tables import cases, clues, debts, papers
from tests.conftest import START, VILLAGE, County

from . import planted
from .planted import LATER, TODAY

BEFORE = START + timedelta(days=1)


def closed_case(session: Session, household: int, at: Any = START) -> int:
    ident = planted.case(session, household)
    session.conn.execute(update(cases).where(cases.c.id == ident).values(closed_at=at))
    return ident


def paper(session: Session, case: int | None, **columns: Any) -> int:
    ident, _ = case_rows.add_paper(
        session, case_id=case, kind="demo", title="签名页", media_type="image/jpeg", content=b"page", by=None, now=START
    )
    if columns:
        session.conn.execute(update(papers).where(papers.c.id == ident).values(**columns))
    return ident


def test_clues_that_led_nowhere_are_old_enough_once_nothing_runs_on_them(county: County) -> None:
    with county.store.transaction() as session:
        own = record.new_data_key(session, "clue:1")
        of_household = record.new_data_key(session, "household:1")
        sealed = {"channel": "visit", "found_on": TODAY, "recorded_at": START, "status": "excluded"}
        one = clue_rows.add(session, own, {"words": "演示"}, **sealed)
        two = clue_rows.add(session, of_household, {"words": "演示"}, **sealed)
        three = planted.clue(session, status="forwarded")
        for status in ("open", "watching"):
            planted.clue(session, status=status)
        planted.clue(session, status="excluded", recorded_at=BEFORE)
        planted.clue(session, status="excluded", case_id=planted.case(session, planted.household(session)))
        found = [tuple(row) for row in retention.clues_before(session, BEFORE, 10)]
        assert found == [(one, own.id), (two, None), (three, None)]
        assert [row.id for row in retention.clues_before(session, BEFORE, 2)] == [one, two]
        assert retention.clues_before(session, START, 10) == []


def test_a_clue_goes_with_its_debts_and_no_other_does(county: County) -> None:
    with county.store.transaction() as session:
        one, two = planted.clue(session), planted.clue(session)
        for ident in (one, two):
            owed = {"clue": ident, "org_unit": VILLAGE, "helped_on": TODAY, "due_on": TODAY, "opened_at": START}
            clue_rows.add_debt(session, **owed)
        retention.drop_clues(session, [])
        retention.drop_clues(session, [one])
        retention.drop_clues(session, [one])
        assert session.conn.execute(select(clues.c.id)).scalars().all() == [two]
        assert session.conn.execute(select(debts.c.clue)).scalars().all() == [two]


def test_a_household_has_ended_when_its_last_case_was_closed_long_ago(county: County) -> None:
    with county.store.transaction() as session:
        ended = planted.household(session, "演示甲", status="eliminated")
        closed_case(session, ended)
        second = planted.household(session, "演示乙", status="eliminated")
        closed_case(session, second)
        others = {
            "open again": planted.household(session, "演示丙", status="eliminated"),
            "another status": planted.household(session, "演示丁", status="registered"),
            "in the province's register": planted.household(session, "演示戊", status="eliminated", number="YS0001"),
            "closed lately": planted.household(session, "演示己", status="eliminated"),
            "without a case": planted.household(session, "演示庚", status="eliminated"),
        }
        for why, household in others.items():
            if why != "without a case":
                closed_case(session, household)
            if why == "closed lately":
                closed_case(session, household, BEFORE)
            if why == "open again":
                planted.case(session, household)
        assert retention.households_ended(session, "eliminated", BEFORE, 10) == [ended, second]
        assert retention.households_ended(session, "eliminated", BEFORE, 1) == [ended]
        assert retention.households_ended(session, "registered", BEFORE, 10) == [others["another status"]]
        assert retention.households_ended(session, "eliminated", START, 10) == []
        assert retention.still_ended(session, ended, "eliminated", BEFORE)
        assert not retention.still_ended(session, ended, "registered", BEFORE)
        assert not retention.still_ended(session, ended, "eliminated", START)
        still = {why: retention.still_ended(session, household, "eliminated", BEFORE) for why, household in others.items()}
        assert not any(still.values()), still
        assert not retention.still_ended(session, 10**6, "eliminated", BEFORE)


def test_pages_are_old_enough_when_their_case_ended_or_they_are_of_a_list(county: County) -> None:
    with county.store.transaction() as session:
        over = closed_case(session, planted.household(session, "演示甲"))
        late = closed_case(session, planted.household(session, "演示乙"), BEFORE)
        running = planted.case(session, planted.household(session, "演示丙"))
        of_case, of_list = paper(session, over), paper(session, None, batch=4)
        paper(session, over, added_at=BEFORE)
        paper(session, late)
        paper(session, running, batch=4)
        paper(session, None)  # not yet put to anything
        found = retention.papers_before(session, BEFORE, 10)
        assert [(row.id, row.case_id, row.batch) for row in found] == [(of_case, over, None), (of_list, None, 4)]
        assert [row.id for row in retention.papers_before(session, BEFORE, 1)] == [of_case]
        assert retention.papers_before(session, START, 10) == []
        record.destroy_keys(session, [found[0].data_key], LATER)
        assert [row.id for row in retention.papers_before(session, BEFORE, 10)] == [of_list]


def test_an_emptied_page_keeps_its_digest(county: County) -> None:
    with county.store.transaction() as session:
        one, two = paper(session, None), paper(session, None)
        before = session.conn.execute(select(papers).order_by(papers.c.id)).all()
        retention.empty_papers(session, [])
        retention.empty_papers(session, [one])
        first, second = session.conn.execute(select(papers).order_by(papers.c.id)).all()
        assert (first.id, bytes(first.secret), bytes(first.hash)) == (one, b"", bytes(before[0].hash))
        assert second.id == two and second.secret == before[1].secret != b""

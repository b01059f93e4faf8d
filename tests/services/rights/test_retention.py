"""What has been kept long enough goes by night, with events of its own; what is left still verifies."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.services import audit
from app.services.rights import erasure as keys
from app.services.rights import retention
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store import record
from app.store.tables import clues, data_keys, events, households, papers
from tests.conftest import VILLAGE, County
from tests.walking import Walk


def rejected(county: County, number: int) -> Walk:
    walk = Walk(county, number).open().to("hold_village_review")
    walk.do("village_3", "hold_village_review", votes={"for": 3, "against": 20, "abstained": 2}, review_result="rejected")
    walk.wait(days=11)
    assert walk.case().closed_at is not None
    return walk


def name_of(county: County, household: int) -> str | None:
    with county.store.reading() as session:
        row: Any = household_rows.get(session, household)
        return row.head_name


def verified(county: County) -> Any:
    with county.store.reading() as session:
        return audit.verify(session, None)


def test_a_refused_household_goes_when_its_time_is_over(county: County) -> None:
    walk = rejected(county, 1)
    other = Walk(county, 2).open()
    household = walk.case().household
    with county.store.transaction() as session:
        audit.seal(session, county.now.date(), county.now)
    county.now += timedelta(days=2 * 365)
    assert retention.run(county.store, county.now)["refused"] == 0
    county.now += timedelta(days=2 * 365)
    assert retention.run(county.store, county.now)["refused"] == 1
    assert retention.run(county.store, county.now) == {}  # once a day
    assert name_of(county, household) is None and name_of(county, other.case().household) == "演示2"
    with county.store.reading() as session:
        row = session.conn.execute(select(events.c.body).where(events.c.kind == "household_erased")).scalar_one()
        body = json.loads(bytes(row))
        assert body["kept_as"] == "refused" and "个人信息保护法" in body["basis"]
        key = record.data_key(session, household_rows.get(session, household).data_key)  # type: ignore[union-attr]
        assert key.bytes is None
    report = verified(county)
    assert report.findings == [] and report.erased > 0


def test_who_stands_in_the_provinces_register_or_on_the_watch_list_stays(sqlite_county: County) -> None:
    walk = rejected(sqlite_county, 1)
    with sqlite_county.store.transaction() as session:
        session.conn.execute(households.update().values(number="HN1"))
    sqlite_county.now += timedelta(days=5000)
    gone = retention.run(sqlite_county.store, sqlite_county.now)
    assert gone["refused"] == gone["finished"] == 0 and name_of(sqlite_county, walk.case().household) == "演示1"


def test_old_clues_and_papers_go_alone(county: County) -> None:
    walk = rejected(county, 1)
    with county.store.transaction() as session:
        clue_rows.add(
            session, None, {}, channel="hotline", found_on=county.now.date(), recorded_at=county.now, status="excluded"
        )
        session.conn.execute(households.update().values(number="HN1"))
        kept = session.conn.execute(select(func.count()).select_from(papers).where(papers.c.case_id == walk.case_id)).scalar()
    assert kept
    county.now += timedelta(days=11 * 365)
    gone = retention.run(county.store, county.now)
    assert (gone["clue"], gone["papers"]) == (1, kept)
    with county.store.reading() as session:
        assert session.conn.execute(select(func.count()).select_from(clues)).scalar() == 1  # the case's own
        rows = session.conn.execute(
            select(papers.c.secret, data_keys.c.wrapped).join(data_keys, data_keys.c.id == papers.c.data_key)
        ).all()
        assert all(bytes(r.secret) == b"" and r.wrapped is None for r in rows)
        told = set(session.conn.execute(select(events.c.kind).where(events.c.kind.like("%_expired"))).scalars())
    assert told == {"clues_expired", "papers_expired"}
    assert verified(county).findings == []


def test_erasure_leaves_chain_seals_lists_and_reports_right(county: County) -> None:
    """Two households of one meeting; one is erased: the other's papers, the lists and the daily seal stay right."""
    walks = [rejected(county, n) for n in (1, 2)]
    with county.store.transaction() as session:
        audit.seal(session, county.now.date(), county.now)
    before = verified(county)
    with county.store.transaction() as session:
        household = walks[0].case().household
        keys.erase_household(session, household, basis="依法删除申请", approvers=("甲", "乙"), now=county.now)
    with county.store.reading() as session:
        listed = household_rows.households_page(session, [VILLAGE])
        assert {(r.id == household, r.head_name, r.status) for r in listed} == {
            (True, None, "erased"),
            (False, "演示2", "registered"),
        }
        assert household_rows.households_count(session, [VILLAGE]) == 2
        assert household_rows.search(session, "演示1", None) == []
    with county.store.transaction() as session:
        audit.seal(session, county.now.date() + timedelta(days=1), county.now)
    after = verified(county)
    assert after.findings == [] and after.seals == before.seals + 1
    assert after.erased > before.erased and after.events == before.events + 1

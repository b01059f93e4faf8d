"""Months of re-screening: runs and duties, departments' files, what was found, and the extract people are matched by."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.policy.calendar import end_of
from app.store import record, rescreening
from app.store.session import Session
from app.store.tables import cases, data_keys, duties, household_versions, households
from tests.conftest import OTHER_VILLAGE, START, VILLAGE, County

from . import planted
from .planted import LATER, TODAY


def run(session: Session, period: str = "2021-09", **columns: Any) -> int:
    usual = {"kind": rescreening.KIND, "as_of": TODAY, "started_at": START, "late": False, "status": "open", "counts": {}}
    return rescreening.add_run(session, period=period, **{**usual, **columns})


def file(session: Session, of: int, digest: bytes = b"1", **columns: Any) -> int:
    key = record.new_data_key(session, "file")
    usual = {
        "department": "health",
        "template": "medical",
        "data_on": TODAY,
        "counts": {},
        "uploaded_at": START,
        "status": "kept",
        "data_key": key.id,
        "secret": b"original",
    }
    return rescreening.add_file(session, run=of, file_hash=digest, **{**usual, **columns})


def version(session: Session, household: int, number: int, as_of: date = TODAY, **columns: Any) -> None:
    usual = {"recorded_at": START, "secret": b"%d" % number}
    session.conn.execute(
        insert(household_versions).values(household=household, number=number, as_of=as_of, **{**usual, **columns})
    )


def test_a_run_is_found_by_id_and_by_its_period_and_kind(county: County) -> None:
    with county.store.transaction() as session:
        one, two = run(session), run(session, kind="visits", status="closed")
        found = rescreening.run(session, one)
        assert (found.id, found.kind, found.period, found.as_of) == (one, "rescreen", "2021-09", TODAY)
        assert (found.started_at, found.late, found.status, found.closed_at, found.counts) == (START, False, "open", None, {})
        assert rescreening.run_of(session, "2021-09") == found
        assert rescreening.run_of(session, "2021-09", "visits").id == two
        assert rescreening.run_of(session, "2021-10") is None
        assert rescreening.run(session, two + 1) is None
        assert rescreening.some(session, {one, two + 1}) == {one: found}
        assert rescreening.some(session, []) == {}


def test_a_month_has_one_run_of_a_kind(county: County) -> None:
    with pytest.raises(IntegrityError), county.store.transaction() as session:
        run(session)
        run(session)


def test_runs_are_listed_by_kind_newest_period_first(county: County) -> None:
    with county.store.transaction() as session:
        october, august, september = (run(session, f"2021-{m}") for m in ("10", "08", "09"))
        other = run(session, "2021-11", kind="visits")
        rescreening.change_run(session, october, status="closed", closed_at=LATER)
        rescreening.change_run(session, september, status="comparing")
        assert [row.id for row in rescreening.listed(session)] == [october, september, august]
        assert [row.id for row in rescreening.listed(session, limit=2)] == [october, september]
        assert [row.id for row in rescreening.listed(session, "visits")] == [other]
        assert rescreening.periods(session) == {"2021-08", "2021-09", "2021-10"}
        assert rescreening.periods(session, "visits") == {"2021-11"}
        assert rescreening.periods(session, "other") == set()
        assert [row.id for row in rescreening.open_runs(session, ["open", "comparing"])] == [august, september]
        assert [row.id for row in rescreening.open_runs(session, ["open"], "visits")] == [other]
        assert rescreening.open_runs(session, []) == []
        closed = rescreening.run(session, october)
        assert (closed.status, closed.closed_at) == ("closed", LATER)
        assert rescreening.run(session, august).status == "open"


def test_figures_are_put_beside_those_known_and_failed_households_together(county: County) -> None:
    with county.store.transaction() as session:
        one, other = run(session), run(session, "2021-10")
        rescreening.add_counts(session, one, households=5)
        rescreening.add_counts(session, one, missing=["health"])
        assert rescreening.run(session, one).counts == {"households": 5, "missing": ["health"]}
        rescreening.add_counts(session, one, failed=[7, 3], households=6)
        rescreening.add_counts(session, one, failed=[5, 3])
        assert rescreening.run(session, one).counts == {"households": 6, "missing": ["health"], "failed": [3, 5, 7]}
        assert rescreening.run(session, other).counts == {}


def test_every_household_of_the_register_owes_a_screening_once_a_month(county: County) -> None:
    due = TODAY + timedelta(days=10)
    with county.store.transaction() as session:
        one, two = planted.household(session, "演示甲"), planted.household(session, "演示乙", OTHER_VILLAGE)
        erased = planted.household(session, "演示丙", status="erased")
        for period in ("2021-09", "2021-10"):
            assert rescreening.open_duties(session, period, due) == 2
            assert rescreening.duty_counts(session, period) == {"open": 2}
        found = rescreening.duties_of(session, two)
        assert [(d.period, d.org_unit, d.status, d.due_on, d.done_at) for d in found] == [
            ("2021-10", OTHER_VILLAGE, "open", due, None),
            ("2021-09", OTHER_VILLAGE, "open", due, None),
        ]
        assert [d.period for d in rescreening.duties_of(session, two, 1)] == ["2021-10"]
        assert rescreening.duties_of(session, erased) == []

        rescreening.close_duties(session, "2021-09", "done", [two, erased], LATER)
        assert rescreening.duty_counts(session, "2021-09") == {"done": 1, "missed": 1}
        assert rescreening.duty_counts(session, "2021-10") == {"open": 2}
        assert [(d.status, d.done_at) for d in rescreening.duties_of(session, one)] == [("open", None), ("done", LATER)]
        assert [(d.status, d.done_at) for d in rescreening.duties_of(session, two)] == [("open", None), ("missed", None)]
        rescreening.close_duties(session, "2021-09", "late", [], LATER + timedelta(days=1))
        assert rescreening.duty_counts(session, "2021-09") == {"done": 1, "missed": 1}  # what is closed stays
        rescreening.close_duties(session, "2021-10", "late", [], LATER)
        assert rescreening.duty_counts(session, "2021-10") == {"late": 2}


def test_duties_of_another_kind_are_neither_counted_nor_closed(county: County) -> None:
    with county.store.transaction() as session:
        one = planted.household(session)
        other = {
            "kind": "visits",
            "subject": one,
            "period": "2021-09",
            "org_unit": VILLAGE,
            "status": "open",
            "due_on": TODAY,
        }
        session.conn.execute(insert(duties).values(other))
        assert rescreening.duty_counts(session, "2021-09") == {}
        assert rescreening.duties_of(session, one) == []
        rescreening.close_duties(session, "2021-09", "done", [], LATER)
        assert rescreening.duty_counts(session, "2021-09", "visits") == {"open": 1}


def test_a_file_is_found_by_what_it_holds_within_its_month_and_template(county: County) -> None:
    with county.store.transaction() as session:
        month, other = run(session), run(session, "2021-10")
        ident = file(session, month, b"1", uploaded_by=county.ids["health"])
        assert rescreening.file_of(session, month, "medical", b"1") == ident
        assert rescreening.file_of(session, month, "medical", b"2") is None
        assert rescreening.file_of(session, month, "school", b"1") is None
        assert rescreening.file_of(session, other, "medical", b"1") is None
        found = rescreening.file(session, ident)
        assert (found.run, found.department, found.template, found.uploaded_by) == (
            month,
            "health",
            "medical",
            county.ids["health"],
        )
        assert bytes(found.secret) == b"original"
        assert rescreening.file(session, ident + 1) is None


def test_files_are_listed_by_month_and_department_without_their_originals(county: County) -> None:
    with county.store.transaction() as session:
        month, other = run(session), run(session, "2021-10")
        one = file(session, month, b"1")
        two = file(session, month, b"2", department="civil", template="low_income", status="compared")
        three = file(session, other, b"1")
        found = rescreening.files_of(session, month)
        assert [row.id for row in found] == [one, two]
        assert "secret" not in found[0]._fields
        assert [row.id for row in rescreening.files_of(session, month, "civil")] == [two]
        assert rescreening.files_of(session, month, "police") == []
        assert rescreening.files_of(session, other + 1) == []
        waiting = rescreening.waiting_files(session)
        assert [row.id for row in waiting] == [one, three]
        assert "secret" not in waiting[0]._fields


def test_a_file_that_is_held_tells_its_status(county: County) -> None:
    with county.store.transaction() as session:
        month = run(session)
        one, two = file(session, month, b"1"), file(session, month, b"2")
        rescreening.change_file(session, one, status="compared", counts={"read": 3})
        assert [rescreening.lock_file(session, ident) for ident in (one, two, two + 1)] == ["compared", "kept", None]
        assert rescreening.file(session, one).counts == {"read": 3}
        assert rescreening.file(session, two).counts == {}


@pytest.mark.parametrize(
    ("columns", "mended"),
    [
        ({"status": "compared"}, False),
        ({"status": "failed"}, True),
        ({"status": "compared", "counts": {"nowhere": [4]}}, True),
        ({"status": "compared", "counts": {"nowhere": []}}, False),
    ],
)
def test_a_file_set_aside_or_with_rows_that_led_nowhere_may_be_sent_again(
    county: County, columns: dict[str, Any], mended: bool
) -> None:
    with county.store.transaction() as session:
        month, other = run(session), run(session, "2021-10")
        assert not rescreening.to_be_mended(session, month, "medical")
        file(session, month, b"1", **columns)
        assert rescreening.to_be_mended(session, month, "medical") is mended
        assert not rescreening.to_be_mended(session, month, "school")
        assert not rescreening.to_be_mended(session, other, "medical")


def test_originals_go_after_their_day_but_never_before_they_were_compared(county: County) -> None:
    yesterday = TODAY - timedelta(days=1)
    with county.store.transaction() as session:
        month = run(session)
        over = file(session, month, b"1", status="compared", original_until=yesterday)
        file(session, month, b"2", status="compared", original_until=TODAY)
        file(session, month, b"3", status="kept", original_until=yesterday)
        never = file(session, month, b"4", status="compared", original_until=None)
        found = rescreening.originals_before(session, TODAY)
        assert [tuple(row) for row in found] == [(over, rescreening.file(session, over).data_key)]
        rescreening.drop_originals(session, [over])
        rescreening.drop_originals(session, [])
        assert rescreening.originals_before(session, TODAY) == []
        gone, kept = rescreening.file(session, over), rescreening.file(session, never)
        assert (bytes(gone.secret), gone.original_until, bytes(gone.file_hash)) == (b"", None, b"1")
        assert bytes(kept.secret) == b"original"


def test_findings_of_a_file_are_known_by_their_rows(county: County) -> None:
    with county.store.transaction() as session:
        month = run(session)
        one, two = file(session, month, b"1"), file(session, month, b"2")
        rescreening.add_findings(session, [])
        rows = [{"file": one, "row": n, "clue": n, "fresh": True} for n in (2, 5)]
        rescreening.add_findings(session, [*rows, {"file": two, "row": 7, "clue": 9, "fresh": False}])
        assert rescreening.found_rows(session, one) == {2, 5}
        assert rescreening.found_rows(session, two) == {7}
        assert rescreening.found_rows(session, two + 1) == set()


def test_findings_are_counted_by_the_outcome_of_the_clue_they_were_merged_into(county: County) -> None:
    with county.store.transaction() as session:
        month, other = run(session), run(session, "2021-10")
        one, elsewhere = file(session, month, b"1"), file(session, other, b"2")
        root = planted.clue(session, sign="big_bill", status="excluded", outcome="no_risk")
        merged = planted.clue(session, sign="big_bill", status="joined", merged_into=root)
        plain = planted.clue(session, sign="accident")
        rescreening.add_findings(
            session,
            [
                {"file": one, "row": 1, "clue": root, "fresh": True},
                {"file": one, "row": 2, "clue": merged, "fresh": False},
                {"file": one, "row": 3, "clue": merged, "fresh": False},
                {"file": one, "row": 4, "clue": plain, "fresh": True},
                {"file": elsewhere, "row": 1, "clue": plain, "fresh": False},
            ],
        )
        found = [tuple(row) for row in rescreening.finding_counts(session, month)]
        assert found[0] == ("health", "medical", "accident", True, None, 1)
        assert sorted(found[1:]) == [
            ("health", "medical", "big_bill", False, "no_risk", 2),
            ("health", "medical", "big_bill", True, "no_risk", 1),
        ]
        assert [row.n for row in rescreening.finding_counts(session, other)] == [1]
        assert rescreening.finding_counts(session, other + 1) == []


def test_clues_that_a_month_opened_are_counted_without_those_that_joined_others(county: County) -> None:
    with county.store.transaction() as session:
        for _ in range(2):
            planted.clue(session, run="2021-09", grade="red", status="open")
        planted.clue(session, run="2021-09", grade="red", status="excluded", outcome="no_risk", org_unit=OTHER_VILLAGE)
        planted.clue(session, run="2021-09", grade="red", status="joined")
        planted.clue(session, run="2021-10", grade="red", status="open")
        planted.clue(session, grade="red", status="open")
        assert {tuple(row) for row in rescreening.clue_counts(session, "2021-09")} == {
            (VILLAGE, "red", "open", None, 2),
            (OTHER_VILLAGE, "red", "excluded", "no_risk", 1),
        }
        assert rescreening.clue_counts(session, "2021-11") == []


def test_the_stamp_changes_whenever_a_file_does(county: County) -> None:
    with county.store.transaction() as session:
        stamps = [rescreening.stamp(session)]
        one, two = planted.household(session), planted.household(session, "演示乙")
        for household, number, at in ((one, 1, START), (two, 1, START), (one, 2, START), (one, 3, LATER)):
            version(session, household, number, recorded_at=at)
            stamps.append(rescreening.stamp(session))
            assert rescreening.stamp(session) == stamps[-1]
        assert stamps[0] == "0/0"
        assert len(set(stamps)) == len(stamps)


def test_an_extract_is_kept_sealed_and_the_one_before_can_never_be_read_again(county: County) -> None:
    with county.store.transaction() as session:
        assert rescreening.extract(session, "people") is None
        rescreening.save_extract(session, "people", "1/2", b"first", 3, START)
        before = rescreening.extract(session, "people")
        assert (before.stamp, before.rows, before.made_at) == ("1/2", 3, START)
        assert b"first" not in bytes(before.secret)
        assert rescreening.open_extract(session, before) == b"first"

        rescreening.save_extract(session, "other", "1/2", b"beside", 1, START)
        rescreening.save_extract(session, "people", "2/3", b"second", 4, LATER)
        after = rescreening.extract(session, "people")
        assert (after.stamp, after.rows) == ("2/3", 4)
        assert rescreening.open_extract(session, after) == b"second"
        assert rescreening.open_extract(session, before) is None

        rescreening.drop_extract(session, "people", LATER)
        rescreening.drop_extract(session, "people", LATER)
        assert rescreening.extract(session, "people") is None
        assert rescreening.open_extract(session, after) is None
        assert rescreening.open_extract(session, rescreening.extract(session, "other")) == b"beside"
        owner = select(data_keys.c.destroyed_at).where(data_keys.c.owner == "extract:people").order_by(data_keys.c.id)
        assert session.conn.execute(owner).scalars().all() == [LATER, LATER]


def test_files_are_given_as_they_stand_or_stood_on_a_day(county: County) -> None:
    yesterday = TODAY - timedelta(days=1)
    with county.store.transaction() as session:
        one, two, erased = (planted.household(session, name) for name in ("演示甲", "演示乙", "演示丙"))
        version(session, one, 1, yesterday)
        version(session, one, 2, TODAY)
        version(session, two, 1, TODAY)
        version(session, erased, 1, yesterday)
        planted.household(session, "演示丁")  # without a file
        session.conn.execute(update(households).where(households.c.id == erased).values(status="erased"))
    with county.store.reading() as session:
        assert rescreening.files_as_of(session, yesterday - timedelta(days=1)).all() == []
        (row,) = rescreening.files_as_of(session, yesterday).all()
        assert (row.household, row.number, bytes(row.secret)) == (one, 1, b"1")
        key = record.opened_key(session, row.key, row.master, row.wrapped, row.suite)
        assert key.bytes is not None
        for day in (TODAY, None):
            found = [(row.household, row.number) for row in rescreening.files_as_of(session, day)]
            assert found == [(one, 2), (two, 1)]


def test_who_was_poor_or_identified_is_flagged_now_and_as_of_a_day(county: County) -> None:
    with county.store.transaction() as session:
        former = planted.household(session, "演示甲", household_type="former_poor")
        plain = planted.household(session, "演示乙", household_type="ordinary")
        unknown = planted.household(session, "演示丙")
        monitored, eliminated, refused = (
            planted.household(session, name, status=status)
            for name, status in (("演示丁", "monitored"), ("演示戊", "eliminated"), ("演示己", "registered"))
        )
        for household, category in ((monitored, "sudden"), (eliminated, "sudden"), (refused, None)):
            decided = {"category": category, "decided_at": START}
            ident = planted.case(session, household)
            session.conn.execute(update(cases).where(cases.c.id == ident).values(**decided))

        def flagged(on: date | None) -> set[int]:
            found = rescreening.household_flags(session, on)
            assert [row.id for row in found] == [former, plain, unknown, monitored, eliminated, refused]
            return {row.id for row in found if row.former}

        assert flagged(None) == {former, monitored, eliminated}
        assert flagged(TODAY) == {former, monitored, eliminated}
        assert flagged(TODAY - timedelta(days=1)) == {former}
        before_midnight = end_of(TODAY) - timedelta(microseconds=1)
        session.conn.execute(update(cases).where(cases.c.household == monitored).values(decided_at=before_midnight))
        assert flagged(TODAY) == {former, monitored, eliminated}
        session.conn.execute(update(cases).where(cases.c.household == monitored).values(decided_at=START + timedelta(days=1)))
        assert flagged(TODAY) == {former, eliminated}


def test_households_stand_with_their_keys_unless_erased(county: County) -> None:
    with county.store.transaction() as session:
        one = planted.household(session, "演示甲", household_type="former_poor")
        two = planted.household(session, "演示乙", OTHER_VILLAGE, status="monitored")
        gone = planted.household(session, "演示丙")
        before = rescreening.standing(session, [gone])
        record.destroy_keys(session, [before[gone][1].id], LATER)
        found = rescreening.standing(session, [two, one, one, gone, gone + 1])
        assert set(found) == {one, two}
        row, key = found[one]
        assert (row.org_unit, row.household_type, row.status) == (VILLAGE, "former_poor", "registered")
        assert (found[two][0].org_unit, found[two][0].status) == (OTHER_VILLAGE, "monitored")
        assert key == record.data_key(session, row.key) and key.bytes is not None
        assert rescreening.standing(session, []) == {}

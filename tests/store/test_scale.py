"""Risks of a whole place: what is counted, what signals said, what is studied and what towns owe."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.store import record, scale
from app.store.session import Session
from app.store.tables import households
from tests.conftest import OTHER_TOWN, OTHER_VILLAGE, START, TOWN, VILLAGE, County

from . import planted
from .planted import LATER, TODAY

TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def risk(session: Session, about: str = "family:illness", **columns: Any) -> int:
    usual = {"why": "signal", "period": "2021-09", "org_unit": TOWN, "opened_at": START, "status": "open"}
    key = record.new_data_key(session, "scale")
    return scale.add_risk(session, key, {"said": about}, about=about, **{**usual, **columns})


def signal(session: Session, of: int, period: str = "2021-09", **columns: Any) -> int:
    usual = {"rule": "households", "about": "family:illness", "org_unit": TOWN, "since": "2021-08", "fresh": True}
    return scale.add_signal(session, risk=of, period=period, figures={"n": 3}, found_at=START, **{**usual, **columns})


def value(indicator: str, unit: str, period: str, number: int) -> dict[str, Any]:
    told = {"entered_by": None, "entered_at": START}
    return {"indicator": indicator, "org_unit": unit, "period": period, "value": number, **told}


def recorded(session: Session, *studies: int) -> None:
    """What changed beside the studies is told, as their services do."""
    for ident in studies:
        head = record.lock_stream(session, f"scale:{ident}")
        _, writes = record.append(session, head, None, record.NewEvent("noted", START, None, {}))
        session.write(writes)


def test_signs_count_once_for_a_household_and_not_when_they_were_nothing(county: County) -> None:
    with county.store.transaction() as session:
        assert scale.first_found(session) is None
        one, two = planted.household(session), planted.household(session, "演示乙")
        for _ in range(2):
            planted.clue(session, household=one, family="illness", status="open")
        planted.clue(session, household=two, family="illness", status="entered", org_unit=OTHER_VILLAGE)
        stranger = planted.clue(session, family="illness", status="open")
        planted.clue(session, household=two, family="work", status="open", found_on=TOMORROW)
        for status in scale.NOT_COUNTED:
            planted.clue(session, household=two, family="disaster", status=status)
        planted.clue(session, household=two, family=None, status="open", found_on=YESTERDAY)
        planted.clue(session, household=two, family="disaster", status="open", org_unit=None)
        here = {("illness", "2021-09", VILLAGE, one), ("illness", "2021-09", VILLAGE, -stranger)}
        there = {("illness", "2021-09", OTHER_VILLAGE, two)}
        assert scale.signs_found(session, TODAY, TOMORROW) == here | there
        later = {("work", "2021-09", VILLAGE, two)}
        assert scale.signs_found(session, TODAY, TOMORROW + timedelta(days=1)) == here | there | later
        assert scale.signs_found(session, YESTERDAY, TODAY) == set()
        counted = {tuple(row) for row in scale.sign_counts(session, TODAY, TOMORROW)}
        assert counted == {("illness", VILLAGE, 2), ("illness", OTHER_VILLAGE, 1)}
        assert scale.sign_counts(session, YESTERDAY, TODAY) == []
        assert scale.first_found(session) == TODAY


def test_the_population_is_every_household_of_the_register_by_village(county: County) -> None:
    with county.store.transaction() as session:
        assert scale.population(session) == {}
        for village in (VILLAGE, VILLAGE, OTHER_VILLAGE):
            planted.household(session, village=village)
        gone = planted.household(session)
        session.conn.execute(update(households).where(households.c.id == gone).values(status="erased"))
        assert scale.population(session) == {VILLAGE: 2, OTHER_VILLAGE: 1}


def test_a_threshold_is_simulated_once_for_a_key_and_a_total(county: County) -> None:
    with county.store.transaction() as session:
        assert scale.kept_threshold(session, "k", 10) is None
        scale.keep_threshold(session, "k", 10, 3.1234567)
        scale.keep_threshold(session, "k", 11, 0.0)
        assert [scale.kept_threshold(session, "k", total) for total in (10, 11, 12)] == [3.123457, 0.0, None]
        assert scale.kept_threshold(session, "other", 10) is None
    with pytest.raises(IntegrityError), county.store.transaction() as session:
        scale.keep_threshold(session, "k", 10, 1.0)


def test_a_value_given_again_replaces_the_one_before(county: County) -> None:
    with county.store.transaction() as session:
        scale.put_values(session, [])
        scale.put_values(
            session,
            [
                value("price", TOWN, "2021-09", 5),
                value("price", TOWN, "2021-08", 4),
                value("price", OTHER_TOWN, "2021-09", 6),
                value("jobs", TOWN, "2021-09", 7),
            ],
        )
        scale.put_values(session, [value("price", TOWN, "2021-09", -(2**40))])
        assert scale.values_of(session, "price", TOWN) == {"2021-08": 4, "2021-09": -(2**40)}
        assert scale.values_of(session, "price", VILLAGE) == {}
        both = [tuple(row) for row in scale.values_since(session, ["price", "jobs"], "2021-09")]
        assert both == [
            ("jobs", TOWN, "2021-09", 7),
            ("price", TOWN, "2021-09", -(2**40)),
            ("price", OTHER_TOWN, "2021-09", 6),
        ]
        mine = [tuple(row) for row in scale.values_since(session, ["price"], "2021-08", [TOWN])]
        assert mine == [("price", TOWN, "2021-08", 4), ("price", TOWN, "2021-09", -(2**40))]
        assert scale.values_since(session, [], "2021-08") == []
        assert scale.values_since(session, ["price"], "2021-08", []) == []
        assert scale.values_since(session, ["price"], "2021-10") == []


def test_what_a_study_says_is_sealed_and_changed_as_a_whole(county: County) -> None:
    with county.store.transaction() as session:
        one, two = risk(session), risk(session, "series:price")
        row = scale.risk(session, one)
        assert (row.why, row.period, row.about, row.org_unit) == ("signal", "2021-09", "family:illness", TOWN)
        assert (row.status, row.outcome, row.opened_at, row.closed_at) == ("open", None, START, None)
        assert scale.content(session, row) == {"said": "family:illness"}
        scale.keep(session, one, record.data_key(session, row.data_key), {"towns": ["演示"]})
        assert scale.content(session, scale.risk(session, one)) == {"towns": ["演示"]}
        assert scale.content(session, scale.risk(session, two)) == {"said": "series:price"}
        assert scale.risk(session, two + 1) is None
        assert {ident: found.about for ident, found in scale.some(session, [two, two + 1]).items()} == {two: "series:price"}
        assert scale.some(session, []) == {}
        record.destroy_keys(session, [row.data_key], LATER)
        assert scale.content(session, row) == {}


def test_a_change_of_a_study_is_told_by_its_next_event(county: County) -> None:
    with county.store.transaction() as session:
        one, two = risk(session), risk(session)
        scale.change_risk(session, one, status="closed", outcome="no_risk", closed_at=LATER)
        found = scale.risk(session, one)
        assert (found.status, found.outcome, found.closed_at) == ("closed", "no_risk", LATER)
        assert scale.risk(session, two).status == "open"
        told = [("sets", ["scale", one, "status", "closed"]), ("sets", ["scale", one, "outcome", "no_risk"])]
        assert sorted((name, said) for stream, name, said in session.unrecorded if stream == f"scale:{one}") == sorted(told)
        recorded(session, one)


def test_open_studies_come_first_and_then_the_newest(county: County) -> None:
    with county.store.transaction() as session:
        old, new, closed_old, closed_new = (
            risk(session, opened_at=at, status=status)
            for status, at in (("open", START), ("open", LATER), ("closed", START), ("closed", LATER))
        )
        same = risk(session, opened_at=LATER)
        assert [row.id for row in scale.risks(session)] == [same, new, old, closed_new, closed_old]
        assert [row.id for row in scale.risks(session, 1)] == [same]


def test_a_study_under_way_is_the_oldest_open_one_about_the_same(county: County) -> None:
    with county.store.transaction() as session:
        risk(session, status="closed")
        first, _, other = risk(session), risk(session), risk(session, "series:price")
        assert scale.open_risk(session, "family:illness") == first
        assert scale.open_risk(session, "series:price") == other
        assert scale.open_risk(session, "family:work") is None


def test_a_study_that_ended_counts_where_it_had_a_signal(county: County) -> None:
    with county.store.transaction() as session:
        first, second = (risk(session, status="closed", closed_at=START) for _ in range(2))
        still, other = risk(session, closed_at=START), risk(session, "series:price", status="closed", closed_at=START)
        for n, ident in enumerate((first, second, still, other)):
            signal(session, ident, f"2021-0{n + 1}")
        signal(session, first, "2021-09", org_unit=OTHER_TOWN)
        assert scale.closed_risk(session, "family:illness", TOWN, START) == second
        assert scale.closed_risk(session, "family:illness", OTHER_TOWN, START) == first
        assert scale.closed_risk(session, "family:illness", VILLAGE, START) is None
        assert scale.closed_risk(session, "family:illness", TOWN, LATER) is None
        assert scale.closed_risk(session, "family:work", TOWN, START) is None


def test_whether_a_study_was_opened_in_a_quarter(county: County) -> None:
    with county.store.transaction() as session:
        risk(session, opened_at=START)
        assert scale.opened_between(session, START, LATER)
        assert not scale.opened_between(session, START - timedelta(hours=1), START)
        assert not scale.opened_between(session, LATER, LATER + timedelta(days=1))


def test_a_signal_is_the_same_by_month_rule_thing_and_place(county: County) -> None:
    with county.store.transaction() as session:
        one, two = risk(session), risk(session, "series:price")
        later, sooner = signal(session, one), signal(session, one, "2021-08")
        other = signal(session, two, "2021-08", about="series:price")
        assert scale.has_signal(session, "2021-09", "households", "family:illness", TOWN)
        for same in (
            ("2021-10", "households", "family:illness", TOWN),
            ("2021-09", "scan", "family:illness", TOWN),
            ("2021-09", "households", "family:work", TOWN),
            ("2021-09", "households", "family:illness", OTHER_TOWN),
        ):
            assert not scale.has_signal(session, *same)
        found = scale.signals_of(session, one)
        assert [row.id for row in found] == [sooner, later]
        assert (found[1].figures, found[1].since, found[1].fresh, found[1].found_at) == ({"n": 3}, "2021-08", True, START)
        assert scale.signals_of(session, two + 1) == []
        assert [row.id for row in scale.signals_since(session, "2021-08")] == [sooner, other, later]
        assert [row.id for row in scale.signals_since(session, "2021-09")] == [later]
        assert scale.signals_since(session, "2021-10") == []


def test_towns_owe_their_part_of_a_study_until_they_did_it(county: County) -> None:
    with county.store.transaction() as session:
        one, two = risk(session), risk(session)
        scale.open_town_duties(session, one, [OTHER_TOWN, TOWN], TODAY)
        scale.open_town_duties(session, two, [TOWN], TODAY)

        def owed(of: int) -> list[tuple[Any, ...]]:
            return [(row.org_unit, row.status, row.due_on, row.done_at) for row in scale.town_duties(session, of)]

        assert owed(one) == [(TOWN, "open", TODAY, None), (OTHER_TOWN, "open", TODAY, None)]
        scale.town_duty_done(session, one, TOWN, TODAY, START)
        scale.town_duty_done(session, one, OTHER_TOWN, TOMORROW, LATER)
        assert owed(one) == [(TOWN, "done", TODAY, START), (OTHER_TOWN, "late", TODAY, LATER)]
        assert owed(two) == [(TOWN, "open", TODAY, None)]
        scale.open_town_duties(session, one, [TOWN], TOMORROW)  # studied once more
        assert owed(one) == [(TOWN, "open", TOMORROW, None), (OTHER_TOWN, "late", TODAY, LATER)]
        assert owed(two + 1) == []

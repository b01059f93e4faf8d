"""A risk of a whole place on both databases: a planted cluster in its month, plain rules, series, studies from signal to end."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.policy.calendar import LOCAL
from app.policy.months import after, next_begin
from app.services import audit
from app.services.context import Context, context_of
from app.services.files.figures import Overwrites
from app.services.people import SYSTEM, Refused
from app.services.people import actor as actor_of
from app.services.people import county_on as county_of
from app.services.scale import indicators
from app.services.scale import pages as scale_pages
from app.services.scale import watch as scale
from app.services.work import tasks, timers
from app.services.work.tasks import FormErrors
from app.store import households as household_rows
from app.store import inbox, jobs, processes
from app.store import people as people_rows
from app.store import scale as rows
from app.store.tables import clues, scale_risks, scale_signals
from tests.conftest import COUNTY, OTHER_TOWN, TOWN, VILLAGE, County

FAMILY = "employment"


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=LOCAL)


def signals(county: County, rule: str = "") -> list[Any]:
    with county.store.reading() as session:
        found = session.conn.execute(select(scale_signals).order_by(scale_signals.c.id)).all()
    return [s for s in found if rule in ("", s.rule)]


def studies(county: County) -> list[Any]:
    with county.store.reading() as session:
        return list(session.conn.execute(select(scale_risks).order_by(scale_risks.c.id)))


def found_in(county: County, lines: list[tuple[str, date]], family: str = FAMILY, status: str = "entered") -> None:
    """Clues that villages confirmed: where and when."""
    with county.store.transaction() as session:
        session.conn.execute(
            insert(clues),
            [
                {
                    "channel": "data",
                    "found_on": on,
                    "recorded_at": county.now,
                    "org_unit": unit,
                    "sign": "job_lost",
                    "family": family,
                    "risk": "employment",
                    "status": status,
                    "times": 1,
                    "demo": True,
                }
                for unit, on in lines
            ],
        )


def villages(county: County, town: str = "") -> list[str]:
    with county.store.reading() as session:
        place = county_of(session, date(2021, 9, 1))
    return [u.code for u in place.units.values() if u.level == "village" and town in ("", u.parent)]


def some_households(county: County) -> None:
    """Between 1 and 3 households in every village: shares for the scan."""
    with county.store.transaction() as session:
        for n, village in enumerate(villages(county)):
            for one in range(1 + n % 3):
                household_rows.add(
                    session, village=village, head_name=f"演示{n}-{one}", pinyin="ys", household_type=None, demo=True
                )


def months(first: str, many: int) -> list[str]:
    found = [first]
    while len(found) < many:
        found.append(after(found[-1]))
    return found


def calm(county: County, period: list[str], rng: Random, mean: int = 5) -> None:
    """So many clues a month as chance brings, anywhere."""
    everywhere = villages(county)
    lines = [
        (rng.choice(everywhere), date.fromisoformat(f"{month}-{rng.randint(1, 28):02d}"))
        for month in period
        for _ in range(rng.randint(0, 2 * mean))
    ]
    found_in(county, lines)


def look(county: County, month: str) -> int:
    county.now = datetime.combine(next_begin(month), datetime.min.time(), LOCAL) + timedelta(hours=9)
    return scale.look_at_month(county.store, month, county.now)


def verified(county: County) -> None:
    with county.store.reading() as session:
        found = audit.verify(session)
    assert found.ok, found.findings


def test_one_towns_unemployment_is_found_in_the_month_it_starts(county: County) -> None:
    some_households(county)
    period = months("2021-09", 12)
    calm(county, period, Random(5))
    for month in period[:-1]:
        look(county, month)
    assert signals(county, "scan") == []
    hit = villages(county, OTHER_TOWN)
    found_in(county, [(v, date.fromisoformat(f"{period[-1]}-10")) for v in hit[:14]])
    assert look(county, period[-1]) == 1
    (signal,) = signals(county, "scan")
    assert (signal.org_unit, signal.about, signal.since) == (OTHER_TOWN, f"family:{FAMILY}", period[-1])
    assert signal.figures["value"] >= 14 and signal.figures["ratio_thousandths"] > signal.figures["limit_thousandths"]
    (study,) = studies(county)
    assert (study.why, study.status, study.org_unit) == ("signal", "open", OTHER_TOWN)
    assert look(county, period[-1]) == 0 and len(studies(county)) == 1
    verified(county)


def test_excluded_signs_and_other_families_make_no_cluster(county: County) -> None:
    some_households(county)
    period = months("2021-09", 8)
    calm(county, period, Random(6))
    hit = villages(county, OTHER_TOWN)
    found_in(county, [(v, date(2022, 4, 10)) for v in hit[:14]], status="excluded")
    look(county, period[-1])
    assert signals(county) == []


@pytest.mark.soak
def test_two_hundred_months_without_a_cluster(sqlite_county: County) -> None:
    """One family, 200 months, each study closed before the next month: chance raises no more than one in a hundred months."""
    county = sqlite_county
    some_households(county)
    period = months("2022-01", 200)
    calm(county, period, Random(20210809), mean=8)
    new = 0
    for month in period:
        county.now = datetime.combine(next_begin(month), datetime.min.time(), LOCAL) + timedelta(hours=9)
        with county.store.reading() as session:
            place = county_of(session, county.now.date())
            kept: dict[tuple[str, int], float] = {}
            found = scale.scanned(session, place, month, kept)
        with county.store.transaction() as session:
            for (key, total), value in kept.items():
                rows.keep_threshold(session, key, total, value)
            new += scale.raise_signals(Context(session, SYSTEM, place, county.now), month, found)
            for one in rows.risks(session):
                if one.status == "open":
                    rows.change_risk(session, one.id, status="closed", outcome="none", closed_at=county.now)
            session.unrecorded.clear()  # past the record
    print(f"200 months without a cluster: {new} studies, {len(signals(county))} signals")
    assert new <= 2


def test_three_households_of_a_village_open_one_study_that_others_join(county: County) -> None:
    county.now = at(2021, 9, 20)
    one, two = villages(county)[:2]
    found_in(county, [(one, date(2021, 9, d)) for d in (3, 9)] + [(two, date(2021, 9, 8))])
    scale.tick(county.store, county.now)
    assert [s for s in signals(county) if s.period == "2021-09"] == []
    found_in(county, [(one, date(2021, 9, 21)), (two, date(2021, 9, 20)), (two, date(2021, 9, 22))])
    county.now = at(2021, 9, 22)
    scale.tick(county.store, county.now)
    scale.tick(county.store, county.now)
    county.now = at(2021, 9, 23)
    scale.tick(county.store, county.now)
    assert [(s.org_unit, s.rule, s.figures) for s in signals(county)] == [
        (one, "households", {"value": 3, "threshold": 3}),
        (two, "households", {"value": 3, "threshold": 3}),
    ]
    assert len(studies(county)) == 1
    verified(county)


def test_prices_that_fall_three_months_open_a_study(county: County) -> None:
    with county.store.transaction() as session:
        ident = people_rows.add_official(session, name="agri", username="agri", password_hash=None, demo=True)
        people_rows.assign(session, ident, "dept_liaison", "440229-agri", date(2021, 1, 1))
    county.ids["agri"] = ident
    county.now = at(2022, 1, 5)
    with county.store.transaction() as session:
        actor, place = actor_of(session, ident, county.now.date()), county_of(session, county.now.date())
        for month, text in zip(months("2021-09", 4), ("20.00", "18.00", "16.50", "15.00"), strict=True):
            values, wrong = indicators.typed(actor, place, {f"price_pig/{COUNTY}": text})
            assert not wrong
            scale.enter(Context(session, actor, place, county.now), month, values, None)
        assert scale.enter(Context(session, actor, place, county.now), "2021-12", values, None) == 0
    (signal,) = signals(county)
    assert (signal.rule, signal.about, signal.figures["percent"]) == ("series", "series:price_pig", 25)
    with county.store.reading() as session:
        (told,) = scale_pages.signals(session, county_of(session, county.now.date()), signal.risk)
    assert "生猪出栏价连跌 3 个月，从 20.00 元/公斤 到 15.00 元/公斤" in told["words"]
    with county.store.transaction() as session, pytest.raises(Refused, match="not_yours"):
        scale.enter(Context(session, actor, place, county.now), "2021-12", {("unemployed", TOWN): 3}, None)
    verified(county)


def test_a_gap_filled_late_is_looked_at_for_the_months_after_it(county: County) -> None:
    with county.store.transaction() as session:
        ident = people_rows.add_official(session, name="agri", username="agri", password_hash=None, demo=True)
        people_rows.assign(session, ident, "dept_liaison", "440229-agri", date(2021, 1, 1))
    county.now = at(2022, 1, 5)
    figures = {"2021-09": 2000, "2021-10": 1800, "2021-12": 1500, "2021-11": 1650}
    command = b"one-and-the-same"
    with county.store.transaction() as session:
        actor, place = actor_of(session, ident, county.now.date()), county_of(session, county.now.date())
        for month, value in figures.items():
            assert signals(county) == []
            made = scale.enter(
                Context(session, actor, place, county.now),
                month,
                {("price_pig", COUNTY): value},
                command[:-7] + month.encode(),
            )
            assert made == 1
        last = command[:-7] + b"2021-11"
        assert scale.enter(Context(session, actor, place, county.now), "2021-11", {("price_pig", COUNTY): 1}, last) == 0
    assert [(s.period, s.rule, s.figures["percent"]) for s in signals(county)] == [("2021-12", "series", 25)]


def test_impossible_figures_are_refused_and_others_are_written_over_with_a_reason(county: County) -> None:
    with county.store.transaction() as session:
        ident = people_rows.add_official(session, name="agri", username="agri", password_hash=None, demo=True)
        people_rows.assign(session, ident, "dept_liaison", "440229-agri", date(2021, 1, 1))
    county.now = at(2022, 1, 5)
    pig = ("price_pig", COUNTY)
    with county.store.transaction() as session:
        actor, place = actor_of(session, ident, county.now.date()), county_of(session, county.now.date())
        for text in ("-1", "0", "2000", "20%"):
            values, wrong = indicators.typed(actor, place, {f"price_pig/{COUNTY}": text})
            assert not values and [e.code for e in wrong.values()] == [
                "scale.bad_value" if "%" in text else "scale.impossible"
            ]
        with pytest.raises(Refused, match="impossible"):
            scale.enter(Context(session, actor, place, county.now), "2021-12", {pig: -1}, None)
        assert scale.enter(Context(session, actor, place, county.now), "2021-12", {pig: 2000}, None) == 1
        with pytest.raises(Overwrites) as told:
            scale.enter(Context(session, actor, place, county.now), "2021-12", {pig: 1800}, None)
        assert told.value.changes == [("2021-12", *pig, 2000, 1800)]
        assert indicators.changes(place, told.value.changes)[0]["old"] == "20.00"
        assert scale.enter(Context(session, actor, place, county.now), "2021-12", {pig: 1800}, None, "小数点错位") == 1
        for month in ("2021-12", "2021年12月", "2021-12-01", "2021/12"):
            content = f"指标,地区,月份,数值\n生猪出栏价,{place.name},{month},-3\n".encode()
            with pytest.raises(Refused, match="file_row") as row:
                indicators.read(actor, place, content)
            assert row.value.details["row"] == "2" and "1.00 到 200.00 之间" in str(row.value.details["why"])
        content = f"指标,地区,月份,数值\n生猪出栏价,{place.name},2021-12,17\n生猪出栏价,{place.name},2021-11,19\n".encode()
        found = indicators.read(actor, place, content)
        with pytest.raises(Overwrites) as told:
            indicators.enter_file(Context(session, actor, place, county.now), found, b"a" * 16)
        assert [c[0] for c in told.value.changes] == ["2021-12"]
        assert indicators.of_fields(actor, place, indicators.as_fields(place, found)) == found
        assert indicators.enter_file(Context(session, actor, place, county.now), found, b"a" * 16, "核对发票") == 2
    verified(county)


def test_one_household_is_one_household_however_many_months_it_shows_the_sign(county: County) -> None:
    with county.store.transaction() as session:
        ident, _ = household_rows.add(
            session, village=VILLAGE, head_name="演示1", pinyin="ys", household_type=None, demo=True
        )
    for month in (7, 8, 9):
        found_in(county, [(VILLAGE, date(2021, month, 3))])
    with county.store.transaction() as session:
        session.conn.execute(clues.update().values(household=ident))
    county.now = at(2021, 9, 20)
    with county.store.reading() as session:
        place = county_of(session, county.now.date())
        made = scale_pages.overview(Context(session, county.actor("county_officer"), place, county.now), FAMILY, 3)
        hidden = scale_pages.overview(Context(session, county.actor("civil"), place, county.now), FAMILY, 3)
    assert [t["n"] for t in made["towns"] if t["n"]] == [1]
    assert [t["n"] for t in hidden["towns"] if t["n"] != 0] == [None]


def task(county: County, element: str, item: str | None = None) -> int:
    with county.store.reading() as session:
        runs = processes.instances_of_subject(session, "scale", studies(county)[-1].id)
        return next(
            t.id
            for r in runs
            for t in inbox.open_of_instance(session, r.id)
            if t.element == element and t.item in (None, item)
        )


def done(county: County, who: str, element: str, values: dict[str, Any], item: str | None = None) -> None:
    ident = task(county, element, item)
    with county.store.transaction() as session:
        command = f"{ident}".encode().ljust(16, b".")
        tasks.complete(context_of(session, county.actor(who), county.now), ident, None, command, None, values=values)


STUDY = {
    "bureaus": ["rural", "civil", "hrss"],
    "group_present": "yes",
    "study_findings": "两家厂停工",
}


def begun(county: County) -> None:
    county.now = at(2021, 9, 22)
    found_in(county, [(villages(county)[0], date(2021, 9, d)) for d in (3, 9, 12)])
    scale.tick(county.store, county.now)


def test_a_study_from_the_meeting_to_its_end(county: County) -> None:
    begun(county)
    acting = {
        **STUDY,
        "held_on": "2021-09-22",
        "study_result": "act",
        "scale_towns": [TOWN, OTHER_TOWN],
        "scale_measures": [{"department": "health", "measure": "义诊", "until": "2021-10-20"}],
    }
    for change, field in (({"bureaus": ["rural"]}, "bureaus"), ({"group_present": "no"}, "group_present")):
        with pytest.raises(FormErrors) as refused:
            done(county, "county_officer", "study_scale_risk", acting | change)
        assert field in refused.value.cleaned.errors
    done(county, "county_officer", "study_scale_risk", acting)
    answer = {"carried": "done", "carried_on": "2021-09-22", "carried_note": "办了 20 户"}
    done(county, "health", "carry_out_measure", answer, "health")
    guard = {"guarded_on": "2021-09-22", "households_asked": 40, "households_found": 1, "guard_note": "逐村问过"}
    done(county, "town_officer", "guard_in_town", guard, TOWN)
    county.now = at(2021, 10, 20)
    done(county, "outsider_town", "guard_in_town", guard, OTHER_TOWN)
    with county.store.reading() as session:
        duties = {d.org_unit: d.status for d in rows.town_duties(session, studies(county)[0].id)}
    assert duties == {TOWN: "done", OTHER_TOWN: "late"}
    watch = {"tracked_on": "2021-10-20", "track_note": "还有两户", "track_result": "watch"}
    done(county, "county_officer", "track_scale_risk", watch)
    county.now = at(2021, 11, 20)
    timers.fire_due(county.store, county.now)
    settle = {"tracked_on": "2021-11-20", "track_note": "没有新增", "track_result": "settle", "scale_outcome": "三户都已帮扶"}
    done(county, "county_officer", "track_scale_risk", settle)
    (study,) = studies(county)
    assert (study.status, study.outcome) == ("closed", "settled")
    with county.store.reading() as session:
        place = county_of(session, county.now.date())
        made = scale_pages.context(Context(session, county.actor("auditor"), place, county.now), study.id)
    assert [a["label"] for a in made["answers"]] == ["卫健局", "龙仙镇", "坝仔镇", "跟踪", "跟踪"]
    assert len(made["story"]) >= 5
    verified(county)


def test_a_study_sent_back_orders_the_same_town_anew_and_no_branch_undoes_the_others(county: County) -> None:
    begun(county)
    acting = {
        **STUDY,
        "held_on": "2021-09-22",
        "study_result": "act",
        "scale_towns": [TOWN],
        "scale_measures": [{"department": "health", "measure": "义诊", "until": "2021-10-20"}],
    }
    answer = {"carried": "done", "carried_on": "2021-09-22", "carried_note": "办了 20 户"}
    guard = {"guarded_on": "2021-09-22", "households_asked": 40, "households_found": 1, "guard_note": "逐村问过"}
    done(county, "county_officer", "study_scale_risk", acting)

    def back(who: str, element: str, item: str | None = None) -> None:
        ident = task(county, element, item)
        with county.store.transaction() as session:
            version = processes.see_task(session, ident).task["version"]
            tasks.send_back(
                context_of(session, county.actor(who), county.now), ident, version, "study_scale_risk", "要重新研判"
            )

    for who, element, item in (("health", "carry_out_measure", "health"), ("town_officer", "guard_in_town", TOWN)):
        with pytest.raises(Refused, match="not_a_target"):
            back(who, element, item)
    done(county, "health", "carry_out_measure", answer, "health")
    done(county, "town_officer", "guard_in_town", guard, TOWN)
    back("county_officer", "track_scale_risk")
    done(county, "county_officer", "study_scale_risk", acting | {"scale_towns": [TOWN, OTHER_TOWN]})
    with county.store.reading() as session:
        duties = {d.org_unit: d.status for d in rows.town_duties(session, studies(county)[0].id)}
    assert duties == {TOWN: "open", OTHER_TOWN: "open"}
    verified(county)


def test_no_risk_ends_at_once_and_the_same_place_does_not_open_it_again_soon(county: County) -> None:
    begun(county)
    done(
        county,
        "county_officer",
        "study_scale_risk",
        {**STUDY, "held_on": "2021-09-22", "study_result": "none", "why_none": "三户互不相干"},
    )
    (study,) = studies(county)
    assert (study.status, study.outcome) == ("closed", "none")
    county.now = at(2021, 10, 20)
    found_in(county, [(villages(county)[0], date(2021, 10, d)) for d in (3, 9, 12)])
    scale.tick(county.store, county.now)
    assert len(studies(county)) == 1 and signals(county)[-1].fresh is False
    county.now = at(2022, 1, 20)
    found_in(county, [(villages(county)[0], date(2022, 1, d)) for d in (3, 9, 12)])
    scale.tick(county.store, county.now)
    assert [s.why for s in studies(county)] == ["signal", "signal", "quarter"]  # 2021-Q4 had none
    verified(county)


def test_every_quarter_without_a_signal_has_its_study_once(county: County) -> None:
    for day in (at(2021, 9, 1), at(2021, 10, 4), at(2021, 10, 6), at(2021, 10, 7), at(2021, 12, 30), at(2022, 1, 6)):
        county.now = day
        scale.tick(county.store, county.now)
        scale.tick(county.store, county.now)
    assert [(s.why, s.period) for s in studies(county)] == [("quarter", "2021-Q3")]
    county.now = at(2022, 4, 7)
    scale.tick(county.store, county.now)
    assert [s.period for s in studies(county)] == ["2021-Q3", "2022-Q1"]
    with county.store.reading() as session:
        assert jobs.last_period(session, scale.QUARTERLY) == "2022-Q1"

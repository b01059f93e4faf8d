"""Rounds of visits on both databases: grids and replacement, the campaign from order to report, the groups that must be visited."""

import uuid
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.policy.calendar import LOCAL
from app.policy.visit_groups import Limits, groups
from app.services import audit, definitions, operations
from app.services.context import Context, context_of
from app.services.history import readings
from app.services.people import Refused
from app.services.people import county_on as county_of
from app.services.rights import erasure as keys
from app.services.visits import pages as visit_pages
from app.services.visits import rounds as lookback
from app.services.work import tasks, timers
from app.services.work.tasks import FormErrors
from app.store import cases as case_rows
from app.store import clues as clue_rows
from app.store import households as household_rows
from app.store import inbox, processes
from app.store import rescreening as runs
from app.store import visits as visit_rows
from app.store.processes import NotFound
from app.store.tables import clues, notifications
from tests.conftest import OTHER_VILLAGE, VILLAGE, County
from tests.walking import nobody


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=LOCAL)


def household(county: County, number: int, village: str = VILLAGE, **more: Any) -> int:
    with county.store.transaction() as session:
        ident, key = household_rows.add(
            session, village=village, head_name=f"演示{number}", pinyin="ys", household_type=None, demo=True
        )
        member = {"key": "m1", "name": f"演示{number}", "relation": "head", "status": "present", "id_number": nobody(number)}
        content = {"household": more.pop("file", {}), "members": [member | more], "sources": {}}
        household_rows.save_document(session, ident, key, content, plain={}, as_of=date(2021, 8, 1), now=county.now, number=1)
    return ident


def task(county: County, run: Any, element: str, item: str | None = None) -> int | None:
    with county.store.reading() as session:
        for r in processes.instances_of_subject(session, "run", run.id):
            for t in inbox.open_of_instance(session, r.id):
                if t.element == element and item in (None, t.item):
                    return int(t.id)
    return None


def done(county: County, who: str, run: Any, element: str, values: dict[str, Any], item: str | None = None) -> None:
    ident = task(county, run, element, item)
    assert ident is not None
    with county.store.transaction() as session:
        tasks.complete(
            context_of(session, county.actor(who), county.now), ident, None, uuid.uuid4().bytes, None, values=values
        )


def campaign(county: County) -> Any:
    """Ordered by the county, agreed by civil affairs: the lists are out."""
    county.now = at(2021, 10, 8)
    lookback.tick(county.store, county.now)
    with county.store.reading() as session:
        run = runs.run_of(session, "2021", lookback.YEARLY)
    done(
        county,
        "county_officer",
        run,
        "plan_lookback",
        {"planned_on": "2021-10-08", "sweep_until": "2021-11-10", "sweep_points": "收入、三保障、饮水"},
    )
    done(county, "civil", run, "agree_lookback", {"agree_result": "agreed"})
    with county.store.reading() as session:
        return runs.run_of(session, "2021", lookback.YEARLY)


def visit(county: County, who: str, run: Any, ident: int, **more: Any) -> list[int]:
    said = {
        "result": "calm",
        "ticked": [],
        "outside": False,
        "words": "",
        "visited_on": county.now.date(),
        "command_id": uuid.uuid4().bytes,
    } | more
    with county.store.transaction() as session:
        place = county_of(session, county.now.date())
        return lookback.visit(Context(session, county.actor(who), place, county.now), run, ident, **said)


def case_of(session: Any, ident: int, now: datetime) -> int:
    return case_rows.add_case(session, household=ident, clue_on=now.date(), limit_at=now, now=now)


def returns(county: County, run: Any, element: str, item: str | None = None) -> list[str]:
    """Steps that this one may be sent back to."""
    with county.store.reading() as session:
        work = processes.see_task(session, task(county, run, element, item))
        bundle = definitions.bundle(session, work.deployment)
        visited = {t.element for t in case_rows.tasks_of_instance(session, work.instance)}
        return [found for found, _ in tasks.return_targets(bundle, visited, element)]


def verified(county: County) -> None:
    with county.store.reading() as session:
        found = audit.verify(session)
    assert found.ok, found.findings


def test_a_campaign_from_order_to_report(county: County) -> None:
    one, two, far = household(county, 1), household(county, 2), household(county, 3, OTHER_VILLAGE)
    run = campaign(county)
    assert run.status == "open" and run.counts["households"] == 3
    assert returns(county, run, "sweep_village", VILLAGE) == []
    with pytest.raises(Refused, match="words_needed"):
        visit(county, "grid", run, one, result="signs", ticked=["reported_illness_disability"])
    with pytest.raises(Refused, match="say_what"):
        visit(county, "grid", run, one, result="calm", ticked=["reported_water"], words="井干了")
    with pytest.raises(NotFound):
        visit(county, "outsider_village", run, one)
    made = visit(county, "grid", run, one, result="signs", ticked=["reported_illness_disability"], outside=True, words="住院")
    with county.store.reading() as session:
        found = session.conn.execute(select(clues).where(clues.c.id.in_(made)).order_by(clues.c.id)).all()
    assert [(c.sign, c.channel, c.household, c.run) for c in found] == [
        ("reported_illness_disability", "visit", one, "lookback:2021"),
        ("helped_outside", "visit", one, "lookback:2021"),
    ]
    with pytest.raises(Refused, match="done_already"):
        visit(county, "village_1", run, one)
    assert task(county, run, "sweep_village", VILLAGE) is not None
    same = uuid.uuid4().bytes
    visit(county, "village_1", run, two, result="absent", command_id=same)
    assert visit(county, "village_1", run, two, command_id=same) == []
    assert task(county, run, "sweep_village", VILLAGE) is not None  # nobody was seen: to be visited again
    with county.store.reading() as session:
        assert operations.rounds.figures(session, run) == {
            "visited": 1,
            "calm": 0,
            "signs": 1,
            "absent": 1,
            "outside": 1,
            "clues": 2,
            "entered": 0,
            "approved": 0,
        }
    visit(county, "village_1", run, two)
    assert task(county, run, "sweep_village", VILLAGE) is None
    with pytest.raises(FormErrors) as refused:
        done(county, "outsider_village", run, "sweep_village", {"swept_on": "2021-10-08"}, OTHER_VILLAGE)
    assert "left_reason" in refused.value.cleaned.errors
    done(county, "outsider_village", run, "sweep_village", {"swept_on": "2021-10-08", "left_reason": "外出"}, OTHER_VILLAGE)
    with county.store.reading() as session:
        run = runs.run_of(session, "2021", lookback.YEARLY)
        made_page = visit_pages.context(
            Context(session, county.actor("county_officer"), county_of(session, county.now.date()), county.now),
            "lookback:2021",
            "",
            "",
            "",
            1,
        )
    assert run.status == "closed" and run.counts["left"] == 1
    assert run.counts["figures"] == {
        "visited": 2,
        "calm": 1,
        "signs": 1,
        "absent": 0,
        "outside": 1,
        "clues": 2,
        "entered": 0,
        "approved": 0,
    }
    assert {v["code"]: (v["done"], v["all"]) for v in made_page["villages"]} == {VILLAGE: (2, 2), OTHER_VILLAGE: (0, 1)}
    assert returns(county, run, "report_lookback") == []  # the lists are out: nothing begins them anew
    done(
        county,
        "county_officer",
        run,
        "report_lookback",
        {"reported_on": "2021-10-08", "report_findings": "走访不够", "report_mending": "村里每月走一次"},
    )
    with pytest.raises(Refused, match="done_already"):
        visit(county, "outsider_village", run, far)
    verified(county)


def test_civil_affairs_may_send_the_order_back_and_the_sweep_ends_on_its_day(county: County) -> None:
    household(county, 1)
    county.now = at(2021, 10, 8)
    lookback.tick(county.store, county.now)
    assert lookback.tick(county.store, county.now) == 0
    with county.store.reading() as session:
        run = runs.run_of(session, "2021", lookback.YEARLY)
    order = {"planned_on": "2021-10-08", "sweep_until": "2021-11-10", "sweep_points": "收入"}
    done(county, "county_officer", run, "plan_lookback", order)
    done(county, "civil", run, "agree_lookback", {"agree_result": "change", "agree_note": "加上低保"})
    assert task(county, run, "agree_lookback") is None
    done(county, "county_officer", run, "plan_lookback", order)
    done(county, "civil", run, "agree_lookback", {"agree_result": "agreed"})
    county.now = at(2021, 12, 1)
    while timers.fire_due(county.store, county.now):
        pass
    with county.store.reading() as session:
        run = runs.run_of(session, "2021", lookback.YEARLY)
    assert (run.status, run.counts["left"]) == ("closed", 1) and task(county, run, "report_lookback") is not None
    verified(county)


def test_a_campaign_ordered_early_is_the_years_and_keeps_nothing_else_from_beginning(county: County) -> None:
    household(county, 1, health="serious")
    county.now = at(2022, 3, 10)
    with county.store.transaction() as session:
        lookback.begin_more(
            Context(session, county.actor("county_officer"), county_of(session, county.now.date()), county.now)
        )
    for day in (at(2022, 10, 8), at(2022, 10, 9)):
        county.now = day
        lookback.tick(county.store, county.now)
    with county.store.reading() as session:
        assert [r.period for r in runs.listed(session, lookback.YEARLY)] == ["2022"]
        assert [r.period for r in runs.listed(session, lookback.QUARTERLY)] == ["2022-Q4"]


def test_an_erased_household_gets_no_groups_back(county: County) -> None:
    """Looked up before the erasure, written after it."""
    ident = household(county, 1, health="serious")
    household(county, 2)
    run = campaign(county)
    with county.store.transaction() as session:
        keys.erase_household(session, ident, basis="本人要求", approvers=("甲", "乙"), now=county.now)
        visit_rows.put_groups(session, run.id, {ident: "illness"})
        assert visit_rows.item(session, run.id, ident).groups == ""


def test_the_report_counts_households_whose_procedure_began_with_it_and_goes_on_counting(county: County) -> None:
    """However many signs they show; not those whose case was there before; approved later than the report, counted later."""
    known = household(county, 1)
    with county.store.transaction() as session:
        old = case_of(session, known, county.now)
        case_rows.change(session, old, category="marginal")
        session.unrecorded.clear()  # past the record
    ident = household(county, 2)
    run = campaign(county)
    signs = ["reported_illness_disability", "reported_employment", "reported_water"]
    made = visit(county, "grid", run, ident, result="signs", words="住院", ticked=signs)
    joined = visit(county, "grid", run, known, result="signs", words="住院", ticked=signs[:1])
    with county.store.transaction() as session:
        fresh = case_of(session, ident, county.now)
        for clue in (*made, *joined):
            clue_rows.change(session, clue, status="entered", case_id=old if clue in joined else fresh)
        session.unrecorded.clear()  # past the record
    with county.store.reading() as session:
        run = runs.run_of(session, "2021", lookback.YEARLY)
        found = operations.rounds.figures(session, run)
    assert run.status == "closed" and (found["clues"], found["entered"], found["approved"]) == (4, 1, 0)
    with county.store.transaction() as session:
        case_rows.change(session, fresh, category="sudden")
        session.unrecorded.clear()  # past the record
        assert operations.rounds.figures(session, run)["approved"] == 1


def test_a_grid_has_one_person_at_a_time_and_replacing_needs_a_reason(county: County) -> None:
    ident, other = household(county, 1), household(county, 2, OTHER_VILLAGE)
    with county.store.transaction() as session:
        place, who = county_of(session, county.now.date()), county.actor("village_1")
        grid = lookback.add_grid(Context(session, who, place, county.now), VILLAGE, "一网格", county.ids["grid"])
        assert lookback.put_households(Context(session, who, place, county.now), grid, [ident, other]) == 1
        with pytest.raises(Refused, match="why_replaced"):
            lookback.put_person(Context(session, who, place, county.now), grid, county.ids["village_2"], "")
        lookback.put_person(Context(session, who, place, county.now), grid, county.ids["village_2"], "外出务工")
        with pytest.raises(Refused, match="not_of_village"):
            lookback.put_person(Context(session, who, place, county.now), grid, county.ids["outsider_village"], "x")
        with pytest.raises(Refused, match="grid_twice"):
            lookback.add_grid(Context(session, who, place, county.now), VILLAGE, "一网格", county.ids["grid"])
        with pytest.raises(NotFound):
            lookback.put_person(
                Context(session, county.actor("outsider_village"), place, county.now), grid, county.ids["grid"], "x"
            )
    with county.store.reading() as session:
        assert [(p.official, p.reason) for p in visit_rows.people_of(session, grid)] == [
            (county.ids["village_2"], "外出务工"),
            (county.ids["grid"], None),
        ]
        assert visit_rows.my_grids(session, county.ids["village_2"]) == [grid]
    run = campaign(county)
    with county.store.reading() as session:
        made = visit_pages.context(
            Context(session, county.actor("village_2"), county_of(session, county.now.date()), county.now),
            "lookback:2021",
            VILLAGE,
            "",
            "",
            1,
        )
    assert [i["household"] for i in made["items"]] == [ident] and run.status == "open"
    verified(county)


def test_each_quarter_lists_the_households_that_must_be_visited(county: County) -> None:
    ill = household(county, 1, health="serious")
    household(county, 2, health="healthy")
    county.now = at(2021, 9, 2)
    assert lookback.tick(county.store, county.now) == 1
    with county.store.reading() as session:
        run = runs.run_of(session, "2021-Q3", lookback.QUARTERLY)
        found = visit_rows.page(session, run.id, [VILLAGE], grid_ids=None, status="open", limit=9, offset=0)
    assert [(i.household, i.groups) for i in found] == [(ill, "illness")]
    for who, told in (("village_1", True), ("auditor", True), ("town_officer", False), ("county_officer", False)):
        with county.store.reading() as session:
            place = county_of(session, county.now.date())
            page = visit_pages.context(
                Context(session, county.actor(who), place, county.now), "visits:2021-Q3", VILLAGE, "all", "", 1
            )
        assert (bool(page["items"][0]["groups"]), page["hides"]) == (told, not told), who
    with county.store.transaction() as session:
        readings.record(context_of(session, county.actor("town_officer"), county.now), ill, "reason", "核对走访")
        page = visit_pages.context(
            Context(session, county.actor("town_officer"), place, county.now), "visits:2021-Q3", VILLAGE, "all", "", 1
        )
    assert page["items"][0]["groups"]
    told = select(notifications.c.official, notifications.c.kind)
    county.now = at(2021, 9, 22)
    for _ in range(2):
        lookback.tick(county.store, county.now)
    with county.store.reading() as session:
        heard = [(r.official, r.kind) for r in session.conn.execute(told)]
    assert heard.count((county.ids["grid"], "visits_listed")) == heard.count((county.ids["grid"], "visits_ending")) == 1
    assert heard.count((county.ids["town_officer"], "visits_ending")) == 1
    assert county.ids["outsider_village"] not in {official for official, _ in heard}
    visit(county, "grid", run, ill)
    county.now = at(2021, 10, 2)
    lookback.tick(county.store, county.now)
    with county.store.reading() as session:
        assert runs.run_of(session, "2021-Q3", lookback.QUARTERLY).status == "closed"
        yearly = runs.run_of(session, "2021", lookback.YEARLY)
    assert yearly.status == "planned"
    verified(county)


LIMITS = Limits(students=2, wage_percent=80, income_percent=120, line_fen=960_000, new_since=date(2020, 10, 1))


@pytest.mark.parametrize(
    ("file", "members", "families", "expected"),
    [
        ({"income": [{"item": "business_crops", "amount": 1_000_000}]}, [{}], (), ["income"]),
        ({"income": [{"item": "business_crops", "amount": 3_000_000}]}, [{}], (), []),
        ({}, [{"health": "chronic"}], (), ["illness"]),
        ({"low_income_kind": "tekun"}, [{}], (), ["tekun"]),
        ({"low_income_kind": "dibao"}, [{}], (), ["dibao"]),
        ({}, [{"disability_grade": "grade_3", "disability_kind": "mental"}], (), ["disability"]),
        ({}, [{"disability_grade": "grade_3", "disability_kind": "limb"}], (), []),
        ({}, [{"school": "college"}, {"school": "senior"}], (), ["students"]),
        ({"income": [{"item": "wages_work", "amount": 9_000_000}]}, [{}], (), ["wages"]),
        ({"risks": ["disaster"]}, [{}], ("employment",), ["wages", "accident"]),
        ({}, [{"health": "serious", "status": "gone"}], (), []),
    ],
)
def test_the_eight_groups(file: Any, members: Any, families: Any, expected: Any) -> None:
    document = {"household": file, "members": members, "sources": {"low_income_kind": ["1", "2021-05-01"]}}
    assert groups(document, families, LIMITS) == expected

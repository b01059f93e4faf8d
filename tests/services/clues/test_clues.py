"""A clue's way from the sender to the answer: every branch of verify_clue.bpmn, merging, debts, erasure."""

from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from app.labels import say
from app.policy import calendar
from app.services import audit, people, upkeep
from app.services.cases import applications
from app.services.clues import pages as clue_pages
from app.services.clues import receiving
from app.services.context import context_of
from app.services.people import Refused
from app.services.rights import erasure as keys
from app.services.rights import retention
from app.services.work import tasks, timers
from app.services.work.tasks import FormErrors
from app.store import cases as case_rows
from app.store import clues as rows
from app.store import drafts, inbox, notifications, processes, record
from app.store.tables import clues as clue_table
from tests.conftest import OTHER_TOWN, OTHER_VILLAGE, TOWN, VILLAGE, County
from tests.walking import Walk, command, nobody

DAY = timedelta(days=1)


@dataclass
class Clue:
    county: County
    ident: int

    @property
    def row(self) -> Any:
        with self.county.store.reading() as session:
            return rows.get(session, self.ident)

    def open(self) -> list[tuple[str, str]]:
        return [(t.element, t.org_unit) for t in self._tasks()]

    def _tasks(self) -> list[Any]:
        with self.county.store.reading() as session:
            runs = processes.instances_of_subject(session, "clue", self.ident)
            return [t for run in runs for t in inbox.open_of_instance(session, run.id)]

    def do(self, who: str, element: str, **answers: Any) -> None:
        task = next(t for t in self._tasks() if t.element == element)
        values = {k: v for k, v in answers.items() if v is not None}
        with self.county.store.transaction() as session:
            tasks.complete(
                context_of(session, self.county.actor(who), self.county.now), task.id, None, command(), None, values=values
            )

    def check(self, result: str, who: str = "village_1", **more: Any) -> None:
        today = calendar.local_date(self.county.now).isoformat()
        self.do(
            who,
            "check_clue",
            **{
                "checked_on": today,
                "verify_way": "phone",
                "verifiers": [self.county.ids[who]],
                "findings": "问过本人",
                "clue_result": result,
                **more,
            },
        )

    def told(self, who: str) -> list[str]:
        with self.county.store.reading() as session:
            found, _ = notifications.listed(session, self.county.ids[who])
            return [n.kind for n in found if n.clue == self.ident]


def report(county: County, who: str = "town_officer", **more: Any) -> Clue:
    given: dict[str, Any] = {
        "channel": "grassroots",
        "found_on": calendar.local_date(county.now),
        "sign": "reported_employment",
        "place": VILLAGE,
        "name": "演示甲",
        "content": {"words": "没活干了", "id_number": nobody(7)},
        "demo": True,
    } | more
    with county.store.transaction() as session:
        made = receiving.receive(context_of(session, county.actor(who), county.now), receiving.Report(**given), command())
    return Clue(county, made.clue)


def verified(county: County) -> None:
    with county.store.reading() as session:
        found = audit.verify(session)
    assert found.ok, found.findings


ENTER = {
    "head_name": "演示甲",
    "head_id_number": nobody(7),
    "phone": "13800000000",
    "risks": ["employment"],
    "gap_cause": "none",
    "help_first": "no",
}


def test_a_confirmed_risk_opens_a_case_with_everything_known_and_the_sender_is_answered(county: County) -> None:
    clue = report(county)
    assert clue.open() == [("check_clue", VILLAGE)]
    assert clue.row.grade == "yellow"
    county.now += 2 * DAY
    clue.check("enter", **ENTER)
    row = clue.row
    assert (row.status, row.outcome, row.grade) == ("entered", "enter", "yellow")
    assert clue.told("town_officer") == ["clue_answered"]
    walk = Walk(county, 7)
    walk.case_id = row.case_id
    assert walk.open_tasks() == [("register_application", None)]
    with county.store.reading() as session:
        case = case_rows.get(session, row.case_id)
        assert case.clue_on == row.found_on  # the fifteen days began with the clue
        task = walk.task("register_application")
        typed, _ = drafts.load(session, task.id, county.ids["village_1"], record.data_key(session, case.data_key)) or (
            {},
            None,
        )
        assert typed["_typed"]["situation"] == "没活干了" and typed["_typed"]["head_id_number"] == nobody(7)
    verified(county)


def test_a_watched_clue_comes_back_on_its_day(county: County) -> None:
    clue = report(county)
    until = calendar.local_date(county.now) + timedelta(days=30)
    clue.check("watch", watch_until=until.isoformat(), watch_help="先联系公益岗", answer="下月再看")
    assert (clue.row.status, clue.row.watch_until, clue.open()) == ("watching", until, [])
    assert clue.told("town_officer") == ["clue_answered"]
    county.now += 29 * DAY
    timers.fire_due(county.store, county.now)
    assert clue.open() == []
    county.now += 2 * DAY
    timers.fire_due(county.store, county.now)
    assert clue.open() == [("check_clue", VILLAGE)]
    clue.check("exclude", exclude_reason="afford", answer="已经找到工作")
    assert (clue.row.status, clue.row.outcome) == ("excluded", "exclude_afford")
    verified(county)


DATA = {
    "channel": "data",
    "sign": "medins_self_paid",
    "sender_unit": "440229-health",
    "content": {"value": 2_600_000, "threshold": 2_000_000, "unit": "fen", "severity": "medium"},
}


def test_a_wrong_value_goes_back_to_its_department(county: County) -> None:
    clue = report(county, "health", **DATA)
    clue.check("exclude", exclude_reason="data_wrong", answer="没有住过院")
    assert (clue.row.status, clue.open()) == ("excluded", [("recheck_data", "440229-health")])
    assert clue.told("health") == ["clue_answered"]
    today = calendar.local_date(county.now).isoformat()
    with pytest.raises(processes.NotFound):
        clue.do("finance", "recheck_data", rechecked_on=today, data_result="corrected", recheck_note="-")
    [task] = clue._tasks()
    with pytest.raises(Refused) as refused, county.store.transaction() as session:
        tasks.send_back(context_of(session, county.actor("health"), county.now), task.id, task.version, "check_clue", "再看")
    assert refused.value.code == "tasks.not_a_target"  # the village's finding was carried out: nothing takes that back
    clue.do("health", "recheck_data", rechecked_on=today, data_result="corrected", recheck_note="结算单是 260 元，多报了两位")
    assert (clue.row.status, clue.open()) == ("excluded", [])
    verified(county)


def test_a_department_that_stands_by_its_value_sends_the_village_again_once(county: County) -> None:
    clue = report(county, "health", **DATA)
    clue.check("exclude", exclude_reason="data_wrong", answer="没有住过院")
    today = calendar.local_date(county.now).isoformat()
    clue.do("health", "recheck_data", rechecked_on=today, data_result="stands", recheck_note="三张结算单在案")
    assert (clue.row.status, clue.open()) == ("open", [("check_clue", VILLAGE)])
    with county.store.reading() as session:
        assert rows.content(session, clue.row)["recheck"] == "三张结算单在案"
    clue.check("exclude", exclude_reason="data_wrong", answer="结算单是同名的人")
    assert (clue.row.status, clue.row.outcome, clue.open()) == ("excluded", "exclude_data_wrong", [])
    verified(county)


def test_what_an_earlier_round_said_is_not_told_with_the_next_ones_outcome(county: County) -> None:
    clue = report(county)
    until = calendar.local_date(county.now) + timedelta(days=9)
    clue.check("watch", watch_until=until.isoformat(), watch_help="先送米面", answer="没有大碍，下月再看")
    county.now += 10 * DAY
    timers.fire_due(county.store, county.now)
    clue.check("enter", **ENTER)
    with county.store.reading() as session:
        content = rows.content(session, clue.row)
    assert clue.row.outcome == "enter" and not {"answer", "watch_help"} & set(content)


def test_the_same_command_again_names_the_clue_that_was_joined(county: County) -> None:
    first = report(county)
    first.check("enter", **ENTER)
    once = receiving.Report(
        channel="hotline",
        found_on=calendar.local_date(county.now),
        sign="reported_employment",
        place=VILLAGE,
        name="演示甲",
        content={"words": "又来电话", "id_number": nobody(7)},
        source="petition",
        demo=True,
    )
    same, made = command(), []
    for _ in range(2):
        with county.store.transaction() as session:
            made.append(receiving.receive(context_of(session, county.actor("hotline"), county.now), once, same))
    assert (made[0].clue, made[0].joined) == (made[1].clue, made[1].joined) and made[0].clue != first.ident
    assert made[1].again


def test_help_first_for_a_household_that_is_monitored_owes_no_procedure(county: County) -> None:
    clue = report(county)
    clue.check("enter", **ENTER)
    Walk(county, 7, clue.row.case_id, head="演示甲").finish_registration(risks=["employment"]).to("register_in_province")
    second = report(county, sign="reported_water", content={"words": "断水", "id_number": nobody(7)})
    today = calendar.local_date(county.now).isoformat()
    second.check("enter", **{**ENTER, "help_first": "yes", "helped_on": today, "help_given": "送水"})
    assert second.row.case_id == clue.row.case_id
    with county.store.reading() as session:
        assert rows.debts_of_case(session, clue.row.case_id) == []


def test_a_watch_ends_within_the_longest_time(county: County) -> None:
    clue = report(county)
    late = calendar.local_date(county.now) + timedelta(days=200)
    with pytest.raises(FormErrors) as refused:
        clue.check("watch", watch_until=late.isoformat(), watch_help="-", answer="-")
    assert refused.value.cleaned.errors["watch_until"][0] == "clues.watch_between"
    assert clue.row.status == "open"


def test_a_red_clue_is_excluded_only_after_the_town_looked_at_it(county: County) -> None:
    clue = report(county, sign="reported_disaster_accident")
    clue.check("exclude", exclude_reason="untrue", answer="没有这回事")
    assert (clue.row.status, clue.open(), clue.told("town_officer")) == ("open", [("confirm_exclusion", TOWN)], [])
    today = calendar.local_date(county.now).isoformat()
    with county.store.transaction() as session:  # not convinced: back to the village, with the reason
        task = clue._tasks()[0]
        tasks.send_back(
            context_of(session, county.actor("town_officer_2"), county.now), task.id, task.version, "check_clue", "再去一趟"
        )
    assert clue.open() == [("check_clue", VILLAGE)]
    clue.check("exclude", exclude_reason="untrue", answer="真的没有这回事")
    clue.do("town_officer_2", "confirm_exclusion", confirmed_on=today, confirm_note="打过电话")
    assert (clue.row.outcome, clue.row.grade) == ("exclude_untrue", "red")
    with county.store.reading() as session:
        assert rows.content(session, clue.row)["answer"] == "真的没有这回事"
    assert clue.told("town_officer") == ["clue_answered"]
    verified(county)


def test_a_clue_of_another_village_goes_there_and_one_of_another_county_ends(county: County) -> None:
    clue = report(county, content={"words": "说不清"})
    clue.check("not_ours", to_place=OTHER_VILLAGE)
    assert (clue.row.status, clue.row.org_unit, clue.open()) == ("open", OTHER_VILLAGE, [("check_clue", OTHER_VILLAGE)])
    assert clue.told("town_officer") == []
    clue.check("not_ours", "outsider_village", to_place="outside")
    assert (clue.row.status, clue.row.outcome) == ("forwarded", "outside")
    assert clue.told("town_officer") == ["clue_answered"]
    verified(county)


def test_the_town_dispatches_what_names_no_village(county: County) -> None:
    clue = report(county, place=TOWN, content={"words": "只知道在镇上"})
    assert clue.open() == [("dispatch_clue", TOWN)]
    clue.do("town_officer", "dispatch_clue", dispatch_result="other_town", town=OTHER_TOWN)
    assert clue.open() == [("dispatch_clue", OTHER_TOWN)]
    clue.do("outsider_town", "dispatch_clue", dispatch_result="village", village=OTHER_VILLAGE)
    assert clue.open() == [("check_clue", OTHER_VILLAGE)]
    other = report(county, place=TOWN, name="演示乙", content={"words": "外县的"})
    other.do("town_officer", "dispatch_clue", dispatch_result="outside", elsewhere="广州市")
    assert (other.row.status, other.row.outcome, other.open()) == ("forwarded", "outside", [])
    verified(county)


def test_a_duplicate_names_the_other_clue(county: County) -> None:
    first, second = report(county), report(county, name="演示甲", content={"words": "同一家"})
    second.check("duplicate", duplicate_of=str(first.ident))
    assert (second.row.status, second.row.merged_into) == ("duplicate", first.ident)


def test_a_chain_of_duplicates_is_in_the_record(county: County) -> None:
    first, second, third = report(county), report(county, name="演示乙"), report(county, name="演示丙")
    first.check("duplicate", duplicate_of=str(second.ident))
    second.check("duplicate", duplicate_of=str(third.ident))
    assert first.row.merged_into == second.row.merged_into == third.ident
    verified(county)


def test_who_was_joined_with_a_duplicate_hears_what_became_of_the_other(county: County) -> None:
    first = report(county, content={"words": "没活干了"}, name="演示乙")
    walk = report(county, sign="reported_water")
    walk.check("enter", **ENTER)  # now the household is known
    second = report(county)
    third = report(county, who="hotline", channel="hotline", source="petition")
    assert third.row.merged_into == second.ident
    second.check("duplicate", duplicate_of=str(first.ident))
    assert third.row.merged_into == first.ident
    first.check("exclude", exclude_reason="afford", answer="已经上班")
    assert "clue_answered" in third.told("hotline") and "clue_answered" in second.told("town_officer")
    verified(county)


def test_a_visit_takes_two_people(county: County) -> None:
    clue = report(county)
    with pytest.raises(FormErrors) as refused:
        clue.check("exclude", exclude_reason="untrue", answer="-", verify_way="visit")
    assert set(refused.value.cleaned.errors) == {"verifiers"}
    clue.check(
        "exclude",
        exclude_reason="untrue",
        answer="-",
        verify_way="visit",
        verifiers=[county.ids["village_1"], county.ids["grid"]],
    )


def test_help_first_leaves_a_debt_that_is_chased_and_paid_by_the_decision(county: County) -> None:
    clue = report(county, sign="reported_disaster_accident")
    today = calendar.local_date(county.now).isoformat()
    clue.check("enter", **{**ENTER, "risks": ["accident"], "help_first": "yes", "helped_on": today, "help_given": "送医"})
    with county.store.reading() as session:
        debt = rows.debts_of_case(session, clue.row.case_id)[0]
    assert (debt.settled_at, debt.due_on) == (None, calendar.local_date(county.now) + timedelta(days=15))
    county.now += 17 * DAY
    assert (upkeep.chase_debts(county.store, county.now), upkeep.chase_debts(county.store, county.now)) == (1, 0)
    assert "debt_late" in clue.told("village_1") and "debt_late" in clue.told("town_officer")
    county.now += 6 * DAY  # once a week, and not to whom has not read the last one
    assert upkeep.chase_debts(county.store, county.now) == 0
    with county.store.transaction() as session:
        notifications.read_all(session, county.ids["town_officer"], 1_000_000, county.now)
    county.now += DAY
    assert upkeep.chase_debts(county.store, county.now) == 1
    assert (clue.told("village_1").count("debt_late"), clue.told("town_officer").count("debt_late")) == (1, 2)
    walk = Walk(county, 7)
    walk.case_id = clue.row.case_id
    walk.head = "演示甲"
    walk.finish_registration(risks=["accident"]).to("register_in_province")
    with county.store.reading() as session:
        assert rows.debts_of_case(session, clue.row.case_id)[0].settled_at is not None
    assert "clue_decided" in clue.told("town_officer")
    verified(county)


@pytest.mark.parametrize(
    ("cause", "element", "who"),
    [
        ("work", "mend_in_town", "town_officer"),
        ("duty", "mend_in_town", "town_leader"),
        ("policy", "mend_in_county", "county_officer"),
    ],
)
def test_what_was_not_done_is_mended_by_whom_it_concerns(county: County, cause: str, element: str, who: str) -> None:
    clue = report(county)
    clue.check("enter", **{**ENTER, "gap_cause": cause, "gap_note": "医保没有代缴"})
    assert [e for e, _ in clue.open()] == [element]
    clue.do(who, element, mended_on=calendar.local_date(county.now).isoformat(), mended="已补缴", prevented="每月核对")
    assert clue.open() == []
    verified(county)


def test_the_same_sign_of_a_household_is_joined_not_piled_up(county: County) -> None:
    first = report(county)
    first.check("enter", **ENTER)
    household = first.row.household
    again = report(county, who="hotline", channel="hotline", source="petition")
    assert (again.row.status, again.row.merged_into, again.row.household) == ("joined", first.ident, household)
    assert again.told("hotline") == ["clue_answered"]  # what is known is said at once
    other = report(county, sign="reported_housing")
    assert other.row.status == "open" and other.row.household == household
    verified(county)


def test_a_checked_value_is_raised_again_only_when_it_grew_or_after_its_time(county: County) -> None:
    walk = Walk(county, 7, head="演示甲").open()
    with county.store.transaction() as session:
        applications.close(
            context_of(session, county.actor("village_1"), county.now), walk.case_id, "withdrawn", "不办了", command()
        )
    value = {"channel": "data", "sender_unit": "440229-medins", "sign": "reported_illness_disability"}

    def found(fen: int) -> Clue:
        content = {"id_number": nobody(7), "value": fen, "threshold": 500000, "unit": "fen"}
        return report(county, who="health", content=content, **value)

    first = found(600000)
    assert found(900000).row.merged_into == first.ident  # still unchecked: joined whatever it says
    first.check("exclude", exclude_reason="afford", answer="能应付")
    assert found(700000).row.status == "joined"
    grown = found(720000)
    assert grown.row.status == "open"
    grown.check("exclude", exclude_reason="afford", answer="能应付")
    county.now += 181 * DAY
    assert found(720000).row.status == "open"
    verified(county)


def test_two_people_of_one_name_are_never_matched_silently(county: County) -> None:
    Walk(county, 7, head="演示甲").open()
    clue = report(county, content={"words": "没写身份证号"})
    assert clue.row.household is None and clue.row.name == "演示甲"


def test_outsiders_learn_nothing_and_the_sender_only_the_answer(county: County) -> None:
    clue = report(county, who="health", channel="data", sender_unit="440229-health")
    with county.store.reading() as session:
        for who in ("outsider_village", "outsider_town", "outsider_dept"):
            with pytest.raises(processes.NotFound):
                receiving.visible(context_of(session, county.actor(who), county.now), clue.ident)
        assert receiving.visible(context_of(session, county.actor("health"), county.now), clue.ident).area is False
        assert receiving.visible(context_of(session, county.actor("village_1"), county.now), clue.ident).area is True


def test_the_future_and_unknown_places_are_refused(county: County) -> None:
    with pytest.raises(Refused):
        report(county, found_on=calendar.local_date(county.now) + DAY)
    with pytest.raises(Refused):
        report(county, place="440229")
    with county.store.reading() as session:
        assert session.conn.execute(select(clue_table.c.id)).first() is None


def test_erasing_a_household_takes_its_clues_along(county: County) -> None:
    clue = report(county)
    clue.check("enter", **ENTER)
    row = clue.row
    with county.store.transaction() as session:
        applications.close(
            context_of(session, county.actor("village_1"), county.now), row.case_id, "withdrawn", "不办了", command()
        )
    second = report(county, sign="reported_housing")
    assert second.row.household == row.household
    with county.store.transaction() as session:
        keys.erase_household(session, row.household, basis="本人申请", approvers=("甲", "乙"), now=county.now)
    assert second.open() == []
    with county.store.reading() as session:
        assert rows.content(session, clue.row) == {} and rows.content(session, second.row) == {}
        assert str(clue.row).find("演示甲") < 0
    verified(county)


def test_an_old_clue_without_a_case_goes_by_night(county: County) -> None:
    clue = report(county)
    clue.check("exclude", exclude_reason="untrue", answer="-")
    still = report(county, name="演示乙", content={"words": "还在核实"})
    county.now += timedelta(days=366 * 3)
    assert retention.run(county.store, county.now)["clue"] == 1
    assert clue.row is None and still.row is not None
    verified(county)


def test_which_department_reported_is_told_only_to_who_may_know_of_risks(sqlite_county: County) -> None:
    """The health bureau's name says what the sign is about."""
    row = SimpleNamespace(
        channel="data",
        source=None,
        sign="health_serious",
        sender=None,
        sender_unit="440229-health",
        name=None,
        times=1,
        found_on=date(2021, 9, 1),
        data_on=None,
        household=1,
        org_unit=VILLAGE,
    )
    with sqlite_county.store.reading() as session:
        place = people.county_on(session, date(2021, 9, 1))
        name = place.units["440229-health"].name
        for groups, known in (({"basic", "identity"}, False), ({"basic", "risk"}, True)):
            rows = clue_pages.facts(session, place, row, {}, groups, area=True)
            assert any(name in str(line["value"]) for line in rows) is known
            assert any(line["label"] == say("clues.row.sign") for line in rows) is known

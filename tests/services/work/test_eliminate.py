"""Every branch of the elimination, on both databases: who may, what the table says, what becomes of the household."""

from datetime import date
from typing import Any

import pytest

from app.policy.model import Entry
from app.services import audit
from app.services.cases import applications, elimination
from app.services.context import context_of
from app.services.definitions import latest
from app.services.history import reasons
from app.services.people import Refused
from app.services.work import recompute, tasks
from app.services.work.tasks import FormErrors
from app.store import cases as case_rows
from app.store import dated, record
from app.store import households as household_rows
from app.store.processes import NotFound
from tests.conftest import County
from tests.walking import Walk, command

REJECTED = {"votes": {"for": 3, "against": 20, "abstained": 2}, "review_result": "rejected"}


def publish(county: County, year: int) -> None:
    """A standard of a later year, as the county would add it (演示数据，非政策)."""
    with county.store.transaction() as session:
        value = {"year": year, "value": 960000}
        dated.add_entries(
            session, [Entry(None, "monitoring_line", str(year), date(year, 1, 1), None, value, "演示数据，非政策")], None
        )


def ready(county: County, months: int = 7) -> Walk:
    publish(county, 2022)
    return Walk(county).open().monitored(months)


def steps(walk: Walk) -> set[str]:
    return {element for element, _ in walk.open_tasks()}


def verified(county: County) -> None:
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def still_monitored(walk: Walk) -> None:
    case = walk.case()
    assert (case.status, case.household_status, case.closed_at) == ("monitored", "monitored", None)
    assert steps(walk) == set() and not walk.exiting
    verified(walk.county)


def test_a_household_is_helped_out_and_the_record_verifies(county: County) -> None:
    walk = ready(county).exit().exit_to("mark_in_province")
    assert walk.case().household_status == "monitored"  # not before the province is told
    walk.do("town_officer", "mark_in_province")
    case = walk.case()
    assert (case.status, case.outcome, case.household_status) == ("eliminated", "eliminated_helped", "eliminated")
    assert case.closed_at is not None and case.category is not None
    with county.store.reading() as session:
        assert all(m.done_on for m in case_rows.measures_of(session, walk.case_id))
    verified(county)
    again = Walk(county, walk.number).open()  # a relapse is a new case that names the old one
    assert again.case().earlier_case == walk.case_id


PROPOSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"stability": "income_unstable"}, "keep_helping", "income_unstable"),
    ({"stability": "burden_uncontrolled"}, "keep_helping", "burden_uncontrolled"),
    ({"new_risk": "yes"}, "keep_helping", "risk_remains"),
    ({"risks_gone": "no"}, "keep_helping", "risk_remains"),
    ({"water": "no", "water_problem": "断水"}, "keep_helping", "guarantee_open"),
    ({"income": [{"item": "wages_work", "amount": 960000, "source": "paper"}]}, "keep_helping", "income_below"),
    ({"measures_done": None}, "keep_helping", "measures_open"),
    ({"exit_way": "natural", "measures_done": None}, "eliminate", "natural_exit"),
]


@pytest.mark.parametrize(("answers", "proposal", "why"), PROPOSALS, ids=[p[2] for p in PROPOSALS])
def test_the_table_says_whether_and_by_which_figure(
    sqlite_county: County, answers: dict[str, Any], proposal: str, why: str
) -> None:
    walk = ready(sqlite_county).exit()
    walk.do("village_1", "assess_risk", **answers)
    with sqlite_county.store.reading() as session:
        key = record.data_key(session, walk.case().data_key)
        content = household_rows.snapshot(session, household_rows.snapshots_of(session, walk.case_id)[-1].id, key)
        assert content is not None
        result, _, _, _ = reasons.judged(content, latest(session, "eliminate"))
    assert result == proposal
    assert (steps(walk) == {"collect_in_village"}) == (proposal == "eliminate")
    if proposal != "eliminate":
        still_monitored(walk)


def test_somebody_who_cannot_work_is_kept_on_social_security(sqlite_county: County) -> None:
    walk = Walk(sqlite_county).open().to("check_household")
    publish(sqlite_county, 2022)
    members = [{**m, "labour": "lost"} for m in walk.usual("check_household")["members"]]
    walk.do("village_1", "check_household", members=members)
    walk.monitored().exit()
    walk.do("village_1", "assess_risk")
    still_monitored(walk)


def test_six_months_must_have_passed_unless_the_risk_went_by_itself(sqlite_county: County) -> None:
    walk = ready(sqlite_county, months=3).exit()
    walk.do("village_1", "assess_risk")
    still_monitored(walk)
    walk.exit()
    walk.do("village_1", "assess_risk", exit_way="natural")
    assert steps(walk) == {"collect_in_village"}
    walk.exit_to("mark_in_province").do("town_officer", "mark_in_province")
    assert walk.case().outcome == "eliminated_natural"
    verified(sqlite_county)


def test_only_the_county_makes_an_exception_and_says_why(county: County) -> None:
    walk = ready(county, months=3).exit()
    walk.do("village_1", "assess_risk", ask_exception="yes", exception_reason="全家已随子女迁居")
    walk.exit_to("approve_in_county")
    with pytest.raises(FormErrors) as refused:
        walk.do("county_leader", "approve_in_county", decision="approved")
    assert refused.value.cleaned.errors["decision"][0] == "steps.only_as_exception"
    with pytest.raises(FormErrors):
        walk.do("county_leader", "approve_in_county", decision="exception")  # without a reason
    walk.do("county_leader", "approve_in_county", decision="exception", reason="情况特殊，已集体研究")
    walk.do("town_officer", "mark_in_province")
    assert walk.case().outcome == "eliminated_exception"
    verified(county)


def test_what_the_table_supports_needs_no_exception(sqlite_county: County) -> None:
    walk = ready(sqlite_county).exit().exit_to("approve_in_county")
    with pytest.raises(FormErrors) as refused:
        walk.do("county_leader", "approve_in_county", decision="exception", reason="x")
    assert refused.value.cleaned.errors["decision"][0] == "steps.no_exception_needed"


@pytest.mark.parametrize(
    ("upto", "who", "answers"),
    [
        ("hold_village_review", "village_3", REJECTED),
        ("accept_in_town", "town_officer", {"acceptance": "failed"}),
        ("approve_in_county", "county_leader", {"decision": "refused", "reason": "收入刚过线"}),
    ],
)
def test_a_no_anywhere_keeps_the_household_monitored(county: County, upto: str, who: str, answers: dict[str, Any]) -> None:
    walk = ready(county).exit().exit_to(upto)
    walk.do(who, upto, **answers)
    still_monitored(walk)
    walk.exit()  # and it may be tried again
    assert steps(walk) == {"assess_risk"}


def test_a_household_that_does_not_sign_says_why_and_the_town_decides(county: County) -> None:
    walk = ready(county).exit().exit_to("accept_in_town")
    with pytest.raises(FormErrors):
        walk.do("town_officer", "accept_in_town", household_signs="not_signed", signed_page=None)
    walk.do("town_officer", "accept_in_town", household_signs="not_signed", signed_page=None, no_sign_reason="想再观察半年")
    assert steps(walk) == {"sign_town_report"}


def test_acceptance_takes_two_people_who_did_not_assess(sqlite_county: County) -> None:
    walk = ready(sqlite_county).exit().exit_to("accept_in_town")
    ids = sqlite_county.ids
    with pytest.raises(FormErrors):
        walk.do("town_officer", "accept_in_town", verifiers=[ids["town_officer"]])
    walk = Walk(sqlite_county, 2).open().monitored().exit()
    with sqlite_county.store.transaction() as session:  # the town's contact assesses: then another accepts
        row = walk.task("assess_risk")
        tasks.transfer(
            context_of(session, sqlite_county.actor("village_1"), sqlite_county.now),
            row.id,
            row.version,
            ids["town_officer"],
            "外出",
        )
    walk.do("town_officer", "assess_risk")
    for who, step in (
        ("village_2", "collect_in_village"),
        ("village_3", "hold_village_review"),
        ("village_1", "post_notice"),
    ):
        walk.do(who, step)
    walk.wait(days=6)
    walk.do("village_1", "take_down_notice")
    with pytest.raises(Refused, match="not_apart"):
        walk.do("town_officer", "accept_in_town")


def test_objections_at_exit_go_the_same_way_as_at_entry(county: County) -> None:
    walk = ready(county).exit().exit_to("post_notice")
    walk.do("village_1", "post_notice")
    assert walk.lodge("village_2", text="收入没有那么多") == "delivered"
    walk.do("village_2", "investigate_objection", objector_accepts="no")
    walk.do("town_officer", "review_objection_in_town")
    assert steps(walk) == set()  # the notice goes on
    assert walk.lodge("village_2") == "delivered"
    walk.do("village_2", "investigate_objection", objection_result="sustained", objector_accepts=None)
    assert steps(walk) == {"hold_village_review"}
    walk.do("village_3", "hold_village_review")
    walk.do("village_1", "post_notice")
    walk.wait(days=6)
    walk.do("village_1", "take_down_notice")
    assert walk.lodge("village_1") == "held"  # after the period: the town looks before it reports
    walk.do("town_officer", "accept_in_town")
    with pytest.raises(Refused, match="late_objection"):
        walk.do("town_leader", "sign_town_report")
    verified(county)


def test_the_county_sends_it_back_and_the_approval_of_identification_stands(county: County) -> None:
    walk = ready(county).exit().exit_to("review_in_county")
    task = walk.task("review_in_county")
    with county.store.transaction() as session:
        tasks.send_back(
            context_of(session, county.actor("county_officer"), county.now),
            task.id,
            task.version,
            "assess_risk",
            "收入没有凭据",
            command(),
        )
    assert steps(walk) == {"assess_risk"} and walk.task("assess_risk").assignee == county.ids["village_1"]
    assert walk.case().status == "monitored" and walk.case().household_status == "monitored"
    verified(county)


def test_it_is_withdrawn_by_who_may_start_it_and_nobody_else(county: County) -> None:
    walk = ready(county).exit().exit_to("post_notice")
    walk.do("village_1", "post_notice")

    def stop(who: str, reason: str = "又生病了") -> None:
        with county.store.transaction() as session:
            elimination.stop(context_of(session, county.actor(who), county.now), walk.case_id, reason, command())

    with pytest.raises(NotFound):
        stop("outsider_village")
    with pytest.raises(Refused, match="not_yours"):
        stop("county_leader")
    with pytest.raises(Refused, match="reason_needed"):
        stop("village_1", " ")
    stop("village_1")
    still_monitored(walk)
    with county.store.reading() as session:
        assert all(n.void_at or n.taken_down_on for n in case_rows.notices_of(session, walk.case_id))


def test_it_starts_once_and_only_when_identification_is_through(county: County) -> None:
    walk = Walk(county).open().to("acknowledge_measures")
    with pytest.raises(Refused, match="steps_open"):
        walk.exit()
    walk.do("health", "acknowledge_measures", "health")
    with pytest.raises(Refused, match="not_yours"):
        walk.exit("county_officer")
    with pytest.raises(NotFound):
        walk.exit("outsider_village")
    walk.exit()
    with pytest.raises(Refused, match="runs_already"):
        walk.exit()


def test_the_assessment_lies_with_the_households_contact(county: County) -> None:
    walk = ready(county).exit()
    task = walk.task("assess_risk")
    assert task.assignee == county.ids["village_1"]
    for stranger in ("village_2", "outsider_village"):
        with pytest.raises(NotFound):
            walk.do(stranger, "assess_risk")
    with county.store.transaction() as session, pytest.raises(Refused, match="contact_keeps"):
        tasks.release(context_of(session, county.actor("village_1"), county.now), task.id, task.version)
    with county.store.transaction() as session:
        elimination.change_contact(
            context_of(session, county.actor("town_leader"), county.now),
            walk.case_id,
            "village",
            county.ids["village_2"],
            "调离",
            command(),
        )
    assert walk.task("assess_risk").assignee == county.ids["village_2"]
    with pytest.raises(NotFound):
        walk.do("village_1", "assess_risk")
    walk.do("village_2", "assess_risk")
    verified(county)


def test_a_missing_standard_holds_the_approval_until_the_real_one_is_published(sqlite_county: County) -> None:
    """The standard is that of the day of assessment."""
    walk = Walk(sqlite_county).open().monitored().exit().exit_to("approve_in_county")  # assessed in 2022: no line yet
    with pytest.raises(Refused, match="provisional_standard"):
        walk.do("county_leader", "approve_in_county")
    publish(sqlite_county, 2022)
    with sqlite_county.store.transaction() as session:
        assert recompute.facts_again(session, walk.case_id, sqlite_county.now) == 1
    walk.do("county_leader", "approve_in_county")
    verified(sqlite_county)


def test_closing_commands_of_identification_do_not_touch_a_monitored_case(sqlite_county: County) -> None:
    walk = ready(sqlite_county).exit()
    with sqlite_county.store.transaction() as session, pytest.raises(Refused, match="not_open"):
        applications.close(
            context_of(session, sqlite_county.actor("village_1"), sqlite_county.now),
            walk.case_id,
            "withdrawn",
            "x",
            command(),
        )

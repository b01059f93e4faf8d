"""Every branch of the procedure, every hold, and what happens around it; on both databases."""

import uuid
from datetime import timedelta

import pytest

from app.services import audit
from app.services.cases import applications, authorisation
from app.services.context import context_of
from app.services.people import Refused
from app.services.work import tasks
from app.services.work.tasks import FormErrors, Stale
from app.store import cases as case_rows
from app.store.processes import NotFound
from tests.conftest import County
from tests.walking import Walk, command, nobody

REJECTED = {"votes": {"for": 3, "against": 20, "abstained": 2}, "review_result": "rejected"}


def steps(walk: Walk) -> set[str]:
    return {element for element, _ in walk.open_tasks()}


def verified(county: County) -> None:
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_a_household_that_does_not_sign_is_not_queried(county: County) -> None:
    walk = Walk(county).open()
    walk.do(
        "village_1",
        "sign_commitment",
        commitment="refused_close",
        statement="不愿申报",
        signers=None,
        asset_kinds=None,
        rights_told=None,
        pages=None,
        authorised_until=None,
    )
    assert walk.open_tasks() == []
    assert walk.case().outcome == "unwilling" and walk.case().closed_at is not None
    verified(county)


def test_refusal_by_the_village_stands_when_nobody_asks_again(county: County) -> None:
    walk = Walk(county).open().to("hold_village_review")
    walk.do("village_3", "hold_village_review", **REJECTED)
    assert walk.case().status == "refused" and steps(walk) <= {"answer_asset_query"}
    walk.wait(days=12)
    assert walk.case().outcome == "refused_by_village" and walk.case().closed_at is not None
    verified(county)


@pytest.mark.parametrize(("result", "leads_to"), [("overturned", "hold_village_review"), ("upheld", None)])
def test_the_town_looks_again_at_a_village_refusal(county: County, result: str, leads_to: str | None) -> None:
    walk = Walk(county).open().to("hold_village_review")
    walk.do("village_3", "hold_village_review", **REJECTED)
    assert walk.lodge("village_1", "reexam_requested") == "delivered"
    walk.do("town_leader", "reexamine_in_town", reexam_result=result)
    assert (leads_to in steps(walk)) if leads_to else walk.case().outcome == "refused_by_village"


@pytest.mark.parametrize(("result", "leads_to"), [("overturned", "verify_in_town"), ("upheld", None)])
def test_the_county_looks_again_at_a_town_refusal(county: County, result: str, leads_to: str | None) -> None:
    walk = Walk(county).open().to("verify_in_town")
    walk.do("town_officer", "verify_in_town", town_result="failed", reason="收入高于标准")
    walk.lodge("village_1", "reexam_requested")
    walk.do("county_officer", "reexamine_town_decision", reexam_result=result)
    assert (leads_to in steps(walk)) if leads_to else walk.case().outcome == "refused_by_town"


@pytest.mark.parametrize(("result", "leads_to"), [("overturned", "review_in_county"), ("upheld", None)])
def test_a_county_refusal_is_looked_at_by_people_who_took_no_part(county: County, result: str, leads_to: str | None) -> None:
    walk = Walk(county).open().to("approve_in_county")
    walk.do("county_leader", "approve_in_county", decision="refused", reason="不符合条件")
    walk.lodge("village_1", "reexam_requested")
    examiner = {"examiners": [county.ids["county_leader"]]}
    with pytest.raises(Refused, match="not_apart") as refused:
        walk.do("county_leader", "reexamine_county_decision", reexam_result=result, **examiner)
    assert refused.value.details["steps"] == "县局认定"  # what they took part in, not all that must be kept apart
    walk.do("county_leader_2", "reexamine_county_decision", reexam_result=result)
    assert (leads_to in steps(walk)) if leads_to else walk.case().outcome == "refused_by_county"


def test_a_sustained_objection_leads_to_a_new_review_and_a_new_notice(county: County) -> None:
    walk = Walk(county).open().to("post_notice")
    walk.do("village_1", "post_notice")
    assert walk.lodge("village_2") == "delivered"
    walk.do("village_2", "investigate_objection", objection_result="sustained", objector_accepts=None)
    assert "hold_village_review" in steps(walk)
    walk.do("village_3", "hold_village_review")
    county.now += timedelta(days=1)
    walk.do("village_1", "post_notice")
    with county.store.reading() as session:
        first, second = case_rows.notices_of(session, walk.case_id)
    assert first.void_at is not None and second.void_at is None and second.posted_on > first.posted_on
    verified(county)


@pytest.mark.parametrize(("result", "leads_to"), [("sustained", "hold_village_review"), ("unfounded", "take_down_notice")])
def test_an_objector_may_appeal_to_the_town_and_the_end_date_stays(county: County, result: str, leads_to: str) -> None:
    walk = Walk(county).open().to("post_notice")
    walk.do("village_1", "post_notice")
    walk.lodge("village_2")
    walk.do("village_2", "investigate_objection", objector_accepts="no")
    county.now += timedelta(days=7)  # the period ran out while the town was looking
    walk.do("town_officer", "review_objection_in_town", appeal_result=result)
    walk.wait()
    assert leads_to in steps(walk)


def test_a_second_objection_waits_until_the_first_is_settled(county: County) -> None:
    walk = Walk(county).open().to("post_notice")
    walk.do("village_1", "post_notice")
    assert [walk.lodge("village_2", text="一"), walk.lodge("village_2", text="二")] == ["delivered", "queued"]
    walk.do("village_2", "investigate_objection")
    assert "investigate_objection" in steps(walk)
    walk.do("village_2", "investigate_objection")
    assert "investigate_objection" not in steps(walk)
    verified(county)


@pytest.mark.parametrize(("result", "leads_to"), [("unfounded", "review_in_county"), ("sustained", "hold_village_review")])
def test_an_objection_after_the_period_holds_the_report_until_it_is_looked_into(
    county: County, result: str, leads_to: str
) -> None:
    walk = Walk(county).open().to("sign_town_report")
    assert walk.lodge("village_2") == "held"
    with pytest.raises(Refused, match="holds.late_objection"):
        walk.do("town_leader", "sign_town_report")
    with county.store.transaction() as session:
        hold = case_rows.open_holds(session, walk.case_id)[0]
        applications.settle_late_objection(
            context_of(session, county.actor("town_officer"), county.now), walk.case_id, hold.id, result, "已核实", command()
        )
    if result == "unfounded":
        walk.do("town_leader", "sign_town_report")
    assert leads_to in steps(walk)
    verified(county)


def test_the_town_waits_for_asset_answers_unless_it_says_why(county: County) -> None:
    walk = Walk(county).open().to("post_notice")
    walk.do("village_1", "post_notice")
    walk.wait(days=4)  # asset answers are overdue but not yet given up
    with county.store.transaction() as session:
        case_rows.open_hold(
            session,
            walk.case_id,
            kind="asset_answers",
            elements=["verify_in_town"],
            lifted_by="dept_liaison",
            cause=1,
            now=county.now,
        )
        session.unrecorded.clear()  # past the record
    walk.to("verify_in_town")
    with county.store.transaction() as session:
        case_rows.open_hold(
            session,
            walk.case_id,
            kind="asset_answers",
            elements=["verify_in_town"],
            lifted_by="dept_liaison",
            cause=1,
            now=county.now,
        )
        session.unrecorded.clear()  # past the record
    with pytest.raises(Refused, match="holds.asset_answers"):
        walk.do("town_officer", "verify_in_town")
    walk.do("town_officer", "verify_in_town", open_assets_reason="部门系统检修，已电话核对")
    assert "sign_town_report" in steps(walk)


def test_answers_of_all_departments_lift_the_hold(county: County) -> None:
    walk = Walk(county).open()
    walk.do("village_1", "sign_commitment")
    for department in ("finance", "police"):
        with county.store.reading() as session:
            assert [h.kind for h in case_rows.open_holds(session, walk.case_id)] == ["asset_answers"]
        walk.do(department, "answer_asset_query", department)
    with county.store.reading() as session:
        assert case_rows.open_holds(session, walk.case_id) == []


def test_other_low_income_goes_by_way_of_civil_affairs(county: County) -> None:
    walk = Walk(county).open()
    walk.do("village_1", "sign_commitment")
    wages = [{"item": "wages_work", "amount": 1500000, "source": "paper"}]
    walk.do("village_1", "check_household", low_income_kind="dibao", income=wages, self_paid=None, focus_groups=None)
    walk.to("confirm_by_civil_affairs")
    walk.do("civil", "confirm_by_civil_affairs")
    walk.do("county_leader", "approve_in_county", category="other_low_income", category_reason=None)
    assert walk.case().category == "other_low_income"
    verified(county)


def test_departments_that_keep_silent_do_not_stop_the_plan(county: County) -> None:
    walk = Walk(county).open().to("acknowledge_measures")
    walk.wait(days=40)
    assert walk.open_tasks() == [] and walk.case().status == "monitored"
    verified(county)


def test_a_return_opens_the_earlier_step_for_its_last_doer_and_voids_the_notice(county: County) -> None:
    walk = Walk(county).open().to("verify_in_town")
    task = walk.task("verify_in_town")
    with county.store.transaction() as session:
        tasks.send_back(
            context_of(session, county.actor("town_officer"), county.now),
            task.id,
            task.version,
            "hold_village_review",
            "到会人数不对",
        )
    again = walk.task("hold_village_review")
    assert again.assignee == county.ids["village_3"]
    with county.store.reading() as session:
        assert case_rows.notices_of(session, walk.case_id)[0].taken_down_on is not None
    with pytest.raises(Stale), county.store.transaction() as session:
        tasks.complete(
            context_of(session, county.actor("town_officer"), county.now),
            task.id,
            task.version,
            command(),
            None,
            values=walk.usual("verify_in_town"),
        )
    walk.do("village_3", "hold_village_review")
    verified(county)


@pytest.mark.parametrize("kind", applications.CLOSINGS)
def test_a_case_can_be_closed_on_purpose_at_any_step(county: County, kind: str) -> None:
    walk = Walk(county).open().to("check_household")
    with county.store.transaction() as session:
        applications.close(
            context_of(session, county.actor("village_1"), county.now), walk.case_id, kind, "家里不愿再办", command()
        )
    assert walk.open_tasks() == [] and walk.case().outcome == kind
    assert walk.wait(days=30) == 0
    Walk(county).open()  # the same household may apply again
    verified(county)


def test_the_same_form_sent_twice_is_done_once(county: County) -> None:
    walk = Walk(county).open()
    twice = uuid.uuid4().bytes
    task = walk.task("sign_commitment")
    values = walk.usual("sign_commitment")

    def send() -> tasks.Completed:
        with county.store.transaction() as session:
            return tasks.complete(
                context_of(session, county.actor("village_1"), county.now), task.id, task.version, twice, None, values=values
            )

    assert (send().again, send().again) == (False, True)
    with pytest.raises(Stale, match="done_by_other"), county.store.transaction() as session:
        tasks.complete(
            context_of(session, county.actor("village_2"), county.now), task.id, task.version, command(), None, values=values
        )


def test_checkers_may_not_review_and_verifiers_may_not_sign(county: County) -> None:
    walk = Walk(county).open().to("hold_village_review")
    with pytest.raises(Refused, match="not_apart"):
        walk.do("village_1", "hold_village_review")
    with pytest.raises(Refused, match="not_apart"):
        walk.do("village_3", "hold_village_review", recorder=county.ids["grid"])


WRONG = {
    "too few at the meeting": ({"attended": 10, "votes": {"for": 10, "against": 0, "abstained": 0}}, "attended"),
    "votes beyond attendance": ({"votes": {"for": 20, "against": 10, "abstained": 0}}, "votes"),
    "result against the votes": ({"review_result": "rejected"}, "review_result"),
    "chair records": ({"recorder": "chair"}, "recorder"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_meeting_that_does_not_add_up_is_not_recorded(sqlite_county: County, what: str) -> None:
    walk = Walk(sqlite_county).open().to("hold_village_review")
    answers, field = WRONG[what]
    answers = {k: sqlite_county.ids["village_3"] if v == "chair" else v for k, v in answers.items()}
    with pytest.raises(FormErrors) as caught:
        walk.do("village_3", "hold_village_review", **answers)
    assert field in caught.value.cleaned.errors
    assert "hold_village_review" in steps(walk)


def test_a_person_of_another_household_is_told_so(sqlite_county: County) -> None:
    Walk(sqlite_county, 1).open()
    with pytest.raises(FormErrors) as caught:
        Walk(sqlite_county, 2).open(head_id_number=nobody(1))
    assert caught.value.cleaned.errors["head_id_number"][0] == "cases.person_elsewhere"
    with pytest.raises(FormErrors) as caught:
        Walk(sqlite_county, 1).open()
    assert caught.value.cleaned.errors[""][0] == "cases.already_open"


def test_outsiders_learn_nothing_of_a_task(county: County) -> None:
    walk = Walk(county).open().to("verify_in_town")
    for stranger in ("outsider_town", "outsider_village", "outsider_dept", "village_1", "auditor", "admin"):
        with pytest.raises(NotFound):
            walk.do(stranger, "verify_in_town")
    with pytest.raises(NotFound), county.store.transaction() as session:
        applications.close(
            context_of(session, county.actor("outsider_town"), county.now), walk.case_id, "withdrawn", "x", command()
        )


def test_the_second_checker_confirms_under_their_own_account(county: County) -> None:
    walk = Walk(county).open().to("check_household")
    walk.do("village_1", "check_household", confirmed_by="own_account", signed_page=None)
    with pytest.raises(Refused, match="second_check"):
        walk.do("village_3", "hold_village_review")
    with pytest.raises(Refused, match="nothing_to_confirm"), county.store.transaction() as session:
        applications.confirm_check(context_of(session, county.actor("village_2"), county.now), walk.case_id, command())
    with county.store.transaction() as session:
        applications.confirm_check(context_of(session, county.actor("grid"), county.now), walk.case_id, command())
    walk.do("village_3", "hold_village_review")
    verified(county)


def back_to(walk: Walk, who: str, element: str, target: str) -> None:
    task = walk.task(element)
    with walk.county.store.transaction() as session:
        tasks.send_back(
            context_of(session, walk.county.actor(who), walk.county.now), task.id, task.version, target, "需要重核"
        )


def test_a_return_that_does_not_compute_again_keeps_the_provisional_hold(county: County) -> None:
    county.now = county.now.replace(year=2022, month=3)
    walk = Walk(county).open().to("sign_town_report")
    back_to(walk, "town_leader", "sign_town_report", "verify_in_town")
    with county.store.reading() as session:
        assert [h.kind for h in case_rows.open_holds(session, walk.case_id)] == ["provisional_standard"]


def test_other_low_income_cannot_be_approved_past_civil_affairs(county: County) -> None:
    walk = Walk(county).open().to("approve_in_county")
    with pytest.raises(FormErrors) as caught:
        walk.do("county_leader", "approve_in_county", category="other_low_income")
    assert caught.value.cleaned.errors["category"][0] == "steps.civil_affairs_first"


def test_sending_back_an_approved_case_undoes_the_approval(county: County) -> None:
    walk = Walk(county).open().to("plan_measures")
    assert walk.case().household_status == "monitored"
    back_to(walk, "town_officer", "plan_measures", "hold_village_review")
    assert (walk.case().status, walk.case().outcome, walk.case().household_status) == ("open", None, "registered")


def test_asking_again_after_a_return_does_not_ask_the_departments_twice(county: County) -> None:
    walk = Walk(county).open()
    walk.do("village_1", "sign_commitment")
    back_to(walk, "village_1", "check_household", "sign_commitment")
    walk.do("village_1", "sign_commitment")
    assert [item for element, item in walk.open_tasks() if element == "answer_asset_query"] == ["finance", "police"]


def test_a_second_objection_after_a_sustained_one_is_not_held_against_the_new_notice(county: County) -> None:
    walk = Walk(county).open().to("post_notice")
    walk.do("village_1", "post_notice")
    walk.lodge("village_2")
    walk.do("village_2", "investigate_objection", objection_result="sustained", objector_accepts=None)
    assert walk.lodge("village_2", text="再提") == "queued"


def test_a_colleague_cannot_take_a_claimed_task_by_transferring_it(county: County) -> None:
    walk = Walk(county).open()
    task = walk.task("sign_commitment")
    with county.store.transaction() as session:
        tasks.claim(context_of(session, county.actor("village_1"), county.now), task.id, task.version)
    task = walk.task("sign_commitment")
    with pytest.raises(Stale, match="taken_by_other"), county.store.transaction() as session:
        tasks.transfer(
            context_of(session, county.actor("village_2"), county.now),
            task.id,
            task.version,
            county.ids["village_2"],
            "我来办",
        )


def test_only_a_leader_of_the_town_signs_its_report(sqlite_county: County) -> None:
    walk = Walk(sqlite_county).open().to("sign_town_report")
    with pytest.raises(FormErrors) as caught:
        walk.do("town_leader", "sign_town_report", signer=sqlite_county.ids["town_officer_2"])
    assert "signer" in caught.value.cleaned.errors


def test_a_withdrawn_authorisation_ends_the_query_and_holds_the_approval(county: County) -> None:
    walk = Walk(county).open().to("check_household")
    assert ("answer_asset_query", "finance") in walk.open_tasks()

    def withdraw(who: str, reason: str = "不想再查") -> None:
        with county.store.transaction() as session:
            authorisation.withdraw(context_of(session, county.actor(who), county.now), walk.case_id, reason, command())

    with pytest.raises(NotFound):
        withdraw("outsider_village")
    with pytest.raises(Refused, match="not_yours"):
        withdraw("county_officer")
    withdraw("village_1")
    assert walk.open_tasks() == [("check_household", None)]
    with pytest.raises(Refused, match="none"):
        withdraw("village_1")
    walk.to("verify_in_town")
    with pytest.raises(Refused, match="authorisation_withdrawn"):
        walk.do("town_officer", "verify_in_town")
    task = walk.task("verify_in_town")
    with county.store.transaction() as session:
        tasks.send_back(
            context_of(session, county.actor("town_officer"), county.now),
            task.id,
            task.version,
            "sign_commitment",
            "重新授权",
            command(),
        )
    walk.to("verify_in_town")
    walk.do("town_officer", "verify_in_town")
    assert "sign_town_report" in steps(walk)
    verified(county)

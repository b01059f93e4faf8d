"""A type used twice in one procedure: each step keeps its own rule, result, paper, sentence and way back, alone and by list."""

from datetime import date
from typing import Any

import pytest

from app.engine.instance import scope_of
from app.policy.model import Entry
from app.services import audit, papers, people
from app.services.cases import applications
from app.services.context import context_of
from app.services.deployments import publishing
from app.services.history import stories
from app.services.lists.batches import BatchRefused
from app.services.work import tasks
from app.services.work.tasks import FormErrors
from app.store import cases as case_rows
from app.store import record
from tests.conftest import County
from tests.foreign import second_review
from tests.foreign.second_review import RESULT, STEP
from tests.services.lists.test_batches import agenda, carry_out, meeting_of, sheet
from tests.walking import Walk, command

NEAR = {"entitled": 30, "attended": 25}
"""Enough for the first review, too few for the second: 2/3 and 9/10."""


@pytest.fixture
def twice(sqlite_county: County) -> County:
    county = sqlite_county
    files, entries = second_review.project()
    with county.store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="再评议", now=county.now)
    return county


def second(walk: Walk, who: str = "village_3", **answers: Any) -> tasks.Completed:
    """The second review, as the first is answered, with more people come."""
    task = walk.task(STEP)
    values = {
        **walk.usual("hold_village_review"),
        "attended": 28,
        "votes": {"for": 23, "against": 3, "abstained": 2},
        **answers,
    }
    with walk.county.store.transaction() as session:
        return tasks.complete(
            context_of(session, walk.county.actor(who), walk.county.now), task.id, None, command(), None, values=values
        )


def reached(county: County, number: int = 1) -> Walk:
    walk = Walk(county, number, head="演示户" + "一二三四五"[number]).open().to("verify_in_town")
    walk.do("town_officer", "verify_in_town")
    return walk


def scope(walk: Walk) -> dict[str, Any]:
    with walk.county.store.reading() as session:
        row = next(i for i in case_rows.instances_of(session, walk.case_id) if i.process == "identify")
        return dict(scope_of(row.state))


def file_of(walk: Walk, session: Any) -> papers.File:
    return papers.open_file(session, case_rows.get(session, walk.case_id), people.county_on(session, walk.today))


def test_each_review_has_its_own_quorum_and_result(twice: County) -> None:
    walk = reached(twice)
    with pytest.raises(FormErrors) as told:
        second(walk, **NEAR, votes={"for": 20, "against": 3, "abstained": 2})
    assert told.value.cleaned.errors.keys() == {"attended"}
    second(walk)
    assert scope(walk)["review_result"] == scope(walk)[RESULT] == "agreed"
    assert [step for step, _ in walk.open_tasks()] == ["sign_town_report"]
    other = reached(twice, 2)
    second(other, votes={"for": 3, "against": 23, "abstained": 2}, review_result="rejected")
    assert scope(other)["review_result"] == "agreed" and scope(other)[RESULT] == "rejected"
    assert "sign_town_report" not in dict(other.open_tasks())
    with twice.store.reading() as session:
        assert audit.verify(session).findings == []


def test_each_has_its_own_minutes_and_sentence(twice: County) -> None:
    walk = reached(twice)
    twice.now = twice.now.replace(hour=3)
    second(walk)
    with twice.store.reading() as session:
        file = file_of(walk, session)
        minutes = [one for one in papers.available(file) if one.kind == "review_minutes"]
        assert [one.step for one in minutes] == ["hold_village_review", STEP]
        assert [one.title.partition("（")[2] for one in minutes] == ["村级民主评议）", "核查后再评议）"]
        told = [papers.values(file.at(one.step), one.kind, twice.actor("village_1"), twice.now) for one in minutes]
        assert [one["attended"] for one in told] == [25, 28]
        assert "2/3" in told[0]["quorum"] and "9/10" in told[1]["quorum"]
        notice = papers.values(file, "notice_entry", twice.actor("village_1"), twice.now)
        assert notice["meeting_on"] == papers.day_of(file.at("hold_village_review").told[-1].on)
        key = record.data_key(session, case_rows.get(session, walk.case_id).data_key)
        place = people.county_on(session, walk.today)
        teller = stories.teller(session, place, stories.events(session, walk.case_id, key), frozenset({"basic", "risk"}))
        done = [teller.step_name(e) for e in teller.told if e.kind == "task_completed"]
        assert done.count("核查后再评议") == 1


def test_going_back_to_the_second_asks_that_alone_again(twice: County) -> None:
    walk = reached(twice)
    second(walk)
    task = walk.task("sign_town_report")
    with twice.store.transaction() as session:
        tasks.send_back(
            context_of(session, twice.actor("town_leader"), twice.now), task.id, task.version, STEP, "请再议一次", command()
        )
    assert [step for step, _ in walk.open_tasks()] == [STEP]
    second(walk, attended=30, votes={"for": 25, "against": 3, "abstained": 2})
    assert [step for step, _ in walk.open_tasks()] == ["sign_town_report"]
    with twice.store.reading() as session:
        file = file_of(walk, session)
        told = [
            papers.values(file.at(step), "review_minutes", twice.actor("village_1"), twice.now)
            for step in ("hold_village_review", STEP)
        ]
        assert [one["attended"] for one in told] == [25, 30]
        assert audit.verify(session).findings == []


def test_a_list_of_both_judges_each_by_its_own_rule(twice: County) -> None:
    late = reached(twice, 1)
    early = Walk(twice, 3, head="演示户甲").open().to("hold_village_review")
    items = agenda(twice, "village_3", "meeting")
    assert {item.element for item in items} == {STEP, "hold_village_review"}
    votes = {"votes-for": 20, "votes-against": 3, "discussion": "有人认为收入不低"}
    with pytest.raises(BatchRefused) as told:
        carry_out(twice, "village_3", "meeting", sheet(items, meeting_of(twice, **NEAR), votes))
    assert told.value.problems.keys() == {late.task(STEP).id} and told.value.good == (early.task("hold_village_review").id,)
    carry_out(twice, "village_3", "meeting", sheet(items, meeting_of(twice, attended=28), votes))
    assert scope(late)[RESULT] == "agreed" and scope(early)["review_result"] == "agreed" and RESULT not in scope(early)


def test_an_objection_after_the_period_goes_back_to_the_review_that_the_procedure_names(sqlite_county: County) -> None:
    county = sqlite_county
    files, entries = second_review.project()
    named = b'name="returns_to.late_objection" value="%s"'
    files["identify.bpmn"] = files["identify.bpmn"].replace(named % b"hold_village_review", named % STEP.encode())
    with county.store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="再评议", now=county.now)
    walk = reached(county)
    second(walk)
    assert walk.lodge("village_2") == "held"
    with county.store.transaction() as session:
        hold = case_rows.open_holds(session, walk.case_id)[0]
        applications.settle_late_objection(
            context_of(session, county.actor("town_officer"), county.now),
            walk.case_id,
            hold.id,
            "sustained",
            "已核实",
            command(),
        )
    assert [step for step, _ in walk.open_tasks()] == [STEP]
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_a_procedure_may_post_its_notice_for_other_days(sqlite_county: County) -> None:
    """Named by the element; the sheet, the period and the list's last day go by it."""
    county = sqlite_county
    files, entries = second_review.project()
    operator = b'<sw:property name="operator" value="start_notice_period"/>'
    files["identify.bpmn"] = files["identify.bpmn"].replace(
        operator, operator + b'<sw:property name="notice_days" value="long_notice"/>'
    )
    days = {"title": "公示天数（试验）", "value": 9, "unit": "calendar_days", "selected_by": "posting"}
    entries.append(Entry(None, "parameter", "long_notice", date(2021, 8, 9), None, days, second_review.SOURCE, True))
    with county.store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="公示九天", now=county.now)
    walk = Walk(county).open().to("post_notice")
    with county.store.reading() as session:
        typed = {"posted_on": walk.today.isoformat()}
        made = papers.values(file_of(walk, session), "notice_entry", county.actor("village_1"), county.now, typed)
        assert (made["ends_on"] - made["posted_on"]).days == 9
    walk.do("village_1", "post_notice")
    with county.store.reading() as session:
        row = case_rows.notice(session, walk.case_id)
        assert (row.ends_on - row.posted_on).days == 9 and audit.verify(session).findings == []


def test_a_quorum_that_is_no_entry_is_refused(sqlite_county: County) -> None:
    files, entries = second_review.project(quorum="three_quarters")
    report = publishing.check_files(publishing.files_of(files, "identify"), entries)
    assert [(f.element, f.code) for f in report.findings if f.severity == "refused"] == [(STEP, "check.parameter.unknown")]


def test_an_answer_that_the_step_does_not_give_cannot_be_renamed(sqlite_county: County) -> None:
    files, entries = second_review.project()
    files["identify.bpmn"] = files["identify.bpmn"].replace(b'name="gives.review_result"', b'name="gives.weather"')
    report = publishing.check_files(publishing.files_of(files, "identify"), entries)
    assert "check.gives.unknown" in {f.code for f in report.findings if f.severity == "refused"}

"""A procedure nobody foresaw, without a line of Python: checked, published, worked to each end, listed, printed, verified."""

import io
from typing import Any

import docx
import pytest

from app.services import audit, definitions, papers, people
from app.services.cases import applications as case_services
from app.services.cases import own as own_cases
from app.services.context import context_of
from app.services.deployments import publishing
from app.services.history import progress, stories
from app.services.people import Refused
from app.services.work import tasks
from app.store import cases as case_rows
from app.store import inbox, record
from app.store.processes import NotFound
from tests.conftest import OTHER_VILLAGE, County
from tests.foreign import relief
from tests.services.lists.test_batches import agenda, carry_out, sheet
from tests.walking import Walk, command

YUAN = 100


def published(county: County) -> County:
    files, entries = relief.project()
    with county.store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="临时救助", now=county.now)
    return county


@pytest.fixture
def aided(sqlite_county: County) -> County:
    return published(sqlite_county)


@pytest.fixture
def on_both(county: County) -> County:
    return published(county)


class Relief:
    """One household and its relief."""

    def __init__(self, county: County, number: int = 1) -> None:
        self.county = county
        self.walk = Walk(county, number, head="演示户甲").open()
        self.household = self.walk.case().household
        with county.store.transaction() as session:
            self.case = (
                own_cases.begin(
                    context_of(session, county.actor("village_1"), county.now), self.household, "relief", command()
                ).case_id
                or 0
            )

    def open(self) -> list[tuple[str, str | None]]:
        with self.county.store.reading() as session:
            return [(t.element, t.item) for t in inbox.open_tasks_of_case(session, self.case)]

    def do(self, who: str, step: str, item: str | None = None, **values: Any) -> tasks.Completed:
        with self.county.store.reading() as session:
            task = next(t.id for t in inbox.open_tasks_of_case(session, self.case) if (t.element, t.item) == (step, item))
        with self.county.store.transaction() as session:
            return tasks.complete(
                context_of(session, self.county.actor(who), self.county.now), task, None, command(), None, values=values
            )

    @property
    def today(self) -> str:
        return self.walk.today.isoformat()

    def applied(self, yuan: int, cause: str = "fire") -> "Relief":
        self.do(
            "village_1",
            "apply_for_relief",
            applied_on=self.today,
            relief_cause=cause,
            relief_asked=yuan * YUAN,
            situation="演示数据",
        )
        self.do("town_officer", "look_at_home", checked_on=self.today, check_result="true", findings="属实")
        return self

    def answered(self, yuan: int, cause: str = "fire") -> "Relief":
        self.applied(yuan, cause)
        for who in ("finance", "health"):
            self.do(who, "ask_departments", who, opinion="agree")
        return self

    def paid(self, yuan: int) -> "Relief":
        self.do("town_officer", "pay_relief", paid_on=self.today, paid_amount=yuan * YUAN, receipt="演示1号")
        self.do("village_1", "publish_relief", published_on=self.today, published_at="村委会公告栏")
        return self

    def row(self) -> Any:
        with self.county.store.reading() as session:
            return case_rows.get(session, self.case)

    def lines(self) -> list[str]:
        with self.county.store.reading() as session:
            row = case_rows.get(session, self.case)
            told = stories.events(session, self.case, record.data_key(session, row.data_key))
            place = people.county_on(session, self.walk.today)
            teller = stories.teller(session, place, told, frozenset({"basic", "risk", "income"}))
            return [line["sentence"] for line in stories.story(teller)]

    def paper(self, kind: str) -> str:
        with self.county.store.reading() as session:
            file = papers.open_file(session, case_rows.get(session, self.case), people.county_on(session, self.walk.today))
            assert kind in [one.kind for one in papers.available(file)]
            made = docx.Document(
                io.BytesIO(papers.render(file, kind, "docx", self.county.actor("village_1"), self.county.now))
            )
        return "\n".join(p.text for p in made.paragraphs)


def verified(county: County) -> None:
    with county.store.reading() as session:
        assert audit.verify(session).findings == []


def test_the_procedure_passes_the_check() -> None:
    files, entries = relief.project()
    report = publishing.check_files(publishing.files_of(files, "relief"), entries)
    assert [f.code for f in report.findings] == ["check.drawing.missing"]


def test_its_straight_way_is_the_one_with_the_fewest_steps_of_people() -> None:
    files, _ = relief.project()
    made = definitions.make_bundle(publishing.files_of(files, "relief"), "relief")
    assert progress.main_line(made.definition) == (
        "apply_for_relief",
        "look_at_home",
        "ask_departments",
        "pay_relief",
        "publish_relief",
    )


def test_a_small_relief_is_given_without_the_county(aided: County) -> None:
    one = Relief(aided).answered(2000)
    assert one.open() == [("pay_relief", None)]
    one.paid(2000)
    row = one.row()
    assert (row.status, row.outcome, row.door) == ("closed", "relief_given", "relief")
    told = one.paper("relief_letter")
    assert "临时救助发放通知书" in told and "火灾" in told and "2000" in told
    assert any("开始办理临时救助" in line for line in one.lines()) and any("小额救助" in line for line in one.lines())
    verified(aided)


def test_above_an_amount_the_county_decides(aided: County) -> None:
    one = Relief(aided).answered(4000, "accident")
    assert one.open() == [("approve_relief", None)]
    one.do("county_leader", "approve_relief", decided_on=one.today, decision="approved")
    one.paid(4000)
    assert one.row().outcome == "relief_given"
    verified(aided)


def test_a_question_that_no_python_knows_decides_by_its_table(aided: County) -> None:
    """Its departments too: a table gives the list of those that are asked."""
    one = Relief(aided).applied(6000, "other")
    assert one.open() == [("ask_departments", "finance")]
    assert any("金融工作局" in line and "第 3 条" in line for line in one.lines())
    one.do("finance", "ask_departments", "finance", opinion="agree")
    assert one.open() == [("tell_household", None)]
    verified(aided)


def test_a_department_that_disagrees_ends_it_and_the_household_may_appeal(on_both: County) -> None:
    aided = on_both
    one = Relief(aided).applied(1000)
    one.do("finance", "ask_departments", "finance", opinion="disagree", opinion_note="已另有救助")
    one.do("health", "ask_departments", "health", opinion="agree")
    one.do("village_1", "tell_household", told_on=one.today, told_how="已有别的救助，当面告知")
    assert "已有别的救助" in one.paper("relief_refusal")
    with aided.store.transaction() as session:
        said = {"name": "演示户甲", "text": "别的救助没有拿到"}
        case_services.lodge(
            context_of(session, aided.actor("village_1"), aided.now), one.case, "reexam_requested", said, command()
        )
    one.do("county_officer", "look_again", looked_on=one.today, appeal_result="grant", findings="属实")
    one.paid(1000)
    assert one.row().outcome == "relief_given"
    verified(aided)


def test_silence_counts_as_the_diagram_says_and_a_refusal_stands_after_its_time(aided: County) -> None:
    one = Relief(aided).applied(1000)
    one.do("finance", "ask_departments", "finance", opinion="agree")
    one.walk.wait(days=6)
    assert one.open() == [("pay_relief", None)]
    other = Relief(aided, 2)
    other.do(
        "village_1", "apply_for_relief", applied_on=other.today, relief_cause="other", relief_asked=1000, situation="演示数据"
    )
    other.do("town_officer", "look_at_home", checked_on=other.today, check_result="untrue", findings="不属实")
    other.do("village_1", "tell_household", told_on=other.today, told_how="当面告知")
    other.walk.wait(days=11)
    assert other.row().outcome == "relief_refused"
    verified(aided)


def test_a_paper_is_for_those_who_may_see_what_it_prints(aided: County) -> None:
    """Free words of a household go with its risks, though the paper names the plain group only."""
    one = Relief(aided).answered(1000)
    with aided.store.reading() as session:
        place = people.county_on(session, one.walk.today)
        made = papers.open_file(session, case_rows.get(session, one.case), place).bundle
        assert papers.own_groups(made, "relief_letter", place) == {"basic"}
        assert papers.own_groups(made, "relief_refusal", place) == {"basic", "risk"}
        assert papers.own_groups(made, "notice_entry", place) is None


def test_payments_are_made_by_a_list_that_the_designer_named(aided: County) -> None:
    two = [Relief(aided, n).answered(1000 * n) for n in (1, 2)]
    items = agenda(aided, "town_officer", "relief_payment")
    assert [i.case_id for i in items] == [one.case for one in two]
    done = carry_out(
        aided,
        "town_officer",
        "relief_payment",
        sheet(items, {"paid_on": two[0].today}, {"paid_amount": "1000", "receipt": "演示"}),
    )
    assert done.households == 2 and all(one.open() == [("publish_relief", None)] for one in two)
    verified(aided)


def test_it_is_not_handed_to_another_village_as_an_application(aided: County) -> None:
    one = Relief(aided)
    with pytest.raises(NotFound), aided.store.transaction() as session:
        case_services.forward(
            context_of(session, aided.actor("village_1"), aided.now), one.case, OTHER_VILLAGE, "不是本村的户", command()
        )
    assert one.row().status == "open"


def test_it_stands_beside_the_monitoring_of_the_same_household(aided: County) -> None:
    one = Relief(aided)
    with aided.store.reading() as session:
        assert case_rows.open_case_of(session, one.household) == one.walk.case_id
        village = one.walk.case().org_unit
        offered = own_cases.offers(context_of(session, aided.actor("village_1"), aided.now), one.household, village)
        assert [(o.door, o.title, o.running) for o in offered] == [("relief", "临时救助", one.case)]
        town = context_of(session, aided.actor("town_officer"), aided.now)
        assert own_cases.offers(town, one.household, village) == []
    with pytest.raises(Refused), aided.store.transaction() as session:
        own_cases.begin(context_of(session, aided.actor("village_2"), aided.now), one.household, "relief", command())
    with pytest.raises(NotFound), aided.store.transaction() as session:
        own_cases.begin(context_of(session, aided.actor("town_officer"), aided.now), one.household, "relief", command())
    one.walk.to("post_notice")
    one.answered(2000).paid(2000)
    assert one.walk.case().status == "open"
    verified(aided)

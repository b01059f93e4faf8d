"""危房改造 as a designer hands it in, without a line of Python: a block of two, a notice, departments by a table, two instalments."""

import io
from pathlib import Path
from typing import Any

import docx
import pytest

from app.services import papers, people
from app.services.cases import applications as case_services
from app.services.cases import own as own_cases
from app.services.context import context_of
from app.services.deployments import publishing
from app.services.history import stories
from app.services.lists import batches
from app.services.lists import papers as list_papers
from app.services.people import Refused
from app.services.work import tasks
from app.store import cases as case_rows
from app.store import inbox, record
from tests.conftest import County
from tests.foreign import rebuild
from tests.services.lists.test_batches import agenda, carry_out, meeting_of, sheet, verified
from tests.walking import Walk, command
from tests.web.conftest import served

YUAN = 100


def published(county: County) -> County:
    files, entries = rebuild.project()
    with county.store.transaction() as session:
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="危房改造", now=county.now)
    return county


@pytest.fixture
def built(sqlite_county: County) -> County:
    return published(sqlite_county)


class House:
    """One household and its house."""

    def __init__(self, county: County, number: int = 1) -> None:
        self.county, self.walk = county, Walk(county, number, head="演示户" + "甲乙丙丁"[number - 1]).open()
        self.household = self.walk.case().household
        with county.store.transaction() as session:
            self.case = (
                own_cases.begin(
                    context_of(session, county.actor("village_1"), county.now), self.household, "rebuild", command()
                ).case_id
                or 0
            )

    def open(self) -> list[tuple[str, str | None]]:
        with self.county.store.reading() as session:
            return sorted((t.element, t.item) for t in inbox.open_tasks_of_case(session, self.case))

    def task(self, step: str, item: str | None = None) -> Any:
        with self.county.store.reading() as session:
            found = [t for t in inbox.open_tasks_of_case(session, self.case) if (t.element, t.item) == (step, item)]
        assert found, f"{step} {item} is not open: {self.open()}"
        return found[0]

    def do(self, who: str, step: str, item: str | None = None, **values: Any) -> tasks.Completed:
        task = self.task(step, item).id
        with self.county.store.transaction() as session:
            return tasks.complete(
                context_of(session, self.county.actor(who), self.county.now), task, None, command(), None, values=values
            )

    def back(self, who: str, step: str, target: str) -> tasks.Completed:
        task = self.task(step)
        with self.county.store.transaction() as session:
            return tasks.send_back(
                context_of(session, self.county.actor(who), self.county.now),
                task.id,
                task.version,
                target,
                "材料不齐",
                command(),
            )

    @property
    def today(self) -> str:
        return self.walk.today.isoformat()

    def applied(self, yuan: int = 30000, damage: str = "crack") -> "House":
        self.do(
            "village_1",
            "apply_for_rebuild",
            asked_on=self.today,
            house_damage=damage,
            rebuild_way="rebuild",
            rebuild_cost=yuan * YUAN,
            situation="演示数据",
        )
        return self

    def survey(self, grade: str = "c") -> "House":
        ids = self.county.ids
        self.do(
            "town_officer",
            "survey_house",
            surveyed_on=self.today,
            verifiers=[ids["town_officer"], ids["town_officer_2"]],
            house_grade=grade,
            findings="演示",
        )
        return self

    def reviewed(self, result: str = "agreed", votes: tuple[int, int, int] = (25, 1, 0), attended: int = 26) -> "House":
        ids, (yes, no, none) = self.county.ids, votes
        self.do(
            "village_3",
            "review_rebuild",
            held_on=self.today,
            place="村委会会议室",
            meeting_form="representatives",
            chair=ids["village_3"],
            recorder=ids["village_2"],
            entitled=30,
            attended=attended,
            votes={"for": yes, "against": no, "abstained": none},
            discussion="演示",
            review_result=result,
        )
        return self

    def noticed(self) -> "House":
        self.do(
            "village_1",
            "post_rebuild",
            posted_on=self.today,
            places="村委会公告栏",
            posted_by=self.county.ids["village_1"],
            objection_contact="村委会",
        )
        return self

    def taken_down(self) -> "House":
        self.walk.wait(days=8)
        self.do("village_1", "take_down_rebuild", taken_down_on=self.today, condition="intact", other_objections="no")
        return self

    def asked(self, yuan: int = 30000, grade: str = "c") -> "House":
        return self.applied(yuan).survey(grade).reviewed().noticed().taken_down()

    def agreed(self, yuan: int = 30000, grade: str = "c") -> "House":
        self.asked(yuan, grade)
        for who in [item for step, item in self.open() if step == "ask_offices"]:
            self.do(str(who), "ask_offices", who, office_opinion="agree")
        return self

    def first(self, yuan: int = 10000) -> "House":
        self.do("town_officer", "pay_first", paid_on=self.today, paid_amount=yuan * YUAN, finish_on="2022-02-01")
        return self

    def inspected(self, quality: str = "passed") -> "House":
        self.do("town_officer", "inspect_house", inspected_on=self.today, quality=quality, findings="演示")
        return self

    def lodge(self, name: str, text: str) -> str:
        with self.county.store.transaction() as session:
            return case_services.lodge(
                context_of(session, self.county.actor("village_1"), self.county.now),
                self.case,
                name,
                {"name": "某", "text": text},
                command(),
            )

    def row(self) -> Any:
        with self.county.store.reading() as session:
            return case_rows.get(session, self.case)

    def lines(self) -> list[str]:
        with self.county.store.reading() as session:
            row = case_rows.get(session, self.case)
            told = stories.events(session, self.case, record.data_key(session, row.data_key))
            place = people.county_on(session, self.walk.today)
            teller = stories.teller(session, place, told, frozenset({"basic", "risk", "income", "living", "identity"}))
            return [line["sentence"] for line in stories.story(teller)]

    def kinds(self) -> list[tuple[str, str, str]]:
        with self.county.store.reading() as session:
            file = papers.open_file(session, case_rows.get(session, self.case), people.county_on(session, self.walk.today))
            return [(p.kind, p.title, p.step) for p in papers.available(file)]

    def paper(self, kind: str, step: str = "") -> str:
        with self.county.store.reading() as session:
            file = papers.open_file(session, case_rows.get(session, self.case), people.county_on(session, self.walk.today))
            file = file.at(step) if step else file
            made = docx.Document(
                io.BytesIO(papers.render(file, kind, "docx", self.county.actor("village_1"), self.county.now))
            )
        return "\n".join(p.text for p in made.paragraphs)


def test_the_procedure_passes_the_check() -> None:
    files, entries = rebuild.project()
    report = publishing.check_files(publishing.files_of(files, "rebuild"), entries)
    assert [f.code for f in report.findings] == ["check.drawing.missing"]


def test_rebuilt_in_two_instalments(built: County) -> None:
    one = House(built).applied()
    assert one.open() == [("review_rebuild", None), ("survey_house", None)]
    with pytest.raises(tasks.FormErrors) as few:
        one.reviewed(attended=21, votes=(20, 1, 0))  # the shipped quorum of 2/3 would be reached, its own 4/5 is not
    assert "attended" in few.value.cleaned.errors
    with pytest.raises(tasks.FormErrors):
        one.reviewed(votes=(16, 10, 0))  # more than half, but not its own two thirds
    one.reviewed()
    assert one.open() == [("survey_house", None)]
    one.survey()
    assert one.open() == [("post_rebuild", None)]
    with pytest.raises(tasks.FormErrors):
        one.walk.wait(days=3)
        one.do(
            "village_1",
            "post_rebuild",
            posted_on="2021-09-02",
            places="公告栏",
            posted_by=built.ids["village_1"],
            objection_contact="村委会",
        )
    one.noticed()
    with built.store.reading() as session:
        notice = case_rows.notice(session, one.case)
        assert (notice.ends_on - notice.posted_on).days == 7
    one.walk.wait(days=7)
    assert one.open() == []
    one.walk.wait(days=1)
    assert one.open() == [("take_down_rebuild", None)]
    one.do("village_1", "take_down_rebuild", taken_down_on=one.today, condition="intact", other_objections="no")
    assert one.open() == [("ask_offices", "finance"), ("ask_offices", "rural")]
    for who in ("finance", "rural"):
        one.do(who, "ask_offices", who, office_opinion="agree")
    assert one.open() == [("pay_first", None)]
    one.first()
    one.walk.wait(days=181)
    one.inspected("fix")
    one.walk.wait(days=16)
    one.inspected()
    assert one.open() == []
    one.walk.wait(days=31)
    assert one.open() == [("pay_second", None)]
    one.do("town_officer", "pay_second", paid_on=one.today, paid_amount=5000 * YUAN)
    assert (one.row().status, one.row().outcome) == ("closed", "rebuild_done")
    assert "10000" in one.paper("rebuild_letter", "pay_first") and "5000" in one.paper("rebuild_letter", "pay_second")
    assert (
        "原址重建" in one.paper("rebuild_notice")
        and "2021年9月" in one.paper("rebuild_notice").replace(" ", "")
        and any("乡村振兴局" in line for line in one.lines())
    )
    verified(built)


def test_above_an_amount_the_county_approves_and_sends_back(built: County) -> None:
    one = House(built).asked(60000, "d")
    assert [i for _, i in one.open()] == ["finance", "police", "rural"]
    one.do("finance", "ask_offices", "finance", office_opinion="disagree", office_note="演示")
    one.do("rural", "ask_offices", "rural", office_opinion="agree")
    one.walk.wait(days=8)  # police silent: counts as agreed, two of three are enough
    assert one.open() == [("approve_rebuild", None)]
    one.back("county_leader", "approve_rebuild", "apply_for_rebuild")
    assert one.open() == [("apply_for_rebuild", None)]
    one.applied(55000).survey("d").reviewed().noticed().taken_down()
    for who in ("finance", "rural", "police"):
        one.do(who, "ask_offices", who, office_opinion="agree")
    one.do(
        "county_leader", "approve_rebuild", decided_on=one.today, rebuild_decision="approved", approved_amount=40000 * YUAN
    )
    assert one.open() == [("pay_first", None)]
    one.first()
    one.walk.wait(days=181)
    one.inspected("failed")
    assert one.row().outcome == "rebuild_failed"
    verified(built)


def test_refused_by_the_village_then_nobody_appeals(built: County) -> None:
    one = House(built).applied().survey().reviewed("rejected", (5, 21, 0))
    one.do("village_1", "tell_rebuild", told_on=one.today, told_why="演示理由")
    assert "墙体开裂" in one.paper("rebuild_refusal")
    one.walk.wait(days=11)
    assert one.row().outcome == "rebuild_refused"
    verified(built)


def test_an_objection_sustained_and_an_appeal_that_wins(built: County) -> None:
    one = House(built).applied().survey().reviewed().noticed()
    assert one.lodge("objection", "不是危房") == "delivered"
    one.do("town_officer", "look_into_objection", investigated_on=one.today, findings="演示", objection_result="unfounded")
    assert one.open() == []
    one.lodge("objection", "真的不是危房")
    one.do("town_officer", "look_into_objection", investigated_on=one.today, findings="演示", objection_result="sustained")
    assert one.open() == [("tell_rebuild", None)]
    one.do("village_1", "tell_rebuild", told_on=one.today, told_why="演示理由")
    assert one.lodge("reexam_requested", "请再看") == "delivered"
    one.do("county_officer", "look_again_rebuild", examined_on=one.today, reexam_result="overturned", reason="演示")
    assert [s for s, _ in one.open()] == ["ask_offices", "ask_offices"]
    verified(built)


def test_safe_house_gets_nothing_and_appeal_is_upheld(built: County) -> None:
    one = House(built).asked(grade="safe")
    one.walk.wait(days=8)  # one office alone is asked, and two must agree
    one.do("village_1", "tell_rebuild", told_on=one.today, told_why="房屋安全")
    one.lodge("reexam_requested", "请再看")
    one.do("county_officer", "look_again_rebuild", examined_on=one.today, reexam_result="upheld", reason="演示")
    assert (one.row().status, one.row().outcome) == ("closed", "rebuild_refused")
    verified(built)


def test_a_late_objection_holds_the_payment(built: County) -> None:
    one = House(built).agreed()
    assert one.lodge("objection", "晚到的异议") == "held"
    with pytest.raises(Refused, match="late_objection"):
        one.first()
    with built.store.reading() as session:
        hold = case_rows.open_holds(session, one.case)[0]
    with built.store.transaction() as session:
        case_services.settle_late_objection(
            context_of(session, built.actor("town_officer"), built.now), one.case, hold.id, "unfounded", "演示", command()
        )
    one.first()
    other = House(built, 2).agreed()
    other.lodge("objection", "晚到的异议")
    with built.store.reading() as session:
        hold = case_rows.open_holds(session, other.case)[0]
    with built.store.transaction() as session:
        case_services.settle_late_objection(
            context_of(session, built.actor("town_officer"), built.now), other.case, hold.id, "sustained", "演示", command()
        )
    assert other.open() == [("apply_for_rebuild", None)]  # the step that the procedure names
    verified(built)


def test_a_review_in_a_parallel_block_is_nothing_to_go_back_to() -> None:
    files, entries = rebuild.project()
    files["rebuild.bpmn"] = files["rebuild.bpmn"].replace(
        b'name="returns_to.late_objection" value="apply_for_rebuild"', b'name="default" value="true"'
    )
    report = publishing.check_files(publishing.files_of(files, "rebuild"), entries)
    assert "check.returns.in_block" in {f.code for f in report.findings if f.severity == "refused"}


def paper_of(county: County, batch: int, who: str, kind: str) -> str:
    with county.store.reading() as session:
        context = context_of(session, county.actor(who), county.now)
        kept = batches.kept(context, batch)
        assert kind in list_papers.kinds_of(context, kept)
        made = docx.Document(io.BytesIO(list_papers.render(context, kept, kind, "docx")))
    return "\n".join(
        [*(p.text for p in made.paragraphs), *(c.text for t in made.tables for row in t.rows for c in row.cells)]
    )


def offered(county: County, batch: int, who: str) -> tuple[list[str], dict[int, list[dict[str, str]]]]:
    """(papers of the list, papers of each household in it)."""
    with county.store.reading() as session:
        context = context_of(session, county.actor(who), county.now)
        kept = batches.kept(context, batch)
        return list_papers.kinds_of(context, kept), list_papers.of_household(context, kept)


def test_its_steps_go_by_the_lists_of_every_procedure_and_by_its_own(built: County) -> None:
    two = [House(built, n).applied().survey() for n in (1, 2)]
    items = agenda(built, "village_3", "meeting")
    votes = {"votes-for": 26, "votes-against": 0, "discussion": "演示"}
    done = carry_out(built, "village_3", "meeting", sheet(items, meeting_of(built, attended=26), votes))
    minutes = paper_of(built, done.batch, "village_3", "review_minutes")
    assert "演示户甲" in minutes and "危房改造" in minutes and "纳入" not in minutes
    assert [h.open() for h in two] == [[("post_rebuild", None)]] * 2
    items = agenda(built, "village_1", "notice")
    with built.store.reading() as session:
        assert list(list_papers.before_of(session, "notice", items)) == []  # the notices of monitoring are not theirs
    posting = {
        "posted_on": two[0].today,
        "places": "公告栏",
        "posted_by": built.ids["village_1"],
        "objection_contact": "村委会 13800000000",
    }
    done = carry_out(built, "village_1", "notice", sheet(items, posting, {}))
    kinds, own = offered(built, done.batch, "village_1")
    assert kinds == [] and [len(own[h.case]) for h in two] == [2, 2]
    for h in two:
        h.taken_down()
        for who in ("finance", "rural"):
            h.do(who, "ask_offices", who, office_opinion="agree")
    two[0].first()
    two[0].walk.wait(days=181)
    two[0].inspected()
    two[0].walk.wait(days=31)
    items = agenda(built, "town_officer", "rebuild_payment")
    assert {i.element for i in items} == {"pay_first", "pay_second"}
    mixed = sheet(
        items,
        {"paid_on": two[0].today},
        lambda i: {"paid_amount": "1000", **({"finish_on": "2022-09-01"} if i.element == "pay_first" else {})},
    )
    done = carry_out(built, "town_officer", "rebuild_payment", mixed)
    _, own = offered(built, done.batch, "town_officer")
    assert done.households == 2 and all("rebuild_letter" in one["href"] for h in two for one in own[h.case])
    verified(built)


def test_its_pages_speak_of_it_alone(built: County, tmp_path: Path) -> None:
    one = House(built).applied().survey().reviewed()
    site = served(built, tmp_path)
    site.pass_days(0)
    officer, posting = site.person("village_1"), one.task("post_rebuild")
    officer.post(f"/tasks/{posting.id}/claim", {"_version": posting.version})
    assert "危房改造拟补助对象公示" in officer.get(f"/tasks/{posting.id}").text
    typed = {"posted_on": one.today, "places": "村委会公告栏"}
    printed = officer.post(f"/papers/{one.case}/rebuild_notice.docx", typed)
    sheet = "\n".join(p.text for p in docx.Document(io.BytesIO(printed.data)).paragraphs)
    assert (
        "贴在村委会公告栏" in sheet
        and f"危改公示〔{one.row().clue_on.year}〕{one.case}号" in sheet
        and "30000元" in sheet.replace(" ", "")
    )
    assert (
        "9月" in sheet
        and "先打印公示单" not in officer.get("/lists/notice").text
        and "风险消除" not in officer.get("/lists/notice").text.partition("<main")[2]
    )
    one.noticed()
    page = officer.get(f"/cases/{one.case}").text.partition("<main")[2]
    assert "办理中" in page and "识别中" not in page and "公示单" not in page
    assert officer.get(f"/papers/{one.case}/notice_entry.docx").status_code == 404
    site.pass_days(8)
    one.do("village_1", "take_down_rebuild", taken_down_on=one.today, condition="intact", other_objections="no")
    for who in ("finance", "rural"):
        one.do(who, "ask_offices", who, office_opinion="agree")
    told = one.lines()
    assert any("汇总各家的答复：够数" in line for line in told) and any("级修缮" in line or "重建" in line for line in told)
    page = officer.get(f"/cases/{one.case}").text
    assert "乡村振兴局、金融工作局" in page and "rural、finance" not in page

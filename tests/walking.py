"""Walk one household through the procedure by the real services, with typed answers that the forms accept."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from app.errors import CodedError
from app.policy import calendar
from app.policy.identity import check_digit
from app.services.cases import applications, elimination
from app.services.context import context_of
from app.services.work import tasks, timers
from app.store import cases as case_rows
from app.store import inbox

from .conftest import VILLAGE, County

FAR = "999999"  # an area code that no place has: these numbers belong to nobody


def command() -> bytes:
    return uuid.uuid4().bytes


def refused(pattern: str) -> Any:
    """A context in which something is refused by a code and details that fit the pattern."""
    return pytest.raises(CodedError, check=lambda error: re.search(pattern, f"{error.code} {error.details}") is not None)


def nobody(n: int) -> str:
    """An ID number with a right check digit and an unassigned area code; different for each n below 13 million."""
    rest, last = divmod(n, 1000)
    months, day = divmod(rest, 28)
    years, month = divmod(months, 12)
    first17 = f"{FAR}{1960 + years % 40}{month + 1:02d}{day + 1:02d}{last:03d}"
    return first17 + check_digit(first17)


@dataclass
class Walk:
    """One case. `do("village_1", "post_notice", …)` completes the open task of that element."""

    county: County
    number: int = 1
    case_id: int = 0
    head: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    """How another tree calls the shipped steps."""

    @property
    def head_name(self) -> str:
        return self.head or f"演示{self.number}"

    def open(self, who: str = "village_1", **answers: Any) -> "Walk":
        values = {
            "head_name": self.head_name,
            "head_id_number": nobody(self.number),
            "phone": "13800000000",
            "village": VILLAGE,
            "risks": ["illness"],
            "situation": "演示数据",
            "helped": "no",
            **answers,
        }
        with self.county.store.transaction() as session:
            done = applications.open_application(
                context_of(session, self.county.actor(who), self.county.now),
                None,
                channel="visit",
                found_on=self.today,
                command_id=command(),
                values=values,
                demo=True,
            )
        self.case_id = done.case_id or 0
        return self

    def finish_registration(self, who: str = "village_1", **answers: Any) -> "Walk":
        """Of a case that a clue opened: its registration waits, filled in."""
        task = self.task("register_application")
        values = {
            "head_name": self.head_name,
            "head_id_number": nobody(self.number),
            "phone": "13800000000",
            "village": VILLAGE,
            "risks": ["illness"],
            "situation": "演示数据",
            "helped": "no",
            **answers,
        }
        with self.county.store.transaction() as session:
            actor = self.county.actor(who)
            tasks.complete(context_of(session, actor, self.county.now), task.id, None, command(), None, values=values)
        return self

    @property
    def today(self) -> date:
        return calendar.local_date(self.county.now)

    def open_tasks(self) -> list[tuple[str, str | None]]:
        with self.county.store.reading() as session:
            shipped = {other: name for name, other in self.names.items()}
            return [(shipped.get(t.element, t.element), t.item) for t in inbox.open_tasks_of_case(session, self.case_id)]

    def task(self, element: str, item: str | None = None) -> Any:
        named = self.names.get(element, element)
        with self.county.store.reading() as session:
            found = [t for t in inbox.open_tasks_of_case(session, self.case_id) if (t.element, t.item) == (named, item)]
        assert found, f"{element} is not open: {self.open_tasks()}"
        return found[0]

    def do(
        self,
        who: str,
        element: str,
        item: str | None = None,
        *,
        command_id: bytes | None = None,
        version: int | None = None,
        **answers: Any,
    ) -> tasks.Completed:
        task = self.task(element, item)
        values = {**self.usual(element), **answers}
        values = {key: value for key, value in values.items() if value is not None}
        with self.county.store.transaction() as session:
            return tasks.complete(
                context_of(session, self.county.actor(who), self.county.now),
                task.id,
                version,
                command_id or command(),
                None,
                values=values,
            )

    def usual(self, element: str) -> dict[str, Any]:
        """Answers that lead straight on."""
        ids, today = self.county.ids, self.today.isoformat()
        head = {"key": "m1", "name": self.head_name, "id_number": nobody(self.number)}
        answers: Mapping[str, dict[str, Any]] = {
            "sign_commitment": {
                "commitment": "signed",
                "signed_on": today,
                "signers": [{**head, "how": "signature"}],
                "asset_kinds": ["deposits", "vehicles"],
                "rights_told": ["done"],
                "pages": [self.page()] if element == "sign_commitment" else [],
                "authorised_until": (self.today + timedelta(days=180)).isoformat(),
            },
            "check_household": {
                "visited_on": today,
                "checkers": [ids["village_1"], ids["grid"]],
                "confirmed_by": "signed_page",
                "signed_page": [self.page("check_household")] if element == "check_household" else [],
                "group": "一组",
                "household_type": "ordinary",
                "low_income_kind": "none",
                "members": [
                    {
                        **head,
                        "relation": "head",
                        "health": "chronic",
                        "disability_grade": "none",
                        "labour": "weak",
                        "school": "not_student",
                        "insured": "yes",
                        "status": "present",
                    }
                ],
                "focus_groups": ["chronic_burden"],
                "income": [{"item": "wages_work", "amount": 800000, "source": "household"}],
                "self_paid": [{"item": "medical", "amount": 100000, "source": "paper"}],
                "income_fell": "no",
                "food": "yes",
                "clothing": "yes",
                "schooling": "yes",
                "housing": "yes",
                "insurance": "yes",
                "water": "yes",
                "evidence": "入户查看",
            },
            "hold_village_review": {
                "held_on": today,
                "place": "村委会会议室",
                "meeting_form": "representatives",
                "chair": ids["village_3"],
                "recorder": ids["village_2"],
                "entitled": 30,
                "attended": 25,
                "votes": {"for": 20, "against": 3, "abstained": 2},
                "discussion": "情况属实",
                "review_result": "agreed",
            },
            "post_notice": {
                "posted_on": today,
                "places": "村委会公告栏",
                "posted_by": ids["village_1"],
                "objection_contact": "村委会",
            },
            "investigate_objection": {
                "investigated_on": today,
                "investigators": [ids["village_2"], ids["village_3"]],
                "findings": "已核实",
                "objection_result": "unfounded",
                "objector_accepts": "yes",
            },
            "review_objection_in_town": {
                "reviewed_on": today,
                "reviewers": [ids["town_officer"]],
                "findings": "已复查",
                "appeal_result": "unfounded",
            },
            "take_down_notice": {"taken_down_on": today, "condition": "intact", "other_objections": "no"},
            "verify_in_town": {
                "visited_on": today,
                "verifiers": [ids["town_officer"], ids["town_officer_2"]],
                "town_result": "passed",
            },
            "sign_town_report": {
                "report_number": "翁龙府〔2021〕1号",
                "signer": ids["town_leader"],
                "signed_on": today,
            },
            "observe_household": {"observed_on": today, "new_risk": "no"},
            "look_into_signs": {"looked_on": today, "signs_result": "no_risk", "findings": "问过邻居和村医"},
            "review_in_county": {"county_opinion": "support"},
            "confirm_by_civil_affairs": {"civil_result": "confirmed"},
            "approve_in_county": {"category": "sudden", "category_reason": "按核查情况", "decision": "approved"},
            "register_in_province": {"entered_on": today, "receipt_number": "YS0001"},
            "appoint_town_contact": {"town_contact": ids["town_officer"]},
            "appoint_village_contact": {"village_contact": ids["village_1"]},
            "plan_measures": {
                "measures": [
                    {
                        "risk": "illness",
                        "group": "health",
                        "measure": "慢病签约服务",
                        "lead": "health",
                        "planned": (self.today + timedelta(days=30)).isoformat(),
                    }
                ],
            },
            "report_to_departments": {"departments": ["health"], "reported_on": today},
            "acknowledge_measures": {"acknowledgement": "accepted"},
            "answer_asset_query": {"answer": "consistent", "data_as_of": today},
            "reexamine_in_town": {
                "examined_on": today,
                "examiners": [ids["town_leader"]],
                "reexam_result": "upheld",
                "reason": "维持",
            },
            "reexamine_town_decision": {
                "examined_on": today,
                "examiners": [ids["county_officer"]],
                "reexam_result": "upheld",
                "reason": "维持",
            },
            "reexamine_county_decision": {
                "examined_on": today,
                "examiners": [ids["county_leader_2"]],
                "reexam_result": "upheld",
                "reason": "维持",
            },
        }
        if element == "approve_in_county" and self.exiting:
            return {"decision": "approved"}
        return {**answers, **self._usual_at_exit(element)}[element]

    def _usual_at_exit(self, element: str) -> dict[str, dict[str, Any]]:
        ids, today = self.county.ids, self.today.isoformat()
        with self.county.store.reading() as session:
            planned = case_rows.measures_of(session, self.case_id)
        return {
            "assess_risk": {
                "assessed_on": today,
                "exit_way": "helped",
                "income_fell": "no",
                "food": "yes",
                "clothing": "yes",
                "schooling": "yes",
                "housing": "yes",
                "insurance": "yes",
                "water": "yes",
                "risks_gone": "yes",
                "new_risk": "no",
                "stability": "stable",
                "findings": "病已稳定，务工收入稳定",
                "ask_exception": "no",
                "income": [{"item": "wages_work", "amount": 1500000, "source": "paper"}],
                "self_paid": [{"item": "medical", "amount": 50000, "source": "paper"}],
                "measures_done": [
                    {"measure_id": m.id, "group": m.group, "carried_out": "yes", "done_on": today, "evidence": "签约记录"}
                    for m in planned
                ],
            },
            "collect_in_village": {"collected_on": today, "opinion": "情况属实"},
            "accept_in_town": {
                "visited_on": today,
                "verifiers": [ids["town_officer"], ids["town_officer_2"]],
                "household_signs": "signed",
                "signed_page": [self.page("accept_in_town")] if element == "accept_in_town" else [],
                "findings": "已看过",
                "acceptance": "passed",
            },
            "mark_in_province": {"entered_on": today, "receipt_number": "YS0002"},
        }

    @property
    def exiting(self) -> bool:
        with self.county.store.reading() as session:
            return elimination.running(session, self.case_id) is not None

    def monitored(self, months: int = 7) -> "Walk":
        """Identified, helped, and some months older."""
        self.to("acknowledge_measures")
        self.do("health", "acknowledge_measures", "health")
        self.wait(days=31 * months)
        return self

    def exit(self, who: str = "village_1") -> "Walk":
        with self.county.store.transaction() as session:
            elimination.begin(context_of(session, self.county.actor(who), self.county.now), self.case_id, command())
        return self

    def exit_to(self, element: str) -> "Walk":
        """Walk the elimination straight on until this element is open."""
        for who, step in (
            ("village_1", "assess_risk"),
            ("village_2", "collect_in_village"),
            ("village_3", "hold_village_review"),
            ("village_1", "post_notice"),
            ("village_1", "take_down_notice"),
            ("town_officer", "accept_in_town"),
            ("town_leader", "sign_town_report"),
            ("county_officer", "review_in_county"),
            ("county_leader", "approve_in_county"),
            ("town_officer", "mark_in_province"),
        ):
            if element in dict(self.open_tasks()):
                return self
            if step == "take_down_notice":
                self.wait(days=6)
            if step in dict(self.open_tasks()):
                self.do(who, step)
        assert element in dict(self.open_tasks()), self.open_tasks()
        return self

    def page(self, step: str = "sign_commitment") -> int:
        """A signed page that came back by camera."""
        with self.county.store.transaction() as session:
            ident, _ = case_rows.add_paper(
                session,
                case_id=None,
                kind=self.names.get(step, step),
                title="签名页",
                media_type="image/jpeg",
                content=b"page",
                by=None,
                now=self.county.now,
            )
        return ident

    def wait(self, **span: int) -> int:
        """Let time pass and fire what falls due."""
        self.county.now += timedelta(**span)
        return timers.fire_due(self.county.store, self.county.now)

    def lodge(self, who: str, name: str = "objection", text: str = "不符合条件") -> str:
        with self.county.store.transaction() as session:
            return applications.lodge(
                context_of(session, self.county.actor(who), self.county.now),
                self.case_id,
                name,
                {"name": "某", "text": text},
                command(),
            )

    def case(self) -> Any:
        with self.county.store.reading() as session:
            return case_rows.get(session, self.case_id)

    def to(self, element: str) -> "Walk":
        """Walk straight on until this element is open."""
        path = [
            ("village_1", "sign_commitment"),
            ("village_1", "check_household"),
            ("village_3", "hold_village_review"),
            ("village_1", "post_notice"),
            ("village_1", "take_down_notice"),
            ("town_officer", "verify_in_town"),
            ("town_leader", "sign_town_report"),
            ("county_officer", "review_in_county"),
            ("county_leader", "approve_in_county"),
            ("town_officer", "register_in_province"),
            ("town_leader", "appoint_town_contact"),
            ("village_1", "appoint_village_contact"),
            ("town_officer", "plan_measures"),
            ("town_leader", "report_to_departments"),
        ]
        for who, step in path:
            if element in dict(self.open_tasks()):
                return self
            if step == "take_down_notice":
                self.wait(days=6)
            if step in dict(self.open_tasks()):
                self.do(who, step)
        assert element in dict(self.open_tasks()), self.open_tasks()
        return self

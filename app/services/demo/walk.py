"""One demo household and its case: every move of its plan through the services that people use."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from app.engine.instance import scope_of
from app.policy import calendar
from app.services.people import Actor, County
from app.store import cases as case_rows
from app.store import households as household_rows
from app.store import inbox, processes, record
from app.store.record import NewEvent
from app.store.session import Session

from .. import definitions, finding
from ..cases import applications, elimination
from ..context import context_of
from ..household import file as household_file
from ..work import tasks
from ..work.tasks import FormErrors
from . import answers
from .answers import AtHand
from .households import File
from .plan import Move, Plan
from .staff import Staff, Words

WHO = {
    "commitment": "checker",
    "household_check": "checker",
    "village_review": "chair",
    "notice_posting": "checker",
    "objection_inquiry": "recorder",
    "objection_review": "town_officer",
    "notice_removal": "checker",
    "town_check": "town_officer",
    "town_report": "town_leader",
    "county_review": "county_officer",
    "civil_confirmation": "civil",
    "entry_decision": "county_leader",
    "province_entry": "collector",
    "town_contact": "town_leader",
    "village_contact": "checker",
    "measure_plan": "town_officer",
    "measure_report": "town_leader",
    "exit_assessment": "checker",
    "village_collection": "recorder",
    "exit_acceptance": "town_officer",
    "exit_county_review": "county_officer",
    "exit_decision": "county_leader",
    "observation": "checker",
}
"""Who of a household's crew does a step of a type; departments' steps go by department, a reexamination by the move."""

CHANNELS = ("visit", "visit", "visit", "self", "self", "grassroots", "data", "hotline", "platform")


class Lost(Exception):
    """A plan and the services disagree: what the demo wanted to do next is not open, or was not accepted."""


@dataclass
class Walker:
    """A household on its way. `case` is 0 until the application is registered; `last`: the day of its last move."""

    plan: Plan
    file: File
    crew: Mapping[str, Actor]
    liaisons: Mapping[str, Actor]
    words: Words
    seed: int
    page: bytes
    case: int = 0
    done: int = 0
    last: date | None = None

    def today(self, session: Session, moves: Iterable[Move], now: datetime, step: timedelta) -> int:
        """Carry out the moves of one day, `step` apart. Returns how many completions that took."""
        before = self.done
        for move in moves:
            getattr(self, f"_{move.act}")(session, move, now)
            now += step
        return self.done - before

    def _command(self) -> bytes:
        self.done += 1
        return uuid.uuid5(uuid.NAMESPACE_OID, f"demo {self.seed} {self.plan.number} {self.done}").bytes

    def _desk(self, now: datetime, *, page: int = 0, proposed: str = "none") -> AtHand:
        return AtHand(self.file, self.crew, self.words, calendar.local_date(now), self.plan.number, page, proposed)

    def _open(self, session: Session, move: Move, now: datetime) -> None:
        desk = self._desk(now)
        opener = self.crew["opener"]
        channel = "self" if opener.has("window_clerk") else CHANNELS[self.plan.number % len(CHANNELS)]
        found_on = desk.today - timedelta(days=self.plan.number % 3 // 2)
        try:
            done = applications.open_application(
                context_of(session, opener, now),
                None,
                channel=channel,
                found_on=found_on,
                command_id=self._command(),
                values=answers.register(desk),
                demo=True,
            )
        except FormErrors as error:
            raise Lost(f"{self.plan.stage.name}: {move.step}: {error.cleaned.errors}") from error
        self.case = done.case_id or 0

    def _task(self, session: Session, kind: str, item: str | None = None) -> Any:
        found = inbox.open_tasks_of_case(session, self.case)
        return next((t for t in found if (t.type, t.item) == (kind, item)), None)

    def _who(self, move: Move) -> Actor | None:
        """Who of the crew does it; nobody does a step that the crew has nothing to do with."""
        name = move.more.get("by") or ("town_officer" if move.more.get("exit") and move.step == "province_entry" else None)
        return self.crew.get(name or WHO.get(move.step, ""))

    def _do(self, session: Session, move: Move, now: datetime) -> None:
        if move.step == "measure_receipt":
            for department in answers.leads_of(self.file, self.words):
                self._complete(session, move, now, self.liaisons[department], department)
        else:
            self._complete(session, move, now, self._who(move))

    def _answer(self, session: Session, move: Move, now: datetime) -> None:
        """A department's answer, if it was asked and the query still runs."""
        asked = answers.departments_of(self.file)[move.more["turn"] :][:1]
        for department in asked:
            if self._task(session, move.step, department) is not None:
                self._complete(session, move, now, self.liaisons[department], department)

    def _complete(self, session: Session, move: Move, now: datetime, who: Actor | None, item: str | None = None) -> None:
        task = self._task(session, move.step, item)
        if task is None or who is None:
            raise Lost(f"{self.plan.stage.name}: {move.step} is not open in case {self.case}")
        page, proposed = 0, "none"
        if move.step in ("commitment", "household_check", "exit_acceptance"):
            page, _ = case_rows.add_paper(
                session,
                case_id=self.case,
                kind=task.element,
                title=self.words["page_words"][1],
                media_type="image/jpeg",
                content=self.page,
                by=who.id,
                now=now,
            )
        if move.step in ("county_review", "exit_county_review", "entry_decision", "exit_decision"):
            scope = scope_of(processes.lock_task(session, task.id).state or b"{}")
            proposed = str(scope.get("exit_proposal" if move.more.get("exit") else "category"))
        more = dict(move.more)
        if move.step == "exit_assessment":
            more["planned"] = case_rows.measures_of(session, self.case)
        values = answers.answer(move.step, self._desk(now, page=page, proposed=proposed), more)
        try:
            tasks.complete(context_of(session, who, now), task.id, task.version, self._command(), None, values=values)
        except FormErrors as error:
            raise Lost(f"{self.plan.stage.name}: {move.step}: {error.cleaned.errors}") from error

    def _lodge(self, session: Session, move: Move, now: datetime) -> None:
        words = self._desk(now)
        content = {"name": self.file.head["name"], "text": words.say("reexam_request")}
        if move.step == "objection":
            text = words.say("late_objection" if move.more.get("late") else "objection")
            content = {"name": words.say("objector"), "text": text}
        applications.lodge(context_of(session, self.crew["recorder"], now), self.case, move.step, content, self._command())

    def _back(self, session: Session, move: Move, now: datetime) -> None:
        task = self._task(session, move.step)
        target = move.more["target"]
        reason = self._desk(now).say("return_verify" if target == "town_check" else "return_check")
        made = definitions.bundle(session, processes.see_task(session, task.id).deployment)
        back = made.of_type(target)[0]
        tasks.send_back(
            context_of(session, self.crew[WHO[move.step]], now), task.id, task.version, back, reason, self._command()
        )

    def _begin(self, session: Session, move: Move, now: datetime) -> None:
        elimination.begin(context_of(session, self.crew["checker"], now), self.case, self._command())

    def _settle(self, session: Session, move: Move, now: datetime) -> None:
        hold = next(h for h in case_rows.open_holds(session, self.case) if h.kind == move.step)
        applications.settle_late_objection(
            context_of(session, self.crew["town_officer"], now),
            self.case,
            hold.id,
            "unfounded",
            self._desk(now).say("findings_town"),
            self._command(),
        )

    def _close(self, session: Session, move: Move, now: datetime) -> None:
        reason = self.words["closing"][move.step]
        applications.close(context_of(session, self.crew["checker"], now), self.case, move.step, reason, self._command())

    def _claim(self, session: Session, move: Move, now: datetime) -> None:
        task = self._task(session, move.step)
        who = self._who(move)
        if task is not None and task.assignee is None and who is not None:
            tasks.claim(context_of(session, who, now), task.id, task.version)


def crew_of(rng: Random, staff: Staff, county: County, village: str, turn: int | None = None) -> dict[str, Actor]:
    """Who works on a household of this village: who checks does not review, who verifies does not sign. `turn`: with whom
    the round begins, if not by chance."""
    town = county.units[village].parent or ""
    top = county.units[town].parent or ""
    chance = rng.randrange(6)
    turn = chance if turn is None else turn
    village_officers = {name: staff.one(village, "village_officer", turn=turn + n) for n, name in enumerate(_OFFICERS)}
    crew = {
        **village_officers,
        "second": staff.one(village, *(("resident_team", "grid_worker") if turn % 3 == 0 else ("grid_worker",))),
        "town_officer": staff.one(town, "town_officer", turn=turn),
        "town_second": staff.one(town, "town_officer", turn=turn + 1),
        "town_leader": staff.one(town, "town_leader", turn=turn),
        "collector": staff.one(town, "info_collector", "town_officer", turn=turn),
        "county_officer": staff.one(top, "county_officer", turn=turn),
        "county_leader": staff.one(top, "county_leader", turn=turn),
        "county_other": staff.one(top, "county_leader", turn=turn + 1),
        "civil": staff.one(f"{top[:6]}-civil", "civil_officer", turn=turn),
    }
    window = staff.at.get((town, "window_clerk"))
    crew["opener"] = window[0] if window and turn == 5 else crew["second" if turn == 4 else "checker"]
    return crew


_OFFICERS = ("checker", "recorder", "chair")


def register_only(session: Session, file: File, who: Actor, now: datetime) -> int:
    """A household that stands in the register and has no case: its file is known, nothing was applied for."""
    head, today = file.head, calendar.local_date(now)
    ident, key = household_rows.add(
        session,
        village=file.village,
        head_name=head["name"],
        pinyin=finding.index(head["name"]),
        household_type=file.household_type,
        demo=True,
    )
    known = {"phone": file.phone, "group": file.group, "household_type": file.household_type}
    document = household_file.first(head["name"], head["id_number"], known, who=str(who.id), on=today)
    document["members"] = [{"key": f"m{n}", **row} for n, row in enumerate(file.members, 1)]
    household_file.save(session, ident, key, document, as_of=today, now=now, number=1)
    stream = record.lock_stream(session, f"household:{ident}")
    draft = NewEvent("household_registered", now, who.id, {"household": ident, "unit": file.village, "version": 1})
    session.write(record.append(session, stream, None, draft)[1])
    return ident

"""What shall become of each demo household: a way through the procedure, laid on days so that it ends as wanted.

Every open step, every wait, every outcome is a `Stage`. The first households take one stage each, in the order of
STAGES, and live in the demo village: its inbox, its town's and the county's have something of everything. The others
are spread over the county by weight.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from .households import ABOVE, CIVIL, LOW, SUDDEN

BEGIN = date(2021, 9, 1)
TODAY = date(2022, 9, 7)
"""The day on which the demo is handed over, in the morning."""

STRAIGHT = (
    ("commitment", 0, 1),
    ("household_check", 0, 1),
    ("village_review", 1, 2),
    ("notice_posting", 0, 0),
    ("notice_removal", 1, 1),
    ("town_check", 0, 1),
    ("town_report", 0, 0),
    ("county_review", 0, 1),
    ("civil_confirmation", 0, 1),
    ("entry_decision", 0, 1),
    ("province_entry", 1, 2),
    ("town_contact", 0, 0),
    ("village_contact", 0, 1),
    ("measure_plan", 1, 4),
    ("measure_report", 0, 2),
    ("measure_receipt", 1, 4),
)
"""Steps of the straight way by their types, each with the fewest and most days after the one before."""

EXIT = (
    ("exit_assessment", 1, 3),
    ("village_collection", 0, 1),
    ("village_review", 1, 2),
    ("notice_posting", 0, 0),
    ("notice_removal", 1, 1),
    ("exit_acceptance", 0, 2),
    ("town_report", 0, 1),
    ("exit_county_review", 0, 1),
    ("exit_decision", 0, 1),
    ("province_entry", 0, 1),
)
"""The same of the elimination, after somebody began it."""

_ORDER = [step for step, _, _ in STRAIGHT]
NOTICE = 6  # days from posting until the sheet comes down: five whole days lie between


@dataclass(frozen=True)
class Move:
    """Something done on a day of the case (0 = opened). `act`: open, do, answer, lodge, back, settle, close, claim,
    begin (the elimination)."""

    day: int
    act: str
    step: str
    more: Mapping[str, Any] = field(default_factory=dict)


class Way:
    """The moves of one case as they are laid down one after the other."""

    def __init__(self, rng: Random, profile: str) -> None:
        self.rng, self.profile = rng, profile
        self.day = self.posted = 0
        self.moves = [Move(0, "open", "application")]

    def then(self, low: int, high: int, act: str, step: str, **more: Any) -> "Way":
        self.day += self.rng.randint(low, high)
        if step == "notice_removal":
            self.day = max(self.day, self.posted + NOTICE)
        if step == "notice_posting":
            self.posted = self.day
        self.moves.append(Move(self.day, act, step, more))
        if step == "commitment" and more.get("commitment", "signed") == "signed":
            self.moves += self._answers()
        return self

    def _answers(self) -> list[Move]:
        """The departments answer within three days; one in four keeps silent and lets the wait run out."""
        days = [self.day + self.rng.randint(1, 3) for _ in range(4)]
        silent = self.rng.random() < 0.25
        answers = [Move(day, "answer", "asset_answer", {"turn": n}) for n, day in enumerate(days)]
        return answers[silent:]

    def walk(self, first: str, until: str) -> "Way":
        """Straight on from `first` up to, without, `until`."""
        for step, low, high in STRAIGHT[_ORDER.index(first) : _ORDER.index(until)]:
            if step != "civil_confirmation" or self.profile == CIVIL:
                self.then(low, high, "do", step)
        return self

    def end(self, first: str) -> "Way":
        return self.walk(first, "measure_receipt").then(1, 4, "do", "measure_receipt")

    def exit(self, until: str = "", *, helped: bool = False) -> "Way":
        """Monitored, and some days later (natural) or half a year later (helped) on its way out up to, without, `until`;
        to the end without one."""
        after, exit_way = ((190, 215), "helped") if helped else ((2, 6), "natural")
        self.end("commitment").then(*after, "begin", "exit")
        for step, low, high in EXIT:
            if step == until:
                break
            self.then(low, high, "do", step, exit=exit_way)
        else:
            days = (94 + 95 * n + self.rng.randint(0, 4) for n in range(3))
            self.moves += [Move(self.day + day, "do", "observation") for day in days]
        return self

    @property
    def span(self) -> int:
        return self.day


def _to(step: str) -> Callable[[Way], object]:
    return lambda way: way.walk("commitment", step)


def _objected(way: Way, **result: Any) -> Way:
    way.walk("commitment", "notice_removal").then(1, 2, "lodge", "objection")
    return way.then(1, 1, "do", "objection_inquiry", **result) if result else way


def _refused(way: Way, level: str) -> Way:
    """Refused by village, town or county."""
    step = {"village": "village_review", "town": "town_check", "county": "entry_decision"}[level]
    return way.walk("commitment", step).then(0, 1, "do", step, refuse=True)


_AGAIN = {  # by whom it is looked at again, and where it goes on
    "village": ("town_leader", "village_review"),
    "town": ("county_officer", "town_check"),
    "county": ("county_other", "county_review"),
}


def _reexamined(way: Way, level: str, result: str | None) -> Way:
    examiner, back_at = _AGAIN[level]
    _refused(way, level).then(2, 5, "lodge", "reexam_requested")
    if result is not None:
        way.then(1, 3, "do", "reexamination", reexam_result=result, by=examiner)
    return way.end(back_at) if result == "overturned" else way


def _late(way: Way, *, settled: bool) -> Way:
    way.walk("commitment", "town_report").then(0, 0, "lodge", "objection", late=True)
    return way.then(1, 2, "settle", "late_objection").walk("town_report", "county_review") if settled else way


def _returned(way: Way, at: str, target: str, *, redone: bool) -> Way:
    way.walk("commitment", at).then(0, 1, "back", at, target=target)
    return way.end(target) if redone else way


def _closed(way: Way, step: str, kind: str) -> Way:
    return way.walk("commitment", step).then(0, 1, "close", kind)


def _unwilling(way: Way, commitment: str) -> Way:
    return way.then(0, 1, "do", "commitment", commitment=commitment)


@dataclass(frozen=True)
class Stage:
    """A name, the way there, how often (after the first of each), and what is open at the end: `open` names the step
    whose due time decides fresh, due today or overdue; else `idle` gives the fewest and most days since."""

    name: str
    lay: Callable[[Way], object] | None
    weight: int = 1
    open: str | None = None
    idle: tuple[int, int] = (0, 0)
    profile: str | None = None
    special: str | None = None


def _open(step: str, weight: int = 4, special: str | None = None) -> Stage:
    return Stage(step, _to(step), weight, open=step, special=special)


STAGES: Sequence[Stage] = (
    _open("commitment", special="guardians"),
    _open("household_check", special="nine"),
    _open("village_review", special="rare_name"),
    _open("notice_posting"),
    Stage("notice_period", _to("notice_removal"), 5, idle=(0, 5)),
    Stage("notice_removal", _to("notice_removal"), 3, open="notice_removal", idle=(NOTICE, NOTICE)),
    _open("town_check"),
    _open("town_report"),
    _open("county_review", special="long"),
    Stage("civil_confirmation", _to("civil_confirmation"), 2, "civil_confirmation", profile=CIVIL),
    _open("entry_decision"),
    _open("province_entry"),
    _open("measure_report", 2),
    Stage("measure_receipt", lambda w: w.walk("commitment", "measure_receipt"), 3, "measure_receipt"),
    Stage("monitored", lambda w: w.end("commitment"), 24, idle=(0, 300)),
    Stage("objection_inquiry", _objected, 2, "objection_inquiry"),
    Stage(
        "objection_review", lambda w: _objected(w, objection_result="unfounded", objector_accepts="no"), 1, "objection_review"
    ),
    Stage("village_reexamination", lambda w: _reexamined(w, "village", None), 1, "reexamination", profile=ABOVE),
    Stage("town_reexamination", lambda w: _reexamined(w, "town", None), 1, "reexamination"),
    Stage("county_reexamination", lambda w: _reexamined(w, "county", None), 1, "reexamination"),
    Stage("village_reexam_wait", lambda w: _refused(w, "village"), 2, idle=(0, 8), profile=ABOVE),
    Stage("returned_to_village", lambda w: _returned(w, "town_check", "household_check", redone=False), 1, "household_check"),
    Stage("objection_sustained", lambda w: _objected(w, objection_result="sustained"), 1, "village_review"),
    Stage("late_objection", lambda w: _late(w, settled=False), 1, "town_report"),
    Stage("withdrawn", lambda w: _closed(w, "village_review", "withdrawn"), 3, idle=(0, 300)),
    Stage("unwilling_watched", lambda w: _unwilling(w, "refused_watch"), 2, idle=(0, 300)),
    Stage("unwilling", lambda w: _unwilling(w, "refused_close"), 2, idle=(0, 300)),
    Stage("registered", None, 26),
    Stage("reexamined_by_town", lambda w: _reexamined(w, "village", "overturned"), 1, idle=(0, 250)),
    Stage("upheld_by_town", lambda w: _reexamined(w, "village", "upheld"), 1, idle=(0, 250), profile=ABOVE),
    Stage("reexamined_by_county", lambda w: _reexamined(w, "town", "overturned"), 1, idle=(0, 250)),
    Stage("upheld_by_county", lambda w: _reexamined(w, "county", "upheld"), 1, idle=(0, 250), profile=ABOVE),
    Stage("refused_by_village", lambda w: _refused(w, "village"), 2, idle=(12, 300), profile=ABOVE),
    Stage(
        "objection_settled",
        lambda w: _objected(w, objection_result="unfounded", objector_accepts="yes").end("notice_removal"),
        1,
        idle=(0, 250),
    ),
    Stage("returned_and_redone", lambda w: _returned(w, "town_check", "household_check", redone=True), 1, idle=(0, 200)),
    Stage("other_low_income", lambda w: w.end("commitment"), 3, idle=(0, 300), profile=CIVIL),
    Stage("departments_silent", lambda w: w.walk("commitment", "measure_receipt"), 2, idle=(17, 60)),
    Stage("returned_by_county", lambda w: _returned(w, "county_review", "town_check", redone=False), 1, "town_check"),
    Stage("reexamined_in_county", lambda w: _reexamined(w, "county", "overturned"), 1, idle=(0, 250)),
    Stage("not_ours", lambda w: _closed(w, "commitment", "not_ours"), 1, idle=(0, 300)),
    Stage("duplicate", lambda w: _closed(w, "commitment", "duplicate"), 1, idle=(0, 300)),
    Stage("unqualified", lambda w: _closed(w, "village_review", "unqualified"), 1, idle=(0, 300)),
    Stage("late_objection_settled", lambda w: _late(w, settled=True), 1, "county_review"),
    Stage("county_reexam_wait", lambda w: _refused(w, "county"), 1, idle=(0, 8), profile=ABOVE),
    Stage("town_reexam_wait", lambda w: _refused(w, "town"), 1, idle=(0, 8)),
    Stage("refused_by_town", lambda w: _refused(w, "town"), 1, idle=(12, 300)),
    Stage("refused_by_county", lambda w: _refused(w, "county"), 1, idle=(12, 300), profile=ABOVE),
    Stage("exit_assessment", lambda w: w.exit("exit_assessment"), 2, idle=(0, 3)),
    Stage("exit_review", lambda w: w.exit("village_review"), 2, idle=(0, 2)),
    Stage("exit_notice", lambda w: w.exit("notice_removal"), 1, idle=(0, 3)),
    Stage("exit_acceptance", lambda w: w.exit("exit_acceptance"), 1, idle=(0, 2)),
    Stage("exit_report", lambda w: w.exit("town_report"), 1, idle=(0, 2)),
    Stage("exit_decision", lambda w: w.exit("exit_decision"), 2, idle=(0, 2)),
    Stage("eliminated", lambda w: w.exit(), 4, idle=(0, 200)),
    Stage("exit_helped_review", lambda w: w.exit("village_review", helped=True), 1, idle=(0, 2)),
    Stage("exit_helped_decision", lambda w: w.exit("exit_decision", helped=True), 1, idle=(0, 2)),
    Stage("eliminated_helped", lambda w: w.exit(helped=True), 5, idle=(0, 80)),
)
MEETING = ("village_review",) * 5
"""Stages of the demo village after one of each: enough households for a meeting."""


@dataclass(frozen=True)
class Plan:
    """One household's lot. `start` is the day its application is registered (None: it only stands in the register)."""

    number: int
    stage: Stage
    profile: str
    village: str
    start: date | None
    moves: Sequence[Move]


def lots(
    rng: Random,
    households: int,
    demo_village: str,
    villages: Sequence[str],
    demo_town: Callable[[str], bool],
    due_days: Mapping[str, int],
) -> list[Plan]:
    """A plan per household, the same for the same seed. `due_days`: step -> days it has."""
    near = [v for v in villages if demo_town(v)]
    plans = []
    for n in range(households):
        first = n < len(STAGES) + len(MEETING)
        if n < len(STAGES):
            stage = STAGES[n]
        elif first:
            stage = next(s for s in STAGES if s.name == MEETING[n - len(STAGES)])
        else:
            stage = rng.choices(STAGES, [s.weight for s in STAGES])[0]
        village = demo_village
        if not first:
            dice = rng.random()
            village = demo_village if dice < 0.06 else rng.choice(near if dice < 0.25 else villages)
        plans.append(_plan(rng, n + 1, stage, village, due_days))
    return plans


def _plan(rng: Random, number: int, stage: Stage, village: str, due_days: Mapping[str, int]) -> Plan:
    profile = stage.profile or rng.choice([LOW, LOW, LOW, SUDDEN])
    if stage.lay is None:
        return Plan(number, stage, profile, village, None, ())
    way = Way(rng, profile)
    stage.lay(way)
    lag = rng.randint(*stage.idle)
    if stage.open is not None:
        days = due_days[stage.open]
        # fresh, due today, overdue: one after the other
        lag += (min(days, number % 2), days, days + rng.randint(1, 4))[number % 3]
    lag = min(lag, (TODAY - BEGIN).days - way.span)
    moves = list(way.moves)
    if stage.open is not None and number % 4 == 0:
        moves.append(Move(way.span + lag, "claim", stage.open))
    start = TODAY - timedelta(days=way.span + lag)
    return Plan(number, stage, profile, village, start, moves)

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
    ("sign_commitment", 0, 1), ("check_household", 0, 1), ("hold_village_review", 1, 2), ("post_notice", 0, 0),
    ("take_down_notice", 1, 1), ("verify_in_town", 0, 1), ("sign_town_report", 0, 0), ("review_in_county", 0, 1),
    ("confirm_by_civil_affairs", 0, 1), ("approve_in_county", 0, 1), ("register_in_province", 1, 2),
    ("appoint_town_contact", 0, 0), ("appoint_village_contact", 0, 1), ("plan_measures", 1, 4),
    ("report_to_departments", 0, 2), ("acknowledge_measures", 1, 4),
)  # fmt: skip
"""Steps of the straight way, each with the fewest and most days after the one before."""

EXIT = (
    ("assess_risk", 1, 3), ("collect_in_village", 0, 1), ("hold_village_review", 1, 2), ("post_notice", 0, 0),
    ("take_down_notice", 1, 1), ("accept_in_town", 0, 2), ("sign_town_report", 0, 1), ("review_in_county", 0, 1),
    ("approve_in_county", 0, 1), ("mark_in_province", 0, 1),
)  # fmt: skip
"""The same of the elimination, after somebody began it."""

_ORDER = [step for step, _, _ in STRAIGHT]
NOTICE = 6  # days from posting until the sheet comes down: five whole days lie between


@dataclass(frozen=True)
class Move:
    """Something done on a day of the case (0 = opened). `deed`: open, do, answer, lodge, back, settle, close, claim,
    begin (the elimination)."""

    day: int
    deed: str
    step: str
    more: Mapping[str, Any] = field(default_factory=dict)


class Way:
    """The moves of one case as they are laid down one after the other."""

    def __init__(self, rng: Random, profile: str) -> None:
        self.rng, self.profile = rng, profile
        self.day = self.posted = 0
        self.moves = [Move(0, "open", "register_application")]

    def then(self, low: int, high: int, deed: str, step: str, **more: Any) -> "Way":
        self.day += self.rng.randint(low, high)
        if step == "take_down_notice":
            self.day = max(self.day, self.posted + NOTICE)
        if step == "post_notice":
            self.posted = self.day
        self.moves.append(Move(self.day, deed, step, more))
        if step == "sign_commitment" and more.get("commitment", "signed") == "signed":
            self.moves += self._answers()
        return self

    def _answers(self) -> list[Move]:
        """The departments answer within three days; one in four keeps silent and lets the wait run out."""
        days = [self.day + self.rng.randint(1, 3) for _ in range(4)]
        silent = self.rng.random() < 0.25
        answers = [Move(day, "answer", "answer_asset_query", {"turn": n}) for n, day in enumerate(days)]
        return answers[silent:]

    def walk(self, first: str, until: str) -> "Way":
        """Straight on from `first` up to, without, `until`."""
        for step, low, high in STRAIGHT[_ORDER.index(first) : _ORDER.index(until)]:
            if step != "confirm_by_civil_affairs" or self.profile == CIVIL:
                self.then(low, high, "do", step)
        return self

    def end(self, first: str) -> "Way":
        return self.walk(first, "acknowledge_measures").then(1, 4, "do", "acknowledge_measures")

    def exit(self, until: str = "", *, helped: bool = False) -> "Way":
        """Monitored, and some days later (natural) or half a year later (helped) on its way out up to, without, `until`;
        to the end without one."""
        after, exit_way = ((190, 215), "helped") if helped else ((2, 6), "natural")
        self.end("sign_commitment").then(*after, "begin", "eliminate")
        for step, low, high in EXIT:
            if step == until:
                break
            self.then(low, high, "do", step, exit=exit_way)
        else:
            days = (94 + 95 * n + self.rng.randint(0, 4) for n in range(3))
            self.moves += [Move(self.day + day, "do", "observe_household") for day in days]
        return self

    @property
    def span(self) -> int:
        return self.day


def _to(step: str) -> Callable[[Way], object]:
    return lambda way: way.walk("sign_commitment", step)


def _objected(way: Way, **result: Any) -> Way:
    way.walk("sign_commitment", "take_down_notice").then(1, 2, "lodge", "objection")
    return way.then(1, 1, "do", "investigate_objection", **result) if result else way


def _refused(way: Way, level: str) -> Way:
    """Refused by village, town or county."""
    step = {"village": "hold_village_review", "town": "verify_in_town", "county": "approve_in_county"}[level]
    return way.walk("sign_commitment", step).then(0, 1, "do", step, refuse=True)


_AGAIN = {
    "village": ("reexamine_in_town", "hold_village_review"),
    "town": ("reexamine_town_decision", "verify_in_town"),
    "county": ("reexamine_county_decision", "review_in_county"),
}


def _reexamined(way: Way, level: str, result: str | None) -> Way:
    step, back_at = _AGAIN[level]
    _refused(way, level).then(2, 5, "lodge", "reexam_requested")
    if result is not None:
        way.then(1, 3, "do", step, reexam_result=result)
    return way.end(back_at) if result == "overturned" else way


def _late(way: Way, *, settled: bool) -> Way:
    way.walk("sign_commitment", "sign_town_report").then(0, 0, "lodge", "objection", late=True)
    return way.then(1, 2, "settle", "late_objection").walk("sign_town_report", "review_in_county") if settled else way


def _returned(way: Way, at: str, target: str, *, redone: bool) -> Way:
    way.walk("sign_commitment", at).then(0, 1, "back", at, target=target)
    return way.end(target) if redone else way


def _closed(way: Way, step: str, kind: str) -> Way:
    return way.walk("sign_commitment", step).then(0, 1, "close", kind)


def _unwilling(way: Way, commitment: str) -> Way:
    return way.then(0, 1, "do", "sign_commitment", commitment=commitment)


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
    _open("sign_commitment", special="guardians"), _open("check_household", special="nine"),
    _open("hold_village_review", special="rare_name"), _open("post_notice"),
    Stage("notice_period", _to("take_down_notice"), 5, idle=(0, 5)),
    Stage("take_down_notice", _to("take_down_notice"), 3, open="take_down_notice", idle=(NOTICE, NOTICE)),
    _open("verify_in_town"), _open("sign_town_report"), _open("review_in_county", special="long"),
    Stage("confirm_by_civil_affairs", _to("confirm_by_civil_affairs"), 2, "confirm_by_civil_affairs", profile=CIVIL),
    _open("approve_in_county"), _open("register_in_province"), _open("report_to_departments", 2),
    Stage("acknowledge_measures", lambda w: w.walk("sign_commitment", "acknowledge_measures"), 3, "acknowledge_measures"),
    Stage("monitored", lambda w: w.end("sign_commitment"), 24, idle=(0, 300)),
    Stage("investigate_objection", _objected, 2, "investigate_objection"),
    Stage("review_objection_in_town", lambda w: _objected(w, objection_result="unfounded", objector_accepts="no"), 1,
          "review_objection_in_town"),
    Stage("reexamine_in_town", lambda w: _reexamined(w, "village", None), 1, "reexamine_in_town", profile=ABOVE),
    Stage("reexamine_town_decision", lambda w: _reexamined(w, "town", None), 1, "reexamine_town_decision"),
    Stage("reexamine_county_decision", lambda w: _reexamined(w, "county", None), 1, "reexamine_county_decision"),
    Stage("village_reexam_wait", lambda w: _refused(w, "village"), 2, idle=(0, 8), profile=ABOVE),
    Stage("returned_to_village", lambda w: _returned(w, "verify_in_town", "check_household", redone=False), 1,
          "check_household"),
    Stage("objection_sustained", lambda w: _objected(w, objection_result="sustained"), 1, "hold_village_review"),
    Stage("late_objection", lambda w: _late(w, settled=False), 1, "sign_town_report"),
    Stage("withdrawn", lambda w: _closed(w, "hold_village_review", "withdrawn"), 3, idle=(0, 300)),
    Stage("unwilling_watched", lambda w: _unwilling(w, "refused_watch"), 2, idle=(0, 300)),
    Stage("unwilling", lambda w: _unwilling(w, "refused_close"), 2, idle=(0, 300)),
    Stage("registered", None, 26),
    Stage("reexamined_by_town", lambda w: _reexamined(w, "village", "overturned"), 1, idle=(0, 250)),
    Stage("upheld_by_town", lambda w: _reexamined(w, "village", "upheld"), 1, idle=(0, 250), profile=ABOVE),
    Stage("reexamined_by_county", lambda w: _reexamined(w, "town", "overturned"), 1, idle=(0, 250)),
    Stage("upheld_by_county", lambda w: _reexamined(w, "county", "upheld"), 1, idle=(0, 250), profile=ABOVE),
    Stage("refused_by_village", lambda w: _refused(w, "village"), 2, idle=(12, 300), profile=ABOVE),
    Stage("objection_settled", lambda w: _objected(w, objection_result="unfounded", objector_accepts="yes").end(
          "take_down_notice"), 1, idle=(0, 250)),
    Stage("returned_and_redone", lambda w: _returned(w, "verify_in_town", "check_household", redone=True), 1, idle=(0, 200)),
    Stage("other_low_income", lambda w: w.end("sign_commitment"), 3, idle=(0, 300), profile=CIVIL),
    Stage("departments_silent", lambda w: w.walk("sign_commitment", "acknowledge_measures"), 2, idle=(17, 60)),
    Stage("returned_by_county", lambda w: _returned(w, "review_in_county", "verify_in_town", redone=False), 1,
          "verify_in_town"),
    Stage("reexamined_in_county", lambda w: _reexamined(w, "county", "overturned"), 1, idle=(0, 250)),
    Stage("not_ours", lambda w: _closed(w, "sign_commitment", "not_ours"), 1, idle=(0, 300)),
    Stage("duplicate", lambda w: _closed(w, "sign_commitment", "duplicate"), 1, idle=(0, 300)),
    Stage("unqualified", lambda w: _closed(w, "hold_village_review", "unqualified"), 1, idle=(0, 300)),
    Stage("late_objection_settled", lambda w: _late(w, settled=True), 1, "review_in_county"),
    Stage("county_reexam_wait", lambda w: _refused(w, "county"), 1, idle=(0, 8), profile=ABOVE),
    Stage("town_reexam_wait", lambda w: _refused(w, "town"), 1, idle=(0, 8)),
    Stage("refused_by_town", lambda w: _refused(w, "town"), 1, idle=(12, 300)),
    Stage("refused_by_county", lambda w: _refused(w, "county"), 1, idle=(12, 300), profile=ABOVE),
    Stage("exit_assessment", lambda w: w.exit("assess_risk"), 2, idle=(0, 3)),
    Stage("exit_review", lambda w: w.exit("hold_village_review"), 2, idle=(0, 2)),
    Stage("exit_notice", lambda w: w.exit("take_down_notice"), 1, idle=(0, 3)),
    Stage("exit_acceptance", lambda w: w.exit("accept_in_town"), 1, idle=(0, 2)),
    Stage("exit_report", lambda w: w.exit("sign_town_report"), 1, idle=(0, 2)),
    Stage("exit_decision", lambda w: w.exit("approve_in_county"), 2, idle=(0, 2)),
    Stage("eliminated", lambda w: w.exit(), 4, idle=(0, 200)),
    Stage("exit_helped_review", lambda w: w.exit("hold_village_review", helped=True), 1, idle=(0, 2)),
    Stage("exit_helped_decision", lambda w: w.exit("approve_in_county", helped=True), 1, idle=(0, 2)),
    Stage("eliminated_helped", lambda w: w.exit(helped=True), 5, idle=(0, 80)),
)  # fmt: skip
MEETING = ("hold_village_review",) * 5
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
    rng: Random, households: int, demo_village: str, villages: Sequence[str], demo_town: Callable[[str], bool],
    due_days: Mapping[str, int],
) -> list[Plan]:  # fmt: skip
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

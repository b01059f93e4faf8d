"""The demo county: synthetic households over the real villages, walked to every stage through the real services.

All of it is marked: officials and households carry `demo`, names say so, ID numbers belong to no place.
"""

import io
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageFont

from app.fonts import find_fonts
from app.policy import calendar
from app.policy import parameters as params
from app.policy.parameters import read_toml
from app.services.people import County, Refused
from app.store import demo as rows
from app.store import migrate
from app.store import time as clock
from app.store.session import Session, Store

from .. import doors, people
from ..context import Context
from ..deployments import publishing
from ..people import SYSTEM
from ..register import importing as province
from ..register.importing import Parsed
from ..work import timers
from . import figures, months
from .households import ABOVE, LOW, Maker
from .plan import BEGIN, STRAIGHT, TODAY, Move, Plan, lots
from .staff import Staff, Words, hire
from .walk import Walker, crew_of, register_only

OFFICE_OPENS, HANDED_OVER = time(8), time(9)
SCREENED_FROM = date(2022, 8, 1)
"""The months that the demo re-screens; earlier ones have none."""


@dataclass(frozen=True)
class Summary:
    """`accounts`: (username, role, unit), one for each role, in words; `sign_ins`: all of them, in codes.

    `cases_by_stage`: open step, notice_period, reexam_wait, monitored, an outcome, or registered (no case) -> how many.
    """

    accounts: list[tuple[str, str, str]]
    households: int
    cases_by_stage: dict[str, int]
    sign_ins: list[tuple[str, str, str]]


def build(
    store: Store,
    root: Path,
    *,
    households: int,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
    accounts: Callable[[str], str],
    register: int = 0,
) -> Summary:
    """Fill an empty database (it is migrated and the project's files are deployed). Nothing if the demo is there.

    `households` are walked through the procedures; `register` more only stand in the province's register, imported.
    `accounts` makes the hash of the one password that every demo account has. Refused: demo.not_empty.
    """
    migrate.upgrade(store)
    with store.reading() as session:
        there, occupied = clock.offset(session) is not None, rows.occupied(session)
    if not there:
        if occupied:
            raise Refused("demo.not_empty")
        _build(store, root, households, register, seed, progress or (lambda done, total: None), accounts)
    with store.reading() as session:
        return _summary(session)


def _build(
    store: Store,
    root: Path,
    households: int,
    register: int,
    seed: int,
    progress: Callable[[int, int], None],
    password: Callable[[str], str],
) -> None:
    rng = Random(seed)
    words = read_words(root)
    opening = moment(BEGIN, OFFICE_OPENS)
    staff, county = _begin(store, root, words, password, opening)
    with store.reading() as session:
        due_days = _due_days(session, county)
    villages = [u.code for u in county.units.values() if u.level == "village"]
    town = county.units[words["demo_village"]].parent
    plans = lots(rng, households, words["demo_village"], villages, lambda v: county.units[v].parent == town, due_days)
    maker = Maker(rng, words)
    walkers, days = _lay(rng, maker, plans, staff, county, words, seed, signed_page(root, words))
    silent = [w for w in walkers if w.plan.start is None]
    _register(store, silent, opening)
    numbers = range(households + 1, households + register + 1)
    _from_province(store, rng, maker, words["demo_village"], villages, numbers, opening)
    finished = len(silent)
    progress(finished, households)
    day = BEGIN
    while day <= TODAY:
        if day > BEGIN:
            _morning(store, moment(day, OFFICE_OPENS))
        for walker, moves in sorted(days.get(day, []), key=lambda found: found[0].plan.number):
            now, step = _hour(walker.plan.number, day)
            with store.transaction() as session:
                walker.today(session, moves, now, step)
            if day == walker.last:
                finished += 1
                progress(finished, households)
        day += timedelta(days=1)
    months.run(store, staff, words, SCREENED_FROM, TODAY, seed, _at, village=words["demo_village"])
    figures.run(store, staff, words, BEGIN, TODAY, seed, _at)
    with store.transaction() as session:
        clock.set_demo_moment(session, moment(TODAY, HANDED_OVER))


def moment(day: date, at: time) -> datetime:
    """A local time of a day of the county."""
    return datetime.combine(day, at, calendar.LOCAL)


def _at(day: date, hour: int) -> datetime:
    return moment(day, time(hour))


def _hour(number: int, day: date) -> tuple[datetime, timedelta]:
    """When a household's work of a day begins, and how far its moves lie apart; on the last day all before nine."""
    if day == TODAY:
        return moment(day, OFFICE_OPENS) + timedelta(minutes=1 + number % 20), timedelta(minutes=4)
    return moment(day, OFFICE_OPENS) + timedelta(minutes=15 + number * 37 % 360), timedelta(minutes=23)


def _begin(store: Store, root: Path, words: Words, password: Callable[[str], str], now: datetime) -> tuple[Staff, County]:
    """The clock, the deployment and the people, together or not at all."""
    files, entries = publishing.read_project(root)
    entries += read_toml((root / "bpmn" / "demo" / "entries.toml").read_text("utf-8"))
    with store.transaction() as session:
        clock.set_demo_moment(session, now)
        publishing.deploy(
            session, files, entries, author=words["author"], approver=words["approver"], reason=words["reason"], now=now
        )
        county = people.county_on(session, BEGIN)
        return hire(Context(session, SYSTEM, county, now), words, password), county


def read_words(root: Path) -> Words:
    folder = root / "bpmn" / "demo"
    texts = [(folder / f"{name}.toml").read_text("utf-8") for name in ("staff", "households", "signs", "figures")]
    return {key: value for text in texts for key, value in tomllib.loads(text).items()}


def _due_days(session: Session, county: County) -> dict[str, int]:
    """Type of step -> days it has, as published; of several steps of a type the first."""
    found: dict[str, int] = {}
    made = doors.latest(session, doors.APPLICATION, BEGIN)
    for element in made.definition.elements.values():
        due = element.properties.get("due")
        if due and element.kind == "userTask":
            found.setdefault(made.said(element.id, "type"), params.days(county.entries, due, BEGIN).n)
    return found


TURNS = {
    "exit_assessment": 0,
    "returned_to_village": 0,
    "village_review": 1,
    "exit_review": 1,
    "exit_helped_review": 1,
}
"""Who works on these in the demo village: its first officer is the contact of some and has checked none of those that wait
for a meeting, so that one account can try both."""


def _lay(
    rng: Random, maker: Maker, plans: list[Plan], staff: Staff, county: County, words: Words, seed: int, page: bytes
) -> tuple[list[Walker], Mapping[date, list[tuple[Walker, list[Move]]]]]:
    """The households, and what is to be done with which on each day."""
    liaisons = {unit.partition("-")[2]: held[0] for (unit, role), held in staff.at.items() if role == "dept_liaison"}
    walkers: list[Walker] = []
    days: dict[date, list[tuple[Walker, list[Move]]]] = {}
    for plan in plans:
        special = plan.stage.special if plan.village == words["demo_village"] else None
        turn = TURNS.get(plan.stage.name) if plan.village == words["demo_village"] else None
        file = maker.make(plan.number, plan.village, plan.profile if plan.start else LOW, special)
        walker = Walker(plan, file, crew_of(rng, staff, county, plan.village, turn), liaisons, words, seed, page)
        walkers.append(walker)
        by_day: dict[date, list[Move]] = {}
        for move in plan.moves:
            if plan.start is not None and plan.start + timedelta(days=move.day) <= TODAY:
                by_day.setdefault(plan.start + timedelta(days=move.day), []).append(move)
        walker.last = max(by_day, default=None)
        for day, moves in by_day.items():
            days.setdefault(day, []).append((walker, moves))
    return walkers, days


def _register(store: Store, walkers: list[Walker], now: datetime) -> None:
    """Households without a case, fifty at a time."""
    for first in range(0, len(walkers), 50):
        with store.transaction() as session:
            for walker in walkers[first : first + 50]:
                register_only(session, walker.file, walker.crew["checker"], now)


def _from_province(
    store: Store, rng: Random, maker: Maker, demo_village: str, villages: Sequence[str], numbers: range, now: datetime
) -> None:
    """The register as the province exports it, read the way any such file is."""
    files = [
        maker.make(n, demo_village if rng.random() < 0.02 else rng.choice(villages), rng.choice([LOW, ABOVE, ABOVE]))
        for n in numbers
    ]
    parsed = [
        Parsed(
            f"YS{f.number:06d}",
            n,
            f.village,
            {"phone": f.phone, "group": f.group, "household_type": f.household_type},
            f.members,
            [],
        )
        for n, f in enumerate(files)
    ]
    day = calendar.local_date(now) - timedelta(days=1)
    province.apply(store, province.Checked(parsed), data_on=day, by=None, now=now, file_hash=b"")
    with store.transaction() as session:
        rows.mark_demo(session)


def _morning(store: Store, now: datetime) -> None:
    """A new day: the clock moves on and what fell due is fired."""
    with store.transaction() as session:
        clock.set_demo_moment(session, now)
    while timers.fire_due(store, now):
        pass


def signed_page(root: Path, words: Words) -> bytes:
    """A small photograph of a page that says it is a demo: one for all."""
    image = Image.new("L", (420, 300), 250)
    draw = ImageDraw.Draw(image)
    draw.rectangle((8, 8, 411, 291), outline=120, width=2)
    fonts = (
        p for folder in find_fonts(root) for p in sorted(folder.iterdir()) if p.suffix in (".ttf", ".otf", ".ttc", ".otc")
    )
    face = next(fonts, None)
    for n, line in enumerate(words["page_words"] if face else ()):
        draw.text((60, 50 + 70 * n), line, fill=40, font=ImageFont.truetype(str(face), 40))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=60)
    return content.getvalue()


# --- what stands there ---------------------------------------------------------------------------------


def _summary(session: Session) -> Summary:
    county = people.county_on(session, calendar.local_date(clock.now(session)))
    sign_ins = [(str(r.username), str(r.role), str(r.org_unit)) for r in rows.sign_ins(session)]
    shown: dict[str, tuple[str, str, str]] = {}
    for username, role, unit in sign_ins:
        if role not in shown and unit in county.units:
            shown[role] = (username, str(county.role(role).get("title", role)), county.units[unit].name)
    return Summary(list(shown.values()), rows.count_households(session), stages(session), sign_ins)


def stages(session: Session) -> dict[str, int]:
    """Where the cases stand; `registered` counts households without one."""
    straight = [step for step, _, _ in STRAIGHT]
    order = {step: place for place, step in enumerate(straight)}
    waits = {"objection": "notice_period", "reexam_requested": "reexam_wait"}
    at: dict[int, str] = {r.case_id: waits.get(r.name, r.name) for r in rows.awaited(session)}
    entrance = doors.process(session, doors.APPLICATION, TODAY)
    for r in sorted(rows.open_steps(session, entrance), key=lambda r: -order.get(r.type, len(order))):
        at[r.case_id] = r.type
    found = Counter(
        str(r.outcome) if r.closed_at is not None else at.get(r.id, str(r.status)) for r in rows.case_rows(session)
    )
    found["registered"] = rows.count_households(session) - sum(found.values())
    return dict(sorted(found.items()))


__all__ = ["Summary", "build", "stages"]

"""A small county in which a case is under way before every step: the demo's households, in a few villages."""

import io
import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from app.config import ROOT
from app.policy import calendar
from app.policy.months import month_of
from app.services import demo, doors, incomes, people
from app.services.cases import authorisation
from app.services.context import Context, context_of
from app.services.demo import plan
from app.services.demo.plan import NOTICE, TODAY, Stage
from app.services.desk import opinions
from app.services.people import SYSTEM
from app.services.visits import rounds
from app.services.work import tasks
from app.store import jobs, processes, tables
from app.store import people as people_rows
from app.store.session import Session, Store
from tests.conftest import STAFF, County
from tests.walking import Walk

from . import filling

SEED = 7


def _unobserved(way: plan.Way) -> None:
    way.moves = [move for move in way.moves if move.step != "observation"]


MORE = (
    Stage("exit_collect", lambda w: w.exit("village_collection")),
    Stage("exit_post", lambda w: w.exit("notice_posting")),
    Stage("exit_take_down", lambda w: w.exit("notice_removal"), idle=(NOTICE, NOTICE)),
    Stage("exit_objection", lambda w: w.exit("notice_removal").then(1, 2, "lodge", "objection")),
    Stage("exit_county", lambda w: w.exit("exit_county_review")),
    Stage("exit_mark", lambda w: w.exit("province_entry")),
    Stage("unobserved", lambda w: _unobserved(w.exit()), idle=(100, 105)),
    Stage("unobserved_too", lambda w: _unobserved(w.exit()), idle=(100, 105)),
)
"""Cases under way that the demo has none of."""
TOWNS = ("440229100", "440229104")
VILLAGES = ("201", "202", "203")
UNKNOWN_YEAR = datetime(2027, 1, 4, 10, tzinfo=calendar.LOCAL)
"""When the standard of the year is not published yet."""
NOW = datetime.combine(TODAY, time(10), calendar.LOCAL)
"""The moment at which a case of the small county is looked at."""


def small_tree(folder: Path, root: Path = ROOT) -> Path:
    """The project's diagrams, forms and data, with a county of two towns of three villages each."""
    for name in ("bpmn", "forms"):
        shutil.copytree(root / name, folder / name)
    path = folder / "bpmn" / "entries" / "org_units.toml"
    kept = []
    for line in path.read_text("utf-8").splitlines():
        code = line.partition('key = "')[2][:12]
        level = next((one for one in ("town", "village") if f'level = "{one}"' in line), None)
        elsewhere = level is not None and code[:9] not in TOWNS
        if not elsewhere and (level != "village" or code[9:] in VILLAGES):
            kept.append(line)
    path.write_text("\n".join(kept) + "\n", "utf-8")
    return folder


def _page(root: Path, words: Mapping[str, Any]) -> bytes:
    """A signed page of few bytes."""
    content = io.BytesIO()
    Image.new("L", (8, 8), 250).save(content, "JPEG", quality=20)
    return content.getvalue()


def make(store: Store, root: Path, names: Mapping[str, str] | None = None) -> None:
    """Fill an empty database: the demo's cases, and what stands beside them that the demo has none of. `names`: how a tree calls
    the shipped steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "signed_page", _page)
        patch.setattr(demo, "SCREENED_FROM", TODAY.replace(day=1))
        patch.setattr(plan, "STAGES", (*plan.STAGES, *MORE))
        demo.build(store, root, households=len(plan.STAGES) + len(plan.MEETING), seed=SEED, accounts=lambda _: "hash")
    _rounds(store)
    _cases(store, names or {})
    with store.transaction() as session:
        month = month_of(TODAY)
        jobs.begin_job(session, incomes.KIND, month, NOW)
        run = incomes.begin(Context(session, SYSTEM, people.county_on(session, TODAY), NOW), month)
        jobs.end_job(session, incomes.KIND, month, NOW, {"run": run})
    for kind, wanted in ON.items():
        for number, values in enumerate(wanted):
            filling.go_on(store, kind, values, NOW, number)
    with store.transaction() as session:
        place = people.county_on(session, TODAY)
        _ask(session, place)
        _withdraw(session, place)


ON: Mapping[str, Sequence[Mapping[str, Sequence[str]]]] = {
    "scale_study": [{"study_result": ["act"]}],
    "clue_check": [
        {"clue_result": ["enter"]},
        {"clue_result": ["enter"], "gap_cause": ["work"]},
        {"clue_result": ["enter"], "gap_cause": ["policy"]},
        {"clue_result": ["watch"]},
        {"clue_result": ["exclude"], "exclude_reason": ["untrue"]},
        {"clue_result": ["exclude"], "exclude_reason": ["data_wrong"]},
    ],
    "observation": [{"new_risk": ["yes"]}],
}
"""Types of steps that are done once more for each of these answers, so that what follows them is under way too."""


def _cases(store: Store, called: Mapping[str, str]) -> None:
    """One checked by two of whom the second has not confirmed it, and one of a year whose standard is not known."""
    with store.reading() as session:
        village = demo.read_words(ROOT)["demo_village"]
        town = people.county_on(session, TODAY).units[village].parent or ""
        held = people_rows.holders(session, ["village_officer", "town_officer"], [village, town], TODAY)
        officers = [r.id for r in held if r.role == "village_officer"]
    names = ("village_1", "village_2", "village_3", "grid")
    ids = dict.fromkeys(STAFF, officers[0]) | dict(zip(names, (*officers, officers[2]), strict=False))
    second = Walk(County(store, ids, NOW), 900, names=called).open()
    second.do("village_1", "sign_commitment")
    second.do("village_1", "check_household", confirmed_by="own_account", signed_page=None)
    unknown = Walk(County(store, ids, UNKNOWN_YEAR), 901, names=called).open()
    unknown.do("village_1", "sign_commitment")
    unknown.do("village_1", "check_household")


def _rounds(store: Store) -> None:
    """The year's look-back in its villages, the next one before it is ordered, and the quarter's list."""
    rounds.tick(store, NOW)
    until = (TODAY + timedelta(days=20)).isoformat()
    order = {"planned_on": TODAY.isoformat(), "sweep_until": until, "sweep_points": "收入、三保障、饮水"}
    said = {"county_officer": order, "civil_officer": {"agree_result": "agreed"}}
    for number, roles in enumerate((("county_officer", "civil_officer"), ("county_officer",), ())):
        with store.transaction() as session:
            place = people.county_on(session, TODAY)
            before = {t.id for t in all_open(session)}
            rounds.begin(Context(session, SYSTEM, place, NOW), f"{TODAY.year}-{number}")
        for role in roles:
            with store.transaction() as session:
                task = max(
                    (t for t in all_open(session) if t.subject_kind == "run" and t.id not in before), key=lambda t: t.id
                )
                who = people.actor(session, _holder(session, role, task.org_unit, TODAY), TODAY)
                command = f"{role}{number}".encode().ljust(16, b".")[:16]
                tasks.complete(context_of(session, who, NOW), task.id, None, command, None, values=said[role])


def _holder(session: Session, role: str, unit: str, on: date) -> int:
    return int(next(r.id for r in people_rows.holders(session, [role], [unit], on)))


def _ask(session: Session, place: people.County) -> None:
    """Somebody holds a town's check until a colleague has said what they think."""
    task = next(t for t in all_open(session) if t.type == "town_check")
    who = people.actor(session, _holder(session, "town_officer", task.org_unit, TODAY), TODAY)
    if task.assignee is None:
        tasks.claim(context_of(session, who, NOW), task.id, task.version)
    else:
        who = people.actor(session, task.assignee, TODAY)
    work = processes.see_task(session, task.id)
    to = next(i for i, _, _ in opinions.askable_at(session, work, place) if i != who.id)
    opinions.ask(context_of(session, who, NOW), task.id, [to], "请看一下收入这一项", b"opinion.........")


def _withdraw(session: Session, place: people.County) -> None:
    """A household takes its authorisation back while its review is still ahead."""
    behind = doors.process(session, doors.APPLICATION, TODAY)
    task = next(t for t in all_open(session) if t.type == "village_review" and t.process == behind)
    who = people.actor(session, _holder(session, "village_officer", task.org_unit, TODAY), TODAY)
    authorisation.withdraw(context_of(session, who, NOW), task.case_id, "不想再查了", b"withdraw........")


def all_open(session: Session) -> list[Any]:
    """Every open task with its procedure, by id."""
    t, i = tables.tasks.c, tables.process_instances.c
    asked = select(
        t.id,
        t.instance,
        t.element,
        t.type,
        t.item,
        t.org_unit,
        t.roles,
        t.assignee,
        t.version,
        t.case_id,
        t.address,
        i.process,
        i.subject_kind,
        i.subject_id,
    ).join(tables.process_instances, i.id == t.instance)
    return list(session.conn.execute(asked.where(t.status == "open").order_by(t.id)))


__all__ = ["NOW", "all_open", "make", "small_tree"]

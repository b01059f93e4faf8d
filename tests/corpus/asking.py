"""What a county refuses and allows: every open step filled in, sent back and left, each time taken back again.

What was sent is kept with what came of it, so that the same can be sent to a later version of the project.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from sqlalchemy import select

from app.labels import say
from app.policy import calendar
from app.services import people
from app.services.cases import applications, authorisation
from app.services.context import context_of
from app.services.people import Actor, Refused
from app.services.work import tasks
from app.store import cases as case_rows
from app.store import processes, tables
from app.store.processes import NotFound
from app.store.session import Session, Store
from tests.worker.questions import Sheet

from . import filling
from .making import NOW, all_open

Told = dict[str, Any]
"""One attempt: `sent`, and what came of it: `errors` by field or `refused` in words, else what `changed`."""
SEEDS, TRIES, OF_A_STEP, MOST_CHOICES = 3, 3, 3, 12
REASON = "看过材料，要再核一次"
COMMAND = count(1)


def every(store: Store) -> dict[str, list[Told]]:
    """By step (of case or subject): attempts to do it, one after the other. No more than some of each step."""
    with store.reading() as session:
        rows, moments = all_open(session), _moments(session)
    found: dict[str, list[Told]] = {}
    many: dict[tuple[str, str], int] = {}
    for row in rows:
        step = (row.process, row.element)
        many[step] = many.get(step, 0) + 1
        if many[step] <= OF_A_STEP or (row.case_id is not None and row.item is None):
            found[_name(row)] = _attempts(store, row, moments.get(row.case_id, NOW), many[step] == 1)
    return found


def again(store: Store, before: Mapping[str, Sequence[Told]]) -> dict[str, list[Told]]:
    """The same sent once more."""
    with store.reading() as session:
        rows, moments = {_name(row): row for row in all_open(session)}, _moments(session)
    found: dict[str, list[Told]] = {}
    for name, attempts in before.items():
        row, now, made = rows[name], moments.get(rows[name].case_id, NOW), []
        taken = next((one for one in attempts if "changed" in one), {})
        for one in attempts:
            but = one["sent"].get("_but")
            made.append(
                _changed(store, row, taken, but[0], but[1:], now) if but else _tried(store, row, one["by"], one["sent"], now)
            )
        found[name] = made
    return found


def _name(row: Any) -> str:
    subject = f"case {row.case_id}" if row.case_id is not None else f"{row.subject_kind} {row.subject_id}"
    return f"{subject}, {row.process}: {row.address}"


def _moments(session: Session) -> dict[int, datetime]:
    """Cases that go on after the others' day."""
    e = tables.events.c
    rows = session.conn.execute(select(e.case_id, e.at).where(e.case_id.is_not(None)))
    found: dict[int, datetime] = {}
    for case, at in rows:
        found[case] = max(found.get(case, NOW), at)
    return found


# --- one step -----------------------------------------------------------------------------------------------------------


def _attempts(store: Store, row: Any, now: datetime, whole: bool) -> list[Told]:
    """`whole`: also with each answer changed by itself."""
    with store.reading() as session:
        able = filling.hands(session, row.id, now)
        targets = _targets(session, row)
    found: list[Told] = []
    for seed in range(SEEDS if able else 0):
        who = able[seed % len(able)]
        with store.reading() as session:
            made = filling.fillings(session, row.id, seed, now, {})
        for tried in range(TRIES):
            told, wrong = _sent(store, row, who.id, made.sent, now)
            found.append(told)
            if not wrong:
                break
            made.mend(wrong, tried)
    taken = next((one for one in found if "changed" in one), None)
    if taken is not None and whole:
        found += [_changed(store, row, taken, path, values, now) for path, values in otherwise(made.asked, taken["sent"])]
    found += [_tried(store, row, able[0].id, {"_back": [target]}, now) for target in targets if able]
    acts = ACTS if row.case_id is not None and row.item is None else ()
    return found + [_tried(store, row, able[0].id if able else 0, {"_act": [name]}, now) for name in acts]


def _changed(store: Store, row: Any, taken: Told, path: str, values: Sequence[str], now: datetime) -> Told:
    """What was accepted, but for one answer; told in short."""
    told = _tried(store, row, taken["by"], {**taken["sent"], path: list(values)}, now)
    if "changed" in told:
        told["changed"] = in_short(told["changed"])
    return {**told, "sent": {"_but": [path, *values]}}


def in_short(changed: Any) -> Any:
    """A digest, where there is much of it."""
    return sha256(json.dumps(changed, sort_keys=True).encode()).hexdigest()[:16]


def otherwise(asked: Sheet, sent: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
    """(question, answer) that each differ from what was accepted: every other choice, days around it, more and fewer, nothing."""
    for one in asked.leaves():
        given = list(sent.get(one.path, ()))
        if not given or given == [""]:
            continue
        changed: list[list[str]] = []
        if one.kind == "one" and len(one.choices) <= MOST_CHOICES:
            changed = [[choice.code] for choice in one.choices if [choice.code] != given]
        elif one.kind == "many":
            changed = [given[:1], []]
        elif one.kind == "date":
            changed = [[(date.fromisoformat(given[0]) + timedelta(days=n)).isoformat()] for n in (-40, -4, 4, 400)]
        elif one.kind == "integer":
            changed = [["0"], [str(int(given[0]) + 50)]]
        elif one.kind in ("lines", "names", "file"):
            changed = [[]]
        for values in changed:
            if values != given:
                yield one.path, values


def _targets(session: Session, row: Any) -> list[str]:
    work = processes.see_task(session, row.id)
    visited = {t.element for t in case_rows.tasks_of_instance(session, row.instance) if t.closed_by is not None}
    from app.services.definitions import bundle

    return [element for element, _ in tasks.return_targets(bundle(session, work.deployment), visited, row.element)]


def _tried(store: Store, row: Any, by: int, sent: Mapping[str, Sequence[str]], now: datetime) -> Told:
    if "_back" in sent:
        target = sent["_back"][0]
        return _carried(
            store,
            row,
            by,
            sent,
            now,
            lambda s, who: tasks.send_back(context_of(s, who, now), row.id, row.version, target, REASON),
        )
    if "_act" in sent:
        return _carried(store, row, by, sent, now, lambda s, who: ACTS[sent["_act"][0]](s, who, row, now))
    return _sent(store, row, by, sent, now)[0]


def _sent(
    store: Store, row: Any, by: int, sent: Mapping[str, Sequence[str]], now: datetime
) -> tuple[Told, Mapping[str, Any]]:
    wrong: dict[str, Any] = {}

    def send(session: Session, who: Actor) -> None:
        try:
            filling.send(session, who, row.id, sent, now, _command())
        except tasks.FormErrors as error:
            wrong.update(error.cleaned.errors)
            raise

    return _carried(store, row, by, sent, now, send), wrong


def _command() -> bytes:
    return next(COMMAND).to_bytes(16, "big")


def _carried(
    store: Store, row: Any, by: int, sent: Mapping[str, Sequence[str]], now: datetime, act: Callable[[Session, Actor], object]
) -> Told:
    told: Told = {"by": by, "sent": {name: list(values) for name, values in sent.items()}}
    try:
        with store.transaction() as session:
            who = people.actor(session, by, calendar.local_date(now)) if by else _officer(session, row, now)
            before = standing(session, row)
            act(session, who)
            told["changed"] = _changes(before, standing(session, row))
            raise filling.TakenBack
    except filling.TakenBack:
        pass
    except tasks.FormErrors as error:
        told["errors"] = {path: say(code, **args) for path, (code, args) in error.cleaned.errors.items()}
    except Refused as error:
        told["refused"] = say(error.code, **error.details)
    except NotFound:
        told["refused"] = "not found"
    return told


def _officer(session: Session, row: Any, now: datetime) -> Actor:
    """Somebody of the village, where nobody may do the step itself."""
    on = calendar.local_date(now)
    case = case_rows.get(session, row.case_id)
    a = tables.assignments.c
    asked = select(a.official).where(a.org_unit == case.org_unit, a.role == "village_officer").order_by(a.official)
    return people.actor(session, session.conn.execute(asked).scalars().first() or 0, on)


# --- what is done beside the steps ----------------------------------------------------------------------------------------


def _lodge(name: str) -> Callable[[Session, Actor, Any, datetime], object]:
    content = {"name": "演示", "text": "有不同意见"}
    return lambda s, who, row, now: applications.lodge(context_of(s, who, now), row.case_id, name, content, _command())


def _settle(result: str) -> Callable[[Session, Actor, Any, datetime], object]:
    def settle(s: Session, who: Actor, row: Any, now: datetime) -> None:
        late = [h for h in case_rows.open_holds(s, row.case_id) if h.kind == "late_objection"]
        applications.settle_late_objection(
            context_of(s, who, now), row.case_id, late[0].id if late else 0, result, REASON, _command()
        )

    return settle


ACTS: Mapping[str, Callable[[Session, Actor, Any, datetime], object]] = {
    "objection": _lodge("objection"),
    "reexam_requested": _lodge("reexam_requested"),
    "unfounded": _settle("unfounded"),
    "sustained": _settle("sustained"),
    "confirmed": lambda s, who, row, now: applications.confirm_check(context_of(s, who, now), row.case_id, _command()),
    "closed": lambda s, who, row, now: applications.close(
        context_of(s, who, now), row.case_id, "withdrawn", REASON, _command()
    ),
    "authorisation": lambda s, who, row, now: authorisation.withdraw(
        context_of(s, who, now), row.case_id, REASON, _command()
    ),
}


# --- where a subject stands ---------------------------------------------------------------------------------------------


def standing(session: Session, row: Any) -> dict[str, list[str]]:
    """Everything kept about the case (or whatever the step is about), but for what names a moment or a number."""
    t = tables
    instances = select(t.process_instances.c.id).where(
        t.process_instances.c.case_id == row.case_id
        if row.case_id is not None
        else (t.process_instances.c.subject_kind == row.subject_kind) & (t.process_instances.c.subject_id == row.subject_id)
    )
    found = {
        "instances": _rows(session, t.process_instances, ("process", "status"), t.process_instances.c.id.in_(instances)),
        "tasks": _rows(
            session, t.tasks, ("address", "status", "roles", "org_unit", "assignee", "due"), t.tasks.c.instance.in_(instances)
        ),
        "timers": _rows(session, t.timers, ("address", "due", "provisional"), t.timers.c.instance.in_(instances)),
        "waits": _rows(session, t.awaited_messages, ("name", "address"), t.awaited_messages.c.instance.in_(instances)),
        "messages": _rows(session, t.messages, ("name", "delivered_event"), t.messages.c.instance.in_(instances)),
        "incidents": _rows(session, t.incidents, ("address", "code"), t.incidents.c.instance.in_(instances)),
        "said": [
            _said(body)
            for (body,) in session.conn.execute(
                select(t.events.c.body)
                .where(t.events.c.instance.in_(instances))
                .order_by(t.events.c.stream, t.events.c.number)
            )
        ],
        "debts": _rows(session, t.debts, ("helped_on", "due_on", "settled_at"), t.debts.c.case_id == row.case_id),
        "told": _rows(session, t.notifications, ("official", "kind"), t.notifications.c.case_id == row.case_id),
    }
    if row.subject_kind == "clue":
        found["clue"] = _rows(session, t.clues, ("status", "outcome", "grade", "household"), t.clues.c.id == row.subject_id)
    if row.case_id is not None:
        case = case_rows.get(session, row.case_id)
        c = t.cases.c
        found |= {
            "case": _rows(session, t.cases, ("status", "outcome", "category"), c.household == case.household),
            "household": _rows(
                session,
                t.households,
                ("status", "category", "household_type", "org_unit"),
                t.households.c.id == case.household,
            ),
            "holds": [
                f"{h.kind} {'lifted' if h.lifted_at else 'open'} by {h.lifted_by_role}"
                for h in session.conn.execute(select(t.holds).where(t.holds.c.case_id == row.case_id).order_by(t.holds.c.id))
            ],
            "notices": _rows(
                session, t.notices, ("posted_on", "ends_on", "taken_down_on"), t.notices.c.case_id == row.case_id
            ),
            "void notices": _rows(
                session, t.notices, ("posted_on",), (t.notices.c.case_id == row.case_id) & t.notices.c.void_at.is_not(None)
            ),
            "measures": _rows(session, t.measures, ("risk", "group", "lead", "done_on"), t.measures.c.case_id == row.case_id),
            "contacts": _rows(session, t.contacts, ("official", "level", "until"), t.contacts.c.household == case.household),
            "versions": _rows(session, t.household_versions, ("number",), t.household_versions.c.household == case.household),
            "snapshots": _rows(session, t.snapshots, ("household_version",), t.snapshots.c.case_id == row.case_id),
            "acted": _rows(session, t.acts, ("official",), t.acts.c.case_id == row.case_id),
            "papers": _rows(session, t.papers, ("kind",), t.papers.c.case_id == row.case_id),
        }
    return found


def _rows(session: Session, table: Any, columns: Sequence[str], where: Any) -> list[str]:
    asked = select(*(table.c[name] for name in columns)).where(where)
    return sorted(" ".join("" if v is None else str(v) for v in row) for row in session.conn.execute(asked))


KEPT = ("kind", "role", "el", "flows", "opened", "closed", "stopped", "ends", "vals", "decided", "stuck")


def _said(body: bytes) -> str:
    said = {name: value for name, value in json.loads(body).items() if name in KEPT}
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def _changes(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What is there now and was not, and (with a minus) what is gone."""
    found = {}
    for name, rows in after.items():
        new, gone = list(rows), []
        for one in before.get(name, ()):
            if one in new:
                new.remove(one)
            else:
                gone.append(f"- {one}")
        if new or gone:
            found[name] = gone + new
    return found

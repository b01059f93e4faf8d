"""Work by lists: one meeting, one sheet, one report, one decision, one list of receipts for many households.

A batch is many completions in one transaction. What is asked once goes into every household's own answers; the shared
record stands on the batch's stream, and each case's event names (batch, row). All locks are taken first and every item is
checked before anything is written: one that cannot be done is named, and the officer chooses what becomes of the rest.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any

from app import forms
from app.engine.instance import scope_of
from app.forms import Form
from app.forms.model import CodedMessage
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import cases as case_rows
from app.store import drafts, inbox, processes, record
from app.store import lists as rows
from app.store import people as people_rows
from app.store.processes import NotFound
from app.store.record import NewEvent
from app.store.session import Session

from .. import operations
from ..context import Context
from ..definitions import Bundle, bundle
from ..history import readings
from ..people import Actor, County, Refused, may_do, sees
from ..steps import holds, village_review
from ..steps import lists as step_lists
from ..steps.lists import Kind
from ..work import apart, tasks
from ..work.tasks import FormErrors, Ready

Submitted = Mapping[str, Sequence[str]]
MOST = 200
"""Households of one batch."""


BY_TOWN = ("county_decision",)
"""Lists that answer one town's report: never households of two towns."""


def draft_name(name: str, town: str) -> str:
    """Under which name a half-filled list is kept: one for each town where lists go by town."""
    return f"{name}:{town}" if name in BY_TOWN else name


def town_of(village: str, county: County) -> str:
    unit = county.units.get(village)
    return unit.parent or "" if unit is not None else ""


@dataclass(frozen=True)
class Item:
    """One household waiting for a list. `last_day`: the last one on which this step still leaves room for what follows;
    `barred`: somebody else must do it."""

    task: int
    version: int
    case_id: int
    instance: int
    deployment: int
    process: str
    element: str
    head: str
    village: str
    due: datetime
    limit_at: datetime | None
    last_day: date | None
    category: str | None
    proposal: str | None
    barred: bool = False
    waits: str = ""
    """Kind of the hold that keeps this step from being done now."""


class BatchRefused(Exception):
    """Some households cannot be done now; nothing was saved. `problems` by task; `good` are the tasks that could."""

    def __init__(self, problems: Mapping[int, Mapping[str, CodedMessage]], good: Sequence[int]) -> None:
        super().__init__("batch refused")
        self.problems, self.good = dict(problems), tuple(good)


@dataclass(frozen=True)
class Sheet:
    """What was sent: the shared answers, each household's own by task, versions, and who was taken out and why; `typed`:
    what was typed for the others, shown again and never carried out."""

    shared: dict[str, list[str]]
    own: Mapping[int, Submitted]
    versions: Mapping[int, int | None]
    taken_out: Mapping[int, str]
    typed: Mapping[int, Submitted] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchCompleted:
    batch: int
    households: int
    again: bool = False


def kinds_for(actor: Actor, county: County) -> list[str]:
    """Kinds of lists this person may work."""
    return [name for name, kind in step_lists.kinds(county.entries, county.on).items() if units_for(actor, kind, county)]


def units_for(actor: Actor, kind: Kind, county: County) -> list[str]:
    return [a.unit for a in actor.assignments if may_do(actor, kind.roles, a.unit, kind.level, county) == a]


def agenda(context: Context, name: str) -> list[Item]:
    """Every household waiting for this kind of list at this person's units, unclaimed or theirs; the nearest limit first."""
    session, actor, county = context.session, context.actor, context.county
    kind = step_lists.kinds(county.entries, county.on).get(name)
    units = units_for(actor, kind, county) if kind is not None else []
    if kind is None or not units:
        raise NotFound
    found = []
    waiting = inbox.waiting_at(session, name, units, actor.id)
    absent = {a.unit: a.for_whom for a in actor.assignments if may_do(actor, kind.roles, a.unit, kind.level, county) == a}
    acting = {row.id: {actor.id, absent.get(row.org_unit) or actor.id} for row in waiting}
    barred = apart.barred(session, waiting, acting)
    held = case_rows.holds_on(session, {row.case_id for row in waiting})
    for row in waiting:
        scope, made = scope_of(row.state) if row.state else {}, bundle(session, row.deployment)
        found.append(
            Item(
                row.id,
                row.version,
                row.case_id,
                row.instance,
                row.deployment,
                row.process,
                row.element,
                row.head_name or "",
                row.village,
                row.due,
                row.limit_at if made.limited else None,
                _last_day(name, row, made, county),
                str(scope["category"]) if scope.get("category") else row.category,
                str(scope["exit_proposal"]) if scope.get("exit_proposal") else None,
                row.id in barred,
                (holds.on(made, row.element, held.get(row.case_id, ())) or [""])[-1],
            )
        )
    return sorted(found, key=lambda item: (item.limit_at or item.due, item.task))


def _last_day(name: str, row: Any, made: Bundle, county: County) -> date | None:
    """The last day for a meeting or a posting that keeps the case within its limit: notice and what follows it fit in."""
    if not made.limited or name not in ("meeting", "notice") or row.decided_at is not None:
        return None
    key = operations.ahead(made, row.element, "notice_days")
    days = params.number(county.entries, key, county.on) + params.number(county.entries, "days_after_notice", county.on)
    return calendar.last_day(row.limit_at) - timedelta(days=days)


def made_by(session: Session, batch: int, official: int) -> str:
    """Who did this list, and in whose place."""
    body = json.loads(bytes(next(iter(case_rows.events_in(session, f"batch:{batch}"))).body))
    absent = int(body.get("for") or 0)
    names = people_rows.names(session, [official, absent])
    name = names.get(official, "")
    return say("stories.for", name=name, absent=names.get(absent, "")) if absent else name


def form_of(session: Session, items: Sequence[Item]) -> Form:
    """The form by which these are asked once: that of the newest deployment among them, of cases with a limit first."""
    newest = max(items, key=lambda item: (bundle(session, item.deployment).limited, item.deployment))
    return bundle(session, newest.deployment).forms[newest.element]


def shared_part(form: Form) -> Form:
    return replace(form, fields=tuple(f for f in form.fields if f.batch == "once"))


def own_part(form: Form) -> Form:
    """Each household's own; names of people last, since they are rarely needed."""
    own = sorted((f for f in form.fields if f.batch == "each"), key=lambda f: f.widget == "people")
    return replace(form, fields=tuple(own))


# --- carrying a list out ----------------------------------------------------------------------------------------


def complete(
    context: Context,
    name: str,
    sheet: Sheet,
    command_id: bytes,
    found: Mapping[str, CodedMessage] | None = None,
) -> BatchCompleted:
    """All households of the list, or none. Raises BatchRefused (who cannot be done and why), Refused, NotFound. `found`: what
    is wrong with the list's own answers already.

    The same command id again changes nothing.
    """
    session = context.session
    before = record.event_of_command(session, command_id)
    if before is not None:
        return BatchCompleted(int(rows_of(session, before.stream)), 0, again=True)
    ready, problems = judged(context, name, sheet, found)
    if problems and (before := record.event_of_command(session, command_id)) is not None:
        # the same list, sent twice at the same moment
        return BatchCompleted(int(rows_of(session, before.stream)), 0, again=True)
    if problems:
        raise BatchRefused(problems, [task for task in sheet.own if task in ready])
    towns = {town_of(one.locked.work.village or "", one.locked.county) for one in ready.values()}
    drafts.drop_list(session, context.actor.id, draft_name(name, min(towns)), context.now)
    return _carry_out(context, name, sheet, ready, command_id)


def judged(
    context: Context, name: str, sheet: Sheet, found: Mapping[str, CodedMessage] | None = None
) -> tuple[dict[int, Ready], dict[int, Mapping[str, CodedMessage]]]:
    """(who can be done, what keeps the others), by task; nothing is written. Raises Refused or NotFound of the whole list."""
    if not sheet.own:
        raise Refused("lists.nobody")
    if len(sheet.own) > MOST:
        raise Refused("lists.too_many", most=MOST)
    cases = inbox.cases_of(context.session, list(sheet.own))
    order = sorted(cases, key=lambda task: (cases[task], task))  # one order of locks, whoever asks
    locked_tasks = {task: tasks.lock_task(context, task) for task in order}
    if len(locked_tasks) < len(sheet.own):
        raise NotFound
    if any(locked.task["list"] != name for locked in locked_tasks.values()):
        raise NotFound
    towns = {town_of(d.work.village or "", d.county) for d in locked_tasks.values()}
    if name in BY_TOWN and len(towns) > 1:
        raise Refused("lists.one_town")
    if len({locked.work.case_id for locked in locked_tasks.values()}) < len(locked_tasks):
        raise Refused("lists.twice")
    ready: dict[int, Ready] = {}
    problems: dict[int, Mapping[str, CodedMessage]] = {}
    for task, locked in locked_tasks.items():
        try:
            sent = _answers(locked, sheet, task, context.now)
            ready[task] = tasks.prepare(locked, sheet.versions.get(task), sent, found=found)
        except FormErrors as error:
            problems[task] = error.cleaned.errors
        except Refused as error:
            problems[task] = {"": (error.code, error.details)}
    return ready, problems


def _carry_out(context: Context, name: str, sheet: Sheet, ready: Mapping[int, Ready], command_id: bytes) -> BatchCompleted:
    session, actor, now = context.session, context.actor, context.now
    order = list(sheet.own)
    first = ready[order[0]]
    shared = {
        f.name: first.cleaned.values[f.name] for f in shared_part(first.locked.form).fields if f.name in first.cleaned.values
    }
    happened = forms.happened_on(first.locked.form, first.cleaned.values)
    held = first.locked.held
    items = [(ready[task].locked.work.case_id or 0, task) for task in order]
    batch, key = rows.add(
        session,
        kind=name,
        unit=held.unit,
        by=actor.id,
        shared=shared,
        items=items,
        now=now,
        happened_on=date.fromisoformat(happened) if happened else calendar.local_date(now),
    )
    head = record.new_stream(session, f"batch:{batch}")
    body = {
        "batch": batch,
        "batch_kind": name,
        "role": held.role,
        "unit": held.unit,
        "on": happened,
        "cases": [case for case, _ in items],
        "for": held.for_whom,
    }
    secret = {"values": shared, "taken_out": {str(task): why for task, why in sheet.taken_out.items()}}
    _, writes = record.append(
        session,
        head,
        key,
        NewEvent(
            "batch_completed", now, actor.id, {k: v for k, v in body.items() if v is not None}, secret, command_id=command_id
        ),
    )
    session.write(writes)
    for row, task in enumerate(order, 1):
        own_id = blake2b(command_id + task.to_bytes(8, "big"), digest_size=16).digest()
        tasks.finish(ready[task], own_id, (batch, row))
    return BatchCompleted(batch, len(order))


def rows_of(session: Session, stream: int) -> str:
    """The batch that a stream belongs to."""
    return record.stream_name(session, stream).removeprefix("batch:")


def _answers(locked: tasks.LockedTask, sheet: Sheet, task: int, now: datetime) -> dict[str, Sequence[str]]:
    """One household's submit: what was asked once, its own, and what the system makes of both."""
    names = {f.name: f for f in locked.form.fields}

    def belongs(sent: str, batch: str) -> bool:
        found = names.get(sent) or names.get(sent.partition("-")[0])
        return found is not None and found.batch == batch

    made: dict[str, Sequence[str]] = {n: v for n, v in sheet.shared.items() if belongs(n, "once")}
    made.update({n: v for n, v in sheet.own[task].items() if belongs(n, "each")})
    fill = _MAKES.get(locked.bundle.said(locked.task["element"], "type"))
    return made if fill is None else {**made, **fill(made, locked, now)}


def _count(sent: Submitted, name: str) -> int | None:
    text = (sent.get(name) or [""])[0].strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _review(sent: Submitted, locked: tasks.LockedTask, now: datetime) -> dict[str, Sequence[str]]:
    """Abstentions are who is left; the result is what the votes say."""
    attended, agree, against = _count(sent, "attended"), _count(sent, "votes-for"), _count(sent, "votes-against")
    if attended is None or agree is None:
        return {}
    recused = forms.clean(locked.form, {"recusals": list(sent.get("recusals", ()))}).values.get("recusals", [])
    made: dict[str, Sequence[str]] = {}
    if against is None:
        against = 0
        made["votes-against"] = ["0"]
    if _count(sent, "votes-abstained") is None and not (sent.get("votes-abstained") or [""])[0].strip():
        left = attended - len(recused) - agree - against
        made["votes-abstained"] = [str(max(left, 0))]
    try:
        held_on = date.fromisoformat((sent.get("held_on") or [""])[0])
    except ValueError:
        held_on = calendar.local_date(now)
    majority = village_review.TYPE.parameter(locked.bundle.said, locked.task["element"], "majority")
    carried = village_review.carried(locked.county.entries, majority, held_on, agree, attended)
    return {**made, "review_result": ["agreed" if carried else "rejected"]}


_MAKES: dict[str, Callable[[Submitted, tasks.LockedTask, datetime], dict[str, Sequence[str]]]] = {
    village_review.TYPE.key: _review
}


# --- looking at one ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KeptBatch:
    """A batch as kept: its row, what was asked once, its households."""

    row: Any
    shared: Mapping[str, Any]
    items: Sequence[Any]


def kept(context: Context, batch: int) -> KeptBatch:
    """NotFound for who may not open every household on it."""
    session = context.session
    row = rows.get(session, batch)
    items = rows.items(session, batch) if row is not None else []
    if row is None or not items or not all(sees(context.actor, item.village, context.county) for item in items):
        raise NotFound
    return KeptBatch(row, rows.shared(session, row), items)


def asking(context: Context, batch: KeptBatch) -> list[int]:
    """Households on it, or left out of it, for which this person would be asked why."""
    told = (*batch.items, *(row for row, _ in left_out(context, batch)))
    return readings.asking(context, ((i.household, i.village) for i in told))


def left_out(context: Context, batch: KeptBatch) -> list[tuple[Any, str]]:
    """Who was not put on this list and why, as far as this person may open them."""
    session = context.session
    key = record.data_key(session, batch.row.data_key)
    stream = f"batch:{batch.row.id}"
    event = next(iter(case_rows.events_in(session, stream)))
    secret = record.open_secret(session, key, f"{stream}/{event.number}", bytes(event.secret)) or {}
    said = secret.get("taken_out", {})
    found = rows.tasks_named(session, [int(task) for task in said])
    return [(row, str(said[str(row.task)])) for row in found if sees(context.actor, row.village, context.county)]


def case_of(session: Session, item: Any) -> Any:
    return case_rows.get(session, item.case_id)


def deployment_of(session: Session, item: Any) -> int:
    return processes.deployment_of(session, item.instance)

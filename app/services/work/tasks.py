"""What a person does with a task: claim, release, transfer, draft, complete, send back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app import forms
from app.engine.values import Complete, EngineError, Return
from app.forms import Cleaned, Form
from app.forms.model import CodedMessage
from app.labels import say
from app.labels.lanes import level_of_lane
from app.policy.jurisdiction import Assignment
from app.store import cases as case_rows
from app.store import drafts, inbox, notifications, processes, record
from app.store import households as household_rows
from app.store import people as people_rows
from app.store.processes import NotFound, Work
from app.store.session import Session, Write

from .. import events, steps
from ..context import Context, Within
from ..definitions import Bundle, bundle
from ..events import EventData, act_key
from ..history import readings
from ..people import CONTACT, Actor, County, Refused, all_right, choice, may_handle, trial
from ..people import actor as load_actor
from ..steps import asset_answer, holds
from ..subjects import same_household
from ..subjects import table as subjects
from . import apart, commands, returns, scans


class FormErrors(Exception):
    """The form was not accepted; nothing was saved. `cleaned.raw` shows what was typed again."""

    def __init__(self, cleaned: Cleaned) -> None:
        super().__init__("form errors")
        self.cleaned = cleaned


class Stale(Refused):
    """The task is no longer what the page showed: who changed it and when."""


@dataclass(frozen=True)
class LockedTask(Within):
    """A task as one person may handle it: locked rows, its diagram element and form, the assignment used, who acts when."""

    work: Work
    bundle: Bundle
    form: Form
    element: Any
    held: Assignment
    context: Context

    @property
    def task(self) -> Mapping[str, Any]:
        return self.work.task or {}


@dataclass(frozen=True)
class Completed:
    """What a completion led to. `again`: the same command id had been carried out before; `ended`: what the procedure
    came to, where it ended by it."""

    case_id: int | None
    instance: int
    again: bool = False
    step: str = ""
    ended: str = ""


def lock_task(context: Context, task: int) -> LockedTask:
    """Lock a task and see that this person may handle it. NotFound for outsiders; nothing tells that it exists."""
    session = context.session
    work = processes.lock_task(session, task)
    made = bundle(session, work.deployment)
    row = work.task or {}
    element = made.definition.elements[row["element"]]
    held = may_handle(session, context.actor, row, level_of_lane(element.lane), context.county, work.household)
    if held is None:
        raise NotFound
    return LockedTask(work, made, made.forms[row["element"]], element, held, context)


def _still_open(locked: LockedTask, version: int | None) -> None:
    """Refuse politely: finished by another, returned, taken by a colleague, changed since the page was drawn."""
    session, row = locked.session, locked.task
    if row["status"] != "open":
        who = people_rows.names(session, [row["closed_by"]]).get(row["closed_by"]) if row["closed_by"] else None
        code = "tasks.done_by_other" if row["status"] == "done" else "tasks.void"
        raise Stale(code, who=who or "", when=row["closed_at"])
    if row["assignee"] not in (None, locked.actor.id, locked.held.for_whom):
        who = people_rows.names(session, [row["assignee"]]).get(row["assignee"], "")
        raise Stale("tasks.taken_by_other", who=who, when=None)
    if version is not None and version != row["version"]:
        raise Stale("tasks.changed", who="", when=None)


def _with_absent(locked: LockedTask, people: set[int]) -> set[int]:
    """A substitute's act counts for both people."""
    return people | ({locked.held.for_whom} if locked.held.for_whom is not None else set())


def _apart(locked: LockedTask, people: set[int], named_as: Mapping[int, str] | None = None) -> None:
    """Separation of duties: nobody who acted in the named steps may act here, substitutes included; nor may kin.
    `named_as`: in which question of the form a person was named, so that the refusal says where to choose another."""
    session, people = locked.session, _with_absent(locked, people)
    kin = sorted(locked.work.kin & people)
    if kin:
        raise Refused("tasks.kin", who=say("stories.comma").join(people_rows.names(session, kin).values()))
    acted = {step: who & people for step, who in apart.acted_apart(locked.work, locked.bundle, locked.element).items()}
    both = sorted(frozenset[int]().union(*acted.values()))
    if both:
        titles, comma = named_as or {}, say("stories.comma")
        names = [f"{titles.get(p, '')}{name}" for p, name in people_rows.names(session, both).items()]
        raise Refused("tasks.not_apart", who=comma.join(names), steps=comma.join(s for s, who in acted.items() if who))


def _not_held(locked: LockedTask, values: Mapping[str, Any]) -> None:
    """A hold stops the steps it names; open asset answers may be passed over once all are overdue, with a reason."""
    for kind in holds.on(locked.bundle, locked.task["element"], locked.work.holds):
        if kind == "asset_answers" and values.get("open_assets_reason"):
            case_id, now = locked.work.case_id or 0, locked.now
            if inbox.latest_due(locked.session, case_id, asset_answer.TYPE.key, now) is None:
                continue
            raise Refused("holds.asset_answers_not_overdue")
        raise Refused(f"holds.{kind}")


def claim(context: Context, task: int, version: int) -> None:
    """A task taken by this person, so that colleagues see it is theirs. Raises Stale, Refused, NotFound."""
    session, actor = context.session, context.actor
    locked = lock_task(context, task)
    if locked.task["status"] == "open" and locked.task["assignee"] == actor.id:
        return  # the same click twice
    _still_open(locked, version)
    _apart(locked, {actor.id})
    processes.change_task(session, task, version, assignee=actor.id)
    _noted(locked, "task_claimed")


def release(context: Context, task: int, version: int) -> None:
    """A claimed task given back to its post; a contact keeps theirs."""
    session = context.session
    locked = lock_task(context, task)
    if locked.task["status"] == "open" and locked.task["assignee"] is None:
        return
    _still_open(locked, version)
    if CONTACT in locked.element.roles:
        raise Refused("tasks.contact_keeps")
    processes.change_task(session, task, version, assignee=None)
    _noted(locked, "task_released")


def transfer(context: Context, task: int, version: int, to: int, reason: str) -> None:
    """A task handed to somebody who may do it, by its holder or by a superior who may see the case."""
    session, actor, county = context.session, context.actor, context.county
    work = processes.lock_task(session, task)
    row = work.task or {}
    made = bundle(session, work.deployment)
    element = made.definition.elements[row["element"]]
    level = level_of_lane(element.lane)
    own = may_handle(session, actor, row, level, county, work.household)
    above = superior(actor, row["org_unit"], county)
    held = own or above
    if held is None:
        raise NotFound
    locked = LockedTask(work, made, made.forms[row["element"]], element, held, context)
    if above is None and row["assignee"] not in (None, actor.id):
        _still_open(locked, version)
    if row["status"] == "open" and row["assignee"] == to:
        return
    if row["status"] != "open" or row["version"] != version:
        _still_open(locked, version)
    other, _ = trial(lambda: load_actor(session, to, county.on))
    there = other is not None and may_handle(session, other, row, level, county, work.household) is not None
    wrong = choice(to, there, "tasks.choose_person", "tasks.cannot_take") or trial(lambda: _apart(locked, {to}))[1]
    all_right(official=wrong, reason=None if reason.strip() else "tasks.reason_needed")
    if own is None and work.household is not None and work.village is not None:
        readings.because(context, work.household, work.village, reason)
    processes.change_task(session, task, version, assignee=to)
    drafts.drop(session, task)
    notifications.add(session, [to], "assigned", actor.id, context.now, case_id=work.case_id, task=task)
    _noted(locked, "task_transferred", body={"to": to}, values={"reason": reason.strip()})


def superior(actor: Actor, unit: str, county: County) -> Assignment | None:
    """A leader of the unit itself or of the one above it."""
    above = county.units[unit].parent if unit in county.units else None
    return next(
        (a for a in actor.assignments if a.role in county.who_may("hand_over_for_others") and a.unit in (unit, above)), None
    )


def _noted(
    locked: LockedTask,
    kind: str,
    *,
    body: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    data = EventData(kind, locked.held.role, locked.held.unit, locked.task["address"], body=body, values=values)
    work = locked.work
    events.append(locked.context, work.head, work.key, data, case_id=work.case_id, instance=work.instance)


def known_values(session: Session, work: Work, form: Form) -> dict[str, Any]:
    """What this form need not ask: from the household's file and the case's own details."""
    if not any(f.belongs_to.startswith(("household:", "member:")) for item in form.fields for f in (item, *item.columns)):
        return {}
    known = subjects.of(work).known(session, work, form)
    return forms.blank(form, known) if known else {}


def unlisted_rows(session: Session, work: Work, form: Form) -> dict[str, list[str]]:
    """Table of people -> keys of members who are no longer counted: not listed, but what was typed of them may come back."""
    tables = [item.name for item in form.fields if item.belongs_to == "household:members"]
    if not tables or work.household is None or work.key is None or work.key.bytes is None:
        return {}
    document, _ = household_rows.document(session, work.household, work.key)
    members = (document or {}).get("members", ())
    gone = [m["key"] for m in members if m.get("status") == "gone" and not m.get("merged_into")]
    return dict.fromkeys(tables, gone)


def choices_for(
    session: Session, org_unit: str, on: date, county: County, work: Work | None = None
) -> dict[str, Sequence[tuple[str, ...]]]:
    """Lists a page offers: officials of the unit that may be named as acting, villages, and what a clue's steps choose
    from."""
    people: list[tuple[str, ...]] = [(str(p.id), p.name) for p in people_rows.at_unit(session, org_unit, on)]
    found: dict[str, Sequence[tuple[str, ...]]] = {"officials": people, **subjects.offered(county)}
    return found if work is None else found | subjects.of(work).choices(session, work, org_unit, county)


def complete(
    context: Context,
    task: int,
    version: int | None,
    command_id: bytes,
    submitted: Mapping[str, Sequence[str]] | None,
    *,
    values: Mapping[str, Any] | None = None,
    found: Mapping[str, CodedMessage] | None = None,
) -> Completed:
    """A person finishes a task: one transaction from typed strings (or typed `values`) to the next open tasks. `found`: what
    is wrong with the form already (a file that could not be read), to be said with all the rest.

    Raises FormErrors (with what was typed), Stale, Refused, NotFound. The same command id again changes nothing.
    """
    session = context.session
    locked = lock_task(context, task)
    if locked.task["status"] != "open":
        before = record.event_of_command(session, command_id)
        if before is not None:
            return Completed(before.case_id, locked.work.instance, again=True, step=locked.element.name)
    ready = prepare(locked, version, submitted, values=values, found=found)
    return finish(ready, command_id)


@dataclass(frozen=True)
class Ready:
    """A completion that has passed every check and only has to be carried out."""

    locked: LockedTask
    cleaned: Cleaned
    checked: steps.Judged
    acting: set[int]


def prepare(
    locked: LockedTask,
    version: int | None,
    submitted: Mapping[str, Sequence[str]] | None,
    *,
    values: Mapping[str, Any] | None = None,
    found: Mapping[str, CodedMessage] | None = None,
) -> Ready:
    """Every check of a completion, writing nothing; everything wrong is said at once. Raises FormErrors, Stale, Refused."""
    session = locked.session
    _still_open(locked, version)
    cleaned = _clean(locked, submitted, values)
    here = steps.Here(locked.context, locked.work, locked.bundle)
    checked = steps.judge(here, locked.task["element"], cleaned) if cleaned.ok and not found else steps.Judged()
    moved = same_household.moved(session, locked.work, locked.form, cleaned.values, locked.county)
    wrong = {**_foreign_pages(locked, cleaned), **moved, **checked.errors, **cleaned.errors, **(found or {})}
    if wrong:
        told = replace(cleaned, errors=wrong)
        beside = {} if cleaned.ok and not found else steps.judge_readable(here, locked.task["element"], told)
        also = _people_and_holds(locked, cleaned)
        raise FormErrors(replace(cleaned, errors=forms.in_order(locked.form, {**also, **beside, **wrong})))
    _not_held(locked, cleaned.values)
    named = {p for p in forms.acting_people(locked.form, cleaned.values) if isinstance(p, int)}
    acting = _with_absent(locked, named | {locked.actor.id})
    _apart(locked, acting, _named_as(locked.form, cleaned.values))
    return Ready(locked, cleaned, checked, acting)


def _people_and_holds(locked: LockedTask, cleaned: Cleaned) -> dict[str, CodedMessage]:
    """Holds, and people who may not act here, each beside the question that names them: for a form that is refused anyway."""
    found: dict[str, CodedMessage] = {}
    named = {
        item.name: cleaned.values[item.name] for item in locked.form.fields if item.acting and item.name in cleaned.values
    }
    for name, given in {"": locked.actor.id, **named}.items():
        try:
            _apart(locked, {p for p in (given if isinstance(given, list) else [given]) if isinstance(p, int)})
        except Refused as error:
            found[name] = (error.code, error.details)
    try:
        _not_held(locked, cleaned.values)
    except Refused as error:
        found.setdefault("", (error.code, error.details))
    return found


def _named_as(form: Form, values: Mapping[str, Any]) -> dict[int, str]:
    """Person -> title of the question that names them as acting."""
    found: dict[int, str] = {}
    for item in form.fields:
        given = values.get(item.name) if item.acting else None
        for person in given if isinstance(given, list) else [given]:
            if isinstance(person, int):
                found.setdefault(person, item.title)
    return found


def _foreign_pages(locked: LockedTask, cleaned: Cleaned) -> dict[str, CodedMessage]:
    """A form may name only pages that this person uploaded, or that are the case's already."""
    errors: dict[str, CodedMessage] = {}
    for name in locked.form.uploads:
        named = cleaned.values.get(name)
        idents = named if isinstance(named, list) else [named] if named else []
        if idents and scans.foreign(locked.session, locked.actor, [int(i) for i in idents], locked.work.case_id):
            errors[name] = ("steps.page_not_yours", {})
    return errors


def _clean(locked: LockedTask, submitted: Mapping[str, Sequence[str]] | None, values: Mapping[str, Any] | None) -> Cleaned:
    session, today = locked.session, locked.today
    since = subjects.of(locked.work).since(session, locked.work)
    choices: dict[str, Sequence[tuple[str, ...]]] = {}
    if any(f.choices for item in locked.form.fields for f in (item, *item.columns)):
        choices = choices_for(session, locked.task["org_unit"], today, locked.county, locked.work)
    if values is not None:
        return forms.strict(locked.form, values, choices=choices, today=today, since=since)
    known = known_values(session, locked.work, locked.form)
    unlisted = unlisted_rows(session, locked.work, locked.form)
    return forms.clean(locked.form, submitted or {}, known, choices=choices, today=today, since=since, unlisted=unlisted)


def finish(ready: Ready, command_id: bytes, batch: tuple[int, int] | None = None) -> Completed:
    """Carry it out. `batch`: (batch, row) where it is one of many."""
    locked, acting = ready.locked, ready.acting
    work, row, values = locked.work, locked.task, ready.cleaned.values
    here = steps.Here(locked.context, work, locked.bundle, batch[0] if batch else None)
    kept = steps.keep(here, row["element"], locked.form, values)
    if batch is not None:
        kept["batch"] = list(batch)
    also: list[Write] = []
    if row["element"] in locked.bundle.separated:
        name = act_key(work.process, row["element"])
        fresh = acting - work.acts.get(name, frozenset())
        if work.case_id is not None:
            also += people_rows.acted_writes(work.case_id, name, fresh)
        else:
            also += processes.acted_writes(work.instance, name, fresh)
    if work.drafted:
        also.append(drafts.dropped(row["id"]))
    world = commands.world_for(locked.context, work, locked.bundle, values)
    asked = {**forms.process_values(locked.form, values), **ready.checked.process}
    process = locked.bundle.given(locked.task["element"], asked)
    happened = forms.happened_on(locked.form, values)
    data = EventData(
        "task_completed",
        locked.held.role,
        locked.held.unit,
        row["address"],
        command_id,
        happened,
        body=kept | _also_acted(locked, acting - {locked.actor.id}),
        values=values,
    )
    try:
        step, _ = commands.execute(world, Complete(row["address"], process), data, also=also)
    except EngineError as error:
        raise Refused(error.code, **error.details) from error
    return Completed(work.case_id, work.instance, step=locked.element.name, ended=_end(locked, step))


def _end(locked: LockedTask, step: Any) -> str:
    """What the procedure came to, once it is over: what became of its case where that was said just now (several outcomes
    may share one end), else the name of the end."""
    if step.state is not None:
        return ""
    case = case_rows.get(locked.session, locked.work.case_id) if locked.work.case_id is not None else None
    if case is not None and case.outcome not in (None, (locked.work.case or {}).get("outcome")):
        code = f"outcomes.{case.outcome}"
        if (words := say(code)) != code:
            return words
    elements = locked.bundle.definition.elements
    return next((elements[e].name for e in step.ends if e in elements), "")


def _also_acted(locked: LockedTask, others: set[int]) -> dict[str, Any]:
    """Who else acted, and in whose place this person did."""
    found: dict[str, Any] = {"acted": sorted(others)} if others else {}
    return found | ({"for": locked.held.for_whom} if locked.held.for_whom is not None else {})


def save_draft(context: Context, task: int, submitted: Mapping[str, Sequence[str]]) -> datetime:
    """Keep a half-filled form without judging it; changes neither the task's version nor the record."""
    session, actor, now = context.session, context.actor, context.now
    locked = lock_task(context, task)
    _still_open(locked, None)
    if locked.work.key is None:
        raise Refused("tasks.no_draft")
    content = {k: [s[:5000] for s in v[:60]] for k, v in list(submitted.items())[:800] if k != "_csrf"}
    drafts.save(session, task, actor.id, locked.work.key, content, now)
    return now


def return_targets(bundle_: Bundle, visited: set[str], current: str) -> list[tuple[str, str]]:
    """(element id, name) of the steps this one may be sent back to: reached before, outside every parallel block, and with
    nothing final between. One of several who do the same step beside each other does not undo the others' work."""
    top = bundle_.definition.top
    if current in top.elements and top.elements[current].loop:
        return []
    allowed = bundle_.definition.return_targets()
    order = [e.id for e in top.elements.values() if e.id in allowed and e.id in visited and e.id != current]
    return [(e, top.elements[e].name) for e in order if current in top.reachable(e) and not top.final_between(e, current)]


def send_back(
    context: Context,
    task: int,
    version: int,
    target: str,
    reason: str,
    command_id: bytes | None = None,
) -> Completed:
    """Return the case to an earlier step, with a reason; later tasks, timers and holds close, a posted notice is void."""
    session, now = context.session, context.now
    locked = lock_task(context, task)
    if locked.task["status"] != "open" and command_id is not None:
        before = record.event_of_command(session, command_id)
        if before is not None:
            return Completed(before.case_id, locked.work.instance, again=True, step=locked.element.name)
    _still_open(locked, version)
    work = locked.work
    visited = {t.element: t for t in case_rows.tasks_of_instance(session, work.instance)}
    there = target in dict(return_targets(locked.bundle, set(visited), locked.task["element"]))
    unsaid = None if reason.strip() else "tasks.reason_needed"
    all_right(target=choice(target, there, "tasks.choose_target", "tasks.not_a_target"), reason=unsaid)
    last = _still_may(locked, visited[target])
    data = EventData(
        "case_returned",
        locked.held.role,
        locked.held.unit,
        locked.task["address"],
        command_id,
        values={"reason": reason.strip()},
    )
    world = commands.world_for(context, work, locked.bundle)
    returns.undo_later(session, work, locked.bundle, target, now)
    try:
        step, _ = commands.execute(world, Return(target), data, prefer=last)
    except EngineError as error:
        raise Refused(error.code, **error.details) from error
    if last is not None and step.opened:
        returns.prefill(session, work, step.opened[0].address, target, last, now)
    return Completed(work.case_id, work.instance)


def _still_may(locked: LockedTask, task: Any) -> int | None:
    """Who did the step last, if they still hold a post for it."""
    if task.closed_by is None:
        return None
    try:
        last = load_actor(locked.session, task.closed_by, locked.county.on)
    except Refused:
        return None
    level = level_of_lane(locked.bundle.definition.elements[task.element].lane)
    there = {"roles": task.roles, "org_unit": task.org_unit}
    return last.id if may_handle(locked.session, last, there, level, locked.county, locked.work.household) else None

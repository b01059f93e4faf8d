"""Opening many instances of one procedure at once (a campaign, a month's round): the same rows as one by one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from app.engine import runner
from app.engine.values import Step
from app.store import bulk, record
from app.store.processes import NewTask, Work
from app.store.record import DataKey, Head, NewEvent
from app.store.tables import awaited_messages, events, kept_lists, process_instances, tasks, timers
from app.store.types import micros

from ..context import Context
from ..definitions import Bundle
from ..events import EventData
from ..operations.world import CaseWorld
from . import commands

BATCH = 5000


class NotAlike(ValueError):
    """The procedure begins with an operation or a table: its instances cannot share one start."""


@dataclass(frozen=True)
class Subject:
    """What an instance is opened for: a case, clue, campaign …; its stream bears its name ("case:12").

    answers: operator -> what it says of this subject, where the procedure begins with operations that change nothing at its
    start; facts: what its table reads; body: what the event says of this subject beside its Step.
    """

    kind: str
    id: int
    village: str
    case_id: int | None = None
    household: int | None = None
    key: DataKey | None = None
    scope: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] | None = None
    body: Mapping[str, Any] = field(default_factory=dict)


def open_many(
    context: Context,
    bundle: Bundle,
    subjects: Sequence[Subject],
    *,
    kind: str = "instance_started",
) -> list[int]:
    """Start an instance for each subject in this transaction; returns their ids in the same order.

    The engine's start is pure, so equal process variables give an equal Step: it is computed once for each. That
    holds only while no operation or table asks about the subject, or the subjects bring the answers along; else NotAlike.
    """
    opened: list[int] = []
    made = _Openings(context, bundle, kind)
    todo = iter(subjects)
    while batch := list(islice(todo, BATCH)):
        opened += made.open(batch)
    return opened


class _Openings:
    def __init__(self, context: Context, bundle: Bundle, kind: str) -> None:
        self.context, self.bundle = context, bundle
        self.event = EventData(kind)
        self.steps: dict[tuple[Any, ...], tuple[Step, dict[str, Any], dict[str, Any]]] = {}
        self.tasks: dict[tuple[int, str], list[NewTask]] = {}
        self.written: dict[int, dict[str, str]] = {}

    def open(self, subjects: Sequence[Subject]) -> list[int]:
        """One batch: every row of a kind in one go."""
        session, at = self.context.session, micros(self.context.now)
        before = bulk.heads(session, list(dict.fromkeys(f"{s.kind}:{s.id}" for s in subjects)))
        heads = dict(before)
        idents = list(bulk.take_ids(session, process_instances, len(subjects)))
        instance_rows: list[tuple[Any, ...]] = []
        event_rows: list[tuple[Any, ...]] = []
        task_rows: list[tuple[Any, ...]] = []
        timer_rows: list[tuple[Any, ...]] = []
        awaited_rows: list[tuple[Any, ...]] = []
        list_rows: list[tuple[Any, ...]] = []
        for ident, subject in zip(idents, subjects, strict=True):
            name = f"{subject.kind}:{subject.id}"
            step, body, secret = self._start(ident, subject, heads[name])
            heads[name], event = self._event(ident, subject, heads[name], body, secret)
            event_rows.append(event)
            instance_rows.append(
                (
                    ident,
                    self.bundle.process,
                    subject.kind,
                    subject.id,
                    subject.case_id,
                    self.bundle.deployment,
                    heads[name].stream,
                    step.state,
                    "ended" if step.ended else "open",
                    at,
                    at if step.ended else None,
                    *_stands_on(subject),
                )
            )
            for task in self._tasks(step, subject):
                task_rows.append(
                    (
                        ident,
                        task.address,
                        task.element,
                        task.type,
                        task.list,
                        task.item,
                        subject.case_id,
                        task.roles,
                        task.org_unit,
                        micros(task.due),
                        "open",
                        1,
                        0,
                        at,
                    )
                )
            timer_rows += [
                (ident, t.address, t.element, t.attached_to, micros(t.due), t.provisional, at, 0) for t in step.timers
            ]
            list_rows += [(ident, digest, json.dumps(content)) for digest, content in step.lists.items()]
            awaited_rows += [(ident, a.address, a.message) for a in step.awaited]
        bulk.save_heads(session, before, heads)
        bulk.add_rows(session, process_instances, _INSTANCE, instance_rows)
        bulk.add_rows(session, tasks, _TASK, task_rows)
        bulk.add_rows(session, timers, _TIMER, timer_rows)
        bulk.add_rows(session, awaited_messages, _AWAITED, awaited_rows)
        bulk.add_rows(session, kept_lists, _LIST, list_rows)
        bulk.add_rows(session, events, _EVENT, event_rows)
        return idents

    def _start(self, ident: int, subject: Subject, head: Head) -> tuple[Step, dict[str, Any], dict[str, Any]]:
        """The Step and both parts of its event for these process variables, answers and facts."""
        asked = tuple(
            (n, name, repr(value))
            for n, said in enumerate((subject.scope, subject.answers, subject.facts or {}))
            for name, value in sorted(said.items())
        )
        known = self.steps.get(asked)
        if known is None:
            world = self._world(ident, subject, head)
            step = runner.start(self.bundle.definition, subject.scope, self.context.now, world)
            brought = isinstance(world, _Brought)
            if step.failures or (not brought and (step.operations or step.decisions)):
                raise NotAlike(self.bundle.process)
            data = replace(self.event, body={"scope": dict(subject.scope)} if subject.scope else {})
            known = self.steps[asked] = (step, *commands.event_parts(world, step, data, None))
        return known

    def _world(self, ident: int, subject: Subject, head: Head) -> CaseWorld:
        work = Work(
            instance=ident,
            process=self.bundle.process,
            deployment=self.bundle.deployment,
            state=None,
            status="open",
            subject_kind=subject.kind,
            subject_id=subject.id,
            case_id=subject.case_id,
            case=None,
            household=subject.household,
            village=subject.village,
            head=head,
            key=subject.key,
        )
        if subject.answers or subject.facts is not None:
            return _Brought(
                self.context,
                work,
                self.bundle,
                answers=subject.answers,
                brought=subject.facts or {},
            )
        return commands.world_for(self.context, work, self.bundle)

    def _tasks(self, step: Step, subject: Subject) -> list[NewTask]:
        """The step's tasks where this village's lie."""
        known = self.tasks.get((id(step), subject.village))
        if known is None:
            world = self._world(0, subject, Head(0, "", 0, b""))
            known = [commands.new_task(world, step, task, None) for task in step.opened]
            self.tasks[id(step), subject.village] = known
        return known

    def _event(
        self, ident: int, subject: Subject, head: Head, body: Mapping[str, Any], secret: Mapping[str, Any]
    ) -> tuple[Head, tuple[Any, ...]]:
        shared = self.written.get(id(body))
        if shared is None:
            shared = self.written[id(body)] = record.written(body)
        draft = NewEvent(
            self.event.kind,
            self.context.now,
            self.context.actor.id or None,
            {**subject.body, "inst": ident},
            secret or None,
            case_id=subject.case_id,
            instance=ident,
        )
        after, writes = record.append(self.context.session, head, subject.key, draft, shared)
        row = writes[0][1][0]
        return after, tuple(micros(row["at"]) if name == "at" else row[name] for name in _EVENT)


@dataclass
class _Brought(CaseWorld):
    """Answers that the subject brought along: nothing is asked of the database."""

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    brought: Mapping[str, Any] = field(default_factory=dict)

    def operate(self, operator: str, address: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        if operator not in self.answers:
            raise NotAlike(self.bundle.process)
        return self.answers[operator]

    def facts(self, snapshot: int) -> Mapping[str, Any]:
        return self.brought


def _stands_on(subject: Subject) -> tuple[Any, ...]:
    """Household, unit and key of an instance without a case."""
    if subject.case_id is not None:
        return (None, None, None)
    return (subject.household, subject.village, subject.key.id if subject.key is not None else None)


_INSTANCE = (
    "id",
    "process",
    "subject_kind",
    "subject_id",
    "case_id",
    "deployment",
    "stream",
    "state",
    "status",
    "started_at",
    "ended_at",
    "household",
    "org_unit",
    "data_key",
)
_TASK = (
    "instance",
    "address",
    "element",
    "type",
    "list",
    "item",
    "case_id",
    "roles",
    "org_unit",
    "due",
    "status",
    "version",
    "urged",
    "opened_at",
)
_TIMER = ("instance", "address", "element", "attached_to", "due", "provisional", "opened_at", "tries")
_AWAITED = ("instance", "address", "name")
_LIST = ("instance", "digest", "content")
_EVENT = (
    "stream",
    "number",
    "kind",
    "at",
    "actor",
    "case_id",
    "instance",
    "command_id",
    "body",
    "secret",
    "prev_hash",
    "hash",
)

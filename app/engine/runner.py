"""start() and advance(): (definition, state, command, now, world) -> Step. Pure: same arguments, same Step."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.specs.MultiChoice import MultiChoice
from SpiffWorkflow.task import TaskState

from app.decisions.errors import TableError
from app.decisions.tables import MissingFact, evaluate
from app.decisions.why import single_changes

from . import instance, timers
from .definition import Definition
from .joins import InclusiveJoin, arrivals
from .specs import Boundary, Catch, EventGateway, Items, Person
from .values import (
    Awaited,
    Command,
    Complete,
    Decided,
    EngineError,
    Failure,
    KnownOutcome,
    MessageArrived,
    OpenTask,
    OpenTimer,
    Operated,
    OperationFailed,
    Retry,
    Return,
    Step,
    TimerFired,
    World,
    element_of,
)

ENGINE_STEPS = 2000
"""More automatic elements than this in one command is a diagram that never rests: an incident, not a hang."""


def start(
    definition: Definition, scope: Mapping[str, Any], now: datetime, world: World, version: int = instance.VERSION
) -> Step:
    """Begin an instance with these process variables and go on to the first rest. `version`: an older one only to run again
    what was recorded under it."""
    run = Run(definition, instance.fresh(definition, scope, world, version), now, world)
    return run.finish(View.empty())


def advance(
    definition: Definition, state: bytes, command: Command, now: datetime, world: World, version: int = instance.VERSION
) -> Step:
    """Apply one command and go on to the next rest. Raises EngineError when the command does not fit the state."""
    run = Run(definition, instance.load(definition, state, world, version), now, world)
    before = run.view()
    run.apply(command)
    return run.finish(before)


class View:
    """What a state shows outward: open tasks, steps of items, waiting timers and messages, stuck elements; by address."""

    def __init__(self) -> None:
        self.tasks: dict[str, OpenTask] = {}
        self.items: dict[str, Any] = {}
        self.timers: dict[str, Any] = {}
        self.messages: dict[str, Awaited] = {}
        self.failures: dict[str, Failure] = {}
        self.found: dict[str, Any] = {}

    @classmethod
    def empty(cls) -> "View":
        return cls()


class Run:
    """One command on one live instance. `workflow` may be kept between commands only by the differential test."""

    def __init__(self, definition: Definition, workflow: Any, now: datetime, world: World) -> None:
        self.definition, self.workflow, self.now = definition, workflow, now
        self.world = _Recorder(world)
        self.flows: list[str] = []
        self.operations: list[Operated] = []
        self.decisions: list[Decided] = []
        self.ends: list[str] = []
        self.failed_now: dict[str, tuple[str, Mapping[str, object]]] = {}
        self.answered: str | None = None

    # --- commands -----------------------------------------------------------------------------------

    def apply(self, command: Command) -> None:
        match command:
            case Complete(address, values):
                self._complete(address, values)
            case TimerFired(address):
                task = self._waiting(address, "engine.timer.not_waiting")
                self._fire(task, address)
            case MessageArrived(address, values):
                task = self._waiting(address, "engine.message.not_waiting")
                task.workflow.scope.update(values)
                self._fire(task, address)
            case Return(target, values):
                self.workflow.scope.update(values)
                self._go_back(target)
            case Retry(address, values):
                self._retry(address, values)

    def _complete(self, address: str, values: Mapping[str, Any]) -> None:
        step, bracket, item = address.partition("[")
        view = self.view()
        if bracket and step in view.items:
            self._answer(view.items[step], address, item.removesuffix("]"), values)
            return
        task = view.found.get(address)
        if task is None or not isinstance(task.task_spec, Person):
            raise EngineError("engine.task.not_open", address=address)
        task.workflow.scope.update(values)
        self._run(task)

    def _answer(self, task: Any, address: str, item: str, values: Mapping[str, Any]) -> None:
        """One of many has answered; the step goes on when enough have."""
        known = task.internal_data.get("items")
        if not (self.world.is_open(address) if known is None else item in known):
            raise EngineError("engine.task.not_open", address=address)
        if known is not None:
            known.remove(item)
            name = instance.element_id(task)
            answers = task.workflow.scope.get(name, {})
            task.workflow.scope.update({name: {**answers, item: dict(values)}})
        else:
            self.answered = address
        task.internal_data["done"] += 1
        done, many = task.internal_data["done"], task.internal_data["of"]
        rule = self.definition.elements[instance.element_id(task)].completion
        wanted = 1 if rule == "any" else int(rule) if rule.isdigit() else many
        if done >= min(wanted, many):
            for child in task.children:
                child.cancel()
            task._set_state(TaskState.READY)

    def _waiting(self, address: str, code: str) -> Any:
        """The task behind a waiting event; an event of a gateway is addressed by its own element id."""
        view = self.view()
        found = view.found.get(address)
        if found is None or (address not in view.timers and address not in view.messages):
            raise EngineError(code, address=address)
        return found

    def _fire(self, task: Any, address: str) -> None:
        event = element_of(address)
        task.internal_data["fired"] = event
        task.task_spec._update(task)

    def _go_back(self, target: str) -> None:
        if target not in self.definition.return_targets():
            raise EngineError("engine.return.not_a_target", target=target)
        if not self.workflow.visits.get(target):
            raise EngineError("engine.return.never_reached", target=target)
        self.workflow = instance.at_target(self.definition, self.workflow, target)

    def _retry(self, address: str, values: Mapping[str, Any]) -> None:
        task = self.view().found.get(address)
        if task is None or "failed" not in task.internal_data:
            raise EngineError("engine.retry.not_stuck", address=address)
        task.workflow.scope.update(values)
        del task.internal_data["failed"]
        if task.state == TaskState.WAITING:
            task.task_spec._update(task)

    # --- movement -----------------------------------------------------------------------------------

    def settle(self) -> None:
        """Run automatic elements until only people, timers, messages and stuck elements are left."""
        for _ in range(ENGINE_STEPS):
            task = self._next_ready()
            if task is not None:
                self._run(task)
            elif not self._fire_inclusive():
                return
        raise EngineError("engine.never_rests", limit=ENGINE_STEPS)

    def _next_ready(self) -> Any | None:
        for scope, _ in instance.scopes(self.workflow):
            for task in scope.tasks.values():
                waits = isinstance(task.task_spec, Person) or "failed" in task.internal_data
                if task._state == TaskState.READY and not waits:
                    return task
        return None

    def _run(self, task: Any) -> None:
        spec = task.task_spec
        element = instance.element(self.definition, task)
        if element is not None and not isinstance(spec, (BoundaryEventSplit, BoundaryEventJoin)):
            address = instance.address(task, self._path(task))
            if not self._automatic(task, element, address):
                return
        if isinstance(spec, BoundaryEventSplit):
            spec._predict_hook(task)
        elif not isinstance(spec, (MultiChoice, EventGateway)):
            task._sync_children(spec.outputs, TaskState.FUTURE)
        scope = task.workflow
        task.run()
        self._note_flows(task, scope)
        instance.count_visits(self.workflow)

    def _automatic(self, task: Any, element: Any, address: str) -> bool:
        """Do what the element itself asks for; False if it failed and must wait as an incident."""
        try:
            if element.kind == "businessRuleTask":
                self._decide(task, element, address)
            elif "operator" in element.properties:
                operator = element.properties["operator"]
                result = self.world.operate(operator, address, task.workflow.scope)
                task.workflow.scope.update(result)
                self.operations.append(Operated(address, operator, dict(result)))
        except OperationFailed as error:
            task.internal_data["failed"] = error.code
            self.failed_now[address] = (error.code, error.details)
            return False
        if element.kind == "endEvent":
            self.ends.append(element.id)
        return True

    def _decide(self, task: Any, element: Any, address: str) -> None:
        name = element.properties.get("decision", "")
        table = self.definition.tables.get(name)
        snapshot = task.workflow.scope.get("snapshot")
        if table is None or not isinstance(snapshot, int):
            raise OperationFailed("engine.decision.no_facts", decision=name)
        facts = self.world.facts(snapshot)
        if isinstance(facts, KnownOutcome):
            task.workflow.scope.update(facts.outputs)
            self.decisions.append(Decided(address, name, facts.rows, dict(facts.outputs), {}, ()))
            return
        try:
            hit = evaluate(table, facts)
        except MissingFact as error:
            raise OperationFailed("engine.decision.missing_fact", decision=name, fact=error.name) from error
        except TableError as error:
            raise OperationFailed("engine.decision.refused", decision=name, cause=error.code) from error
        outputs = hit.outputs
        if not hit.rows or not isinstance(outputs, dict):
            raise OperationFailed("engine.decision.no_row", decision=name)
        task.workflow.scope.update(outputs)
        changes = tuple(
            {"name": c.name, "before": c.before, "after": c.after, "rows": list(c.rows), "outputs": c.outputs}
            for c in single_changes(table, facts)
        )
        self.decisions.append(Decided(address, name, tuple(hit.rows), dict(outputs), dict(hit.inputs), changes))

    def _fire_inclusive(self) -> bool:
        for scope, _ in instance.scopes(self.workflow):
            joins = {t.task_spec.name: t for t in instance.live(scope) if "came_by" in t.internal_data}
            for task in joins.values():
                if isinstance(task.task_spec, InclusiveJoin) and self._may_fire(scope, task):
                    task.task_spec.fire(task)
                    return True
        return False

    def _may_fire(self, scope: Any, join: Any) -> bool:
        """BPMN's rule: no token elsewhere can reach an empty input, unless it can also reach a full one."""
        name = join.task_spec.name
        full = {a.internal_data["came_by"] for a in arrivals(join)}
        empty = {instance.base_name(i) for i in join.task_spec._inputs if i not in full}
        full = {instance.base_name(i) for i in full}
        for task in instance.live(scope):
            if task.task_spec is join.task_spec or isinstance(task.task_spec, (BoundaryEventSplit, Boundary)):
                continue  # a boundary event's way is its activity's way
            here = instance.element_id(task)
            reach = self.definition.reach[(name, here)] | {here}
            if reach & empty and not reach & full:
                return False
        return True

    # --- what happened ------------------------------------------------------------------------------

    def _path(self, task: Any) -> str:
        for scope, path in instance.scopes(self.workflow):
            if scope is task.workflow:
                return path
        return ""

    def _note_flows(self, task: Any, scope: Any) -> None:
        source = instance.element_id(task)
        for child in task.children:
            if child._state >= TaskState.WAITING:
                target = instance.element_id(child)
                flow = self.definition.flow_ids.get((scope.spec.name, source, target))
                if flow is not None:
                    self.flows.append(flow)

    def view(self) -> View:
        view = View()
        instance.count_visits(self.workflow)
        for scope, path in instance.scopes(self.workflow):
            for task in instance.live(scope):
                self._show(task, path, view)
        return view

    def _show(self, task: Any, path: str, view: View) -> None:
        spec = task.task_spec
        element = instance.element(self.definition, task)
        if instance.holds_items(task):
            at = instance.address(task.parent, path)
            for item in task.parent.internal_data["items"]:
                view.tasks[f"{at}[{item}]"] = OpenTask(f"{at}[{item}]", instance.element_id(task), item)
            return
        if element is None or isinstance(spec, BoundaryEventSplit) or "came_by" in task.internal_data:
            return
        at = instance.address(task, path)
        view.found.setdefault(at, task)
        if "failed" in task.internal_data:
            code, details = self.failed_now.get(at, (task.internal_data["failed"], {}))
            view.failures[at] = Failure(at, element.id, code, details)
        elif isinstance(spec, Person) and task.state == TaskState.READY:
            view.tasks[at] = OpenTask(at, element.id, None)
        elif isinstance(spec, Items) and task.state == TaskState.STARTED:
            view.items[at] = task
        elif isinstance(spec, EventGateway):
            graph = self.definition.graphs[task.workflow.spec.name]
            for flow in graph.outgoing(element.id):
                self._show_event(graph.elements[flow.target], f"{path}{flow.target}#{instance.visit(task)}", task, view)
        elif isinstance(spec, (Catch, Boundary)):
            self._show_event(element, at, task, view)

    def _show_event(self, element: Any, at: str, task: Any, view: View) -> None:
        view.found[at] = task
        if element.timer is not None:
            view.timers[at] = (element, task)
        elif element.message is not None:
            view.messages[at] = Awaited(at, element.id, element.message)

    def finish(self, before: View) -> Step:
        self.settle()
        after = self.view()
        new_timers = [self._timer(at, *after.timers[at]) for at in after.timers if at not in before.timers]
        ended = bool(self.workflow.completed)
        if not ended and not (after.tasks or after.items or after.timers or after.messages or after.failures):
            after.failures[""] = Failure("", "", "engine.stuck", {})
        opened, closed = self._opened(before, after), self._closed(before, after)
        state, lists = (None, {}) if ended else instance.dump(self.workflow)
        return Step(
            state=state,
            scope=self.workflow.scope,
            opened=tuple(opened),
            closed=tuple(closed),
            timers=tuple(new_timers),
            stopped=tuple(at for at in before.timers if at not in after.timers),
            awaited=tuple(after.messages.values()),
            flows=tuple(self.flows),
            operations=tuple(self.operations),
            decisions=tuple(self.decisions),
            failures=tuple(after.failures.values()),
            ends=tuple(self.ends),
            answers=tuple(self.world.answers),
            lists=lists,
            version=self.workflow.version,
        )

    def _opened(self, before: View, after: View) -> list[OpenTask]:
        found = [task for at, task in after.tasks.items() if at not in before.tasks]
        for at, task in after.items.items():
            if at not in before.items and "items" not in task.internal_data:
                element = instance.element_id(task)
                found += [OpenTask(f"{at}[{item}]", element, item) for item in task.internal_data["opening"]]
        return found

    def _closed(self, before: View, after: View) -> list[str]:
        """Tasks that are over: what a person finished, and what a return, a timer or enough answers leave behind."""
        found = [at for at in before.tasks if at not in after.tasks]
        if self.answered is not None:
            found.append(self.answered)
        for at, task in before.items.items():
            left = task.internal_data["done"] < task.internal_data["of"] and "items" not in task.internal_data
            if at not in after.items and left:
                addresses = [f"{at}[{item}]" for item in self.world.open_items(at)]
                found += [address for address in addresses if address != self.answered]
        return found

    def _timer(self, at: str, element: Any, task: Any) -> OpenTimer:
        owner = self.definition.elements.get(element.attached_to or "", element)
        due, provisional, entry = timers.due_moment(
            timers.parse(element.timer),
            element.properties.get("due") or owner.properties.get("due"),
            task.workflow.scope,
            self.now,
            self.world,
        )
        return OpenTimer(at, element.id, due, provisional, entry, element.attached_to or "")


class _Recorder:
    """The world, with every answer written down: [question, …, answer]. Runs of workday answers are one string."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.answers: list[list[Any]] = []

    def operate(self, operator: str, address: str, scope: Mapping[str, Any]) -> Mapping[str, Any]:
        result = dict(self._world.operate(operator, address, scope))
        self.answers.append(["operate", operator, address, result])
        return result

    def facts(self, snapshot: int) -> Mapping[str, Any] | KnownOutcome:
        facts = self._world.facts(snapshot)
        self.answers.append(["facts", snapshot, {} if isinstance(facts, KnownOutcome) else dict(facts)])
        return facts

    def entry(self, key: str, as_of: date) -> tuple[Mapping[str, Any], int | None]:
        value, ident = self._world.entry(key, as_of)
        self.answers.append(["entry", key, as_of.isoformat(), value.get("value"), value.get("unit"), ident])
        return value, ident

    def open_items(self, address: str) -> Sequence[str]:
        found = list(self._world.open_items(address))
        self.answers.append(["items", address, found])
        return found

    def is_open(self, address: str) -> bool:
        return self._world.is_open(address)

    def kept_list(self, digest: str) -> Sequence[Any]:
        return self._world.kept_list(digest)

    def workday(self, day: date) -> bool | None:
        worked = self._world.workday(day)
        mark = "?" if worked is None else "1" if worked else "0"
        last = self.answers[-1] if self.answers else None
        if last and last[0] == "workdays" and (day - date.fromisoformat(last[1])).days == len(last[2]):
            last[2] += mark
        else:
            self.answers.append(["workdays", day.isoformat(), mark])
        return worked

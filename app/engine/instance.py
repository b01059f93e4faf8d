"""A live instance: SpiffWorkflow's task tree made from our compact state, moved, and written back.

The state is a *marking*: process variables, visit counters and one token per place where something waits. Finished
history is not in it (that is what events are for), so it stays the same size however long a case lives; the tree is
built anew from the tokens at each command, and is never deeper than a few levels.

    {"s": {scope}, "v": {element: visits}, "n": arrivals, "t": [[kind, spec, visit, …], …]}

Token kinds: `T` a ready or waiting task, `J` an arrival at a join (came_by), `M` a multi-instance task (how many items are
done, of how many; under version 1 of the engine: how many are done, and which are open), `P` a subprocess or call (its own
marking), `B` an activity with boundary events (its parts are tokens again).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task, TaskState

from .definition import Definition
from .graph import Element
from .specs import Copied, Items, ScopeConditions, begin
from .values import World
from .variables import Variables

LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED
_CONDITIONS = ScopeConditions()


VERSION = 2
"""Of the engine. Every event names the one that carried it out, and is run again under it.

1: the state held the items of a multi-instance step and their answers; more than 20 were an incident.
2: items are task rows, and long lists lie beside the state.
"""


def fresh(definition: Definition, scope: Mapping[str, Any], world: World, version: int = VERSION) -> Any:
    """A new instance, standing before its start event."""
    workflow = _empty(definition, version)
    workflow.scope = Variables(scope, world)
    begin(workflow)
    return workflow


def _empty(definition: Definition, version: int) -> Any:
    workflow = BpmnWorkflow(definition.spec, definition.subprocess_specs, script_engine=_CONDITIONS, deserializing=True)
    workflow.version = version
    return workflow


def load(definition: Definition, state: bytes, world: World, version: int = VERSION) -> Any:
    workflow = _empty(definition, version)
    workflow.scope = Variables({}, world)
    _read_marking(workflow, json.loads(state), workflow)
    return workflow


def dump(workflow: Any) -> tuple[bytes, dict[str, list[Any]]]:
    """The state, and the long lists that newly lie beside it."""
    lists: dict[str, list[Any]] = {}
    if workflow.version > 1:
        for scope, _ in scopes(workflow):
            lists |= scope.scope.put_aside()
    marking = _marking(workflow)
    return json.dumps(marking, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(), lists


def at_target(definition: Definition, before: Any, target: str) -> Any:
    """The instance `before` with one token only, which is about to enter `target` (used by Return)."""
    workflow = _empty(definition, before.version)
    workflow.scope = Variables(before.scope, before.scope.world)
    workflow.visits, workflow.arrivals = dict(before.visits), 0
    _root(workflow)
    specs = workflow.spec.task_specs
    spec = specs.get(f"{target}.BoundaryEventSplit") or specs[target]
    task = _place(workflow, spec, workflow.task_tree, TaskState.FUTURE)
    spec._update(task)
    return workflow


# --- looking at the tree ---------------------------------------------------------------------------


def scopes(workflow: Any, path: str = "") -> Iterator[tuple[Any, str]]:
    """This workflow and every open subprocess below it, with the address prefix of each."""
    yield workflow, path
    top = workflow.top_workflow
    for task in list(workflow.tasks.values()):
        if task.state == TaskState.STARTED and task.id in top.subprocesses:
            yield from scopes(top.subprocesses[task.id], f"{path}{element_id(task)}#{visit(task)}/")


def live(workflow: Any) -> Iterator[Any]:
    """Tasks of this scope that wait for something outside the engine, or stand at a join, in order of creation."""
    for task in workflow.tasks.values():
        if task._state & LIVE and not isinstance(task.task_spec, (_EndJoin, BoundaryEventJoin)):
            yield task


def element_id(task: Any) -> str:
    """The diagram's id for a task of SpiffWorkflow (helper tasks of boundary events count as their activity)."""
    return base_name(task.task_spec.name)


def base_name(spec_name: str) -> str:
    """The element id behind a SpiffWorkflow spec name."""
    return spec_name.removesuffix(" [child]").removesuffix(".BoundaryEventSplit").removesuffix(".BoundaryEventJoin")


def visit(task: Any) -> int:
    """The running number of this visit of the element within its scope; counted when first asked."""
    found = task.internal_data.get("visit")
    if found is None:
        visits, key = task.workflow.visits, element_id(task)
        found = visits[key] = visits.get(key, 0) + 1
        task.internal_data["visit"] = found
    return int(found)


def holds_items(task: Any) -> bool:
    """Whether this is the child in which version 1 of the engine held a step's open items."""
    return task.parent is not None and isinstance(task.parent.task_spec, Items) and task.triggered


def address(task: Any, path: str) -> str:
    return f"{path}{element_id(task)}#{visit(task)}"


def element(definition: Definition, task: Any) -> Element | None:
    return definition.elements.get(element_id(task))


def count_visits(workflow: Any) -> None:
    """Number every live task that has not been numbered yet, in order of creation."""
    for scope, _ in scopes(workflow):
        for task in live(scope):
            counted = isinstance(task.task_spec, BoundaryEventSplit) or "came_by" in task.internal_data
            if not counted and not holds_items(task):
                visit(task)


# --- marking -> tree ---------------------------------------------------------------------------------


def _root(workflow: Any) -> None:
    workflow.task_tree = Task(workflow, workflow.spec.start, state=TaskState.COMPLETED)


def _place(workflow: Any, spec: Any, parent: Any, state: int) -> Any:
    task = Task(workflow, spec, parent, state=state)
    task.triggered = True
    return task


def _read_marking(workflow: Any, marking: dict[str, Any], top: Any) -> None:
    if "s" in marking:
        world = top.scope.world
        workflow.scope = Copied(marking["s"], world, marking["w"]) if "w" in marking else Variables(marking["s"], world)
    workflow.visits = marking["v"]
    workflow.arrivals = marking["n"]
    _root(workflow)
    for token in marking["t"]:
        _read_token(workflow, token, workflow.task_tree, top)


def _read_token(workflow: Any, token: list[Any], parent: Any, top: Any) -> None:
    kind, name, number, detail = token
    spec = workflow.spec.task_specs[name]
    if kind == "B":
        split = _place(workflow, spec, parent, TaskState.COMPLETED)
        for part in detail:
            _read_token(workflow, part, split, top)
        return
    state = {"T": TaskState.WAITING, "R": TaskState.READY, "J": TaskState.WAITING}.get(kind, TaskState.STARTED)
    task = _place(workflow, spec, parent, state)
    if isinstance(parent.task_spec, BoundaryEventSplit):
        task.triggered = False
    if number is not None:
        task.internal_data["visit"] = number
    if kind == "J":
        task.internal_data["came_by"], task.internal_data["order"] = detail
    elif kind == "M":
        done, items = detail
        known = isinstance(items, list)  # of version 1, which knew its open items
        task.internal_data.update(done=done, of=done + len(items) if known else items)
        if known:
            spec.hold_items(task, items)
    elif kind == "P":
        sub = BpmnSubWorkflow(top.subprocess_specs[spec.spec], task.id, top, deserializing=True)
        top.subprocesses[task.id] = sub
        sub.completed_event.connect(spec._on_subworkflow_completed, task)
        sub.scope = workflow.scope
        _read_marking(sub, detail, top)
    elif detail is not None:
        task.internal_data["failed"] = detail


# --- tree -> marking ---------------------------------------------------------------------------------


def _marking(workflow: Any) -> dict[str, Any]:
    tokens: list[list[Any]] = []
    blocks: dict[Any, list[Any]] = {}
    for task in live(workflow):
        parent = task.parent
        if holds_items(task):
            continue
        if parent is not None and isinstance(parent.task_spec, BoundaryEventSplit):
            if parent.id not in blocks:
                blocks[parent.id] = []
                tokens.append(["B", parent.task_spec.name, None, blocks[parent.id]])
            blocks[parent.id].append(_token(task))
        else:
            tokens.append(_token(task))
    marking = {"v": workflow.visits, "n": getattr(workflow, "arrivals", 0), "t": tokens}
    parent_task = _parent_task(workflow)
    if parent_task is None or parent_task.workflow.scope is not workflow.scope:
        marking["s"] = workflow.scope
        if isinstance(workflow.scope, Copied):
            marking["w"] = sorted(workflow.scope.written)
    return marking


def _parent_task(workflow: Any) -> Any | None:
    if workflow.parent_task_id is None:
        return None
    return workflow.top_workflow.get_task_from_id(workflow.parent_task_id)


def _token(task: Any) -> list[Any]:
    name, number, internal = task.task_spec.name, task.internal_data.get("visit"), task.internal_data
    if "came_by" in internal and task.state == TaskState.WAITING:
        return ["J", name, number, [internal["came_by"], internal["order"]]]
    if isinstance(task.task_spec, Items) and task.state == TaskState.STARTED:
        return ["M", name, number, [internal["done"], internal.get("items") or internal["of"]]]
    if task.state == TaskState.STARTED:
        return ["P", name, number, _marking(task.workflow.top_workflow.subprocesses[task.id])]
    return ["R" if task.state == TaskState.READY else "T", name, number, internal.get("failed")]


def scope_of(state: bytes) -> Mapping[str, Any]:
    """The process variables of a stored state."""
    scope: Mapping[str, Any] = json.loads(state)["s"]
    return scope


def open_tasks(state: bytes | None) -> dict[str, int]:
    """Addresses of the user tasks that a stored state holds open, with how many (1, or the open items of one step)."""
    found: dict[str, int] = {}
    if state is not None:
        _collect(json.loads(state), "", found)
    return found


def _collect(marking: Mapping[str, Any], path: str, found: dict[str, int]) -> None:
    for kind, name, number, detail in _flat(marking["t"]):
        at = f"{path}{base_name(name)}#{number}"
        if kind == "R" and detail is None:
            found[at] = 1
        elif kind == "M":
            done, items = detail
            found[at] = len(items) if isinstance(items, list) else items - done
        elif kind == "P":
            _collect(detail, f"{at}/", found)


def _flat(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        if token[0] == "B":
            yield from _flat(token[3])
        else:
            yield token

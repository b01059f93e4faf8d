"""A live instance: SpiffWorkflow's task tree made from our compact state, moved, and written back.

The state is a *marking*: process variables, visit counters and one token per place where something waits. Finished
history is not in it (that is what events are for), so it stays the same size however long a case lives; the tree is
built anew from the tokens at each command, and is never deeper than a few levels.

    {"s": {scope}, "v": {element: visits}, "n": arrivals, "t": [[kind, spec, visit, …], …]}

Token kinds: `T` a ready or waiting task, `J` an arrival at a join (came_by), `M` a multi-instance task (its items),
`P` a subprocess or call (its own marking), `B` an activity with boundary events (its parts are tokens again).
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
from .values import Scope

LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED
_CONDITIONS = ScopeConditions()


def fresh(definition: Definition, scope: Mapping[str, Any]) -> Any:
    """A new instance, standing before its start event."""
    workflow = _empty(definition)
    workflow.scope = dict(scope)
    begin(workflow)
    return workflow


def _empty(definition: Definition) -> Any:
    return BpmnWorkflow(
        definition.spec, definition.subprocess_specs, script_engine=_CONDITIONS, deserializing=True
    )


def load(definition: Definition, state: bytes) -> Any:
    workflow = _empty(definition)
    _read_marking(workflow, json.loads(state), workflow)
    return workflow


def dump(workflow: Any) -> bytes:
    marking = _marking(workflow)
    return json.dumps(marking, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def at_target(definition: Definition, scope: Scope, visits: Mapping[str, int], target: str) -> Any:
    """An instance whose only token is about to enter `target` (used by Return)."""
    workflow = _empty(definition)
    workflow.scope, workflow.visits, workflow.arrivals = dict(scope), dict(visits), 0
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
    return (
        spec_name.removesuffix(" [child]")
        .removesuffix(".BoundaryEventSplit")
        .removesuffix(".BoundaryEventJoin")
    )


def visit(task: Any) -> int:
    """The running number of this visit of the element within its scope; counted when first asked."""
    found = task.internal_data.get("visit")
    if found is None:
        if isinstance(task.parent.task_spec, Items) and task.triggered:
            found = visit(task.parent)
        else:
            visits, key = task.workflow.visits, element_id(task)
            found = visits[key] = visits.get(key, 0) + 1
        task.internal_data["visit"] = found
    return int(found)


def address(task: Any, path: str) -> str:
    item = task.internal_data.get("item")
    return f"{path}{element_id(task)}#{visit(task)}" + (f"[{item}]" if item is not None else "")


def element(definition: Definition, task: Any) -> Element | None:
    return definition.elements.get(element_id(task))


def count_visits(workflow: Any) -> None:
    """Number every live task that has not been numbered yet, in order of creation."""
    for scope, _ in scopes(workflow):
        for task in live(scope):
            if not isinstance(task.task_spec, BoundaryEventSplit) and "came_by" not in task.internal_data:
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
        workflow.scope = Copied(marking["s"], marking["w"]) if "w" in marking else marking["s"]
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
    state = {"T": TaskState.WAITING, "R": TaskState.READY, "J": TaskState.WAITING}.get(
        kind, TaskState.STARTED
    )
    task = _place(workflow, spec, parent, state)
    if isinstance(parent.task_spec, BoundaryEventSplit):
        task.triggered = False
    if number is not None:
        task.internal_data["visit"] = number
    if kind == "J":
        task.internal_data["came_by"], task.internal_data["order"] = detail
    elif kind == "M":
        task.internal_data["done"], items = detail
        for item in items:
            spec.add_item(task, item)._set_state(TaskState.READY)
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
        if parent is not None and isinstance(parent.task_spec, Items) and task.triggered:
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
        items = [c.internal_data["item"] for c in task.children if c.triggered and c.state == TaskState.READY]
        return ["M", name, number, [internal["done"], items]]
    if task.state == TaskState.STARTED:
        return ["P", name, number, _marking(task.workflow.top_workflow.subprocesses[task.id])]
    return ["R" if task.state == TaskState.READY else "T", name, number, internal.get("failed")]


def scope_of(state: bytes) -> Mapping[str, Any]:
    """The process variables of a stored state."""
    scope: Mapping[str, Any] = json.loads(state)["s"]
    return scope


def open_tasks(state: bytes | None) -> set[str]:
    """Addresses of the user tasks that a stored state holds open (for comparing a cache with it)."""
    found: set[str] = set()
    if state is not None:
        _collect(json.loads(state), "", found)
    return found


def _collect(marking: Mapping[str, Any], path: str, found: set[str]) -> None:
    for kind, name, number, detail in _flat(marking["t"]):
        at = f"{path}{base_name(name)}#{number}"
        if kind == "R" and detail is None:
            found.add(at)
        elif kind == "M":
            found.update(f"{at}[{item}]" for item in detail[1])
        elif kind == "P":
            _collect(detail, f"{at}/", found)


def _flat(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        if token[0] == "B":
            yield from _flat(token[3])
        else:
            yield token

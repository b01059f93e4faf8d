"""Our own SpiffWorkflow task specs: waiting without a clock, subprocess scopes, multi-instance user tasks.

Process variables live in one `scope` dict per process scope (BPMN's process variables), never on task objects: parallel
branches then cannot overwrite each other with stale copies, and an instance's state needs no data merging.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    CallActivity,
    EventBasedGateway,
    ExclusiveGateway,
    IntermediateCatchEvent,
    ParallelMultiInstanceTask,
    SubWorkflowTask,
    UserTask,
)
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task, TaskState

from .expressions import parse as parse_condition
from .graph import Element
from .values import EngineError, World
from .variables import Variables

FIRST_LIMIT = 20
"""More items than this were an incident under the first version of the engine; what is recorded so is replayed so."""
ITEM_CODE = 40
"""Characters of an item's code, as addresses hold it."""


class ScopeConditions:
    """The only evaluator: our conditions over the scope of the task's process."""

    def evaluate(self, spiff_task: Any, expression: str, external_context: object = None) -> bool:
        return parse_condition(expression).holds(spiff_task.workflow.scope)


class _Waits:
    """A catch event waits until a command sets `fired`; it never looks at a clock."""

    def _update_hook(self, spiff_task: Any) -> bool:
        if spiff_task.internal_data.get("fired"):
            return True
        spiff_task._set_state(TaskState.WAITING)
        return False

    def _on_ready_hook(self, spiff_task: Any) -> None:
        pass

    def _run_hook(self, spiff_task: Any) -> bool:
        return True

    def _on_cancel(self, spiff_task: Any) -> None:
        pass


class Catch(_Waits, IntermediateCatchEvent):
    """Timer or message; behind an event gateway it runs straight through."""

    def _update_hook(self, spiff_task: Any) -> bool:
        if isinstance(spiff_task.parent.task_spec, EventGateway):
            return True
        return super()._update_hook(spiff_task)


class Boundary(_Waits, BoundaryEvent):
    """Timer or message on an activity."""


class EventGateway(_Waits, EventBasedGateway):
    """Waits for the first of its events; the command names it in `chosen`."""

    def connect(self, child: Any) -> None:
        self._outputs.append(child.name)
        child._connect_notify(self)

    def _run_hook(self, spiff_task: Any) -> bool:
        chosen = self._wf_spec.task_specs[spiff_task.internal_data["fired"]]
        spiff_task._sync_children([chosen], TaskState.FUTURE)
        return True


class Choice(ExclusiveGateway):
    """The first flow whose condition holds, else the default; without SpiffWorkflow's prediction of what may follow,
    which never ends on a cycle that holds no choice."""

    def _run_hook(self, spiff_task: Any) -> bool:
        matches, defaults = self._get_matching_outputs(spiff_task)
        taken = (matches + defaults)[:1]
        if not taken:
            raise EngineError("engine.choice.no_branch", element=self.name)
        spiff_task._sync_children(taken, TaskState.FUTURE)
        return True


class Person(UserTask):
    """A user task: waits for Complete."""


class Items(ParallelMultiInstanceTask):
    """One user task per item of a list of codes. The token holds how many there are and how many are done, never which:
    open items are task rows, asked for through the world when the rest must close. (Under version 1 of the engine it held
    the open items.)"""

    collection: str | None = None

    def _update_hook(self, spiff_task: Any) -> bool:
        if spiff_task.state == TaskState.STARTED or "failed" in spiff_task.internal_data:
            return False  # a stuck element goes on by Retry only
        items = spiff_task.workflow.scope.get(self.collection or "")
        if (
            not isinstance(items, list)
            or (len(items) > FIRST_LIMIT and spiff_task.workflow.top_workflow.version == 1)
            or len(set(map(str, items))) != len(items)
            or not all(isinstance(item, str) and 0 < len(item) <= ITEM_CODE for item in items)
        ):
            spiff_task.internal_data["failed"] = "engine.items.bad_collection"
            spiff_task._set_state(TaskState.WAITING)
            return False
        spiff_task.internal_data.update(done=0, of=len(items), opening=list(items))
        if items:
            spiff_task._set_state(TaskState.STARTED)
            self.hold_items(spiff_task, items)
        return not items

    def hold_items(self, spiff_task: Any, items: list[str]) -> None:
        """Under version 1: the open items, in a child whose place says in which order they were opened beside others."""
        if spiff_task.workflow.top_workflow.version == 1:
            spiff_task.internal_data["items"] = list(items)
            child = spiff_task._add_child(self._wf_spec.task_specs[self.task_spec], TaskState.WAITING)
            child.triggered = True


def begin(workflow: Any) -> None:
    """Stand before the start event. (SpiffWorkflow's own beginning also predicts the whole process; see Choice.)"""
    workflow.visits, workflow.arrivals = {}, 0
    workflow.task_tree = Task(workflow, workflow.spec.start, state=TaskState.COMPLETED)
    for spec in workflow.spec.start.outputs:
        spec._update(workflow.task_tree._add_child(spec, TaskState.FUTURE))


class Copied(Variables):
    """A called process's variables: a copy that knows which of them the call has written. Only these are given back,
    so that a call which did not touch a variable cannot undo what another branch wrote meanwhile."""

    def __init__(self, values: Mapping[str, Any], world: World, written: Iterable[str] = ()) -> None:
        super().__init__(values, world)
        self.written = set(written)

    def update(self, values: Mapping[str, Any]) -> None:  # type: ignore[override]
        super().update(values)
        self.written.update(values)


class _Scoped:
    """Moves process variables instead of SpiffWorkflow's task data."""

    shared: bool
    _on_subworkflow_completed: Any
    spec: str

    def start_workflow(self, spiff_task: Any) -> None:
        top = spiff_task.workflow.top_workflow
        inner = BpmnSubWorkflow(top.subprocess_specs[self.spec], spiff_task.id, top, deserializing=True)
        top.subprocesses[spiff_task.id] = inner
        inner.completed_event.connect(self._on_subworkflow_completed, spiff_task)
        outer = spiff_task.workflow.scope
        inner.scope = outer if self.shared else Copied(deepcopy(dict(outer)), outer.world)
        begin(inner)

    def update_data(self, spiff_task: Any, subworkflow: Any) -> None:
        if not self.shared:
            inner = subworkflow.scope
            spiff_task.workflow.scope.update({name: inner[name] for name in sorted(inner.written)})


class Embedded(_Scoped, SubWorkflowTask):
    """An embedded subprocess sees and changes its parent's variables."""

    shared = True


class Call(_Scoped, CallActivity):
    """A called process works on a copy; what it wrote is given back when it ends."""

    shared = False


def bind(elements: Mapping[str, Element], *process_specs: Any) -> None:
    """Give multi-instance specs the list they read. SpiffWorkflow sends the event definitions of a gateway's children
    through the gateway; ours keep them in the graph."""
    for process_spec in process_specs:
        for spec in process_spec.task_specs.values():
            if isinstance(spec, Items):
                element = elements.get(spec.bpmn_id or spec.name)
                spec.collection = element.collection if element else None

"""Joins that are right on every pass.

SpiffWorkflow's own joins count every earlier visit as an arrival, so a join in a loop fires too early. Ours count
*unspent* arrivals: a token that reached the join waits there, marked with the input it came by; when the join runs it
spends one arrival per input. Tokens in excess stay for the next pass, as BPMN says.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.task import TaskState


def arrivals(spiff_task: Any) -> list[Any]:
    """Unspent arrivals at this join in this scope, oldest first (this task included)."""
    found = [
        t
        for t in spiff_task.workflow.tasks.values()
        if t.task_spec is spiff_task.task_spec and t.state == TaskState.WAITING and "came_by" in t.internal_data
    ]
    return sorted(found, key=lambda t: t.internal_data["order"])


def _arrive(spiff_task: Any) -> None:
    workflow = spiff_task.workflow
    if "came_by" not in spiff_task.internal_data:
        spiff_task.internal_data["came_by"] = spiff_task.parent.task_spec.name
        workflow.arrivals = getattr(workflow, "arrivals", 0) + 1
        spiff_task.internal_data["order"] = workflow.arrivals
    spiff_task._set_state(TaskState.WAITING)


def _spend(chosen: list[Any], runs: Any) -> None:
    for other in chosen:
        if other is not runs:
            other._set_state(TaskState.CANCELLED)
            other._drop_children(force=True)


class ParallelJoin(ParallelGateway):
    """Fires when every incoming flow holds an unspent arrival."""

    def _update_hook(self, spiff_task: Any) -> bool:
        _arrive(spiff_task)
        oldest: dict[str, Any] = {}
        for arrival in arrivals(spiff_task):
            oldest.setdefault(arrival.internal_data["came_by"], arrival)
        if len(oldest) < len(self._inputs):
            return False
        _spend(list(oldest.values()), spiff_task)
        return True

    def _run_hook(self, spiff_task: Any) -> bool:
        return True


class InclusiveJoin(InclusiveGateway):
    """Fires when no token elsewhere can still reach one of its empty incoming flows (decided by the runner,
    which sees the whole scope)."""

    def _update_hook(self, spiff_task: Any) -> bool:
        _arrive(spiff_task)
        if len(self._inputs) > 1:
            return False
        _spend([spiff_task], spiff_task)
        return True

    def fire(self, spiff_task: Any) -> None:
        """Spend the oldest arrival of each input; the newest of these runs."""
        oldest: dict[str, Any] = {}
        for arrival in arrivals(spiff_task):
            oldest.setdefault(arrival.internal_data["came_by"], arrival)
        chosen = list(oldest.values())
        runs = max(chosen, key=lambda t: t.internal_data["order"])
        _spend(chosen, runs)
        runs._ready()

    def _run_hook(self, spiff_task: Any) -> bool:
        matches, defaults = self._get_matching_outputs(spiff_task)
        spiff_task._sync_children(matches or defaults, TaskState.FUTURE)
        return True

"""The usual way: a whole SpiffWorkflow instance from its default JSON, one step, back to JSON, one row.

The diagram is parsed once; no tasks table, no timers table, no record, nothing encrypted.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.defaults import NoneTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, insert, select, update

from app.store.session import Store

_instances = Table("bench_naive", MetaData(), Column("id", Integer, primary_key=True), Column("state", Text))
_UPDATE = update(_instances).where(_instances.c.id == bindparam("b_id")).values(state=bindparam("b_state"))


class _Parser(BpmnParser):
    """Service tasks and tables do nothing here: they would only make the naive way slower."""

    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012
        full_tag("serviceTask"): (TaskParser, NoneTask),
        full_tag("businessRuleTask"): (TaskParser, NoneTask),
    }


def prepared(
    store: Store, diagram: bytes, process: str, element: str, values: Mapping[str, Any], many: int, now: datetime
) -> Callable[[], None]:
    """An operation that completes `element` on one stored instance after another."""
    parser = _Parser()
    parser.add_bpmn_xml(etree.fromstring(diagram))
    spec = parser.get_spec(process)
    engine = PythonScriptEngine(environment=TaskDataEnvironment(_timer_functions(now)))
    workflow = BpmnWorkflow(spec, script_engine=engine)
    _walk_to(workflow, element)
    serializer = BpmnWorkflowSerializer()
    text = serializer.serialize_json(workflow)
    with store.transaction() as session:
        _instances.create(session.conn, checkfirst=True)
        first = len(session.conn.execute(select(_instances.c.id)).all())
        rows = [{"id": first + n, "state": text} for n in range(many)]
        session.conn.execute(insert(_instances), rows)
    idents: Iterator[int] = iter(range(first, first + many))

    def operation() -> None:
        ident = next(idents)
        with store.transaction() as session:
            query = select(_instances.c.state).where(_instances.c.id == ident).with_for_update()
            instance = serializer.deserialize_json(session.conn.execute(query).scalar_one())
            instance.script_engine = engine
            task = _ready(instance, element)
            task.set_data(**values)
            task.run()
            instance.do_engine_steps()
            session.conn.execute(_UPDATE, {"b_id": ident, "b_state": serializer.serialize_json(instance)})

    return operation


def _timer_functions(now: datetime) -> dict[str, Any]:
    """What the diagram's timer texts call: deadlines lie ten days ahead, the notice period is over at once."""

    def ahead(*_: object) -> str:
        return (now + timedelta(days=10)).isoformat()

    def past(*_: object) -> str:
        return (now - timedelta(days=1)).isoformat()

    return {"due": ahead, "on": past, "days": ahead, "months": ahead, "working_days": ahead, "notice_over_on": 0}


def _ready(workflow: Any, element: str) -> Any:
    return next(t for t in workflow.get_tasks(state=TaskState.READY) if t.task_spec.name == element)


STRAIGHT_ON = {
    "commitment": "signed",
    "review_result": "agreed",
    "town_result": "passed",
    "category": "sudden",
    "decision": "approved",
}


def _walk_to(workflow: Any, element: str) -> None:
    """Complete whatever is open until `element` is."""
    workflow.do_engine_steps()
    for _ in range(40):
        ready = {t.task_spec.name: t for t in workflow.get_tasks(state=TaskState.READY, manual=True)}
        if element in ready:
            return
        for task in ready.values():
            task.set_data(**STRAIGHT_ON)
            task.run()
        if not ready:
            workflow.refresh_waiting_tasks()
        workflow.do_engine_steps()
    raise LookupError(element)

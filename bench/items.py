"""One step for many: a completion among 1,600 open items against one among 10, and the state that holds them."""

import uuid
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from app.policy import calendar
from app.services import definitions, people
from app.services.context import Context, context_of
from app.services.work import bulk, tasks
from app.store import dated
from app.store.tables import process_instances
from app.store.tables import tasks as task_rows
from tests.conftest import START

from . import growth
from .county import County
from .rounds import interleaved

FEW, MANY = 10, 1600

_DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:sw="http://shouwang/bpmn/1.0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="http://shouwang/bpmn/1.0">
  <bpmn:process id="bench_items" name="分办" isExecutable="true">
    <bpmn:laneSet id="lanes"><bpmn:lane id="lane_village" name="村级">
      <bpmn:flowNodeRef>look_again</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="begun"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="look_again" name="各看一看">
      <bpmn:extensionElements><sw:properties>
        <sw:property name="role" value="village_officer" />
        <sw:property name="due" value="due_hold_village_review" />
      </sw:properties></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
      <bpmn:multiInstanceLoopCharacteristics isSequential="false">
        <bpmn:loopDataInputRef>places</bpmn:loopDataInputRef><bpmn:inputDataItem id="place" name="place" />
      </bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>
    <bpmn:endEvent id="ended"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="look_again" />
    <bpmn:sequenceFlow id="f2" sourceRef="look_again" targetRef="ended" />
  </bpmn:process>
</bpmn:definitions>"""


def measured(county: County, rounds: int, each: int) -> dict[str, float]:
    """Seconds per completion ("few", "many") and bytes of the state after one ("few_bytes", "many_bytes")."""
    files = {
        "bench_items.bpmn": _DIAGRAM.encode(),
        "forms/codes.json": growth.CODES.encode(),
        "forms/bench_items/look_again.json": growth.FORM.encode(),
    }
    with county.store.transaction() as session:
        dated.add_deployment(session, "bench_items", files, author="a", approver="b", reason="bench", now=START)
    wanted = rounds * each
    few = [_opened(county, n, FEW) for n in range(wanted)]
    many = _opened(county, wanted, MANY + wanted)
    todo = {"few": [_tasks(county, one)[0] for one in few], "many": _tasks(county, many)[:wanted]}
    took = interleaved({name: _complete(county, some) for name, some in todo.items()}, rounds, each)
    return {**took, "few_bytes": _bytes(county, few[0]), "many_bytes": _bytes(county, many)}


def _opened(county: County, number: int, items: int) -> int:
    (subject,) = growth.subjects(county, 1, 20_000 + number)
    with county.store.transaction() as session:
        place = people.county_on(session, calendar.local_date(county.now))
        scope = {"places": [f"{n:012}" for n in range(items)]}
        made = definitions.latest(session, "bench_items")
        (ident,) = bulk.open_many(Context(session, people.SYSTEM, place, county.now), made, [replace(subject, scope=scope)])
    return ident


def _tasks(county: County, instance: int) -> list[int]:
    mine = select(task_rows.c.id).where(task_rows.c.instance == instance, task_rows.c.status == "open")
    with county.store.reading() as session:
        return list(session.conn.execute(mine.order_by(task_rows.c.id)).scalars())


def _complete(county: County, todo: list[int]) -> Callable[[], None]:
    left = iter(todo)

    def operation() -> None:
        with county.store.transaction() as session:
            actor = county.actor("village_1")
            tasks.complete(context_of(session, actor, county.now), next(left), None, uuid.uuid4().bytes, {"again": ["yes"]})

    return operation


def _bytes(county: County, instance: int) -> float:
    with county.store.reading() as session:
        state = select(process_instances.c.state).where(process_instances.c.id == instance)
        return float(len(session.conn.execute(state).scalar_one()))

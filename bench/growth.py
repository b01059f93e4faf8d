"""What must not grow: the 200th visit of a loop against the 10th, 100,000 open instances against 1,000."""

import uuid
from collections.abc import Callable

from app.policy import calendar
from app.services import definitions, people
from app.services.context import Context, context_of
from app.services.work import bulk, tasks
from app.services.work.bulk import Subject
from app.store import cases as case_rows
from app.store import dated, processes
from tests.conftest import START, VILLAGE
from tests.walking import Walk

from . import ours
from .county import County
from .rounds import interleaved

FEW, MANY = 10, 200

_DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:sw="http://shouwang/bpmn/1.0"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="http://shouwang/bpmn/1.0">
  <bpmn:process id="bench_loop" name="反复" isExecutable="true">
    <bpmn:laneSet id="lanes"><bpmn:lane id="lane_village" name="村级">
      <bpmn:flowNodeRef>look_again</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>
    <bpmn:startEvent id="begun"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="look_again" name="再看">
      <bpmn:extensionElements><sw:properties>
        <sw:property name="role" value="village_officer" />
        <sw:property name="due" value="due_hold_village_review" />
      </sw:properties></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="look_again_due" cancelActivity="false" attachedToRef="look_again">
      <bpmn:outgoing>f5</bpmn:outgoing>
      <bpmn:timerEventDefinition id="t"><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due()</bpmn:timeDate>
      </bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:endEvent id="look_again_urged"><bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
    <bpmn:exclusiveGateway id="enough" default="f4">
      <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing><bpmn:outgoing>f4</bpmn:outgoing>
    </bpmn:exclusiveGateway>
    <bpmn:endEvent id="ended"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="begun" targetRef="look_again" />
    <bpmn:sequenceFlow id="f2" sourceRef="look_again" targetRef="enough" />
    <bpmn:sequenceFlow id="f3" sourceRef="enough" targetRef="look_again">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">again == 'yes'</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="f4" sourceRef="enough" targetRef="ended" />
    <bpmn:sequenceFlow id="f5" sourceRef="look_again_due" targetRef="look_again_urged" />
  </bpmn:process>
</bpmn:definitions>"""

FORM = """{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "再看", "type": "object",
"additionalProperties": false, "required": ["again"], "properties": {"again": {"title": "还要再看",
"$ref": "../codes.json#/$defs/again", "x-belongs-to": "process", "x-widget": "radio"}}}"""
CODES = """{"$defs": {"again": {"type": "string", "oneOf": [
{"const": "yes", "title": "是"}, {"const": "no", "title": "否"}]}}}"""


def loop(county: County, rounds: int, each: int) -> dict[str, float]:
    """Seconds per completion at the 10th ("few") and at the 200th visit ("many"), on instances of their own.

    Each instance gives one reading: the rounds' instances are walked beforehand to where their next visit counts.
    """
    files = {
        "bench_loop.bpmn": _DIAGRAM.encode(),
        "forms/codes.json": CODES.encode(),
        "forms/bench_loop/look_again.json": FORM.encode(),
    }
    with county.store.transaction() as session:
        dated.add_deployment(session, "bench_loop", files, author="a", approver="b", reason="bench", now=START)
    many = rounds * each
    found = subjects(county, 2 * many, 10_000)
    with county.store.transaction() as session:
        place = people.county_on(session, calendar.local_date(county.now))
        made = definitions.latest(session, "bench_loop")
        bulk.open_many(Context(session, people.SYSTEM, place, county.now), made, found)
    _walk(county, found[:many], FEW - 1)
    _walk(county, found[many:], MANY - 1)
    return interleaved({"few": _next(county, found[:many]), "many": _next(county, found[many:])}, rounds, each)


def subjects(county: County, many: int, first: int) -> list[Subject]:
    walks = [Walk(county, first + n).open() for n in range(many)]
    found = []
    with county.store.transaction() as session:
        for walk in walks:
            work = processes.lock_instance(session, case_rows.instances_of(session, walk.case_id)[0].id)
            found.append(Subject("case", walk.case_id, VILLAGE, walk.case_id, work.household, work.key))
    return found


def _again(county: County, subject: Subject) -> None:
    with county.store.reading() as session:
        here = case_rows.tasks_of(session, subject.id)
    task = next(t for t in here if t.element == "look_again" and t.status == "open")
    _complete(county, task.id, task.version)


def _complete(county: County, task: int, version: int) -> None:
    with county.store.transaction() as session:
        actor = county.actor("village_1")
        tasks.complete(context_of(session, actor, county.now), task, version, uuid.uuid4().bytes, {"again": ["yes"]})


def _walk(county: County, subjects: list[Subject], visits: int) -> None:
    for subject in subjects:
        for _ in range(visits):
            _again(county, subject)


def _next(county: County, subjects: list[Subject]) -> Callable[[], None]:
    with county.store.reading() as session:
        wanted = {s.id for s in subjects}
        rows = [t for s in wanted for t in case_rows.tasks_of(session, s) if t.element == "look_again"]
    todo = iter([(t.id, t.version) for t in rows if t.status == "open"])
    return lambda: _complete(county, *next(todo))


def crowded(few: County, many: County, rounds: int, each: int) -> dict[str, float]:
    """Seconds per completion where few and where many instances are open; both counties hold prepared cases."""
    contestants = {}
    for name, county in (("few", few), ("many", many)):
        with county.store.reading() as session:
            todo = ours.open_tasks(session, ours.STEPS[0])
        contestants[name] = ours.completion(county, ours.STEPS[0], todo)
        contestants[name]()
    return interleaved(contestants, rounds, each)

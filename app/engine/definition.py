"""A deployed procedure, parsed once and shared by every instance and thread: SpiffWorkflow's specs and our graphs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.event_parsers import (
    BoundaryEventParser,
    EventBasedGatewayParser,
    IntermediateCatchEventParser,
)
from SpiffWorkflow.bpmn.parser.task_parsers import (
    CallActivityParser,
    ConditionalGatewayParser,
    GatewayParser,
    SubWorkflowParser,
)
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.specs.defaults import NoneTask
from SpiffWorkflow.bpmn.specs.event_definitions.simple import NoneEventDefinition

from app.decisions.safexml import parse_xml
from app.decisions.tables import Table, parse_dmn

from . import graph, specs
from .joins import InclusiveJoin, ParallelJoin
from .values import EngineError


class _CatchParser(IntermediateCatchEventParser):
    """Waiting is ours (the timer text and message name stand in our graph), so no definition is parsed."""

    def create_task(self) -> Any:
        return self._create_task(NoneEventDefinition())


class _BoundaryParser(BoundaryEventParser):
    def create_task(self) -> Any:
        return self._create_task(NoneEventDefinition(), self.node.get("cancelActivity", "true") == "true")


class _UserTaskParser(TaskParser):
    PARALLEL_MI_CLASS = specs.Items


class _Parser(BpmnParser):
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012
        full_tag("userTask"): (_UserTaskParser, specs.Person),
        full_tag("serviceTask"): (TaskParser, NoneTask),
        full_tag("businessRuleTask"): (TaskParser, NoneTask),
        full_tag("exclusiveGateway"): (ConditionalGatewayParser, specs.Choice),
        full_tag("parallelGateway"): (GatewayParser, ParallelJoin),
        full_tag("inclusiveGateway"): (ConditionalGatewayParser, InclusiveJoin),
        full_tag("eventBasedGateway"): (EventBasedGatewayParser, specs.EventGateway),
        full_tag("intermediateCatchEvent"): (_CatchParser, specs.Catch),
        full_tag("boundaryEvent"): (_BoundaryParser, specs.Boundary),
        full_tag("subProcess"): (SubWorkflowParser, specs.Embedded),
        full_tag("callActivity"): (CallActivityParser, specs.Call),
    }


@dataclass(frozen=True)
class Definition:
    """`graphs` by process or subprocess id; `tables` by file stem."""

    process_id: str
    spec: Any = field(repr=False)
    subprocess_specs: Mapping[str, Any] = field(repr=False)
    graphs: Mapping[str, graph.Graph] = field(repr=False)
    tables: Mapping[str, Table] = field(repr=False)

    @property
    def top(self) -> graph.Graph:
        return self.graphs[self.process_id]

    @cached_property
    def elements(self) -> Mapping[str, graph.Element]:
        """Every element by id (ids are unique within a deployment)."""
        return {e.id: e for g in self.graphs.values() for e in g.elements.values()}

    @cached_property
    def flow_ids(self) -> Mapping[tuple[str, str, str], str]:
        return {(g.id, f.source, f.target): f.id for g in self.graphs.values() for f in g.flows.values()}

    @cached_property
    def reach(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """(inclusive join, element) -> what a token in the element can still reach without passing the join."""
        return {
            (join.id, element): g.reachable(element, without=join.id)
            for g in self.graphs.values()
            for join in g.elements.values()
            if join.kind == "inclusiveGateway"
            for element in g.elements
        }

    @cached_property
    def blocks(self) -> Mapping[str, frozenset[str]]:
        """Elements of the top process that may run beside another token, by the split that opens the block."""
        return {split: inside for split, inside in _blocks(self.top)}

    def return_targets(self) -> frozenset[str]:
        """User tasks of the top process outside every parallel block: where a case may be sent back to."""
        inside = frozenset().union(*self.blocks.values()) if self.blocks else frozenset()
        return frozenset(
            e.id for e in self.top.elements.values() if e.kind == "userTask" and not e.loop and e.id not in inside
        )


def parse(files: Mapping[str, bytes], process_id: str) -> Definition:
    """`files`: paths in the project's own layout ("identify.bpmn", "decisions/x.dmn"). The files must have passed
    `check`; what SpiffWorkflow itself cannot read is an EngineError."""
    parser = _Parser()
    graphs: dict[str, graph.Graph] = {}
    for path, data in sorted(files.items()):
        if path.endswith(".bpmn"):
            root = parse_xml(data)
            for g in graph.read(root):
                graphs[g.id] = g
            parser.add_bpmn_xml(_lxml(data), filename=path)
    try:
        spec = parser.get_spec(process_id)
        subprocess_specs = parser.get_subprocess_specs(process_id)
    except Exception as error:
        raise EngineError("engine.definition.unreadable", process=process_id, cause=type(error).__name__) from error
    tables = {
        path.rpartition("/")[2].removesuffix(".dmn"): parse_dmn(data) for path, data in files.items() if path.endswith(".dmn")
    }
    definition = Definition(process_id, spec, subprocess_specs, graphs, tables)
    specs.bind(definition.elements, spec, *subprocess_specs.values())
    return definition


def _lxml(data: bytes) -> Any:
    """lxml's tree for SpiffWorkflow; the same bytes have passed `parse_xml`, which refuses every DTD and entity."""
    return etree.fromstring(
        data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    )


def _blocks(g: graph.Graph) -> list[tuple[str, frozenset[str]]]:
    """For each split (parallel, inclusive, non-interrupting boundary): the elements between it and the point that
    every branch passes. Conservative: what can be reached from a branch without passing that point is inside."""
    aside = _aside(g)
    found = [
        (e.id, (g.reachable(e.id) | {e.id}) & aside)
        for e in g.elements.values()
        if e.kind == "boundaryEvent" and not e.interrupting
    ]
    main = graph.Graph(
        g.id,
        g.name,
        {e.id: e for e in g.elements.values() if e.id not in aside},
        {f.id: f for f in g.flows.values() if not {f.source, f.target} & aside},
        g.parent,
    )
    for element in main.elements.values():
        if element.kind in ("parallelGateway", "inclusiveGateway") and len(main.outgoing(element.id)) > 1:
            meet = _post_dominator(main, element.id)
            inside: set[str] = set()
            for flow in main.outgoing(element.id):
                if flow.target != meet:
                    inside |= {flow.target} | (main.reachable(flow.target, without=meet) - {meet or ""})
            found.append((element.id, frozenset(inside)))
    return found


def _aside(g: graph.Graph) -> frozenset[str]:
    """Elements that only a non-interrupting boundary event leads to: a token there is never the only one."""
    todo = [e.id for e in g.elements.values() if e.kind == "startEvent"]
    seen = set(todo)
    while todo:
        for target in g.next_of(todo.pop()):
            element = g.elements[target]
            if target not in seen and (element.kind != "boundaryEvent" or element.interrupting):
                seen.add(target)
                todo.append(target)
    return frozenset(g.elements) - seen


def _post_dominator(g: graph.Graph, split: str) -> str | None:
    """The first element that every path from `split` to any end passes, or None."""
    ends = [e.id for e in g.elements.values() if e.kind == "endEvent"]
    onward = g.reachable(split)
    common = [c for c in onward if c != split and not any(e in g.reachable(split, without=c) for e in ends if e != c)]
    for candidate in common:
        if all(other == candidate or other in g.reachable(candidate) for other in common) and not any(
            candidate in g.reachable(other, without=split) for other in common if other != candidate
        ):
            return candidate
    return common[0] if len(common) == 1 else None

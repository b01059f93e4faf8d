"""Reading a diagram from a stranger: only what the engine carries out may stand in it.

What is not allowed here by name is refused, because SpiffWorkflow would ignore it or run it.
"""

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element as Xml

from app.decisions.errors import TableError
from app.decisions.safexml import parse_xml

from .check_report import Finding, Notes
from .graph import BPMN, FLOW_NODES, SHOUWANG, Element, Flow, Graph, read

MAX_ELEMENTS = 2000
MAX_FLOWS = 6000
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")

_ARTIFACTS = {"textAnnotation", "association", "group"}
_COMMON = {"documentation", "extensionElements"}
_SCOPE = {
    "startEvent",
    "endEvent",
    "intermediateCatchEvent",
    "boundaryEvent",
    "userTask",
    "serviceTask",
    "businessRuleTask",
    "subProcess",
    "callActivity",
    "exclusiveGateway",
    "parallelGateway",
    "inclusiveGateway",
    "eventBasedGateway",
    "sequenceFlow",
}
_NODE = _COMMON | {"incoming", "outgoing"}
_WAITING = _NODE | {"timerEventDefinition", "messageEventDefinition"}
CHILDREN: Mapping[str, set[str]] = {
    "definitions": _COMMON | {"message", "collaboration", "process", "category"},
    "category": _COMMON | {"categoryValue"},
    "categoryValue": _COMMON,
    "message": _COMMON,
    "collaboration": _COMMON | _ARTIFACTS | {"participant"},
    "participant": _COMMON,
    "process": _COMMON | _ARTIFACTS | _SCOPE | {"laneSet", "property"},
    "laneSet": _COMMON | {"lane"},
    "lane": _COMMON | {"flowNodeRef"},
    "subProcess": _NODE | _ARTIFACTS | _SCOPE,
    "startEvent": _NODE,
    "endEvent": _NODE | {"terminateEventDefinition"},
    "intermediateCatchEvent": _WAITING,
    "boundaryEvent": _WAITING,
    "userTask": _NODE | {"multiInstanceLoopCharacteristics"},
    "serviceTask": _NODE,
    "businessRuleTask": _NODE,
    "callActivity": _NODE,
    "exclusiveGateway": _NODE,
    "parallelGateway": _NODE,
    "inclusiveGateway": _NODE,
    "eventBasedGateway": _NODE,
    "sequenceFlow": _COMMON | {"conditionExpression"},
    "terminateEventDefinition": _COMMON,
    "timerEventDefinition": _COMMON | {"timeDate"},
    "messageEventDefinition": _COMMON,
    "multiInstanceLoopCharacteristics": _COMMON | {"loopDataInputRef", "inputDataItem"},
    "inputDataItem": _COMMON,
    "property": _COMMON,
    "textAnnotation": _COMMON | {"text"},
    "association": _COMMON,
    "group": _COMMON,
}
_OWN_CODE = {
    "scriptTask": "check.element.script",
    "task": "check.element.plain_task",
    "manualTask": "check.element.manual",
    "sendTask": "check.element.send",
    "receiveTask": "check.element.receive",
    "transaction": "check.element.transaction",
    "adHocSubProcess": "check.element.ad_hoc",
    "complexGateway": "check.element.complex",
    "intermediateThrowEvent": "check.event.throw",
    "implicitThrowEvent": "check.event.throw",
    "linkEventDefinition": "check.event.link",
    "compensateEventDefinition": "check.event.compensation",
    "signalEventDefinition": "check.event.signal",
    "escalationEventDefinition": "check.event.escalation",
    "errorEventDefinition": "check.event.error",
    "conditionalEventDefinition": "check.event.conditional",
    "cancelEventDefinition": "check.event.cancel",
    "eventDefinitionRef": "check.event.reference",
    "timeDuration": "check.timer.duration",
    "timeCycle": "check.timer.cycle",
    "standardLoopCharacteristics": "check.items.loop",
    "loopCardinality": "check.items.cardinality",
    "completionCondition": "check.items.condition",
    "loopDataOutputRef": "check.items.output",
    "outputDataItem": "check.items.output",
    "dataObject": "check.data",
    "dataObjectReference": "check.data",
    "dataStore": "check.data",
    "dataStoreReference": "check.data",
    "ioSpecification": "check.data",
    "dataInput": "check.data",
    "dataOutput": "check.data",
    "dataInputAssociation": "check.data",
    "dataOutputAssociation": "check.data",
    "childLaneSet": "check.lane.nested",
    "messageFlow": "check.message_flow",
    "import": "check.import",
}
_BY_PARENT = {
    ("startEvent", "timerEventDefinition"): "check.start.timer",
    ("startEvent", "messageEventDefinition"): "check.start.message",
    ("endEvent", "messageEventDefinition"): "check.end.message",
    ("subProcess", "multiInstanceLoopCharacteristics"): "check.items.not_user_task",
    ("callActivity", "multiInstanceLoopCharacteristics"): "check.items.not_user_task",
    ("serviceTask", "multiInstanceLoopCharacteristics"): "check.items.not_user_task",
    ("businessRuleTask", "multiInstanceLoopCharacteristics"): "check.items.not_user_task",
}
_TEXT_ONLY = {
    "documentation",
    "incoming",
    "outgoing",
    "flowNodeRef",
    "timeDate",
    "conditionExpression",
    "loopDataInputRef",
    "text",
}
_ONCE = {
    "timeDate",
    "conditionExpression",
    "multiInstanceLoopCharacteristics",
    "loopDataInputRef",
    "inputDataItem",
}
_MUST_BE = {
    "isForCompensation": ("false", "check.event.compensation"),
    "triggeredByEvent": ("false", "check.element.event_subprocess"),
    "isSequential": ("false", "check.items.sequential"),
    "behavior": ("All", "check.items.condition"),
    "startQuantity": ("1", "check.attribute"),
    "completionQuantity": ("1", "check.attribute"),
    "instantiate": ("false", "check.attribute"),
    "eventGatewayType": ("Exclusive", "check.attribute"),
    "parallelMultiple": ("false", "check.event.multiple"),
}
COMMON = frozenset({"clause", "default", "source"})
"""Extension properties that any element and the process may carry."""
SUBJECTS = ("case", "clue", "run", "scale")
"""What a procedure may be about."""
OF_PROCESS: Mapping[str, Collection[str]] = {"subject": SUBJECTS, "main": ("entry", "exit", "own")}
"""What a process may say of itself, with the words for it."""
RETURNS = ("returns_to.late_objection", "returns_to.provisional_standard")
"""Where a case goes back to when an objection after the period is sustained, or the real standard decides otherwise: a step
of people. It goes to the first village review where nothing is said."""
_OWNERS = FLOW_NODES | {"sequenceFlow", "process", "participant", "message", "lane"}
_RUN_BY_OTHERS = {
    "preScript",
    "postScript",
    "script",
    "executionListener",
    "taskListener",
    "inputOutput",
    "inputParameter",
    "outputParameter",
    "connector",
    "calculation",
    "ioMapping",
    "field",
}


@dataclass(frozen=True)
class Source:
    """One diagram file that could be read. `process_of`: scope id (process or subprocess) -> process id."""

    file: str
    root: Xml
    graphs: tuple[Graph, ...]
    process_of: Mapping[str, str]
    nodes: Mapping[str, Xml] = field(repr=False)  # by id

    @property
    def stem(self) -> str:
        return self.file.rpartition("/")[2].removesuffix(".bpmn")

    def processes(self) -> list[Xml]:
        return self.root.findall(f"{BPMN}process")


def local(node: Xml) -> str:
    return str(node.tag).rpartition("}")[2]


def is_id(text: str) -> bool:
    """Element ids become addresses, form names and file names: short English snake_case."""
    return len(text) <= 64 and _SNAKE.match(text) is not None


def load(file: str, content: bytes, notes: Notes) -> Source | None:
    """Parse and walk one diagram file; None when it cannot be looked at further (the notes say why)."""
    try:
        root = parse_xml(content)
    except TableError as error:
        line = error.details.get("line")
        notes.add(Finding(file, None, line if isinstance(line, int) else None, error.code, error.details))
        return None
    if root.tag != f"{BPMN}definitions":
        notes.refuse(file, root, "check.file.not_bpmn", tag=local(root))
        return None
    elements = sum(local(node) in FLOW_NODES for node in root.iter())
    flows = sum(local(node) == "sequenceFlow" for node in root.iter())
    if elements > MAX_ELEMENTS or flows > MAX_FLOWS:
        notes.refuse(file, None, "check.file.too_many", elements=elements, limit=MAX_ELEMENTS)
        return None
    _walk(file, root, notes)
    _ids(file, root, notes)
    graphs = tuple(read(root))
    process_of: dict[str, str] = {}
    for graph in graphs:
        process_of[graph.id] = process_of.get(graph.parent, graph.parent) if graph.parent else graph.id
    nodes = {node.get("id", ""): node for node in root.iter() if node.get("id")}
    source = Source(file, root, graphs, process_of, nodes)
    _references(source, notes)
    _drawing(source, notes)
    return source


def _walk(file: str, root: Xml, notes: Notes) -> None:
    """Every element of the model against the list of what may stand where. `owner` carries the findings."""
    todo: list[tuple[Xml, Xml]] = [(root, root)]
    while todo:
        node, owner = todo.pop()
        kind = local(node)
        allowed = CHILDREN.get(kind, set())
        _attributes(file, node, owner, notes)
        for name, count in Counter(local(child) for child in node).items():
            if count > 1 and name in _ONCE:
                notes.refuse(file, owner, "check.element.unsupported", tag=name)
        for child in node:
            name, ours = local(child), child.tag == BPMN + local(child)
            next_owner = child if child.get("id") and name in _OWNERS else owner
            if str(child.tag).startswith(DI) and kind == "definitions":
                for inner in child.iter():  # both parsers look for processes everywhere
                    if str(inner.tag).startswith(BPMN):
                        notes.refuse(file, owner, "check.element.unsupported", tag=local(inner))
                continue
            if ours and name == "extensionElements":
                _extensions(file, child, owner, kind, notes)
            elif ours and name in allowed:
                if name in _TEXT_ONLY and len(child):
                    notes.refuse(file, owner, "check.element.unsupported", tag=local(child[0]))
                todo.append((child, next_owner))
            else:
                _refuse_child(file, kind, child, next_owner, notes)
                if ours and name in ("adHocSubProcess", "transaction", "intermediateThrowEvent"):
                    _inside_refused(file, child, notes)


def _refuse_child(file: str, parent: str, child: Xml, owner: Xml, notes: Notes) -> None:
    name = local(child)
    if not str(child.tag).startswith(BPMN):
        notes.refuse(file, owner, "check.extension.foreign", tag=name)
        return
    code = _BY_PARENT.get((parent, name)) or _OWN_CODE.get(name)
    if code is None:
        notes.refuse(file, owner, "check.element.unsupported", tag=name)
    else:
        notes.refuse(file, owner, code)


def _inside_refused(file: str, node: Xml, notes: Notes) -> None:
    """A refused element may hide a more telling cause inside (a link, a compensation)."""
    for inner in node.iter():
        if local(inner).endswith("EventDefinition") and local(inner) in _OWN_CODE:
            notes.refuse(file, node, _OWN_CODE[local(inner)])


def _attributes(file: str, node: Xml, owner: Xml, notes: Notes) -> None:
    for name, value in node.attrib.items():
        if name.startswith("{"):
            if name != _XSI_TYPE and local(node) != "definitions" and not name.startswith("{http://www.w3.org/"):
                notes.refuse(file, owner, "check.extension.attribute", tag=name.rpartition("}")[2])
            continue
        wanted, code = _MUST_BE.get(name, (value, ""))
        if value != wanted:
            notes.refuse(file, owner, code, tag=name, value=value)
        elif name in ("isExecutable", "cancelActivity") and value not in ("true", "false"):
            notes.refuse(file, owner, "check.attribute", tag=name, value=value)


def _extensions(file: str, block: Xml, owner: Xml, kind: str, notes: Notes) -> None:
    """Of extension elements only our own properties; anything else is another engine's, and may be code."""
    for child in block:
        name = local(child)
        if child.tag == f"{SHOUWANG}properties":
            if kind not in FLOW_NODES and kind != "process":
                notes.refuse(file, owner, "check.property.misplaced")
            seen: set[str] = set()
            for part in child:
                key = part.get("name", "")
                if part.tag != f"{SHOUWANG}property" or not key or part.get("value") is None or len(part):
                    notes.refuse(file, owner, "check.property.malformed")
                elif key in seen:
                    notes.refuse(file, owner, "check.property.twice", key=key)
                elif kind == "process" and key not in {*COMMON, *OF_PROCESS, *RETURNS}:
                    known = ", ".join(sorted({*COMMON, *OF_PROCESS, *RETURNS}))
                    notes.refuse(file, owner, "check.property.unknown", key=key, known=known)
                elif kind == "process" and part.get("value") not in OF_PROCESS.get(key, (part.get("value"),)):
                    words = ", ".join(OF_PROCESS[key])
                    notes.refuse(file, owner, "check.property.word", key=key, value=part.get("value") or "", known=words)
                seen.add(key)
        elif name == "serviceTaskOperator":
            notes.refuse(file, owner, "check.extension.operator")
        elif name in _RUN_BY_OTHERS:
            notes.refuse(file, owner, "check.extension.script", tag=name)
        else:
            notes.refuse(file, owner, "check.extension.foreign", tag=name)
    if len(block.findall(f"{SHOUWANG}properties")) > 1:
        notes.refuse(file, owner, "check.property.malformed")


def _ids(file: str, root: Xml, notes: Notes) -> None:
    seen = Counter(node.get("id") for node in root.iter() if node.get("id"))
    duplicates = {ident for ident, count in seen.items() if count > 1}
    for node in root.iter():
        kind, ident = local(node), node.get("id")
        if ident in duplicates:
            notes.refuse(file, node, "check.id.twice", id=ident)
        if kind in FLOW_NODES or kind == "process":
            if not ident:
                notes.refuse(file, node, "check.id.missing", tag=kind)
            elif not is_id(ident):
                notes.refuse(file, node, "check.id.not_snake", id=ident)
        elif kind == "sequenceFlow" and not ident:
            notes.refuse(file, node, "check.id.missing", tag=kind)


def _references(source: Source, notes: Notes) -> None:
    """Names that point at nothing: flows, default flows, boundary events, lanes, messages, pools."""
    file, root = source.file, source.root
    scope_of = {element: g.id for g in source.graphs for element in g.elements}
    for graph in source.graphs:
        for flow in graph.flows.values():
            _flow_ends(source, graph, flow, scope_of, notes)
        for element in graph.elements.values():
            _element_references(file, graph, element, notes)
    lanes = Counter((ref.text or "").strip() for ref in root.iter(f"{BPMN}flowNodeRef"))
    for ref, count in lanes.items():
        if ref not in scope_of:
            notes.refuse(file, None, "check.ref.dangling", what="flowNodeRef", ref=ref)
        elif count > 1:
            notes.refuse(file, None, "check.lane.twice", ref=ref)
    processes = {process.get("id") for process in source.processes()}
    for participant in root.iter(f"{BPMN}participant"):
        if participant.get("processRef") not in processes:
            ref = participant.get("processRef", "")
            notes.refuse(file, participant, "check.ref.dangling", what="processRef", ref=ref)


def _flow_ends(source: Source, graph: Graph, flow: Flow, scope_of: Mapping[str, str], notes: Notes) -> None:
    file, at = source.file, source.nodes.get(flow.id)
    for what, ref in (("sourceRef", flow.source), ("targetRef", flow.target)):
        if ref in graph.elements:
            continue
        if ref in scope_of:
            notes.refuse(file, at, "check.flow.crosses", ref=ref)
        else:
            notes.refuse(file, at, "check.ref.dangling", what=what, ref=ref)


def _element_references(file: str, graph: Graph, element: Element, notes: Notes) -> None:
    for name, flows in (("incoming", graph.incoming(element.id)), ("outgoing", graph.outgoing(element.id))):
        told = [(node.text or "").strip() for node in element.xml.findall(f"{BPMN}{name}")]
        real = {flow.id for flow in flows}
        for ref in told:
            if ref not in real:
                notes.refuse(file, element.xml, "check.ref.dangling", what=name, ref=ref)
    if element.default is not None and element.default not in {f.id for f in graph.outgoing(element.id)}:
        notes.refuse(file, element.xml, "check.ref.dangling", what="default", ref=element.default)
    if element.kind == "boundaryEvent" and element.attached_to not in graph.elements:
        notes.refuse(file, element.xml, "check.ref.dangling", what="attachedToRef", ref=element.attached_to or "")


def _drawing(source: Source, notes: Notes) -> None:
    """The picture: SpiffWorkflow reads the coordinates, so they must be numbers. Gaps in it are warned of."""
    ids = source.nodes
    drawn: set[str] = set()
    for shape in source.root.iter():
        if not str(shape.tag).startswith(DI):
            continue
        ref = shape.get("bpmnElement")
        if ref is not None:
            drawn.add(ref)
            if ref not in ids:
                notes.warn(source.file, shape, "check.drawing.dangling", ref=ref)
        for bounds in shape:
            if local(bounds) == "Bounds" and not all(_is_number(bounds.get(k, "0")) for k in ("x", "y")):
                notes.refuse(source.file, ids.get(ref or "", shape), "check.drawing.number")
    missing = [
        node for node in source.root.iter() if local(node) in FLOW_NODES | {"sequenceFlow"} and node.get("id") not in drawn
    ]
    if missing:
        first = missing[0].get("id") or ""
        notes.warn(source.file, None, "check.drawing.missing", count=len(missing), first=first)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False

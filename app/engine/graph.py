"""The diagram as we read it from the XML: elements, flows, lanes and properties. SpiffWorkflow forgets half of this."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element as Xml

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
SHOUWANG = "{http://shouwang/bpmn/1.0}"

EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent")
ACTIVITIES = (
    "task",
    "userTask",
    "manualTask",
    "serviceTask",
    "businessRuleTask",
    "scriptTask",
    "sendTask",
    "receiveTask",
    "subProcess",
    "transaction",
    "adHocSubProcess",
    "callActivity",
)
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
FLOW_NODES = frozenset(EVENTS + ACTIVITIES + GATEWAYS)


@dataclass(frozen=True)
class Flow:
    id: str
    source: str
    target: str
    condition: str | None
    name: str | None


@dataclass(frozen=True)
class Element:
    """A flow node. `definitions` are the local names of its event definitions; `timer` is the timeDate text;
    `message` the message's name; `collection`/`item` belong to a parallel multi-instance task."""

    id: str
    kind: str
    name: str
    process: str
    lane: str | None
    properties: Mapping[str, str]
    definitions: tuple[str, ...]
    timer: str | None
    message: str | None
    attached_to: str | None
    interrupting: bool
    default: str | None
    loop: str | None  # "parallel", "sequential", "standard"
    collection: str | None
    item: str | None
    called: str | None
    documentation: str | None
    xml: Xml = field(compare=False, repr=False)

    @property
    def completion(self) -> str:
        return self.properties.get("completion", "all")

    @property
    def roles(self) -> tuple[str, ...]:
        return split(self.properties.get("role"))


@dataclass(frozen=True)
class Graph:
    """One process (or embedded subprocess) of a file. `properties` are what the process says of itself."""

    id: str
    name: str
    elements: Mapping[str, Element]
    flows: Mapping[str, Flow]
    parent: str | None
    properties: Mapping[str, str] = field(default_factory=dict)

    def outgoing(self, element: str) -> tuple[Flow, ...]:
        return self._by_source.get(element, ())

    def incoming(self, element: str) -> tuple[Flow, ...]:
        return self._by_target.get(element, ())

    def boundary_of(self, element: str) -> tuple[Element, ...]:
        return tuple(e for e in self.elements.values() if e.attached_to == element)

    def next_of(self, element: str) -> Iterator[str]:
        """Elements a token in `element` may reach in one move, boundary events included."""
        for flow in self.outgoing(element):
            yield flow.target
        for event in self.boundary_of(element):
            yield event.id

    def onward(self, start: str) -> Iterator[Element]:
        """Elements after `start`, the nearest first."""
        return self._walk(start, self.next_of)

    def back(self, start: str) -> Iterator[Element]:
        """Elements before `start`, the nearest first."""

        def came_from(element: str) -> Iterator[str]:
            attached_to = self.elements[element].attached_to
            yield from ([attached_to] if attached_to else [])
            yield from (flow.source for flow in self.incoming(element))

        return self._walk(start, came_from)

    def _walk(self, start: str, step: Callable[[str], Iterator[str]]) -> Iterator[Element]:
        seen, todo = {start}, deque([start])
        while todo:
            for target in step(todo.popleft()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
                    yield self.elements[target]

    def reachable(self, start: str, without: str | None = None) -> frozenset[str]:
        """Elements reachable from `start` (itself excluded unless by a loop), not going on through `without`."""
        seen: set[str] = set()
        todo = [] if start == without else [start]
        while todo:
            for target in self.next_of(todo.pop()):
                if target not in seen:
                    seen.add(target)
                    if target != without:
                        todo.append(target)
        return frozenset(seen)

    def awaited_by(self, element: str) -> str | None:
        """The activity whose boundary event leads to this element and to nothing else before it (what is urged)."""
        return next((e.attached_to for e in self.back(element) if e.attached_to is not None), None)

    def final_between(self, target: str, current: str) -> bool:
        """Whether an element marked `final`, whose work nothing takes back, lies on the way from `target` to `current`."""
        finals = {e.id for e in self.elements.values() if e.properties.get("final") == "true"}
        return any(current in self.reachable(f) for f in finals & self.reachable(target))

    def __post_init__(self) -> None:
        by_source: dict[str, tuple[Flow, ...]] = {}
        by_target: dict[str, tuple[Flow, ...]] = {}
        for flow in self.flows.values():
            by_source[flow.source] = (*by_source.get(flow.source, ()), flow)
            by_target[flow.target] = (*by_target.get(flow.target, ()), flow)
        object.__setattr__(self, "_by_source", by_source)
        object.__setattr__(self, "_by_target", by_target)

    _by_source: Mapping[str, tuple[Flow, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)
    _by_target: Mapping[str, tuple[Flow, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)


def split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def read(root: Xml) -> list[Graph]:
    """Every process and embedded subprocess below `definitions`."""
    messages = {m.get("id"): m.get("name") or "" for m in root.iter(f"{BPMN}message")}
    graphs: list[Graph] = []
    for process in root.iter(f"{BPMN}process"):
        lanes = {
            (ref.text or "").strip(): lane.get("name")
            for lane in process.iter(f"{BPMN}lane")
            for ref in lane.findall(f"{BPMN}flowNodeRef")
        }
        _read_scope(process, None, None, lanes, messages, graphs)
    return graphs


def _read_scope(
    scope: Xml,
    parent: str | None,
    lane: str | None,
    lanes: Mapping[str, str | None],
    messages: Mapping[str | None, str],
    graphs: list[Graph],
) -> None:
    ident = scope.get("id", "")
    elements: dict[str, Element] = {}
    flows: dict[str, Flow] = {}
    place = len(graphs)
    for node in scope:
        kind = str(node.tag).removeprefix(BPMN)
        if kind == "sequenceFlow":
            condition = node.find(f"{BPMN}conditionExpression")
            flows[node.get("id", "")] = Flow(
                node.get("id", ""),
                node.get("sourceRef", ""),
                node.get("targetRef", ""),
                (condition.text or "").strip() if condition is not None else None,
                node.get("name"),
            )
        elif kind in FLOW_NODES:
            element = _element(node, kind, ident, lanes.get(node.get("id", ""), lane), messages)
            elements[element.id] = element
            if kind in ("subProcess", "transaction", "adHocSubProcess"):
                _read_scope(node, ident, element.lane, lanes, messages, graphs)
    graphs.insert(place, Graph(ident, scope.get("name") or ident, elements, flows, parent, _properties(scope)))


def _properties(node: Xml) -> dict[str, str]:
    return {
        p.get("name", ""): p.get("value", "")
        for p in node.findall(f"{BPMN}extensionElements/{SHOUWANG}properties/{SHOUWANG}property")
    }


def _element(node: Xml, kind: str, process: str, lane: str | None, messages: Mapping[str | None, str]) -> Element:
    definitions = tuple(str(child.tag).removeprefix(BPMN) for child in node if str(child.tag).endswith("EventDefinition"))
    timer = node.find(f"{BPMN}timerEventDefinition/{BPMN}timeDate")
    message = node.find(f"{BPMN}messageEventDefinition")
    loop, collection, item = _loop(node)
    return Element(
        id=node.get("id", ""),
        kind=kind,
        name=node.get("name") or "",
        process=process,
        lane=lane,
        properties=_properties(node),
        definitions=definitions,
        timer=(timer.text or "").strip() if timer is not None else None,
        message=messages.get(message.get("messageRef"), "") if message is not None else None,
        attached_to=node.get("attachedToRef"),
        interrupting=node.get("cancelActivity", "true") == "true",
        default=node.get("default"),
        loop=loop,
        collection=collection,
        item=item,
        called=node.get("calledElement"),
        documentation=(node.findtext(f"{BPMN}documentation") or "").strip() or None,
        xml=node,
    )


def _loop(node: Xml) -> tuple[str | None, str | None, str | None]:
    if node.find(f"{BPMN}standardLoopCharacteristics") is not None:
        return "standard", None, None
    multi = node.find(f"{BPMN}multiInstanceLoopCharacteristics")
    if multi is None:
        return None, None, None
    collection = (multi.findtext(f"{BPMN}loopDataInputRef") or "").strip() or None
    item = multi.find(f"{BPMN}inputDataItem")
    kind = "sequential" if multi.get("isSequential") == "true" else "parallel"
    return kind, collection, item.get("name") if item is not None else None

"""The shipped diagrams lie well in any BPMN editor: all is drawn, nothing overlaps, no line crosses another.

All sizes are pixels of the diagram; standard library only.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import hypot
from pathlib import Path

import pytest

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"
SW = "{http://shouwang/bpmn/1.0}"

FILES = sorted((Path(__file__).parents[2] / "bpmn").glob("*.bpmn"))
GATEWAYS = ("exclusiveGateway", "eventBasedGateway", "parallelGateway", "inclusiveGateway")
EVENTS = ("startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent")
TASKS = ("userTask", "serviceTask", "businessRuleTask")
ACTIVITIES = (*TASKS, "callActivity", "subProcess")
CROSSINGS_ALLOWED: dict[str, int] = {}  # file stem -> number, where a planar drawing cannot be had
ABOUT_NO_HOUSEHOLD = ("rescreen", "scale_risk", "lookback", "collect_income")
NEAR = 0.6

Point = tuple[float, float]
Segment = tuple[Point, Point]


@dataclass(frozen=True)
class Box:
    x: float
    y: float
    w: float
    h: float

    def overlaps(self, other: Box) -> bool:
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )

    def holds(self, other: Box) -> bool:
        return (
            self.x <= other.x
            and other.x + other.w <= self.x + self.w
            and self.y <= other.y
            and other.y + other.h <= self.y + self.h
        )

    def grown(self, by: float) -> Box:
        return Box(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)


@dataclass(frozen=True)
class Diagram:
    """One file: elements by id, boxes by element id, way points by flow id."""

    nodes: dict[str, ElementTree.Element]
    flows: dict[str, ElementTree.Element]
    lanes: dict[str, list[str]]
    pools: list[str]
    boxes: dict[str, Box]
    labels: dict[str, Box]
    edges: dict[str, list[Point]]

    def kind(self, node: str) -> str:
        return self.nodes[node].tag.removeprefix(BPMN)

    def host(self, node: str) -> str:
        return self.nodes[node].get("attachedToRef", node)


def box_of(element: ElementTree.Element) -> Box:
    return Box(*(float(element.attrib[side]) for side in ("x", "y", "width", "height")))


def read(path: Path) -> Diagram:
    root = ElementTree.parse(path).getroot()
    process = root.find(f"{BPMN}process")
    assert process is not None
    kinds = {BPMN + kind for kind in (*GATEWAYS, *EVENTS, *ACTIVITIES)}
    boxes, labels, edges = {}, {}, {}
    for drawn in root.iter():
        if drawn.tag not in (f"{BPMNDI}BPMNShape", f"{BPMNDI}BPMNEdge"):
            continue
        element = drawn.attrib["bpmnElement"]
        assert element not in boxes and element not in edges, f"{element} is drawn twice"
        label = drawn.find(f"{BPMNDI}BPMNLabel/{DC}Bounds")
        if label is not None:
            labels[element] = box_of(label)
        bounds = drawn.find(f"{DC}Bounds")
        if bounds is not None:
            boxes[element] = box_of(bounds)
        else:
            edges[element] = [(float(p.attrib["x"]), float(p.attrib["y"])) for p in drawn.findall(f"{DI}waypoint")]
    return Diagram(
        nodes={e.attrib["id"]: e for e in process.iter() if e.tag in kinds},
        flows={e.attrib["id"]: e for e in process.iter(f"{BPMN}sequenceFlow")},
        lanes={
            lane.attrib["id"]: [ref.text or "" for ref in lane.findall(f"{BPMN}flowNodeRef")]
            for lane in process.iter(f"{BPMN}lane")
        },
        pools=[e.attrib["id"] for e in root.iter(f"{BPMN}participant")],
        boxes=boxes,
        labels=labels,
        edges=edges,
    )


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def diagram(path: Path) -> Diagram:
    return read(path)


def segments(points: list[Point]) -> list[Segment]:
    return list(pairwise(points))


def touch(a: Segment, b: Segment) -> bool:
    """Whether two horizontal or vertical segments share a point."""
    for axis in (0, 1):
        (a_low, a_high), (b_low, b_high) = (sorted((s[0][axis], s[1][axis])) for s in (a, b))
        if a_high < b_low or b_high < a_low:
            return False
    return True


def enters(segment: Segment, box: Box) -> bool:
    (x1, x2), (y1, y2) = sorted((segment[0][0], segment[1][0])), sorted((segment[0][1], segment[1][1]))
    return x1 < box.x + box.w and x2 > box.x and y1 < box.y + box.h and y2 > box.y


def off_border(point: Point, box: Box, kind: str) -> float:
    """Distance of a point from the drawn outline: diamond, circle or rectangle."""
    dx, dy = abs(point[0] - box.x - box.w / 2), abs(point[1] - box.y - box.h / 2)
    if kind in GATEWAYS:
        return abs(dx + dy - box.w / 2)
    if kind in EVENTS:
        return abs(hypot(dx, dy) - box.w / 2)
    outside = max(dx - box.w / 2, dy - box.h / 2)
    return abs(outside)


def properties(node: ElementTree.Element) -> dict[str, str]:
    found = node.findall(f"{BPMN}extensionElements/{SW}properties/{SW}property")
    return {p.attrib["name"]: p.attrib["value"] for p in found}


def test_there_are_diagrams_to_look_at() -> None:
    assert {"identify", "query_assets"} <= {path.stem for path in FILES}


def test_every_node_and_flow_is_drawn_and_has_the_label_it_needs(diagram: Diagram) -> None:
    assert set(diagram.nodes) | set(diagram.lanes) | set(diagram.pools) == set(diagram.boxes)
    assert set(diagram.flows) == set(diagram.edges)
    named = {i for i in diagram.nodes if diagram.kind(i) not in ACTIVITIES and diagram.nodes[i].get("name")}
    named |= {i for i, flow in diagram.flows.items() if flow.get("name")}
    assert named == set(diagram.labels)


def test_nodes_do_not_overlap(diagram: Diagram) -> None:
    overlapping = [
        (a, b)
        for a, b in combinations(diagram.nodes, 2)
        if diagram.boxes[a].overlaps(diagram.boxes[b]) and a != diagram.host(b) and b != diagram.host(a)
    ]
    assert overlapping == []


def test_boundary_events_sit_on_the_border_of_their_task(diagram: Diagram) -> None:
    for node, element in diagram.nodes.items():
        if element.get("attachedToRef"):
            box = diagram.boxes[node]
            centre = (box.x + box.w / 2, box.y + box.h / 2)
            assert off_border(centre, diagram.boxes[diagram.host(node)], "userTask") <= NEAR, node


def test_every_node_lies_inside_its_one_lane_and_lanes_fill_the_pool(diagram: Diagram) -> None:
    assert Counter(node for refs in diagram.lanes.values() for node in refs) == Counter(list(diagram.nodes))
    for lane, refs in diagram.lanes.items():
        for node in refs:
            assert diagram.boxes[lane].holds(diagram.boxes[node]), f"{node} leaves {lane}"
            assert diagram.host(node) in refs, f"{node} is not in the lane of its task"
    for pool in diagram.pools:
        lanes = [diagram.boxes[lane] for lane in diagram.lanes]
        held = [box for box in lanes if diagram.boxes[pool].holds(box)]
        assert sum(box.h for box in held) == diagram.boxes[pool].h
        assert not any(a.overlaps(b) for a, b in combinations(held, 2))


def test_flows_are_orthogonal_and_join_the_borders_of_their_nodes(diagram: Diagram) -> None:
    for flow, points in diagram.edges.items():
        ends = (diagram.flows[flow].attrib["sourceRef"], diagram.flows[flow].attrib["targetRef"])
        for a, b in segments(points):
            assert (a[0] == b[0]) != (a[1] == b[1]), f"{flow} has a slanted or empty piece"
        for node, point in zip(ends, (points[0], points[-1]), strict=True):
            assert off_border(point, diagram.boxes[node], diagram.kind(node)) <= NEAR, f"{flow} misses {node}"


def test_no_flow_passes_through_a_node(diagram: Diagram) -> None:
    hits = []
    for flow, points in diagram.edges.items():
        source, target = diagram.flows[flow].attrib["sourceRef"], diagram.flows[flow].attrib["targetRef"]
        pieces = segments(points)
        for node, box in diagram.boxes.items():
            if node not in diagram.nodes:
                continue
            for number, piece in enumerate(pieces):
                own = (node in (source, diagram.host(source)) and number == 0) or (
                    node == target and number == len(pieces) - 1
                )
                if not own and enters(piece, box):
                    hits.append((flow, node))
    assert hits == []


def test_flows_neither_cross_nor_share_a_line(path: Path, diagram: Diagram) -> None:
    crossings = [
        (one, other)
        for one, other in combinations(diagram.edges, 2)
        if any(touch(a, b) for a in segments(diagram.edges[one]) for b in segments(diagram.edges[other]))
    ]
    assert len(crossings) <= CROSSINGS_ALLOWED.get(path.stem, 0), crossings


def test_labels_cover_no_node_no_flow_no_other_label(diagram: Diagram) -> None:
    covered = [
        (owner, node)
        for owner, label in diagram.labels.items()
        for node in diagram.nodes
        if label.overlaps(diagram.boxes[node])
    ]
    covered += [
        (owner, flow)
        for owner, label in diagram.labels.items()
        for flow, points in diagram.edges.items()
        if any(enters(piece, label.grown(1)) for piece in segments(points))
    ]
    pairs = combinations(diagram.labels, 2)
    covered += [(a, b) for a, b in pairs if diagram.labels[a].overlaps(diagram.labels[b])]
    covered += [
        (owner, lane)
        for owner, label in diagram.labels.items()
        for lane in diagram.lanes
        if label.overlaps(diagram.boxes[lane]) and not diagram.boxes[lane].holds(label)
    ]
    assert covered == []


def test_elements_say_who_by_when_and_why(diagram: Diagram) -> None:
    for node, element in diagram.nodes.items():
        given = properties(element)
        assumed = given.get("default") == "true" and bool(given.get("source"))
        assert ("clause" in given) != assumed, f"{node} gives neither a sentence nor a source, or both"
        assert len(element.get("name", "")) in range(1, 13), f"{node} has no short name"
        if diagram.kind(node) == "userTask":
            assert given["role"] and given["due"] == f"due_{node}"
            assert element.findtext(f"{BPMN}documentation")
            timer = diagram.nodes[f"{node}_due"]
            assert timer.attrib["attachedToRef"] == node and timer.attrib["cancelActivity"] == "false"
            assert timer.findtext(f"{BPMN}timerEventDefinition/{BPMN}timeDate") == "due()"
            assert properties(diagram.nodes[f"{node}_urged"])["operator"] == "urge"
        elif diagram.kind(node) == "serviceTask":
            assert given["operator"]
        elif diagram.kind(node) == "businessRuleTask":
            assert given["decision"]


def test_choices_have_a_default_and_their_flows_have_names(diagram: Diagram) -> None:
    for node, element in diagram.nodes.items():
        leaving = {i: flow for i, flow in diagram.flows.items() if flow.attrib["sourceRef"] == node}
        if diagram.kind(node) != "exclusiveGateway" or len(leaving) < 2:
            continue
        assert element.get("default") in leaving, f"{node} has no default flow"
        for name, flow in leaving.items():
            assert flow.get("name"), f"{name} has no name"
            conditioned = flow.find(f"{BPMN}conditionExpression") is not None
            assert conditioned != (name == element.get("default")), f"{name}: a condition or the default"


def test_clauses_are_sentences_of_the_plan(diagram: Diagram) -> None:
    """The plan's own numbering: document, then one to three figures."""
    for node, element in diagram.nodes.items():
        for clause in properties(element).get("clause", "").split():
            document, _, sentence = clause.partition("#")
            assert document == "wx2021-25" and sentence.replace(".", "").isdigit(), f"{node}: {clause}"


def test_department_steps_show_named_fields_only(path: Path, diagram: Diagram) -> None:
    if path.stem in ABOUT_NO_HOUSEHOLD:
        return
    for node in diagram.lanes.get("lane_department", []):
        if diagram.kind(node) == "userTask":
            assert properties(diagram.nodes[node]).get("shows"), f"{node} shows nothing"

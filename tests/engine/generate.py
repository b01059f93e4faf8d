"""Random processes for the differential test: an abstract tree -> a flow graph -> BPMN XML.

The tree is what Hypothesis draws and shrinks. The graph is the common ground: `oracle` walks it by BPMN's
rules, and `xml` writes it as a diagram for the engine, so neither sees how the other reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import strategies as st

NAMES = ("r0", "r1", "r2")
CODES = ("a", "b", "c")
LISTS = ("some", "none_listed", "never_set")
RULES = ("all", "any", "2")
SCOPE = {"some": ["edu", "civil", "water"], "none_listed": [], "r0": "a", "r1": "b", "r2": "a"}


@dataclass
class Node:
    """kind: start end terminate user service xor and or gate catch boundary sub call."""

    id: str
    kind: str
    event: str = ""  # timer | message, for catch and boundary
    timer: str = "days('n')"
    properties: dict[str, str] = field(default_factory=dict)
    host: str = ""  # the activity a boundary event hangs on
    interrupting: bool = True
    items: str = ""  # the list a multi-instance user task reads
    rule: str = "all"
    inner: str = ""  # the process of a sub or call
    alone: bool = True  # never beside another token of its process (as drawn, jumps apart)


@dataclass
class Flow:
    id: str
    source: str
    target: str
    condition: str | None  # None on a gateway's flow: its default


@dataclass
class Process:
    id: str
    called: bool
    tame: bool = True  # no branch leaves its block before the join
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)

    def out(self, node: str) -> list[Flow]:
        return [f for f in self.flows.values() if f.source == node]

    def into(self, node: str) -> list[Flow]:
        return [f for f in self.flows.values() if f.target == node]

    def boundaries(self, node: str) -> list[Node]:
        return [n for n in self.nodes.values() if n.host == node]


# --- trees -------------------------------------------------------------------------------------------

code = st.sampled_from(CODES)
test = st.tuples(st.sampled_from(NAMES), code).map(lambda t: f"{t[0]} == '{t[1]}'")
condition = st.one_of(test, st.tuples(test, st.sampled_from([" or ", " or ", " and "]), test).map("".join))
event = st.sampled_from(["timer", "message"])


@st.composite
def trees(draw: Any, plain: bool = False, depth: int = 4) -> Any:
    """A tree of blocks. `plain`: only what SpiffWorkflow itself runs rightly (no loop, event, early end)."""
    inner = trees(plain, depth - 1)
    ending, strict, hanging = st.just("join"), st.just("join"), st.just([])
    leaves, blocks = ["user", "user"], ["seq", "xor", "or", "or", "and", "and", "sub", "sub", "call", "call"]
    if not plain:
        ending = st.sampled_from(["join"] * 9 + ["jump", "end", "terminate", "jump"])
        strict = st.sampled_from(["join"] * 12 + ["end", "jump", "jump"])
        hangs = st.tuples(event, st.booleans(), st.sampled_from(["end", "task", "merge", "terminate", "jump"]))
        hanging = st.one_of(st.just([]), st.lists(hangs, max_size=2))
        leaves, blocks = [*leaves, "service", "items", "catch"], [*blocks, "loop", "loop", "gate"]
    kind = "seq" if depth == 4 else draw(st.sampled_from(blocks + leaves if depth else leaves))
    match kind:
        case "user":
            return kind, draw(hanging)
        case "items":
            return (
                kind,
                draw(st.sampled_from((LISTS[0], *LISTS))),
                draw(st.sampled_from(RULES)),
                draw(hanging),
            )
        case "catch":
            return kind, draw(event)
        case "seq":
            return kind, draw(st.lists(inner, min_size=3 if depth == 4 else 2, max_size=3))
        case "xor" | "or":
            least = 2 if kind == "or" else 1
            if plain and kind == "or":  # its own inclusive join looks back along one path only: no merge inside
                inner = st.one_of(st.just(("user", [])), st.tuples(st.just("sub"), inner, st.just([])))
            branches = draw(st.lists(st.tuples(condition, inner, ending), min_size=least, max_size=3))
            return kind, branches, draw(inner if kind == "or" else st.one_of(st.none(), inner))
        case "and":
            return kind, draw(st.lists(st.tuples(inner, strict), min_size=2, max_size=3))
        case "sub" | "call":
            return kind, draw(inner), draw(hanging)
        case "loop":
            return kind, draw(inner), draw(condition)
        case "gate":
            back = st.sampled_from(["join", "back", "back", "end"])
            return kind, draw(st.booleans()), draw(st.lists(st.tuples(inner, back), min_size=1, max_size=2))
    return (kind,)


# --- tree -> graph -----------------------------------------------------------------------------------


class _Builder:
    """Builds one process; `ends` are the dangling (node, condition) pairs the next element is joined to."""

    def __init__(self, made: dict[str, Process], ident: str, called: bool) -> None:
        self.made, self.process = made, Process(ident, called)
        made[ident] = self.process
        self.heads: list[str] = []
        self.alone = True

    def node(self, kind: str, ends: list[Any], **attributes: Any) -> str:
        ident = f"{kind}{sum(len(p.nodes) for p in self.made.values())}"
        if kind == "sub":  # an embedded subprocess is named by its own element
            ident = attributes["inner"]
        self.process.nodes[ident] = Node(ident, kind, alone=self.alone, **attributes)
        self.connect(ends, ident)
        return ident

    def connect(self, ends: list[Any], target: str) -> None:
        for source, when in ends:
            ident = f"f{sum(len(p.flows) for p in self.made.values())}"
            self.process.flows[ident] = Flow(ident, source, target, when)

    def whole(self, tree: Any) -> Process:
        ends = self.block(tree, [(self.node("start", []), None)])
        if ends or not any(n.kind in ("end", "terminate") for n in self.process.nodes.values()):
            self.node("end", ends)
        return self.process

    def close(self, how: str, ends: list[Any], aside: bool = False) -> list[Any]:
        """Finish a branch; what is given back goes on to the join."""
        if not ends or how in ("join", "merge"):
            return ends
        self.process.tame &= self.alone or (aside and how != "jump")
        if how == "jump" and self.heads:
            self.connect(ends, self.heads[-1])
        else:
            self.node("terminate" if how == "terminate" else "end", ends)
        return []

    def block(self, tree: Any, ends: list[Any]) -> list[Any]:
        return getattr(self, "_" + tree[0])(ends, *tree[1:]) if ends else []

    def hang(self, host: str, hanging: list[Any]) -> list[Any]:
        """Boundary events of `host`; gives back the ends that merge behind it."""
        merged = []
        for kind, interrupting, after in hanging:
            before, self.alone = self.alone, self.alone and interrupting
            ends = [(self.node("boundary", [], event=kind, host=host, interrupting=interrupting), None)]
            if after == "task":
                ends = [(self.node("user", ends), None)]
                after = "end"
            merged += self.close(after, ends, aside=not interrupting)
            self.alone = before
        return merged

    def activity(self, kind: str, ends: list[Any], hanging: list[Any], **attributes: Any) -> list[Any]:
        ident = self.node(kind, ends, **attributes)
        return [(ident, None), *self.hang(ident, hanging)]

    def merge(self, ends: list[Any]) -> list[Any]:
        """One end for a branch, since a join counts flows."""
        return [(self.node("xor", ends), None)] if len(ends) > 1 else ends

    def _user(self, ends: list[Any], hanging: list[Any]) -> list[Any]:
        return self.activity("user", ends, hanging)

    def _items(self, ends: list[Any], items: str, rule: str, hanging: list[Any]) -> list[Any]:
        return self.activity("user", ends, hanging, items=items, rule=rule)

    def _service(self, ends: list[Any]) -> list[Any]:
        return [(self.node("service", ends), None)]

    def _catch(self, ends: list[Any], kind: str) -> list[Any]:
        return [(self.node("catch", ends, event=kind), None)]

    def _seq(self, ends: list[Any], trees: list[Any]) -> list[Any]:
        for tree in trees:
            ends = self.block(tree, ends)
        return ends

    def _xor(self, ends: list[Any], branches: list[Any], otherwise: Any) -> list[Any]:
        gateway = self.node("xor", ends)
        after = []
        for when, tree, ending in branches:
            after += self.close(ending, self.block(tree, [(gateway, when)]))
        return after + (self.block(otherwise, [(gateway, None)]) if otherwise else [(gateway, None)])

    def _concurrent(self, kind: str, ends: list[Any], branches: list[Any]) -> list[Any]:
        gateway = self.node(kind, self.merge(ends))
        before, self.alone, arriving = self.alone, False, []
        for when, tree, ending in branches:
            arriving += self.merge(self.close(ending, self.block(tree, [(gateway, when)])))
        self.alone = before
        return [(self.node(kind, arriving), None)] if arriving else []

    def _or(self, ends: list[Any], branches: list[Any], otherwise: Any) -> list[Any]:
        return self._concurrent("or", ends, [*branches, (None, otherwise, "join")])

    def _and(self, ends: list[Any], branches: list[Any]) -> list[Any]:
        return self._concurrent("and", ends, [(None, tree, ending) for tree, ending in branches])

    def _loop(self, ends: list[Any], body: Any, again: str) -> list[Any]:
        head = self.node("user", ends)
        self.heads.append(head)
        ends = self.block(body, [(head, None)])
        self.heads.pop()
        if not ends:
            return []
        gateway = self.node("xor", ends)
        self.connect([(gateway, again)], head)
        return [(gateway, None)]

    def _gate(self, ends: list[Any], timed: bool, branches: list[Any]) -> list[Any]:
        gateway = self.node("gate", ends)
        out = self.node("catch", [(gateway, None)], event="timer" if timed else "message")
        after = [(out, None)]
        for tree, ending in branches:
            caught = self.node("catch", [(gateway, None)], event="message")
            ends = self.block(tree, [(caught, None)])
            if ending == "back":
                self.connect(ends, gateway)
            else:
                after += self.close(ending, ends)
        return after

    def _within(self, kind: str, ends: list[Any], body: Any, hanging: list[Any]) -> list[Any]:
        ident = f"{kind}_{len(self.made)}"
        _Builder(self.made, ident, kind == "call").whole(body)
        return self.activity(kind, ends, hanging, inner=ident)

    def _sub(self, ends: list[Any], body: Any, hanging: list[Any]) -> list[Any]:
        return self._within("sub", ends, body, hanging)

    def _call(self, ends: list[Any], body: Any, hanging: list[Any]) -> list[Any]:
        return self._within("call", ends, body, hanging)


def build(tree: Any) -> dict[str, Process]:
    """Every process of the tree by id; the top one is "top"."""
    made: dict[str, Process] = {}
    _Builder(made, "top", False).whole(("seq", [("user", []), tree]))
    return made


# --- graph -> XML ------------------------------------------------------------------------------------

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:sw="http://shouwang/bpmn/1.0" targetNamespace="test" id="definitions">'
    '<bpmn:message id="m" name="objection"/>'
)
_TAGS = {
    "start": "startEvent",
    "end": "endEvent",
    "terminate": "endEvent",
    "catch": "intermediateCatchEvent",
    "boundary": "boundaryEvent",
    "user": "userTask",
    "service": "serviceTask",
    "sub": "subProcess",
    "call": "callActivity",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "gate": "eventBasedGateway",
}


def xml(made: dict[str, Process]) -> dict[str, bytes]:
    """The files of a deployment: top.bpmn and one file per called process."""
    return {
        f"{p.id}.bpmn": (
            f'{_HEAD}<bpmn:process id="{p.id}" isExecutable="true">{"".join(_content(made, p))}'
            "</bpmn:process></bpmn:definitions>"
        ).encode()
        for p in made.values()
        if p.called or p.id == "top"
    }


def _content(made: dict[str, Process], process: Process) -> Iterator[str]:
    for node in process.nodes.values():
        yield f'<bpmn:{_TAGS[node.kind]} id="{node.id}"{_attributes(process, node)}>{_inside(made, node)}'
        yield f"</bpmn:{_TAGS[node.kind]}>"
    for flow in process.flows.values():
        when = f"<bpmn:conditionExpression>{escape(flow.condition)}</bpmn:conditionExpression>" if flow.condition else ""
        yield f'<bpmn:sequenceFlow id="{flow.id}" sourceRef="{flow.source}" targetRef="{flow.target}">{when}'
        yield "</bpmn:sequenceFlow>"


def _attributes(process: Process, node: Node) -> str:
    if node.kind == "call":
        return f' calledElement="{node.inner}"'
    if node.kind == "boundary":
        return f' attachedToRef="{node.host}" cancelActivity="{str(node.interrupting).lower()}"'
    out = process.out(node.id)
    default = [f.id for f in out if f.condition is None]
    return f' default="{default[0]}"' if node.kind in ("xor", "or") and len(out) > 1 and default else ""


def _inside(made: dict[str, Process], node: Node) -> str:
    properties = "".join(f'<sw:property name="{name}" value="{value}"/>' for name, value in _properties(node).items())
    extension = f"<bpmn:extensionElements><sw:properties>{properties}</sw:properties></bpmn:extensionElements>"
    return (extension if properties else "") + _core(made, node)


def _properties(node: Node) -> dict[str, str]:
    own = {"completion": node.rule} if node.items else {"operator": "work"} if node.kind == "service" else {}
    return own | node.properties


def _core(made: dict[str, Process], node: Node) -> str:
    if node.kind == "sub":
        return "".join(_content(made, made[node.inner]))
    if node.items:
        return (
            "<bpmn:multiInstanceLoopCharacteristics>"
            f"<bpmn:loopDataInputRef>{node.items}</bpmn:loopDataInputRef>"
            '<bpmn:inputDataItem name="department"/></bpmn:multiInstanceLoopCharacteristics>'
        )
    if node.kind == "terminate":
        return "<bpmn:terminateEventDefinition/>"
    if node.event == "timer":
        when = f"<bpmn:timeDate>{escape(node.timer)}</bpmn:timeDate>"
        return f"<bpmn:timerEventDefinition>{when}</bpmn:timerEventDefinition>"
    return '<bpmn:messageEventDefinition messageRef="m"/>' if node.event == "message" else ""

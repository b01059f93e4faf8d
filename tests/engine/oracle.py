"""What BPMN says should happen: tokens moved over the abstract graph of `generate`. Knows no engine.

A frame is one run of a process: its variables, its tokens (each standing in an element that waits) and the
flows whose tokens wait at a join. The order in which tokens move is not BPMN's business; where it could show,
nothing is predicted (`raced`).
"""

from collections import Counter, deque
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from .generate import Node, Process


@dataclass(eq=False)
class Token:
    node: Node
    visit: int
    open: list[str] = field(default_factory=list)  # items not yet answered
    done: int = 0
    armed: dict[str, int] = field(default_factory=dict)  # boundary event -> its visit
    failed: bool = False
    inner: "Frame | None" = None


@dataclass(eq=False)
class Frame:
    process: Process
    scope: dict[str, Any]
    outer: "tuple[Frame, Token] | None" = None
    tokens: list[Token] = field(default_factory=list)
    arrived: Counter[str] = field(default_factory=Counter)  # flow -> tokens waiting at its join
    visits: Counter[str] = field(default_factory=Counter)
    over: bool = False
    written: set[str] = field(default_factory=set)  # variables given back when a call ends

    def write(self, values: dict[str, Any]) -> None:
        self.scope.update(values)
        frame = self
        while frame.outer and frame.outer[1].node.kind == "sub":
            frame = frame.outer[0]
        frame.written |= set(values)


class Oracle:
    def __init__(self, made: dict[str, Process], scope: dict[str, Any]) -> None:
        self.made = made
        self.flows: Counter[str] = Counter()
        self.raced = False
        self.moves: deque[tuple[Frame, str]] = deque()
        self.top = self._frame("top", deepcopy(scope), None)
        self._settle()

    # --- what shows -------------------------------------------------------------------------------

    def tasks(self) -> set[str]:
        found = set()
        for at, _, token in self._tokens():
            if token.node.kind == "user" and not token.failed:
                found |= {f"{at}[{item}]" for item in token.open} if token.node.items else {at}
        return found

    def events(self, kind: str) -> set[str]:
        return {at for at, event in self._waiting() if event.event == kind}

    def failures(self) -> set[str]:
        return {at for at, _, token in self._tokens() if token.failed}

    @property
    def ended(self) -> bool:
        return self.top.over

    # --- commands ---------------------------------------------------------------------------------

    def complete(self, address: str, values: dict[str, Any]) -> None:
        at, _, item = address.partition("[")
        frame, token = self._find(at)
        if not item:
            frame.write(values)
            self._leave(frame, token)
        else:
            token.open.remove(item[:-1])
            token.done += 1
            wanted = {"all": 99, "any": 1, "2": 2}[token.node.rule]
            if not token.open or token.done >= wanted:
                self._leave(frame, token)
        self._settle()

    def happen(self, address: str, values: dict[str, Any]) -> None:
        """A timer fired or a message arrived at the waiting event `address`."""
        path, _, name = address.rpartition("/")
        event, _, number = name.partition("#")
        for at, frame, token in self._tokens():
            if at.rpartition("/")[0] != path:
                continue
            if token.armed.get(event) == int(number):
                frame.write(values)
                boundary = frame.process.nodes[event]
                del token.armed[event]
                if boundary.interrupting:
                    frame.tokens.remove(token)
                self._out(frame, event)
                break
            behind = {f.target: f.id for f in frame.process.out(token.node.id)}
            if token.node.kind == "gate" and event in behind and token.visit == int(number):
                frame.write(values)
                frame.tokens.remove(token)
                self.flows[behind[event]] += 1
                frame.visits[event] += 1
                self._out(frame, event)
                break
            if token.node.id == event and token.visit == int(number):
                frame.write(values)
                self._leave(frame, token)
                break
        else:
            raise AssertionError(address)
        self._settle()

    def retry(self, address: str, values: dict[str, Any]) -> None:
        frame, token = self._find(address)
        frame.write(values)
        token.failed = False
        self._work(frame, token)
        self._settle()

    def go_back(self, target: str) -> None:
        old = self.top
        self.top = Frame(old.process, old.scope, visits=old.visits)
        self._stand(self.top, old.process.nodes[target])
        self._settle()

    # --- tokens -----------------------------------------------------------------------------------

    def _tokens(self, frame: Frame | None = None, path: str = "") -> Iterator[tuple[str, Frame, Token]]:
        frame = frame or self.top
        for token in list(frame.tokens):
            at = f"{path}{token.node.id}#{token.visit}"
            yield at, frame, token
            if token.inner:
                yield from self._tokens(token.inner, f"{at}/")

    def _waiting(self) -> Iterator[tuple[str, Node]]:
        for at, frame, token in self._tokens():
            path = at.rpartition("/")[0] + "/" if "/" in at else ""
            nodes = frame.process.nodes
            for event, number in token.armed.items():
                yield f"{path}{event}#{number}", nodes[event]
            if token.node.kind == "gate":
                for flow in frame.process.out(token.node.id):
                    yield f"{path}{flow.target}#{token.visit}", nodes[flow.target]
            elif token.node.kind == "catch":
                yield at, token.node

    def _find(self, address: str) -> tuple[Frame, Token]:
        return next((frame, token) for at, frame, token in self._tokens() if at == address)

    def _frame(self, process: str, scope: dict[str, Any], outer: tuple[Frame, Token] | None) -> Frame:
        frame = Frame(self.made[process], scope, outer)
        start = next(n for n in frame.process.nodes.values() if n.kind == "start")
        self._out(frame, start.id)
        return frame

    def _out(self, frame: Frame, node: str) -> None:
        """A token leaves by every flow."""
        for flow in frame.process.out(node):
            self.moves.append((frame, flow.id))

    def _leave(self, frame: Frame, token: Token) -> None:
        frame.tokens.remove(token)
        self._out(frame, token.node.id)

    def _stand(self, frame: Frame, node: Node) -> None:
        """A token comes to rest in `node` (for a moment, where nothing is to be waited for)."""
        frame.visits[node.id] += 1
        token = Token(node, frame.visits[node.id])
        for boundary in frame.process.boundaries(node.id):
            frame.visits[boundary.id] += 1
            token.armed[boundary.id] = frame.visits[boundary.id]
        frame.tokens.append(token)
        self._work(frame, token)

    def _work(self, frame: Frame, token: Token) -> None:
        node, scope = token.node, frame.scope
        if node.kind == "service":
            token.failed = scope.get("r0") == "c"
            if not token.failed:
                frame.write({f"op_{node.id}": "done"})
                self._leave(frame, token)
        elif node.kind == "user" and node.items:
            token.failed = not isinstance(scope.get(node.items), list)
            if not token.failed:
                token.open = list(scope[node.items])
                if not token.open:
                    self._leave(frame, token)
        elif node.kind in ("sub", "call"):
            inner = scope if node.kind == "sub" else deepcopy(scope)
            token.inner = self._frame(node.inner, inner, (frame, token))

    # --- movement ---------------------------------------------------------------------------------

    def _settle(self) -> None:
        while True:
            while self.moves:
                self._move(*self.moves.popleft())
            if not self._end_frames() and not self._join_inclusive():
                return

    def _alive(self, frame: Frame) -> bool:
        if frame is self.top or frame.outer is None:
            return not frame.over
        outer, token = frame.outer
        return not frame.over and token in outer.tokens and self._alive(outer)

    def _move(self, frame: Frame, ident: str) -> None:
        if not self._alive(frame):
            return
        flow = frame.process.flows[ident]
        self.flows[ident] += 1
        node = frame.process.nodes[flow.target]
        if node.kind in ("and", "or"):
            frame.arrived[ident] += 1
            into = frame.process.into(node.id)
            if (node.kind == "and" or len(into) == 1) and all(frame.arrived[f.id] for f in into):
                self._pass(frame, node)
        elif node.kind == "xor":
            self._choose(frame, node)
        elif node.kind == "terminate":
            self.raced = self.raced or bool(frame.tokens or self.moves)
            frame.tokens.clear()
            frame.arrived.clear()
            self._over(frame)
        elif node.kind != "end":
            self._stand(frame, node)

    def _pass(self, frame: Frame, node: Node) -> None:
        """A parallel or inclusive gateway takes one token from each flow that has one."""
        frame.arrived -= Counter(f.id for f in frame.process.into(node.id))
        if node.kind == "or":
            self._choose(frame, node)
        else:
            self._out(frame, node.id)

    def _choose(self, frame: Frame, node: Node) -> None:
        out = frame.process.out(node.id)
        true = [f for f in out if f.condition and holds(f.condition, frame.scope)]
        taken = true or [f for f in out if f.condition is None]
        for flow in taken[:1] if node.kind == "xor" else taken:
            self.moves.append((frame, flow.id))

    def _over(self, frame: Frame) -> None:
        frame.over = True
        if frame.outer:
            outer, token = frame.outer
            if token.node.kind == "call":
                outer.write({name: frame.scope[name] for name in frame.written})
            self._leave(outer, token)

    def _frames(self) -> list[Frame]:
        return [self.top, *(token.inner for _, _, token in self._tokens() if token.inner)]

    def _end_frames(self) -> bool:
        for frame in reversed(self._frames()):
            if not frame.over and not frame.tokens and not +frame.arrived:
                self._over(frame)
                return True
        return False

    def _join_inclusive(self) -> bool:
        for frame in self._frames():
            joins = {frame.process.flows[f].target for f in +frame.arrived}
            for join in sorted(joins):
                node = frame.process.nodes[join]
                if node.kind == "or" and self._may_pass(frame, node):
                    self._pass(frame, node)
                    return True
        return False

    def _may_pass(self, frame: Frame, join: Node) -> bool:
        """No token elsewhere can reach an empty flow, unless it can also reach one that has a token."""
        into = {f.id for f in frame.process.into(join.id)}
        full = {f for f in into if frame.arrived[f]}
        places = {t.node.id for t in frame.tokens} | {frame.process.flows[f].target for f in +frame.arrived}
        for place in places - {join.id}:
            reached = self._reach(frame.process, place, join.id)
            if reached & (into - full) and not reached & full:
                return False
        return True

    def _reach(self, process: Process, place: str, join: str) -> set[str]:
        seen: set[str] = set()
        todo = [place]
        while todo:
            node = todo.pop()
            starts = [node, *(b.id for b in process.boundaries(node))]
            for flow in (f for s in starts for f in process.out(s)):
                if flow.id not in seen:
                    seen.add(flow.id)
                    if flow.target != join:
                        todo.append(flow.target)
        return seen


def holds(condition: str, scope: dict[str, Any]) -> bool:
    return any(
        all(scope.get(name) == code for name, code in (term.split(" == ") for term in _terms(part)))
        for part in condition.replace("'", "").split(" or ")
    )


def _terms(part: str) -> list[str]:
    return part.split(" and ")

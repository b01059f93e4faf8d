"""How the elements hang together: flows, gateways, what is reached, loops, tokens that never meet.

Every walk is iterative and visits a flow a bounded number of times: a diagram cannot make the check hang.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations, product

from . import expressions
from .check_elements import Project, answers_of_tables, names, names_of_items
from .check_xml import Source
from .graph import Element, Flow, Graph
from .values import EngineError

Next = Mapping[str, tuple[str, ...]]
COMPARISONS = 20_000
CONDITIONAL = ("exclusiveGateway", "inclusiveGateway")
JOINS = ("parallelGateway", "inclusiveGateway")


def check_graph(project: Project, source: Source, graph: Graph, waits: Callable[[Element], bool]) -> None:
    """One process or embedded subprocess. `waits`: does a token rest in this element for sure?"""
    _ends_meet(project, source, graph)
    for element in graph.elements.values():
        _counts(project, source, graph, element)
        if element.kind in CONDITIONAL:
            _conditional(project, source, graph, element)
        elif element.kind == "eventBasedGateway":
            _event_gateway(project, source, graph, element)
    for flow in graph.flows.values():
        _flow(project, source, graph, flow)
    onward = successors(graph)
    _reached(project, source, graph, onward)
    _automatic_loops(project, source, graph, onward, waits)
    _side_branches(project, source, graph, onward)
    _splits(project, source, graph, onward)


def successors(graph: Graph) -> dict[str, tuple[str, ...]]:
    """element -> elements a token may reach in one move, boundary events included."""
    onward: dict[str, list[str]] = {ident: [] for ident in graph.elements}
    for flow in graph.flows.values():
        if flow.source in onward and flow.target in onward:
            onward[flow.source].append(flow.target)
    for element in graph.elements.values():
        if element.attached_to in onward:
            onward[element.attached_to].append(element.id)
    return {ident: tuple(found) for ident, found in onward.items()}


def walk(starts: Iterable[str], onward: Next) -> set[str]:
    seen = set(starts)
    todo = list(seen)
    while todo:
        for target in onward.get(todo.pop(), ()):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def components(onward: Next) -> list[list[str]]:
    """The loops: strongly connected components (Tarjan, without recursion), and self-loops."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in onward:
        if root in order:
            continue
        work = [(root, iter(onward[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in onward:
                    continue
                if target not in order:
                    order[target] = low[target] = len(order)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(onward[target])))
                    break
                if target in on_stack:
                    low[node] = min(low[node], order[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    part: list[str] = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    if len(part) > 1 or node in onward[node]:
                        found.append(part)
    return found


# --- one element, one flow -------------------------------------------------------------------------


def _ends_meet(project: Project, source: Source, graph: Graph) -> None:
    at = source.nodes.get(graph.id)
    starts = [e for e in graph.elements.values() if e.kind == "startEvent"]
    if not starts:
        project.notes.refuse(source.file, at, "check.start.none")
    elif len(starts) > 1:
        project.notes.refuse(source.file, at, "check.start.several", count=len(starts))
    if not any(e.kind == "endEvent" for e in graph.elements.values()):
        project.notes.refuse(source.file, at, "check.end.none")


def _counts(project: Project, source: Source, graph: Graph, element: Element) -> None:
    """How many flows may come in and go out of an element of this kind."""
    notes, file, xml = project.notes, source.file, element.xml
    incoming, outgoing = graph.incoming(element.id), graph.outgoing(element.id)
    if element.kind == "startEvent" and incoming:
        notes.refuse(file, xml, "check.start.incoming")
    if element.kind == "endEvent" and outgoing:
        notes.refuse(file, xml, "check.end.outgoing")
    if element.kind == "boundaryEvent" and incoming:
        notes.refuse(file, xml, "check.boundary.incoming")
    if len(outgoing) > 1 and not element.kind.endswith("Gateway"):
        notes.refuse(file, xml, "check.flow.implicit_split", count=len(outgoing))
    targets = [flow.target for flow in outgoing]
    for target in sorted({t for t in targets if targets.count(t) > 1}) if len(targets) < 200 else ():
        notes.refuse(file, xml, "check.flow.twice", target=target)
    if len(targets) >= 200:
        notes.refuse(file, xml, "check.flow.too_many", count=len(targets))
    if element.default is not None and element.kind not in CONDITIONAL:
        notes.refuse(file, xml, "check.flow.default_misplaced")


def _flow(project: Project, source: Source, graph: Graph, flow: Flow) -> None:
    """A condition is read only behind an exclusive or inclusive gateway."""
    origin = graph.elements.get(flow.source)
    if flow.condition is None or origin is None:
        return
    at = source.nodes.get(flow.id)
    if origin.kind not in CONDITIONAL:
        project.notes.refuse(source.file, at, "check.flow.condition_misplaced", source=origin.name or origin.id)
        return
    try:
        condition = expressions.parse(flow.condition)
    except EngineError as error:
        code = error.code.replace("engine.", "check.")  # too_long or not_understood
        project.notes.refuse(source.file, at, code, text=flow.condition, limit=expressions.MAX_LENGTH)
        return
    if project.forms is None:
        return
    process = source.process_of[graph.id]
    known, told = names(project, process), answers_of_tables(project, process)
    for name, code in condition.names:
        if name in told and told[name][1]:
            project.notes.refuse(source.file, at, "check.condition.of_list", variable=name)
        elif name in known:
            codes = known[name]
            if codes is not None and code not in codes:
                offered = ", ".join(sorted(codes))
                project.notes.refuse(source.file, at, "check.condition.code", variable=name, value=code, offered=offered)
        elif name in names_of_items(project, process):
            project.notes.refuse(source.file, at, "check.condition.of_items", variable=name)
        else:
            project.notes.refuse(source.file, at, "check.condition.unknown_name", variable=name)


def _conditional(project: Project, source: Source, graph: Graph, element: Element) -> None:
    notes, file, xml = project.notes, source.file, element.xml
    outgoing = graph.outgoing(element.id)
    if len(outgoing) == 1 and outgoing[0].condition is not None:
        notes.refuse(file, xml, "check.gateway.single_condition")
    if len(outgoing) < 2:
        if not outgoing:
            notes.refuse(file, xml, "check.element.no_way_out")
        return
    if element.default is None:
        notes.refuse(file, xml, "check.gateway.no_default")
    conditions = []
    for flow in outgoing:
        if flow.id == element.default:
            if flow.condition is not None:
                notes.refuse(file, source.nodes.get(flow.id, xml), "check.gateway.default_condition")
        elif flow.condition is None:
            if element.default is not None:
                notes.refuse(file, source.nodes.get(flow.id, xml), "check.gateway.no_condition")
        else:
            try:
                conditions.append((flow, expressions.parse(flow.condition)))
            except EngineError:
                continue
    if element.kind == "exclusiveGateway":
        _exclusive(project, source, element, conditions)


def _exclusive(
    project: Project, source: Source, element: Element, conditions: list[tuple[Flow, expressions.Condition]]
) -> None:
    """Two conditions that may both hold: which flow is taken would hang on the drawing."""
    left = COMPARISONS
    for (one, first), (other, second) in combinations(conditions, 2):
        for these, those in product(first.alternatives, second.alternatives):
            left -= 1
            if left < 0:
                project.notes.refuse(source.file, element.xml, "check.gateway.too_complex")
                return
            wanted: dict[str, set[str]] = {}
            for name, code in (*these, *those):
                wanted.setdefault(name, set()).add(code)
            if all(len(codes) == 1 for codes in wanted.values()):
                project.notes.refuse(source.file, element.xml, "check.gateway.overlap", first=one.id, second=other.id)
                return


def _event_gateway(project: Project, source: Source, graph: Graph, gateway: Element) -> None:
    notes, file, xml = project.notes, source.file, gateway.xml
    children = [graph.elements[f.target] for f in graph.outgoing(gateway.id) if f.target in graph.elements]
    if len(children) < 2:
        notes.refuse(file, xml, "check.event_gateway.few")
    messages: list[str] = []
    timers = 0
    for child in children:
        if child.kind != "intermediateCatchEvent" or child.definitions not in (
            ("timerEventDefinition",),
            ("messageEventDefinition",),
        ):
            notes.refuse(file, xml, "check.event_gateway.child", child=child.name or child.id)
            continue
        timers += child.definitions == ("timerEventDefinition",)
        messages += [child.message] if child.message else []
        if len(graph.incoming(child.id)) > 1:
            notes.refuse(file, child.xml, "check.event_gateway.entered")
    if timers > 1:
        notes.refuse(file, xml, "check.event_gateway.two_timers", count=timers)
    if len(set(messages)) < len(messages):
        notes.refuse(file, xml, "check.event_gateway.same_message")


# --- the whole graph -------------------------------------------------------------------------------


def _reached(project: Project, source: Source, graph: Graph, onward: Next) -> None:
    starts = [e.id for e in graph.elements.values() if e.kind == "startEvent"]
    ends = [e.id for e in graph.elements.values() if e.kind == "endEvent"]
    backward: dict[str, list[str]] = {ident: [] for ident in onward}
    for ident, targets in onward.items():
        for target in targets:
            backward[target].append(ident)
    from_start = walk(starts, onward) if starts else set(onward)
    to_end = walk(ends, {i: tuple(s) for i, s in backward.items()}) if ends else set(onward)
    for element in graph.elements.values():
        if element.id not in from_start:
            project.notes.refuse(source.file, element.xml, "check.element.unreachable")
        elif element.id not in to_end or (element.kind != "endEvent" and not graph.outgoing(element.id)):
            project.notes.refuse(source.file, element.xml, "check.element.no_way_out")


def _automatic_loops(project: Project, source: Source, graph: Graph, onward: Next, waits: Callable[[Element], bool]) -> None:
    automatic = {ident for ident, element in graph.elements.items() if not waits(element)}
    inner = {i: tuple(t for t in onward[i] if t in automatic) for i in onward if i in automatic}
    for loop in components(inner):
        first = min(loop)
        shown = ", ".join(sorted(loop)[:5])
        project.notes.refuse(source.file, graph.elements[first].xml, "check.loop.never_waits", elements=shown)


def _side_branches(project: Project, source: Source, graph: Graph, onward: Next) -> None:
    """A step on a non-interrupting branch of something that comes round again piles up open steps."""
    in_loop = {ident for loop in components(onward) for ident in loop}
    for event in graph.elements.values():
        if event.kind != "boundaryEvent" or event.interrupting or event.attached_to not in in_loop:
            continue
        kinds = (graph.elements[i].kind for i in walk([event.id], onward) if i != event.id)
        if any(kind in _RESTING for kind in kinds):
            project.notes.refuse(source.file, event.xml, "check.boundary.task_in_loop")


_RESTING = ("userTask", "intermediateCatchEvent", "eventBasedGateway", "subProcess", "callActivity")


def _splits(project: Project, source: Source, graph: Graph, onward: Next) -> None:
    """Warnings: branches of a parallel split that flow together without a join, and the other way round."""
    entries = {ident: len(graph.incoming(ident)) for ident in graph.elements}

    def joins(ident: str) -> bool:
        return graph.elements[ident].kind in JOINS and entries[ident] > 1

    def splits(ident: str) -> bool:
        return graph.elements[ident].kind in JOINS and len(onward[ident]) > 1

    for element in graph.elements.values():
        branches = [t for t in onward[element.id] if graph.elements[t].kind != "boundaryEvent"]
        if len(branches) < 2:
            continue
        if element.kind in JOINS:
            met = _meeting(branches, onward, stop=joins)
            met = {m for m in met if entries[m] > 1 and not joins(m) and graph.elements[m].kind != "endEvent"}
            if met:
                where = graph.elements[min(met)]
                at = where.name or where.id
                project.notes.warn(source.file, element.xml, "check.parallel.no_join", where=at)
        elif element.kind in ("exclusiveGateway", "eventBasedGateway"):
            met = _meeting(branches, onward, stop=lambda i: splits(i) or entries[i] > 1)
            for ident in sorted(m for m in met if graph.elements[m].kind == "parallelGateway" and joins(m)):
                at = element.name or element.id
                project.notes.warn(source.file, graph.elements[ident].xml, "check.parallel.starves", where=at)


def _meeting(branches: list[str], onward: Next, stop: Callable[[str], bool]) -> set[str]:
    """Elements that tokens of two different branches may reach; no branch is followed beyond `stop`."""
    several = -1
    mark: dict[str, int] = {}
    todo: list[tuple[str, int]] = list(zip(branches, range(len(branches)), strict=True))
    met: set[str] = set()
    while todo:
        ident, label = todo.pop()
        known = mark.get(ident)
        if known in (several, label):
            continue
        mark[ident] = label if known is None else several
        if known is not None:
            met.add(ident)
        if not stop(ident):
            todo += [(target, mark[ident]) for target in onward[ident]]
    return met

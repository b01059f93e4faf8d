"""Do the default times along the longest straight path fit the limit of the case?

Straight path: no element twice (a flow back to an element that every path to its source has passed is left
out), no message branch (objections, requests), no side branch (non-interrupting events). Parallel
branches count their longest, a multi-instance step once, a called or embedded process its own longest path.

Time is counted in half days from the start of the first day: odd = some time during day n (2n + 1), even =
the midnight that begins it (2n). A step due in n days is done during day d + n; a timer of n whole days ends
with the midnight after day d + n, so what follows begins a day later. Working days are Monday to Friday,
without holidays; the path is counted for each weekday on which it may begin, and the worst sum compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.policy import calendar

from . import timers
from .check_elements import Project
from .check_flow import Next, successors, walk
from .check_xml import Source
from .graph import Element, Graph
from .values import EngineError

LIMIT = "case_limit_days"
Way = tuple[tuple[str, int], ...]
"""The steps of a path that take time: (element id, half days)."""
_MONTHS = 48


class Tangled(Exception):
    """The longest straight path is not defined: a loop entered in two places, or calls in a circle."""


@dataclass(frozen=True)
class Arrival:
    at: int
    way: Way


@dataclass
class Clock:
    """One look at all processes with day 0 on `weekday` (0 = Monday)."""

    project: Project
    weekday: int
    plans: dict[str, "Plan"]
    known: dict[tuple[str, int], Arrival | None] = field(default_factory=dict)

    def through(self, scope: str, at: int) -> Arrival | None:
        """The longest way from the start of a scope entered at `at` to its ends (or where its limit ends)."""
        week, rest = divmod(at, 14)
        if (scope, rest) not in self.known:
            self.known[scope, rest] = self._walk(self.plans[scope], rest)
        found = self.known[scope, rest]
        return None if found is None else Arrival(found.at + 14 * week, found.way)

    def _walk(self, plan: "Plan", at: int) -> Arrival | None:
        arrivals: dict[str, Arrival] = {start: Arrival(at, ()) for start in plan.starts}
        longest: Arrival | None = None
        for ident in plan.order:
            here = arrivals.get(ident)
            if here is None:
                continue
            element = plan.graph.elements[ident]
            left = self._pass(plan, element, here)
            if left is None:
                continue
            if ident in plan.goals and (longest is None or left.at > longest.at):
                longest = left
            for target in plan.onward[ident]:
                attached = plan.graph.elements[target].attached_to == ident
                comes = here if attached else left
                known = arrivals.get(target)
                if known is None or comes.at > known.at:
                    arrivals[target] = comes
        return longest

    def _pass(self, plan: "Plan", element: Element, here: Arrival) -> Arrival | None:
        at = here.at
        if element.kind == "userTask":
            amount = self.project.amount(element.properties.get("due", ""))
            at = 2 * self._day(at // 2, amount) + 1 if amount is not None else at | 1
        elif element.kind in ("intermediateCatchEvent", "boundaryEvent"):
            amount = _of_event(self.project, plan.graph, element)
            at = 2 * (self._day(at // 2, amount) + 1) if amount is not None else at
        elif element.kind in ("subProcess", "callActivity"):
            scope = element.id if element.kind == "subProcess" else element.called or ""
            if scope in self.plans:
                inner = self.through(scope, at)
                if inner is None:
                    return None
                at = inner.at
        return Arrival(at, (*here.way, (element.id, at - here.at)) if at > here.at + 1 else here.way)

    def _day(self, day: int, amount: tuple[int, str]) -> int:
        number, unit = amount
        if unit == "working_days":
            return day + working_days((self.weekday + day) % 7, number)
        return day + (longest_months(number) if unit == "months" else number)


@dataclass(frozen=True)
class Plan:
    """A scope without its loops: elements in an order in which every one comes after those before it."""

    graph: Graph
    source: Source
    starts: tuple[str, ...]
    goals: frozenset[str]
    order: tuple[str, ...]
    onward: Next


def check_times(project: Project) -> None:
    """Warns of every process nobody calls whose longest straight path exceeds its limit."""
    if project.entries is None:
        return
    called = {other for process, found in project.calls.items() for other in found if other != process}
    for process, source in project.processes.items():
        if process not in called and not _own(source, process):
            try:
                _check_process(project, source, process)
            except (Tangled, RecursionError):
                project.notes.warn(source.file, source.nodes.get(process), "check.times.tangled")


def _check_process(project: Project, source: Source, process: str) -> None:
    scopes = _scopes(project, process)
    plans = {scope: _plan(project, *where) for scope, where in scopes.items()}
    goal = next((e for e in plans[process].graph.elements.values() if e.properties.get("ends_limit")), None)
    key = goal.properties["ends_limit"] if goal is not None else LIMIT
    limit = project.amount(LIMIT if key == "true" else key)
    if limit is None:
        return
    worst: Arrival | None = None
    for weekday in range(7):
        found = Clock(project, weekday, plans).through(process, 1)
        if found is not None and (worst is None or found.at > worst.at):
            worst = found
    if worst is None:
        return
    for plan in plans.values():
        _unknown_waits(project, plan)
    days, allowed = (worst.at - 1) // 2, _least_days(*limit)
    if days > allowed:
        at = goal.xml if goal is not None else source.nodes.get(process)
        steps = _told(project, process, worst)
        project.notes.warn(source.file, at, "check.times.over_limit", days=days, limit=allowed, steps=steps)


def _own(source: Source, process: str) -> bool:
    """Whether its cases are no monitoring cases: the plan's limit is not theirs."""
    return any(g.id == process and g.properties.get("main") == "own" for g in source.graphs)


def _told(project: Project, process: str, worst: Arrival) -> str:
    """The steps of the path that take time, the longest first, as `name n`."""
    steps = project.kin(process)
    taking = sorted(worst.way, key=lambda step: -step[1])[:6]
    named = [(steps[i].name or i, half // 2) for i, half in taking]
    return ", ".join(f"{name} {days}" for name, days in named)


def _scopes(project: Project, process: str) -> dict[str, tuple[Source, Graph]]:
    """Every scope that runs inside an instance of this process."""
    by_id = {g.id: (s, g) for s in project.sources for g in s.graphs}
    found: dict[str, tuple[Source, Graph]] = {}
    todo = [process]
    while todo:
        scope = todo.pop()
        if scope in found or scope not in by_id:
            continue
        found[scope] = by_id[scope]
        for element in by_id[scope][1].elements.values():
            if element.kind == "subProcess":
                todo.append(element.id)
            elif element.kind == "callActivity" and element.called:
                todo.append(element.called)
    return found


def _plan(project: Project, source: Source, graph: Graph) -> Plan:
    elements = graph.elements
    onward = {
        ident: tuple(t for t in targets if not _aside(graph, elements[t])) for ident, targets in successors(graph).items()
    }
    starts = tuple(e.id for e in elements.values() if e.kind == "startEvent")
    alive = walk(starts, onward)
    onward = {i: tuple(t for t in onward[i] if t in alive) for i in onward if i in alive}
    onward = _without_returns(starts, onward)
    order = _ordered(starts, onward)
    goals = {e.id for e in elements.values() if e.properties.get("ends_limit")} & alive
    ends = {e.id for e in elements.values() if e.kind == "endEvent"}
    return Plan(graph, source, starts, frozenset(goals or ends), tuple(order), onward)


def _aside(graph: Graph, element: Element) -> bool:
    """Not on the straight path: messages that someone may send, and branches beside the flow."""
    if element.kind == "boundaryEvent":
        return not element.interrupting or element.timer is None
    if element.kind != "intermediateCatchEvent" or element.timer is not None:
        return False
    sources = (graph.elements[f.source] for f in graph.incoming(element.id) if f.source in graph.elements)
    return any(source.kind == "eventBasedGateway" for source in sources)


def _without_returns(starts: tuple[str, ...], onward: Next) -> dict[str, tuple[str, ...]]:
    """Drops every flow u -> v where all paths to u have passed v (v dominates u): it begins a second pass."""
    if len(starts) != 1:
        raise Tangled
    order = _postorder(starts[0], onward)[::-1]
    place = {ident: n for n, ident in enumerate(order)}
    before: dict[str, list[str]] = {ident: [] for ident in order}
    for ident in order:
        for target in onward[ident]:
            before[target].append(ident)
    above: dict[str, str] = {starts[0]: starts[0]}
    changed, rounds = True, 0
    while changed:
        changed, rounds = False, rounds + 1
        if rounds > 100:
            raise Tangled
        for ident in order[1:]:
            nearest: str | None = None
            for other in before[ident]:
                if other in above:
                    nearest = other if nearest is None else _common(nearest, other, above, place)
            if nearest is not None and above.get(ident) != nearest:
                above[ident], changed = nearest, True
    return {i: tuple(t for t in onward[i] if not _dominates(t, i, above, place)) for i in order}


def _common(one: str, other: str, above: Mapping[str, str], place: Mapping[str, int]) -> str:
    while one != other:
        if place[one] > place[other]:
            one = above[one]
        else:
            other = above[other]
    return one


def _dominates(upper: str, lower: str, above: Mapping[str, str], place: Mapping[str, int]) -> bool:
    while place[lower] > place[upper]:
        lower = above[lower]
    return lower == upper


def _postorder(start: str, onward: Next) -> list[str]:
    seen, found = {start}, []
    work = [(start, iter(onward[start]))]
    while work:
        ident, targets = work[-1]
        for target in targets:
            if target not in seen:
                seen.add(target)
                work.append((target, iter(onward[target])))
                break
        else:
            work.pop()
            found.append(ident)
    return found


def _ordered(starts: tuple[str, ...], onward: Next) -> list[str]:
    waiting = dict.fromkeys(onward, 0)
    for targets in onward.values():
        for target in targets:
            waiting[target] += 1
    todo, order = list(starts), []
    while todo:
        ident = todo.pop()
        order.append(ident)
        for target in onward[ident]:
            waiting[target] -= 1
            if waiting[target] == 0:
                todo.append(target)
    if len(order) < len(onward):
        raise Tangled
    return order


# --- spans -----------------------------------------------------------------------------------------


def _of_event(project: Project, graph: Graph, element: Element) -> tuple[int, str] | None:
    if element.timer is None:
        return project.amount(element.properties.get("takes", ""))
    try:
        timer = timers.parse(element.timer)
    except EngineError:
        return None
    if timer.kind == "due":
        host = graph.elements.get(element.attached_to or "", element)
        return project.amount(element.properties.get("due") or host.properties.get("due") or "")
    return project.amount(element.properties.get("takes", "") if timer.kind == "on" else timer.name or "")


def _unknown_waits(project: Project, plan: Plan) -> None:
    for ident in plan.order:
        element = plan.graph.elements[ident]
        waits = element.kind in ("intermediateCatchEvent", "boundaryEvent")
        open_ended = element.timer is None or element.timer.startswith("on(")
        if waits and open_ended and "takes" not in element.properties:
            project.notes.warn(plan.source.file, element.xml, "check.times.unknown_wait")


def working_days(weekday: int, number: int) -> int:
    """Calendar days from a day on `weekday` (0 = Monday) to the n-th working day after it; no holidays."""
    if number <= 0:
        return 0
    ahead = max(0, weekday - 4)  # Saturday and Sunday count as the Friday before, less the days already gone
    weeks, rest = divmod(number, 5)
    last = min(weekday, 4) + rest
    return 7 * weeks + rest + (2 if last > 4 else 0) - ahead


def longest_months(number: int) -> int:
    """The most days that n months can have."""
    cycles, rest = divmod(number, _MONTHS)
    firsts = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(_MONTHS)]
    return cycles * 1461 + max((calendar.add_months(day, rest) - day).days for day in firsts)


def _least_days(number: int, unit: str) -> int:
    """A limit in calendar days, at its tightest."""
    if unit == "months":
        first = date(2023, 2, 1)
        return (calendar.add_months(first, number) - first).days if number < 12 else number * 30
    if unit == "working_days":
        return working_days(0, number)
    return number

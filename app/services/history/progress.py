"""How far a case is: the days of its limit, the main line of the diagram, what is done, current and taken."""

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import Any

from app.engine.definition import Definition
from app.engine.graph import Graph
from app.engine.values import element_of
from app.labels import say
from app.policy import calendar
from app.policy import parameters as params
from app.store import cases as case_rows
from app.store.rows import Case
from app.store.session import Session

from ..definitions import Bundle
from ..people import County

LONGEST_PATH = 12


def limit(county: County, case: Case, now: datetime) -> dict[str, Any] | None:
    """The days of the case limit, from the clue to the decision; None once decided."""
    if case.decided_at is not None or case.closed_at is not None or case.door:
        return None
    today = calendar.local_date(now)
    days = params.number(county.entries, "case_limit_days", case.clue_on)
    return {
        "title": say("progress.whole"),
        "limit": days,
        "day": (today - case.clue_on).days,
        "days_left": calendar.days_left(case.limit_at, now),
        "started_on": case.clue_on,
        "ends_on": calendar.add_days(case.clue_on, days),
        "provisional": False,
    }


def why_late(definition: Definition, tasks: Sequence[Any], told: Sequence[Any], now: datetime) -> list[str]:
    """Where the days of a case went: steps done, or still not done, after their due day, the worst first; and returns.
    `tasks`: rows of one instance; `told`: the case's events."""
    late = []
    for task in tasks:
        if task.status not in ("done", "open"):
            continue
        days = (calendar.local_date(task.closed_at or now) - calendar.last_day(task.due)).days
        if days > 0:
            code = "progress.late_done" if task.status == "done" else "progress.late_open"
            late.append((days, say(code, step=definition.elements[task.element].name, days=days)))
    found = [sentence for _, sentence in sorted(late, key=lambda one: -one[0])]
    for event in told:
        if event.kind == "case_returned":
            on = say("pages.day", month=event.on.month, day=event.on.day)
            element = definition.elements.get(str(event.body.get("to") or ""))
            found.append(say("progress.returned", on=on, step=element.name if element else ""))
    return found


def _first_outcome(g: Graph) -> str | None:
    """Of a procedure without a limit, the end with an outcome that its designer drew first."""
    return next((e.id for e in g.elements.values() if e.kind == "endEvent" and e.properties.get("outcome")), None)


def main_line(definition: Definition) -> tuple[str, ...]:
    """User tasks on the shortest way from the start to the step that ends the limit (or to an end)."""
    g = definition.top
    starts = [e.id for e in g.elements.values() if e.kind == "startEvent"]
    goal = next((e.id for e in g.elements.values() if e.properties.get("ends_limit")), None) or _first_outcome(g)
    came: dict[str, str | None] = {}
    turn = count()
    todo: list[tuple[int, int, int, str, str | None]] = [(0, 0, next(turn), start, None) for start in starts]
    last = None
    while todo:
        people, steps, _, here, source = heappop(todo)  # the fewest steps that people do, then the fewest
        if here in came:
            continue
        came[here] = source
        if here == goal or (goal is None and g.elements[here].kind == "endEvent"):
            last = here
            break
        for target in g.next_of(here):
            interrupts = g.elements[target].kind != "boundaryEvent" or g.elements[target].interrupting
            if target not in came and interrupts:
                person = g.elements[target].kind == "userTask"
                heappush(todo, (people + person, steps + 1, next(turn), target, here))
    way = []
    while last is not None:
        way.append(last)
        last = came[last]
    return tuple(e for e in reversed(way) if g.elements[e].kind == "userTask")[:LONGEST_PATH]


def path(definition: Definition, tasks: Sequence[Any], ended: bool) -> list[dict[str, Any]]:
    """The main line with done, current and future; a step beside it is put in where it happens. `tasks`: of one instance."""
    line = list(main_line(definition))
    elements = definition.elements
    done: dict[str, Any] = {}
    for task in tasks:
        if task.status == "done":
            done[task.element] = task
    current = [t for t in tasks if t.status == "open"]
    here = next((t for t in current if t.element in line), None)
    if here is not None:
        upto = line.index(here.element)
    else:
        finished = [e for e in line if e in done and (not current or done[e].closed_at <= current[0].opened_at)]
        latest = max(finished, key=lambda e: done[e].closed_at, default=None)
        upto = line.index(latest) + 1 if latest is not None else 0
    found = []
    for place, element in enumerate(line):
        if place < upto and element in done:
            found.append(_step(elements[element].name, "done", done[element].closed_at))
        elif not ended and here is not None and place == upto:
            found.append(_step(elements[element].name, "current"))
        elif place >= upto or element not in done:
            found.append(_step(elements[element].name, "future"))
    if here is None and current and not ended:
        found.insert(min(upto, len(found)), _step(elements[current[0].element].name, "current"))
    elif here is None and not current and not ended and upto < len(found):
        found[upto] = {**found[upto], "state": "current"}
    return found


def _step(name: str, state: str, at: datetime | None = None) -> dict[str, Any]:
    return {"name": name, "state": state, "on": calendar.local_date(at) if at else None}


def state(
    session: Session, case_id: int, instance: int, definition: Definition, bodies: Iterable[Mapping[str, Any]] | None = None
) -> dict[str, list[str]]:
    """For the picture: element ids done and current, ids of flows really taken. `bodies`: of the instance's events, where
    the caller has read them."""
    g = definition.top
    if bodies is None:
        rows = case_rows.events_of(session, case_id)
        bodies = [json.loads(bytes(event.body)) for event in rows if event.instance == instance]
    taken = {flow for body in bodies for flow in body.get("flows", ())}
    current = {t.element for t in case_rows.tasks_of(session, case_id) if t.instance == instance and t.status == "open"}
    for element in waiting_elements(session, case_id, instance):
        found = definition.elements.get(element)
        if found is not None and not (found.attached_to and not found.interrupting):
            current.add(found.attached_to or element)
    flows = [g.flows[f] for f in taken if f in g.flows]
    passed = {f.source for f in flows} | {f.target for f in flows}
    passed |= {e.id for e in g.elements.values() if e.kind == "startEvent"} if flows else set()
    return {"done": sorted(passed - current), "current": sorted(current), "taken": sorted(taken)}


def waiting_elements(session: Session, case_id: int, instance: int) -> set[str]:
    """Elements where an instance waits for a message or a date (due timers of open tasks included)."""
    found = {timer.element for timer in case_rows.timers_in(session, case_id) if timer.instance == instance}
    return found | {element_of(m.address) for m in case_rows.awaited_in(session, case_id) if m.instance == instance}


def as_text(
    bundle: Bundle,
    county: County,
    told: Mapping[str, str] | None = None,
    current: Iterable[str] = (),
    passed: Iterable[str] | None = None,
) -> list[dict[str, Any]]:
    """Every step of the top diagram as a row of words: name, who, by when, what is known of it, which sentences it rests on.
    `passed`: where an ended run has been; what it has not is said so."""
    g: Graph = bundle.definition.top
    now = set(current)
    order = _order(g)
    rows = []
    for element in order:
        e = g.elements[element]
        if e.kind not in ("userTask", "serviceTask", "businessRuleTask") and "takes" not in e.properties:
            continue
        roles = say("stories.comma").join(str(county.role(r).get("title", r)) for r in e.roles)
        who = roles or say("progress.by_itself")
        if told is None:
            text = None
        elif element in now:
            text = say("progress.current")
        elif element in told:
            text = told[element]
        elif passed is not None and element in passed:
            text = say("progress.passed")
        else:
            text = say("progress.not_yet" if passed is None else "progress.not_taken")
        rows.append(
            {
                "name": e.name,
                "who": who,
                "due": _due_words(county, e.properties),
                "said": text,
                "rests": clauses(county, e.properties) or [{"mark": e.properties.get("source", ""), "text": ""}],
            }
        )
    return rows


def _due_words(county: County, properties: Mapping[str, str]) -> str:
    """The published days of a step, with the unit; empty where none are."""
    key = properties.get("due") or properties.get("takes")
    entry = county.entries.get("parameter", key, county.on) if key else None
    return say(f"progress.days.{entry.value['unit']}", n=entry.value["value"]) if entry is not None else ""


def _order(g: Graph) -> list[str]:
    """Elements as they are first reached."""
    todo = deque(e.id for e in g.elements.values() if e.kind == "startEvent")
    seen = dict.fromkeys(todo)
    while todo:
        for target in g.next_of(todo.popleft()):
            if target not in seen:
                seen[target] = None
                todo.append(target)
    return list(seen)


def clauses(county: County, properties: Mapping[str, str]) -> list[dict[str, str]]:
    """The sentences of documents that a step carries out."""
    found = []
    for key in properties.get("clause", "").split():
        sentence = county.entries.get("sentence", key, county.on)
        document = county.entries.get("document", key.partition("#")[0], county.on)
        mark = str(document.value["mark"]) if document else key.partition("#")[0]
        found.append({"mark": f"{mark} {key.partition('#')[2]}", "text": str(sentence.value["content"]) if sentence else ""})
    return found


def basis(county: County, key: str | None) -> str:
    """The sentence of a document on which something is done, in words; empty where none was written down."""
    return say("exchange.basis", **clauses(county, {"clause": key})[0]) if key else ""

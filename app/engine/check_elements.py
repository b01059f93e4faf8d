"""What each element must say: events and timers, people, operators, tables, sentences of the plan."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.decisions.tables import Table
from app.policy.parameters import UNITS_OF_TIME, Entries

from . import timers
from .check_report import Notes
from .check_xml import COMMON, RETURNS, Source, is_id
from .graph import BPMN, Element, Graph, split
from .values import EngineError

Codes = frozenset[str] | None
"""The codes a name may hold; None = any text."""

GIVES = "gives."
SYSTEM = "system"
CONTACT = "contact"
PROPERTIES: Mapping[str, frozenset[str]] = {
    "userTask": frozenset(
        {
            "type",
            "list",
            "paper",
            "group",
            "role",
            "due",
            "separate_from",
            "waits_for",
            "shows",
            "completion",
            "ends_limit",
        }
    ),
    "serviceTask": frozenset({"operator", "gives", "ends_limit", "tables", "final", "stage", "outcome"}),
    "businessRuleTask": frozenset({"decision", "ends_limit"}),
    "endEvent": frozenset({"operator", "stage", "outcome"}),
    "startEvent": frozenset({"gives"}),
    "intermediateCatchEvent": frozenset({"due", "takes", "gives", "ends_limit"}),
    "boundaryEvent": frozenset({"due", "takes", "gives"}),
    "subProcess": frozenset({"ends_limit"}),
    "callActivity": frozenset({"ends_limit"}),
}
"""Extension properties by kind of element; beyond these a property would do nothing, so it is refused."""
WITH_CLAUSE = ("userTask", "serviceTask", "businessRuleTask")
NAMED = (*WITH_CLAUSE, "startEvent", "endEvent", "subProcess", "callActivity")
_LITERAL = re.compile(r"(?<![A-Za-z0-9_])(P|PT|R)?[0-9]")
_UNIT_OF = {"days": "calendar_days", "months": "months", "working_days": "working_days"}


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What a type of step or an operation says of itself.

    reads: answers its form must ask for. needs: process variables without which it fails; uses: those it takes into account.
    gives: process variables with their codes, () for a value that is no code. subjects: what a procedure must be about, ()
    for anything. facts: what it puts into the snapshot that tables read, beside the household's own.
    parameters: property by which an element may name another entry -> the entry it asks otherwise.
    properties: further ones that an element must say, with the words for each, or ITEMS (a step that many do), ANSWER
    (question=code of that step), MANY (all, any, a number), CODE (a short one). protects: what law or plan ask of it.
    raises: kinds of holds that doing it again would raise anew, so that a return before it lifts them. undo: what a return
    before it takes back. fails: codes of what makes it an incident. mains: what the procedure must carry (entry, exit), ()
    for any. codes: answer of its form -> codes that it must offer.
    """

    reads: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    gives: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protects: tuple[str, ...] = ()
    raises: tuple[str, ...] = ()
    undo: Callable[..., None] | None = None
    fails: tuple[str, ...] = ()
    mains: tuple[str, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def parameter(self, said: Callable[[str, str], str], element: str, name: str) -> str:
        """The entry that an element asks for one of its parameters: what the diagram says, else its own."""
        return said(element, name) or self.parameters[name]


ITEMS, ANSWER, MANY, CODE = ("items",), ("answer",), ("many",), ("code",)
SAYS: Mapping[tuple[str, ...], str] = {
    ITEMS: "check.says.items",
    ANSWER: "check.says.answer",
    MANY: "check.says.many",
    CODE: "check.says.code",
}
LONGEST_NAME = 40
"""Characters of an outcome, as the database holds it."""


@dataclass(frozen=True)
class Steps:
    """What a step may say of itself: its type, kinds of holds and of lists.

    asks: "procedure/step" -> answers its form asks for, with their codes. papers: kind -> answers that it prints, for the
    designer's own kinds; monitoring: kinds that only entry and exit print. messages: those that somebody sends. household:
    "procedure/step" -> answers that go to the household's file.
    """

    types: Mapping[str, Declared]
    holds: Collection[str]
    lists: Collection[str]
    asks: Mapping[str, Mapping[str, Codes]]
    papers: Mapping[str, Collection[str]] = field(default_factory=dict)
    messages: Collection[str] | None = None
    monitoring: Collection[str] = ()
    household: Mapping[str, Collection[str]] | None = None


@dataclass(frozen=True)
class Project:
    """Everything known beside the diagrams; None = not known here, and not checked.

    forms: "procedure/step" -> process names it gives with their codes. lanes: lane name -> level.
    """

    sources: tuple[Source, ...]
    tables: Mapping[str, Table | None]  # file stem -> table, None for one that could not be read
    entries: Entries | None
    forms: Mapping[str, Mapping[str, Codes]] | None
    operators: Mapping[str, Declared] | None
    lanes: Mapping[str, str]
    facts: Collection[str] | None
    steps: "Steps | None"
    notes: Notes = field(repr=False)

    @cached_property
    def processes(self) -> dict[str, Source]:
        return {g.id: source for source in self.sources for g in source.graphs if g.parent is None}

    @cached_property
    def calls(self) -> dict[str, set[str]]:
        """process -> processes it calls that are in these files."""
        found: dict[str, set[str]] = {process: set() for process in self.processes}
        for source in self.sources:
            for graph in source.graphs:
                for element in graph.elements.values():
                    if element.kind == "callActivity" and element.called in found:
                        found[source.process_of[graph.id]].add(str(element.called))
        return found

    @cached_property
    def family(self) -> dict[str, frozenset[str]]:
        """process -> all processes connected with it by calls: these share names and run as one instance."""
        near: dict[str, set[str]] = {process: set(called) for process, called in self.calls.items()}
        for process, called in self.calls.items():
            for other in called:
                near[other].add(process)
        families: dict[str, frozenset[str]] = {}
        for process in near:
            if process in families:
                continue
            seen, todo = {process}, [process]
            while todo:
                for other in near[todo.pop()] - seen:
                    seen.add(other)
                    todo.append(other)
            families.update(dict.fromkeys(seen, frozenset(seen)))
        return families

    @cached_property
    def elements_of(self) -> dict[str, dict[str, Element]]:
        """process -> its elements by id, embedded subprocesses included."""
        found: dict[str, dict[str, Element]] = {process: {} for process in self.processes}
        for source in self.sources:
            for graph in source.graphs:
                found[source.process_of[graph.id]].update(graph.elements)
        return found

    def kin(self, process: str) -> dict[str, Element]:
        """The elements of a process and of all it is connected with by calls."""
        return self.kin_of[self.family[process]]

    @cached_property
    def kin_of(self) -> dict[frozenset[str], dict[str, Element]]:
        return {
            family: {i: e for process in sorted(family) for i, e in self.elements_of[process].items()}
            for family in set(self.family.values())
        }

    @cached_property
    def given(self) -> dict[frozenset[str], Mapping[str, Codes]]:
        return {family: _names(self, family) for family in set(self.family.values())}

    def declared(self, element: Element) -> Declared | None:
        """What the operation or the type of an element says of itself."""
        if element.kind == "userTask":
            return self.steps.types.get(element.properties.get("type", "")) if self.steps is not None else None
        return (self.operators or {}).get(element.properties.get("operator", ""))

    def said_of(self, process: str, key: str) -> str:
        """What the procedure that a process belongs to says of itself; empty where nothing says it."""
        family = self.family[process]
        graphs = (g for s in self.sources for g in s.graphs if g.id in family)
        return next((g.properties[key] for g in graphs if g.properties.get(key)), "")

    def amount(self, key: str) -> tuple[int, str] | None:
        """A parameter's newest (number, unit of time); None if there is no such span of time."""
        history = self.entries.history("parameter", key) if self.entries is not None else ()
        value = history[0].value if history else {}
        number, unit = value.get("value"), value.get("unit")
        if type(number) is not int or number < 0 or unit not in UNITS_OF_TIME:
            return None
        return number, unit


def check_process(project: Project, source: Source, graph: Graph) -> None:
    """What a procedure says of itself beside its elements."""
    for key in RETURNS:
        named = graph.properties.get(key)
        if named is None:
            continue
        step = graph.elements.get(named)
        if step is None or step.kind != "userTask" or step.loop:
            at = source.nodes.get(graph.id)
            project.notes.refuse(source.file, at, "check.returns.no_step", key=key, value=named)


def check_element(project: Project, source: Source, graph: Graph, element: Element) -> None:
    """All that can be said of one element by itself."""
    _properties(project, source, element)
    _sentences(project, source, element)
    _events(project, source, graph, element)
    _items(project, source, element)
    if element.kind == "userTask":
        _person(project, source, graph, element)
    elif element.kind == "serviceTask":
        _operator(project, source, element, needed=True)
        prefix = element.properties.get("tables")
        if prefix and not any(name.startswith(prefix) for name in project.tables):
            project.notes.refuse(source.file, element.xml, "check.decision.no_table", path=f"decisions/{prefix}*.dmn")
    elif element.kind == "endEvent":
        _operator(project, source, element, needed=False)
    elif element.kind == "businessRuleTask":
        _decision(project, source, element)
    elif element.kind == "callActivity" and element.called not in project.processes:
        project.notes.refuse(source.file, element.xml, "check.call.unknown", called=element.called or "")
    if not element.name and element.kind in NAMED:
        project.notes.warn(source.file, element.xml, "check.name.missing")


def _properties(project: Project, source: Source, element: Element) -> None:
    notes, file = project.notes, source.file
    made = project.declared(element)
    own = made.parameters.keys() | made.properties.keys() if made is not None else frozenset()
    allowed = COMMON | PROPERTIES.get(element.kind, frozenset()) | own
    for key, value in element.properties.items():
        if key.startswith(GIVES) and element.kind in ("userTask", "serviceTask"):
            _given(project, source, element, key.removeprefix(GIVES), value)
            continue
        if key not in allowed:
            known = ", ".join(sorted(allowed))
            notes.refuse(file, element.xml, "check.property.unknown", key=key, known=known)
        elif not value.strip():
            notes.refuse(file, element.xml, "check.property.empty", key=key)
    if element.properties.get("final", "true") != "true":
        notes.refuse(file, element.xml, "check.property.final")
    for name in split(element.properties.get("gives")):
        if not is_id(name):
            notes.refuse(file, element.xml, "check.property.gives", value=name)
    limit = element.properties.get("ends_limit", "true")
    if limit != "true" and project.entries is not None and project.amount(limit) is None:
        notes.refuse(file, element.xml, "check.parameter.unknown", key=limit)


def _given(project: Project, source: Source, element: Element, name: str, value: str) -> None:
    """`gives.<answer>`: the process variable under which this step's answer is kept, so that two steps of a type do not write
    over each other."""
    asked = (project.forms or {}).get(f"{source.process_of[element.process]}/{element.id}", {})
    made = project.declared(element)
    known = sorted({*asked, *(made.gives if made is not None else ())})
    if not is_id(value):
        project.notes.refuse(source.file, element.xml, "check.property.gives", value=value)
    elif project.forms is not None and name not in known:
        project.notes.refuse(source.file, element.xml, "check.gives.unknown", variable=name, known=", ".join(known) or "-")


def _parameters(project: Project, source: Source, element: Element, made: Declared) -> None:
    for key in made.parameters:
        named = element.properties.get(key)
        if named and project.entries is not None and not project.entries.history("parameter", named):
            project.notes.refuse(source.file, element.xml, "check.parameter.unknown", key=named)


def given_as(element: Element, name: str) -> str:
    """The process variable under which a step's answer is kept."""
    return element.properties.get(f"{GIVES}{name}") or name


def _sentences(project: Project, source: Source, element: Element) -> None:
    """`clause` names sentences of the plan, or `default` with `source` says where the step comes from."""
    notes, file, properties = project.notes, source.file, element.properties
    clauses = properties.get("clause", "").split()
    default = properties.get("default")
    if default is not None and default != "true":
        notes.refuse(file, element.xml, "check.clause.default", value=default)
    if default == "true" and not properties.get("source", "").strip():
        notes.refuse(file, element.xml, "check.clause.no_source")
    if element.kind in WITH_CLAUSE and not clauses and default is None:
        notes.refuse(file, element.xml, "check.clause.missing")
    if project.entries is not None:
        for clause in clauses:
            if not project.entries.history("sentence", clause):
                notes.refuse(file, element.xml, "check.clause.unknown", clause=clause)


# --- events ----------------------------------------------------------------------------------------


def _events(project: Project, source: Source, graph: Graph, element: Element) -> None:
    notes, file, xml = project.notes, source.file, element.xml
    if element.kind not in ("intermediateCatchEvent", "boundaryEvent"):
        return
    if len(element.definitions) > 1:
        notes.refuse(file, xml, "check.event.multiple")
    elif not element.definitions:
        notes.refuse(file, xml, "check.event.none")
    if "messageEventDefinition" in element.definitions and not element.message:
        notes.refuse(file, xml, "check.event.no_message")
    known = project.steps.messages if project.steps is not None else None
    if element.message and known is not None and element.message not in known:
        notes.refuse(file, xml, "check.event.unknown_message", message=element.message, known=", ".join(known))
    if "timerEventDefinition" in element.definitions:
        _timer(project, source, graph, element)
    if element.kind == "boundaryEvent":
        host = graph.elements.get(element.attached_to or "")
        if host is not None and host.kind in ("serviceTask", "businessRuleTask"):
            notes.refuse(file, xml, "check.boundary.automatic", host=host.name or host.id)
        elif host is not None and host.kind not in ("userTask", "subProcess", "callActivity"):
            notes.refuse(file, xml, "check.boundary.host", host=host.name or host.id)


def _timer(project: Project, source: Source, graph: Graph, element: Element) -> None:
    notes, file, xml = project.notes, source.file, element.xml
    if len(xml.findall(f"{BPMN}timerEventDefinition/{BPMN}timeDate")) != 1:
        if not xml.findall(f"{BPMN}timerEventDefinition/*"):
            notes.refuse(file, xml, "check.timer.empty")
        return
    text = element.timer or ""
    try:
        timer = timers.parse(text)
    except EngineError:
        literal = _LITERAL.search(text[:200]) is not None
        notes.refuse(file, xml, "check.timer.literal" if literal else "check.timer.not_understood", text=text)
        return
    host = graph.elements.get(element.attached_to or "", element)
    key: str | None = timer.name
    if key is not None and key[0].isdigit():
        notes.refuse(file, xml, "check.timer.literal", text=text)
        return
    if timer.kind == "due":
        key = element.properties.get("due") or host.properties.get("due")
        if key is None:
            notes.refuse(file, xml, "check.timer.no_due")
            return
    elif timer.kind == "on":
        known = names(project, source.process_of[graph.id])
        if project.forms is not None and key not in known:
            notes.refuse(file, xml, "check.timer.unknown_name", variable=key or "")
        elif project.forms is not None and known[key or ""] is not None:
            notes.refuse(file, xml, "check.timer.no_day", variable=key or "")
        key = element.properties.get("takes")
    if key is None or project.entries is None:
        return
    amount = project.amount(key)
    if amount is None:
        notes.refuse(file, xml, "check.timer.unknown_key", key=key)
    elif timer.kind in _UNIT_OF and amount[1] != _UNIT_OF[timer.kind]:
        notes.refuse(file, xml, "check.timer.other_unit", key=key, unit=amount[1], text=text)


# --- people, operators, tables ---------------------------------------------------------------------


def _items(project: Project, source: Source, element: Element) -> None:
    """A parallel multi-instance user task: its list, its item, when it is complete."""
    notes, file, xml = project.notes, source.file, element.xml
    completion = element.properties.get("completion")
    if element.loop != "parallel":
        if completion is not None:
            notes.refuse(file, xml, "check.items.completion_alone")
        return
    if not element.collection or not element.item:
        notes.refuse(file, xml, "check.items.no_collection")
    elif project.forms is not None and element.collection not in names(project, source.process_of[element.process]):
        notes.refuse(file, xml, "check.items.unknown_collection", variable=element.collection)
    else:
        _listed(project, source, element)
    if completion is not None and not re.fullmatch("all|any|[1-9][0-9]*", completion):
        notes.refuse(file, xml, "check.items.completion", value=completion)


def _listed(project: Project, source: Source, element: Element) -> None:
    """A list that a table gives is a list, and of departments where departments are asked."""
    said = answers_of_tables(project, source.process_of[element.process]).get(element.collection or "")
    if said is None:
        return
    codes, many = said
    notes, name = project.notes, element.collection
    if not many:
        notes.refuse(source.file, element.xml, "check.items.not_a_list", variable=name)
    elif project.entries is not None and _level(project, source, element) == "department":
        for code in sorted(codes):
            if not project.entries.history("department", code):
                notes.refuse(source.file, element.xml, "check.items.no_department", variable=name, unknown=code)


def _person(project: Project, source: Source, graph: Graph, element: Element) -> None:
    notes, file, xml = project.notes, source.file, element.xml
    process = source.process_of[graph.id]
    level = _level(project, source, element)
    if not element.roles:
        notes.refuse(file, xml, "check.role.missing")
    for role in element.roles:
        _role(project, source, element, role, level)
    if project.forms is not None and f"{process}/{element.id}" not in project.forms:
        notes.refuse(file, xml, "check.form.missing", path=f"forms/{process}/{element.id}.json")
    due = element.properties.get("due")
    if due is None:
        notes.refuse(file, xml, "check.due.missing")
    elif project.entries is not None and project.amount(due) is None:
        notes.refuse(file, xml, "check.due.unknown", key=due)
    elif not any(e.timer == "due()" and not e.interrupting for e in graph.boundary_of(element.id)):
        notes.warn(file, xml, "check.due.no_timer")
    steps = project.kin(process)
    for other in split(element.properties.get("separate_from")):
        if other == element.id or other not in steps or steps[other].kind != "userTask":
            notes.refuse(file, xml, "check.separate.unknown", step=other)
    if project.entries is not None:
        for key in split(element.properties.get("shows")):
            if not project.entries.history("field", key):
                notes.refuse(file, xml, "check.shows.unknown", key=key)
    _type(project, source, element)


def _type(project: Project, source: Source, element: Element) -> None:
    """Its type, with a form that asks what such a step reads; for which holds it waits; on which list it goes."""
    notes, file, xml, steps = project.notes, source.file, element.xml, project.steps
    if steps is None:
        return
    kind, listed = element.properties.get("type"), element.properties.get("list")
    if kind is not None and kind not in steps.types:
        notes.refuse(file, xml, "check.type.unknown", type=kind, known=", ".join(sorted(steps.types)))
    elif kind is not None:
        asked = steps.asks.get(f"{source.process_of[element.process]}/{element.id}")
        missing = [name for name in steps.types[kind].reads if asked is not None and name not in asked]
        if missing:
            notes.refuse(file, xml, "check.type.not_asked", type=kind, names=", ".join(missing))
        for name, wanted in steps.types[kind].codes.items():
            offered = (asked or {}).get(name)
            if offered is not None and (left := [code for code in wanted if code not in offered]):
                notes.refuse(file, xml, "check.type.codes", type=kind, variable=name, names=", ".join(left))
        _declared(project, source, element, kind, steps.types[kind])
    for hold in split(element.properties.get("waits_for")):
        if hold not in steps.holds:
            notes.refuse(file, xml, "check.hold.unknown", hold=hold, known=", ".join(sorted(steps.holds)))
    paper = element.properties.get("paper")
    if paper is not None and paper not in steps.papers:
        notes.refuse(file, xml, "check.paper.unknown", paper=paper, known=", ".join(sorted(steps.papers)) or "-")
    elif paper in steps.monitoring and project.said_of(source.process_of[element.process], "main") == "own":
        notes.refuse(file, xml, "check.paper.monitoring", paper=paper or "")
    elif paper is not None:
        process = source.process_of[element.process]
        answers = {name for step, names_ in steps.asks.items() if step.startswith(f"{process}/") for name in names_}
        missing = [name for name in steps.papers[paper] if name not in answers]
        if missing:
            notes.refuse(file, xml, "check.paper.not_asked", paper=paper, names=", ".join(missing))
    if listed is not None and listed not in steps.lists:
        notes.refuse(file, xml, "check.list.unknown", list=listed, known=", ".join(sorted(steps.lists)))


def _level(project: Project, source: Source, element: Element) -> str | None:
    if element.lane is None:
        project.notes.refuse(source.file, element.xml, "check.lane.missing")
        return None
    level = project.lanes.get(element.lane)
    if level is None:
        known = " ".join(project.lanes)
        project.notes.refuse(source.file, element.xml, "check.lane.unknown", lane=element.lane, known=known)
    elif level == SYSTEM:
        project.notes.refuse(source.file, element.xml, "check.lane.system", lane=element.lane)
        return None
    return level


def _role(project: Project, source: Source, element: Element, role: str, level: str | None) -> None:
    if role == CONTACT or project.entries is None:
        return
    versions = project.entries.history("role", role)
    if not versions:
        project.notes.refuse(source.file, element.xml, "check.role.unknown", role=role)
    elif level is not None and level not in versions[0].value.get("levels", ()):
        title = versions[0].value.get("title", role)
        project.notes.refuse(source.file, element.xml, "check.role.level", role=str(title), lane=element.lane or "")


def _operator(project: Project, source: Source, element: Element, *, needed: bool) -> None:
    operator = element.properties.get("operator")
    if operator is None:
        if needed:
            project.notes.refuse(source.file, element.xml, "check.operator.missing")
    elif project.operators is not None and operator not in project.operators:
        project.notes.refuse(source.file, element.xml, "check.operator.unknown", operator=operator)
    elif project.operators is not None:
        made = project.operators[operator]
        _declared(project, source, element, operator, made)
        for name in split(element.properties.get("gives")):
            if name not in made.gives and is_id(name):
                given = ", ".join(made.gives) or "-"
                project.notes.refuse(
                    source.file, element.xml, "check.operator.gives", what=operator, variable=name, known=given
                )


def _declared(project: Project, source: Source, element: Element, what: str, made: Declared) -> None:
    """It finds what it needs, is about what the procedure is about, and what it names in place of its parameters exists."""
    notes, file = project.notes, source.file
    _parameters(project, source, element, made)
    for key, words in made.properties.items():
        if not _says(project, source, element, made, key):
            fault, value = SAYS.get(words, "check.property.word"), element.properties.get(key, "")
            notes.refuse(file, element.xml, fault, key=key, value=value, known=", ".join(words))
    if project.forms is not None and project.steps is not None:
        known = names(project, source.process_of[element.process])
        for name in made.needs:
            if name not in known:
                notes.refuse(file, element.xml, "check.needs.missing", what=what, variable=name)
    process = source.process_of[element.process]
    for key, allowed in (("subject", made.subjects), ("main", made.mains)):
        said = project.said_of(process, key)
        if allowed and said not in allowed and (said or key == "main"):
            notes.refuse(file, element.xml, f"check.{key}.other", what=what, said=said or "-", known=", ".join(allowed))


def _says(project: Project, source: Source, element: Element, made: Declared, key: str) -> bool:
    """Whether an element says what its operation must be told."""
    said, words = element.properties.get(key, ""), made.properties[key]
    if words == MANY:
        return said in ("all", "any") or (said.isascii() and said.isdigit() and int(said) > 0)
    if words == CODE:
        return 0 < len(said) <= LONGEST_NAME
    if words not in (ITEMS, ANSWER):
        return said in words
    process = source.process_of[element.process]
    step = next((element.properties.get(k, "") for k, those in made.properties.items() if those == ITEMS), "")
    found = project.kin(process).get(step)
    if found is None or found.kind != "userTask" or not found.loop:
        return words == ANSWER and project.forms is None
    if words == ITEMS or project.forms is None:
        return True
    question, _, answer = said.partition("=")
    codes: Codes = project.forms.get(f"{source.process_of[found.process]}/{step}", {}).get(question, frozenset())
    return codes is None or answer in codes


def _decision(project: Project, source: Source, element: Element) -> None:
    notes, file, xml = project.notes, source.file, element.xml
    decision = element.properties.get("decision")
    if decision is None:
        notes.refuse(file, xml, "check.decision.missing")
        return
    if decision not in project.tables:
        notes.refuse(file, xml, "check.decision.no_table", path=f"decisions/{decision}.dmn")
        return
    if project.forms is not None and "snapshot" not in names(project, source.process_of[element.process]):
        notes.refuse(file, xml, "check.decision.no_snapshot")
    table = project.tables[decision]
    if table is None or table.problems:
        notes.refuse(file, xml, "check.decision.bad_table", path=f"decisions/{decision}.dmn")
        return
    if table.hit_policy == "COLLECT":
        notes.refuse(file, xml, "check.decision.collect")
    for output in table.outputs:
        if output.type != "string":  # process variables are codes; a gateway compares them
            notes.refuse(file, xml, "check.decision.output_type", column=output.label)
    if project.facts is not None:
        known = {*project.facts, *_facts_of(project, source.process_of[element.process])}
        for column in table.inputs:
            if column.name not in known:
                listed = ", ".join(sorted(known)) or "-"
                notes.refuse(file, xml, "check.decision.unknown_input", column=column.name, known=listed)
        _asked(project, source, element, table)


def _asked(project: Project, source: Source, element: Element, table: Table) -> None:
    """A table reads a question that no step of its own procedure asks: it stands only where it was answered elsewhere."""
    if project.steps is None or project.steps.household is None:
        return
    process = source.process_of[element.process]
    family, given = project.family[process], _facts_of(project, process)
    asked = {key for path, keys in project.steps.household.items() if path.partition("/")[0] in family for key in keys}
    for column in table.inputs:
        if column.name in (project.facts or ()) and column.name not in given | asked:
            project.notes.warn(source.file, element.xml, "check.decision.not_asked", column=column.name)


def _facts_of(project: Project, process: str) -> set[str]:
    """What the operations of a procedure put into the snapshot."""
    made = (project.declared(e) for other in project.family[process] for e in project.elements_of[other].values())
    return {fact for one in made if one is not None for fact in one.facts}


# --- names -----------------------------------------------------------------------------------------


def names(project: Project, process: str) -> Mapping[str, Codes]:
    """Process variables given by something in this process, or one connected with it by calls; with codes."""
    return project.given[project.family[process]]


def _names(project: Project, family: frozenset[str]) -> Mapping[str, Codes]:
    found: dict[str, Codes] = {}

    def give(name: str, codes: Codes) -> None:
        known = found.get(name, frozenset())
        found[name] = None if codes is None or known is None else known | codes

    for process in sorted(family):
        node = project.processes[process].nodes.get(process)
        for declared in node.findall(f"{BPMN}property") if node is not None else ():
            give(declared.get("name") or "", None)
        for element in project.elements_of[process].values():
            made = project.declared(element)
            for name, codes_ in (made.gives if made is not None else {}).items():
                give(given_as(element, name), frozenset(codes_) or None)
            if made is None:
                for name in split(element.properties.get("gives")):
                    give(name, None)
            if element.kind == "userTask" and not element.loop:
                for name, codes in (project.forms or {}).get(f"{process}/{element.id}", {}).items():
                    give(given_as(element, name), codes)
            table = project.tables.get(element.properties.get("decision", ""))
            if element.kind == "businessRuleTask" and table is not None:
                for column in table.outputs:
                    give(column.name, None if column.many else said_in(table, column.name))
    return found


def said_in(table: Table, name: str) -> frozenset[str]:
    """Codes that the rows of a table give in one column, those within lists too."""
    place = [column.name for column in table.outputs].index(name)
    said = [rule.outputs[place] for rule in table.rules if place < len(rule.outputs)]
    return frozenset(one for v in said for one in (v if isinstance(v, tuple) else (v,)) if isinstance(one, str))


def answers_of_tables(project: Project, process: str) -> Mapping[str, tuple[frozenset[str], bool]]:
    """Variable that a table gives in this family of processes -> (its codes, whether it is a list of them)."""
    asked = (e for e in project.kin(process).values() if e.kind == "businessRuleTask")
    tables = (project.tables.get(e.properties.get("decision", "")) for e in asked)
    return {c.name: (said_in(t, c.name), c.many) for t in tables if t is not None for c in t.outputs}


def names_of_items(project: Project, process: str) -> frozenset[str]:
    """Names given only by forms filled once per item: kept per item, so no gateway can read them."""
    return frozenset(
        name
        for other in project.family[process]
        for element in project.elements_of[other].values()
        if element.kind == "userTask" and element.loop
        for name in (project.forms or {}).get(f"{other}/{element.id}", {})
    )

"""The deploy gate: every element of the diagrams runs, or is refused with a reason and a remedy.

Nothing a file says is run, opened or resolved; every walk over it is bounded. What forms, operators and
entries there are is handed in, so that the check can be asked before anything is stored.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from app.decisions import analysis
from app.decisions.errors import TableError
from app.decisions.tables import Table, parse_dmn
from app.policy.parameters import Entries

from .check_elements import Declared, Project, Steps, check_element, check_process
from .check_flow import check_graph, components, successors, walk
from .check_report import Finding, Notes, Report, Walked
from .check_times import check_times
from .check_xml import MAX_ELEMENTS, RETURNS, Source, load
from .definition import Definition, parse
from .graph import Element
from .instance import base_name
from .specs import ITEM_CODE
from .values import EngineError

__all__ = ["Declared", "Finding", "Report", "Steps", "Walked", "check"]

MAX_FILES = 60


def check(
    files: Mapping[str, bytes],
    entries: Entries | None,
    forms: Mapping[str, Mapping[str, frozenset[str] | None]] | None,
    operators: Mapping[str, Declared] | None,
    *,
    lanes: Mapping[str, str],
    facts: Collection[str] | None = None,
    steps: Steps | None = None,
) -> Report:
    """Look at diagrams and tables; never raises for what is in them.

    files: in the project's layout ("identify.bpmn", "decisions/x.dmn"); others are passed over.
    forms: "process/task" -> process names it gives -> the codes offered, None for any text.
    lanes: lane name -> level code. facts: names that `world.facts` answers.
    operators: what a service task may name. steps: types, holds and lists that a step may name.
    An argument that is None is not known here, and what hangs on it is not checked.
    """
    notes = Notes()
    diagrams = {path: content for path, content in sorted(files.items()) if path.endswith(".bpmn")}
    if not diagrams or sum(path.endswith((".bpmn", ".dmn")) for path in files) > MAX_FILES:
        notes.refuse("", None, "check.files.count", limit=MAX_FILES)
        return _report(notes, ())
    loaded = (load(path, content, notes) for path, content in diagrams.items())
    sources = tuple(source for source in loaded if source is not None)
    if sum(len(g.elements) for s in sources for g in s.graphs) > 2 * MAX_ELEMENTS:
        notes.refuse("", None, "check.files.too_many", limit=2 * MAX_ELEMENTS)
        return _report(notes, ())
    tables = {_stem(path): _table(path, content, notes) for path, content in files.items() if path.endswith(".dmn")}
    project = Project(sources, tables, entries, forms, operators, lanes, facts, steps, notes)
    for source in sources:
        _processes(project, source)
    _calls(project)
    _twice(project)
    _addresses(project)
    waits = _waiting(project)
    for source in sources:
        for graph in source.graphs:
            for element in graph.elements.values():
                check_element(project, source, graph, element)
            if graph.parent is None:
                check_process(project, source, graph)
            check_graph(project, source, graph, waits)
    check_times(project)
    if not notes.refused:
        _engine_reads(project, files)
    return _report(notes, sources)


def check_table(path: str, content: bytes) -> Report:
    """A judgement table looked at by itself."""
    notes = Notes()
    _table(path, content, notes)
    return _report(notes, ())


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def _table(path: str, content: bytes, notes: Notes) -> Table | None:
    """A judgement table, with what `decisions` finds wrong with it; its "error" is our "refused"."""
    for finding in analysis.check_dmn(content):
        severity = "refused" if finding.severity == "error" else "warning"
        line = finding.args.get("line")
        place = finding.line or (line if isinstance(line, int) else None)
        found = Finding(path, finding.row_id or finding.column, place, finding.code, finding.args)
        notes.add(replace(found, severity="warning") if severity == "warning" else found)
    try:
        return parse_dmn(content)
    except TableError:
        return None


def _processes(project: Project, source: Source) -> None:
    """One process per file, named like it; further ones only where something calls them."""
    notes, file = project.notes, source.file
    processes = source.processes()
    if not processes:
        notes.refuse(file, None, "check.process.none")
        return
    called = {other for found in project.calls.values() for other in found}
    for process in processes:
        ident = process.get("id", "")
        if process.get("isExecutable") != "true":
            notes.refuse(file, process, "check.process.not_executable")
        if len(processes) > 1 and ident != source.stem and ident not in called:
            notes.refuse(file, process, "check.process.several", count=len(processes))
        if not process.get("name"):
            notes.warn(file, process, "check.name.missing")
    if source.stem not in {process.get("id") for process in processes}:
        notes.refuse(file, processes[0], "check.process.file_name", stem=source.stem)


def _calls(project: Project) -> None:
    calls = {process: tuple(sorted(called)) for process, called in project.calls.items()}
    for circle in components(calls):
        source = project.processes[min(circle)]
        shown = ", ".join(sorted(circle)[:5])
        project.notes.refuse(source.file, source.nodes.get(min(circle)), "check.call.recursion", processes=shown)


def _addresses(project: Project) -> None:
    """An address is the way through calls and subprocesses, the element, its visit and its item: all must fit its column.
    Processes that call each other in a circle are named elsewhere."""
    way: dict[str, int] = {g.id: 0 for source in project.sources for g in source.graphs}
    for _ in range(MAX_DEPTH):
        longer = {}
        for source in project.sources:
            for graph in source.graphs:
                for element in graph.elements.values():
                    inner = element.called if element.kind == "callActivity" else element.id
                    if inner in way and way[graph.id] + len(element.id) + VISIT > way[inner]:
                        longer[inner] = way[graph.id] + len(element.id) + VISIT
        if not longer:
            break
        way |= longer
    else:
        return
    for source in project.sources:
        for graph in source.graphs:
            for element in graph.elements.values():
                item = ITEM_CODE + 2 if element.loop else 0
                if way[graph.id] + len(element.id) + VISIT + item > ADDRESS:
                    project.notes.refuse(source.file, element.xml, "check.address.too_long", limit=ADDRESS)


ADDRESS = 160
"""Characters of an address, as tasks, timers and messages hold it."""
VISIT = len("#999999/")
MAX_DEPTH = ADDRESS // VISIT


def _twice(project: Project) -> None:
    """Processes of one instance share addresses: their element ids must differ, across files too."""
    homes: dict[str, str] = {}
    for source in project.sources:
        for graph in source.graphs:
            if graph.parent is None and homes.setdefault(graph.id, source.file) != source.file:
                project.notes.refuse(source.file, source.nodes.get(graph.id), "check.id.twice", id=graph.id)
    seen: dict[tuple[str, str], str] = {}
    for source in project.sources:
        for graph in source.graphs:
            process = source.process_of[graph.id]
            family = min(project.family[process])
            for element in graph.elements.values():
                if seen.setdefault((family, element.id), process) != process:
                    project.notes.refuse(source.file, element.xml, "check.id.twice", id=element.id)


def _waiting(project: Project) -> Callable[[Element], bool]:
    """Which elements a token rests in for sure; a subprocess does if no way leads straight through it."""
    graphs = [graph for source in project.sources for graph in source.graphs]
    straight: set[str] = set()

    def waits(element: Element) -> bool:
        if element.kind == "userTask":
            return element.loop is None  # an empty list of items is passed at once
        if element.kind == "subProcess":
            return element.id not in straight
        if element.kind == "callActivity":
            return element.called not in straight
        return element.kind in ("intermediateCatchEvent", "eventBasedGateway", "boundaryEvent")

    changed = True
    while changed:
        changed = False
        for graph in graphs:
            if graph.id in straight:
                continue
            automatic = {i for i, e in graph.elements.items() if not waits(e)}
            onward = {i: tuple(t for t in s if t in automatic) for i, s in successors(graph).items()}
            starts = [i for i in automatic if graph.elements[i].kind == "startEvent"]
            if any(graph.elements[i].kind == "endEvent" for i in walk(starts, onward)):
                straight.add(graph.id)
                changed = True
    return waits


def _engine_reads(project: Project, files: Mapping[str, bytes]) -> None:
    """Last of all: SpiffWorkflow itself must be able to make its specification of each process."""
    called = {other for found in project.calls.values() for other in found}
    for process in project.processes.keys() - called:
        source = project.processes[process]
        needed = {project.processes[other].file for other in project.family[process]}
        try:
            definition = parse({p: c for p, c in files.items() if p in needed or p.endswith(".dmn")}, process)
        except EngineError as error:
            cause = str(error.details.get("cause", error.code))
        except Exception as error:  # whatever a parser of strangers' files may raise must stay a finding
            cause = type(error).__name__
        else:
            _same_conditions(project, definition)
            _returns(project, definition)
            continue
        project.notes.refuse(source.file, source.nodes.get(process), "check.file.engine", cause=cause)


def _returns(project: Project, definition: Definition) -> None:
    """A case can go back to where it must when an objection or the real standard asks for it."""
    top, source = definition.top, project.processes[definition.top.id]
    made = [one for e in top.elements.values() if (one := project.declared(e)) is not None]
    reviews = [e.id for e in top.elements.values() if e.properties.get("type") == "village_review"]
    for key in RETURNS:
        cause = key.partition(".")[2]
        if not any(cause in one.raises for one in made):
            continue
        target = top.properties.get(key) or next(iter(reviews), "")
        at = source.nodes.get(top.id)
        if not target:
            project.notes.refuse(source.file, at, "check.returns.nowhere", key=key)
        elif target not in definition.return_targets():
            step = top.elements[target].name if target in top.elements else target
            project.notes.refuse(source.file, at, "check.returns.in_block", key=key, step=step)


def _same_conditions(project: Project, definition: Definition) -> None:
    """The engine reads the XML with another parser: what it will evaluate must be what was checked."""
    for spec in (definition.spec, *definition.subprocess_specs.values()):
        graph = definition.graphs[spec.name]
        source = next(s for s in project.sources if graph.id in s.process_of)
        conditions = {(f.source, f.target): f.condition for f in graph.flows.values()}
        for name, task_spec in spec.task_specs.items():
            for condition, target in getattr(task_spec, "cond_task_specs", ()):
                text = str(condition.args[0] or "").strip() if condition is not None else None
                if text is not None and conditions.get((name, base_name(target))) != text:
                    at = graph.elements[name].xml
                    project.notes.refuse(source.file, at, "check.file.engine_differs")


def _report(notes: Notes, sources: tuple[Source, ...]) -> Report:
    findings = sorted(
        notes.found.values(),
        key=lambda f: (f.severity == "warning", f.file, f.line or 0, f.code, str(f.args)),
    )
    walked = []
    for source in sources:
        for graph in source.graphs:
            for e in graph.elements.values():
                own = (e.id, *(flow.id for flow in graph.outgoing(e.id)))
                refused = any((source.file, ident) in notes.refused for ident in own)
                walked.append(Walked(source.file, e.id, e.name, e.kind, "refused" if refused else "runs"))
    return Report(tuple(findings), tuple(walked))

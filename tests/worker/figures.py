"""What the record says of a time in the county: runs and their ends, tasks by village, flows taken, decisions, incidents."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.services import definitions
from app.store import tables
from app.store.session import Session, Store


@dataclass
class Figures:
    runs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(process, status) -> how many."""
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    taken: dict[str, Counter[str]] = field(default_factory=dict)
    """Process -> flow -> how often."""
    drawn: dict[str, set[str]] = field(default_factory=dict)
    """Process -> flows of its diagram."""
    said: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(process, variable, code) as decided in completed tasks."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Events by kind."""
    incidents: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    items: dict[tuple[str, int], Counter[str]] = field(default_factory=dict)
    """(step of many, its run) -> status -> how many."""
    endless: Counter[str] = field(default_factory=Counter)
    """Process -> runs that are over without having reached an end of their diagram."""
    tasks: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(process, step, status)."""

    @property
    def untaken(self) -> dict[str, list[str]]:
        found = {p: sorted(flows - set(self.taken.get(p, ()))) for p, flows in self.drawn.items()}
        return {p: flows for p, flows in found.items() if flows}

    def decided(self, code: str) -> int:
        """How often any task decided so."""
        return sum(n for (_, _, said), n in self.said.items() if said == code)

    def text(self) -> str:
        lines = ["runs"]
        lines += [f"  {n:5d}  {process} {status}" for (process, status), n in sorted(self.runs.items())]
        lines += ["reached ends", *(f"  {n:5d}  {p}: {end}" for (p, end), n in sorted(self.ends.items()))]
        lines += ["tasks", *(f"  {n:5d}  {p}: {step} {status}" for (p, step, status), n in sorted(self.tasks.items()))]
        lines += ["steps done for many at once, by run"]
        lines += [
            f"  {step} of run {run}: {dict(found)}"
            for (step, run), found in sorted(self.items.items())
            if sum(found.values()) > 20
        ]
        lines += ["decided", *(f"  {n:5d}  {p}: {name} = {code}" for (p, name, code), n in sorted(self.said.items()))]
        lines += ["events", *(f"  {n:5d}  {kind}" for kind, n in sorted(self.kinds.items()))]
        lines += ["flows taken, of those drawn"]
        lines += [
            f"  {len(flows & set(self.taken.get(p, ()))):4d} of {len(flows)}  {p}" for p, flows in sorted(self.drawn.items())
        ]
        lines += [f"  never: {p}: {flow}" for p, flows in sorted(self.untaken.items()) for flow in flows]
        lines += ["incidents ever opened", *(f"  {n:5d}  {found}" for found, n in sorted(self.incidents.items()))]
        return "\n".join(lines)


def gather(store: Store) -> Figures:
    made = Figures()
    with store.reading() as session:
        i, t, e = tables.process_instances.c, tables.tasks.c, tables.events.c
        process = {row.id: row.process for row in session.conn.execute(select(i.id, i.process))}
        made.runs.update(
            {
                (r.process, r.status): r.n
                for r in session.conn.execute(
                    select(i.process, i.status, func.count().label("n")).group_by(i.process, i.status)
                )
            }
        )
        for row in session.conn.execute(select(t.instance, t.element, t.item, t.status)):
            made.tasks[process[row.instance], row.element, row.status] += 1
            if row.item is not None:
                made.items.setdefault((row.element, row.instance), Counter())[row.status] += 1
        asked = select(tables.incidents.c.code, tables.incidents.c.element, i.process).join(
            tables.process_instances, i.id == tables.incidents.c.instance
        )
        made.incidents.update((r.code, r.process, r.element) for r in session.conn.execute(asked))
        reached = set()
        for row in session.conn.execute(select(e.kind, e.instance, e.body)):
            made.kinds[row.kind] += 1
            if row.instance in process:
                body = json.loads(row.body)
                _take(made, process[row.instance], body)
                reached |= {row.instance} if body.get("ends") else set()
        over = session.conn.execute(select(i.id).where(i.status == "ended")).scalars()
        made.endless.update(process[ident] for ident in over if ident not in reached)
        for name in _processes(session):
            graphs = definitions.latest(session, name).definition.graphs.values()
            made.drawn[name] = {flow for graph in graphs for flow in graph.flows}
    return made


def _take(made: Figures, process: str, body: Mapping[str, object]) -> None:
    flows = [str(f).rpartition("/")[2] for f in body.get("flows", ())]  # type: ignore[attr-defined]
    made.taken.setdefault(process, Counter()).update(flows)
    made.ends.update((process, str(end)) for end in body.get("ends", ()))  # type: ignore[attr-defined]
    for name, value in dict(body.get("vals", {})).items():  # type: ignore[call-overload]
        if isinstance(value, str):
            made.said[process, name, value] += 1


def _processes(session: Session) -> list[str]:
    return sorted(session.conn.execute(select(tables.deployments.c.process).distinct()).scalars())

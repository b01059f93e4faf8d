"""Deployed procedures as the services use them: diagram, forms, texts; parsed once per process and shared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.engine import graph
from app.engine.check_elements import GIVES
from app.engine.definition import Definition, parse
from app.errors import CodedError
from app.forms import Form
from app.forms import load as load_form
from app.forms import parse as parse_form
from app.store import dated, faults
from app.store.session import Session


@dataclass(frozen=True)
class Bundle:
    """One deployment. `forms` by user task id; `separated` are steps whose acting people matter to another step."""

    deployment: int
    process: str
    version: int
    definition: Definition
    forms: Mapping[str, Form]
    codes: Mapping[str, object]
    papers: Mapping[str, bytes]
    separated: frozenset[str]
    diagram: bytes
    succession: Mapping[str, Mapping[str, str]]
    """Element -> what it would say today, for a diagram that was published before diagrams said it."""

    def said(self, element: str, key: str) -> str:
        """A property of an element, or of the process by its id; empty where it has none."""
        one = self.definition.top if element == self.process else self.definition.elements.get(element)
        return (one.properties.get(key) if one is not None else None) or self.succession.get(element, {}).get(key, "")

    def given(self, element: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """What the answers of a step or operation are called among the process variables."""
        return {self.said(element, f"{GIVES}{name}") or name: value for name, value in values.items()}

    @property
    def main(self) -> str:
        """Whether it carries a case, and what it decides there: "entry", "exit"; empty for one that runs beside."""
        return self.said(self.process, "main")

    @property
    def subject(self) -> str:
        """What it is about: a case, a clue, a run (a month, a round), a scale risk."""
        return self.said(self.process, "subject")

    @property
    def first_decision(self) -> str:
        """The table that is asked first, as the diagram was drawn; empty without one."""
        elements = self.definition.top.elements.values()
        return next((e.properties["decision"] for e in elements if e.kind == "businessRuleTask"), "")

    def decision_after(self, element: str) -> str:
        """The table that is asked first after an element."""
        return next(e.properties["decision"] for e in self.definition.top.onward(element) if e.kind == "businessRuleTask")

    def before(self, element: str, kind: str, wanted: str) -> str:
        """The nearest step of the wanted type before an element, or before the first of a type where none is given; empty
        without one."""
        start = element or next(iter(self.of_type(kind)), "")
        way = self.definition.top.back(start) if start in self.definition.top.elements else ()
        return next((e.id for e in way if self.said(e.id, "type") == wanted), "")

    @property
    def limited(self) -> bool:
        """Whether the limit of the case runs in this procedure: some step of it keeps that."""
        return any(e.properties.get("ends_limit") == "true" for e in self.definition.elements.values())

    def of_type(self, *types: str) -> list[str]:
        """Elements of these types, in the order of the diagram."""
        return [element for element in self.definition.elements if self.said(element, "type") in types]


class NotDeployed(LookupError):
    """No version of this procedure was ever published."""


def bundle(session: Session, deployment: int) -> Bundle:
    """The parsed deployment; cached for the life of the process (deployments never change)."""
    found = session.store.cache.get(("bundle", deployment))
    if found is None:
        row = dated.deployment(session, deployment)
        succession = dated.succession(session, deployment, row.process)
        try:
            found = make_bundle(dated.deployed_files(session, deployment), row.process, deployment, row.version, succession)
        except (ValueError, LookupError, CodedError) as error:  # it was whole when it was published
            raise faults.error("damaged") from error
        session.store.cache[("bundle", deployment)] = found
    made: Bundle = found
    return made


def latest(session: Session, process: str) -> Bundle:
    ident = dated.latest_deployment(session, process)
    if ident is None:
        raise NotDeployed(process)
    return bundle(session, ident)


def published(session: Session) -> list[Bundle]:
    """The newest version of every procedure, in the order in which they were first published."""
    newest: dict[str, int] = {}
    for row in sorted(dated.all_deployments(session), key=lambda row: int(row.id)):
        newest[row.process] = row.id
    return [bundle(session, ident) for ident in newest.values()]


def raw_forms(session: Session, process: str) -> dict[str, bytes]:
    """The latest version's forms as they were published: path -> bytes."""
    files = dated.deployed_files(session, latest(session, process).deployment)
    return {path: data for path, data in files.items() if path.startswith("forms/")}


def make_bundle(
    files: Mapping[str, bytes],
    process: str,
    deployment: int = 0,
    version: int = 0,
    succession: Mapping[str, Mapping[str, str]] | None = None,
) -> Bundle:
    definition = parse(files, process)
    codes = parse_form(files["forms/codes.json"].decode())
    forms = {
        path.rpartition("/")[2].removesuffix(".json"): load_form(parse_form(data.decode()), codes)
        for path, data in files.items()
        if path.startswith("forms/") and path != "forms/codes.json"
    }
    separated = {
        other for element in definition.elements.values() for other in graph.split(element.properties.get("separate_from"))
    }
    papers = {path.removeprefix("papers/"): data for path, data in files.items() if path.startswith("papers/")}
    return Bundle(
        deployment,
        process,
        version,
        definition,
        forms,
        codes,
        papers,
        frozenset(separated),
        files[f"{process}.bpmn"],
        succession or {},
    )

"""Publishing: dated data, then each procedure with everything it uses, as one version."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w

from app import forms, papers
from app.decisions.safexml import parse_xml
from app.engine import graph
from app.engine.check import Report, Steps, check
from app.engine.check import check_table as _check_table
from app.engine.check_report import Finding
from app.errors import CodedError
from app.forms import parse as parse_form
from app.labels import say
from app.labels.lanes import LEVEL_OF_LANE
from app.policy import calendar
from app.policy.model import Entry
from app.policy.parameters import Entries, EntryTwice, read_toml
from app.store import dated, record
from app.store.record import NewEvent
from app.store.session import Session

from .. import definitions
from ..cases import own as own_cases
from ..clues import submissions
from ..operations import OPERATIONS
from ..people import Refused, county_on
from ..steps import holds
from ..steps import lists as step_lists
from ..steps.catalogue import TYPES
from ..subjects import clue as clue_subject
from ..subjects import table as subjects
from . import clauses
from .words import MESSAGES

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Published:
    process: str
    version: int
    deployment: int
    new: bool


def read_project(root: Path) -> tuple[dict[str, bytes], list[Entry]]:
    """The project's own layout: bpmn/*.bpmn, bpmn/decisions, bpmn/papers, forms/**, and bpmn/entries as entries.
    Refused, naming the file, if entries cannot be read or stand there twice."""
    files: dict[str, bytes] = {}
    for path in sorted((root / "bpmn").rglob("*")):
        if path.suffix in (".bpmn", ".dmn") or path.parent.name == "papers":
            files[path.relative_to(root / "bpmn").as_posix()] = path.read_bytes()
    for path in sorted((root / "forms").rglob("*.json")):
        files[path.relative_to(root).as_posix()] = path.read_bytes()
    entries: list[Entry] = []
    for path in sorted((root / "bpmn" / "entries").glob("*.toml")):
        try:
            entries += read_toml(path.read_text("utf-8"))
        except ValueError as error:
            raise Refused("deployments.bad_entries", path=path.relative_to(root).as_posix(), why=str(error)) from None
    try:
        Entries.of(entries)
    except EntryTwice as error:
        raise Refused("deployments.entry_twice", name=error.name, key=error.key, day=error.valid_from.isoformat()) from None
    return files, entries


def processes_of(files: Files) -> list[str]:
    return [path.removesuffix(".bpmn") for path in files if path.endswith(".bpmn") and "/" not in path]


def files_of(files: Files, process: str) -> dict[str, bytes]:
    """Diagram and called diagrams, its forms, the tables it names, codes.json, paper templates."""
    wanted: dict[str, bytes] = {"forms/codes.json": files["forms/codes.json"]}
    todo = [process]
    while todo:
        name = todo.pop()
        wanted[f"{name}.bpmn"] = files[f"{name}.bpmn"]
        for g in graph.read(parse_xml(files[f"{name}.bpmn"])):
            for element in g.elements.values():
                table = f"decisions/{element.properties.get('decision')}.dmn"
                if element.called and f"{element.called}.bpmn" not in wanted:
                    todo.append(element.called)
                elif element.kind == "businessRuleTask" and table in files:
                    wanted[table] = files[table]
                elif prefix := element.properties.get("tables"):  # a table for each file that departments send
                    wanted.update({p: d for p, d in files.items() if p.startswith(f"decisions/{prefix}")})
        wanted.update({p: d for p, d in files.items() if p.startswith((f"forms/{name}/", "papers/"))})
    return wanted


def _form(path: str, data: bytes) -> dict[str, Any]:
    """A form file that cannot be read is refused by its name and the place of the fault."""
    try:
        json.loads(data.decode("utf-8"))
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise Refused("deployments.bad_form", path=path, line=line) from None
    try:
        return parse_form(data.decode())
    except forms.FormError as error:
        raise Refused("deployments.bad_form_part", path=path, part=error.path or "-", why=_why(error)) from None


def check_files(files: Files, entries: Sequence[Entry]) -> Report:
    """Everything `engine.check` says about one procedure's files, forms known."""
    codes = _form("forms/codes.json", files["forms/codes.json"]) if "forms/codes.json" in files else {}
    made = {
        path.removeprefix("forms/").removesuffix(".json"): _form(path, data)
        for path, data in files.items()
        if path.startswith("forms/") and path != "forms/codes.json"
    }
    known = {path: _names(path, form, codes) for path, form in made.items()}
    for path, form in made.items():
        for listed in sorted(_lists(form) - {*subjects.OFFERED, *clue_subject.OFFERED, *submissions.OFFERED}):
            raise Refused("deployments.unknown_list", path=f"forms/{path}.json", listed=listed)
    return check(
        files,
        Entries.of(entries),
        known,
        OPERATIONS,
        lanes=LEVEL_OF_LANE,
        facts=_asked(entries),
        steps=Steps(
            TYPES,
            holds.KINDS,
            step_lists.known(Entries.of(entries)),
            {path: _asked_codes(form, codes) for path, form in made.items()},
            _papers(files),
            MESSAGES,
            monitoring=papers.KINDS.keys() - {"review_minutes"},
            household={path: _household_keys(form, codes) for path, form in made.items()},
        ),
    )


def check_against(session: Session, files: Files, entries: Sequence[Entry], process: str, now: datetime) -> Report:
    """The same, with what the county has published: its entries, and what its newest version carries of the law that these
    files do not."""
    report = check_files(files, [*dated.known_entries(session), *_new_entries(session, entries)])
    published = dated.latest_deployment(session, process)
    if published is None or not report.ok:
        return report
    before, county = definitions.bundle(session, published), county_on(session, calendar.local_date(now))
    gone = clauses.lost(before, definitions.make_bundle(files, process), county)
    found = (Finding(f"{process}.bpmn", None, None, code, said, "warning") for code, said in gone)
    return Report((*report.findings, *found), report.elements)


def _names(path: str, form: dict[str, Any], codes: dict[str, Any]) -> dict[str, frozenset[str] | None]:
    """Process variables that a form gives, with their codes. A part that cannot be drawn is refused by its name."""
    try:
        found = forms.process_names(form, codes)
    except forms.FormError as error:
        why, part = _why(error), error.path or "-"
        raise Refused("deployments.bad_form_part", path=f"forms/{path}.json", part=part, why=why) from None
    return {name: frozenset(values) if values is not None else None for name, values in found.items()}


def _why(error: forms.FormError) -> str:
    return say(error.code, **{"path": error.path or "-", **error.details})


def _household_keys(form: dict[str, Any], codes: dict[str, Any]) -> list[str]:
    """What of a form's answers goes to the household's file."""
    belongs = (item.belongs_to.partition(":") for item in forms.load(form, codes).fields)
    return [key for owner, _, key in belongs if owner == "household"]


def _asked_codes(form: dict[str, Any], codes: dict[str, Any]) -> dict[str, frozenset[str] | None]:
    """Answers that a form asks for, with their codes where it offers some."""
    fields = forms.load(form, codes).fields
    return {item.name: frozenset(option.code for option in item.options) or None for item in fields}


def _lists(part: Any) -> set[str]:
    """Names of the lists that a form's questions choose from."""
    if isinstance(part, list):
        return set().union(*map(_lists, part))
    if not isinstance(part, dict):
        return set()
    own = {str(part["x-choices"])} if "x-choices" in part else set()
    return own.union(*map(_lists, part.values()))


def _papers(files: Files) -> dict[str, Sequence[str]]:
    """Kinds of papers, with the answers that a designer's own prints. One that cannot be printed is refused by its name."""
    found: dict[str, Sequence[str]] = dict.fromkeys(papers.KINDS, ())
    for path, source in files.items():
        kind = path.removeprefix("papers/").removesuffix(".toml")
        if path.startswith("papers/") and path.endswith(".toml"):
            try:
                papers.parse(kind, source)
                found[kind] = () if kind in papers.KINDS else papers.declared(kind, source).prints
            except papers.PaperError as error:
                raise Refused("deployments.bad_paper", path=path, why=say(error.code, **error.details)) from None
    return found


def _asked(entries: Sequence[Entry]) -> list[str]:
    """What households are asked of themselves and tables may read."""
    return [e.key for e in entries if e.name == "field" and e.value.get("fact") and e.value.get("level") == "household"]


def check_table(name: str, data: bytes) -> Report:
    """What is wrong with a judgement table, without the diagram that asks it."""
    return _check_table(name, data)


def deploy(
    session: Session, files: Files, entries: Sequence[Entry], *, author: str, approver: str, reason: str, now: datetime
) -> list[Published]:
    """Publish new entries and every procedure that changed. Refused as a whole if anything does not pass the check."""
    if not approver or author == approver:
        raise Refused("deployments.two_people")
    new = _new_entries(session, entries)
    everything = [*dated.known_entries(session), *new]
    for process in processes_of(files):
        report = check_files(files_of(files, process), everything)
        if not report.ok:
            first = next(f for f in report.findings if f.severity == "refused")
            why = say(first.code, **first.args)
            raise Refused("deployments.refused", process=process, element=first.element or "-", finding=why)
    known = {*processes_of(files), *(row.process for row in dated.all_deployments(session))}
    for entry in new:
        if entry.name == "door" and entry.value.get("process") not in known:
            raise Refused("deployments.door_to_nowhere", door=entry.key, process=str(entry.value.get("process")))
    dated.add_entries(session, new, None)
    published = []
    for process in processes_of(files):
        ident, version, fresh = dated.add_deployment(
            session, process, files_of(files, process), author=author, approver=approver, reason=reason, now=now
        )
        published.append(Published(process, version, ident, fresh))
        if fresh:
            head = record.lock_stream(session, f"deployment:{process}")
            body = {
                "process": process,
                "version": version,
                "author": author,
                "approver": approver,
                "reason": reason,
                "files": {p: h.hex() for p, h in dated.file_hashes(session, ident).items()},
            }
            _, writes = record.append(session, head, None, NewEvent("process_deployed", now, None, body))
            session.write(writes)
    for entry in new:
        _fits(session, entry)
    if new:
        head = record.lock_stream(session, "entries")
        body = {"added": [f"{e.name} {e.key} {e.valid_from} #{e.number}" for e in new]}
        _, writes = record.append(session, head, None, NewEvent("entries_added", now, None, body))
        session.write(writes)
    return published


def _fits(session: Session, entry: Entry) -> None:
    """A designer's own door leads to a procedure that is about what the door is for."""
    of = entry.value.get("subject") if entry.name == "door" else None
    if of is None:
        return
    if of not in own_cases.CARRIES or len(entry.key) > own_cases.KEY:
        known = say("stories.comma").join(own_cases.CARRIES)
        raise Refused("deployments.door_subject", door=entry.key, known=known, limit=own_cases.KEY)
    made = definitions.latest(session, str(entry.value["process"]))
    subject, main = own_cases.CARRIES[of]
    if (made.subject, made.main) != (subject, main):
        carries = main or say("stories.none_of_list")
        raise Refused("deployments.door_fits", door=entry.key, process=made.process, subject=subject, main=carries)


def _new_entries(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Entries not yet known. One that differs from what is published under the same number is refused."""
    known = {(e.name, e.key, e.valid_from, e.number): e for e in dated.known_entries(session)}
    new = []
    for entry in entries:
        found = known.get((entry.name, entry.key, entry.valid_from, entry.number))
        if found is None:
            new.append(entry)
        elif (dict(found.value), found.valid_to, found.supersedes) != (
            dict(entry.value),
            entry.valid_to,
            entry.supersedes,
        ):
            raise Refused("deployments.entry_changed", name=entry.name, key=entry.key)
    return new


def files_for_check(files: Files, process: str) -> dict[str, bytes]:
    """What `shouwang check` looks at for one diagram; a diagram that cannot be read is still looked at alone."""
    try:
        return files_of(files, process)
    except (KeyError, ValueError, CodedError):
        return {path: data for path, data in files.items() if path == f"{process}.bpmn"}


def entries_as_toml(entries: Sequence[Entry]) -> dict[str, str]:
    """Published dated data in its exchange form, a file per name of entry."""
    named: dict[str, list[dict[str, Any]]] = {}
    for e in entries:
        row = {"key": e.key, "valid_from": e.valid_from, "valid_to": e.valid_to, **e.value, "source": e.source}
        row |= {"default": e.default or None, "number": e.number if e.number != 1 else None, "supersedes": e.supersedes}
        named.setdefault(e.name, []).append({name: value for name, value in row.items() if value is not None})
    return {name: tomli_w.dumps({name: rows}) for name, rows in named.items()}

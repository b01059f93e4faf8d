"""Re-checking the record: chain, seals, searchable columns, and every recorded command run again."""

import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from time import perf_counter
from typing import Any

import rfc8785

from app.crypto import SUITES, Tampered, chain_hash
from app.engine import instance as engine_instance
from app.engine import replay
from app.engine.values import EngineError, element_of
from app.labels import say
from app.store import audit as rows
from app.store import condition, dated, sealed
from app.store import items as item_rows
from app.store.record import open_secret, opened_key
from app.store.session import Busy, Session, Store
from app.store.types import micros, moment

from .definitions import bundle
from .events import act_key
from .people import Refused


@dataclass(frozen=True)
class Finding:
    """`code` says what is wrong; where: stream name and event number (None: the stream, seal or table itself)."""

    code: str
    where: str
    number: int | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Report:
    cases: int = 0
    events: int = 0
    replayed: int = 0
    erased: int = 0
    seals: int = 0
    findings: list[Finding] = field(default_factory=list)
    told: dict[tuple[str, int], dict[str, tuple[int, Any]]] = field(default_factory=dict)
    """Of a household or clue: column -> (moment, value) as the events of all streams last set it."""
    deployed: dict[tuple[str, int], dict[str, str]] = field(default_factory=dict)
    """(process, version) -> path -> hash, as the events say it was published."""
    at: int | None = None
    """The event that is being looked at."""
    unsaid: set[int] = field(default_factory=set)
    """Households one of whose streams is broken: what it says after the break counts for nothing."""

    @property
    def ok(self) -> bool:
        return not self.findings


JOB, MOST = "verify", 200
"""The job of a page; findings kept of it."""


def run(store: Store, asked: Mapping[str, Any], progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Everything verified, as a job keeps it."""
    began = perf_counter()
    with store.reading() as session:
        report = verify(session)
    kept = report.findings[:MOST]
    return {
        "report": {name: getattr(report, name) for name in ("cases", "events", "replayed", "erased")},
        "findings": [[f.code, f.where, f.number, {k: str(v) for k, v in f.details.items()}] for f in kept],
        "ms": round((perf_counter() - began) * 1000),
    }


def failed(asked: Mapping[str, Any], why: Mapping[str, str]) -> dict[str, Any]:
    """What is kept of a verification that broke off: a finding that says so."""
    report = dict.fromkeys(("cases", "events", "replayed", "erased"), 0)
    return {"report": report, "findings": [["audit.run_failed", "", None, {"cause": "-", **why}]], "ms": 0}


def verify(session: Session, case_id: int | None = None) -> Report:
    """Everything, or one case. The first broken row of each stream is named; later rows hang on it. What is damaged beyond
    reading is a finding too, and ends its own part only."""
    report = Report()
    parts: list[tuple[str, Iterator[Finding]]] = [
        ("streams", _streams(session, report, case_id)),
        ("sealed", _sealed(session, case_id)),
    ]
    if case_id is None:
        parts = [
            ("database", _database(session)),
            *parts,
            ("deployments", _deployed(session, report)),
            ("households", _households(session, report)),
            ("clues", _clues(session, report)),
            ("scale", _studies(session, report)),
            ("seals", _seals(session, report)),
        ]
    for where, part in parts:
        report.at = None
        report.findings += _tried(session, report, where, part)
    if case_id is not None and report.cases == 0 and report.ok:
        raise Refused("audit.no_such_case", case=case_id)
    return report


def _tried(session: Session, report: Report, where: str, part: Iterator[Finding]) -> list[Finding]:
    """The findings of a part, up to where it cannot be read."""
    found: list[Finding] = []
    try:
        found.extend(part)
    except Busy:
        raise
    except Exception as error:
        cause = getattr(error, "orig", None)
        if cause is not None and not session.store.is_sqlite:
            raise  # a server's transaction is over with its first error
        found.append(Finding("audit.unreadable", where, report.at, {"cause": type(cause or error).__name__}))
    return found


def _streams(session: Session, report: Report, case_id: int | None) -> Iterator[Finding]:
    for stream in rows.all_streams(session, f"case:{case_id}" if case_id is not None else None):
        report.at = None
        found = _tried(session, report, str(stream.name), _stream(session, stream, report))
        yield from found
        if found:
            yield from _tried(session, report, str(stream.name), _unsay(session, stream, report))
    if case_id is None and rows.orphan_events(session):
        yield Finding("audit.orphan_events", "streams")


def _unsay(session: Session, stream: Any, report: Report) -> Iterator[Finding]:
    report.unsaid.add(_household_of(session, stream.name))
    yield from ()


def _database(session: Session) -> Iterator[Finding]:
    """The file itself: its pages and tables."""
    for line in condition.broken_pages(session):
        yield Finding("audit.page_damaged", "database", None, {"line": " ".join(line.split())[:100]})
    for table in condition.missing_tables(session):
        yield Finding("audit.table_missing", table)


def _deployed(session: Session, report: Report) -> Iterator[Finding]:
    """Every published file against its hash, and every deployment against the event that published it."""
    whole = {
        bytes(h)
        for h, data in dated.stored_files(session)
        if any(suite.digest(bytes(data)) == bytes(h) for suite in SUITES.values())
    }
    for row in dated.all_deployments(session):
        where = f"deployment:{row.process} {row.version}"
        hashes = dated.file_hashes(session, row.id)
        said = report.deployed.pop((row.process, row.version), None)
        if said is not None and said != {path: h.hex() for path, h in hashes.items()}:
            yield Finding("audit.file_missing", where)
        for path, digest in hashes.items():
            if digest not in whole:
                yield Finding("audit.file_changed", where, None, {"path": path})
    for process, version in report.deployed:
        yield Finding("audit.file_missing", f"deployment:{process} {version}")


def _sealed(session: Session, case_id: int | None) -> Iterator[Finding]:
    """Every household's file, paper, figure and file that came in: sealed by its key for its own place, and whole."""
    for piece in sealed.pieces(session, case_id):
        row = piece.row
        try:
            if row.suite is None:
                raise Tampered
            key = opened_key(session, row.key, row.master, row.wrapped, row.suite)
            if key.bytes is not None:
                key.suite.open(key.bytes, bytes(row.sealed), piece.place)
        except (Tampered, KeyError, TypeError, ValueError):
            what = say(f"audit.sealed.{piece.kind}")
            yield Finding("audit.sealed_broken", f"{piece.of}:{piece.ident}", None, {"what": what})


def _household_of(session: Session, name: str) -> int:
    """The household that a stream is about; 0 for other streams."""
    kind, _, ident = name.partition(":")
    if not ident.isdigit():
        return 0
    if kind == "household":
        return int(ident)
    return rows.household_of_case(session, int(ident)) if kind == "case" else 0


def _stream(session: Session, stream: Any, report: Report) -> Iterator[Finding]:
    """Chain first; only an intact chain is replayed."""
    report.cases += stream.name.startswith("case:")
    number, previous = 0, b""
    told: list[tuple[Any, dict[str, Any], dict[str, Any] | None]] = []
    keys: dict[int, Any] = {}
    for event in rows.events_in(session, stream.id):
        report.events += 1
        report.at = number + 1
        if event.number != number + 1:
            yield Finding("audit.missing_event", stream.name, number + 1)
            return
        try:
            problem = _event(stream, event, previous)
        except TypeError:
            problem = Finding("audit.body_unreadable", stream.name, event.number)
        if problem is not None:
            yield problem
            return
        body = json.loads(bytes(event.body))
        try:
            secret = _secret(session, body, bytes(event.secret), keys)
        except (Tampered, zlib.error, ValueError, TypeError, KeyError):
            yield Finding("audit.secret_broken", stream.name, event.number)
            return
        report.erased += secret is None
        if body["kind"] == "process_deployed":
            report.deployed[body["process"], body["version"]] = body["files"]
        told.append((event, body, secret))
        for what, ident, name, value in body.get("sets", []):
            if what in ("household", "clue", "scale"):
                columns = report.told.setdefault((what, ident), {})
                if body["at"] >= columns.get(name, (0, None))[0]:
                    columns[name] = (body["at"], value)
        for line in body.get("decided", []) if stream.name.startswith("clue:") else ():
            report.told.setdefault(("clue", int(stream.name[5:])), {})["grade"] = (body["at"], line[3].get("grade"))
        number, previous = event.number, bytes(event.hash)
    if (stream.number, bytes(stream.hash)) != (number, previous):
        yield Finding("audit.tail_cut", stream.name, number, {"expected": stream.number})
        return
    yield from _replay(session, stream, told, report)


def _event(stream: Any, event: Any, previous: bytes) -> Finding | None:
    """Hash, link to the one before, and the columns that copy the body."""
    try:
        body = json.loads(bytes(event.body))
        suite = SUITES[body["suite"]]
    except (TypeError, ValueError, KeyError):
        return Finding("audit.body_unreadable", stream.name, event.number)
    if bytes(event.prev_hash) != previous:
        return Finding("audit.chain_broken", stream.name, event.number)
    if chain_hash(suite, previous, bytes(event.body), bytes(event.secret)) != bytes(event.hash):
        return Finding("audit.event_changed", stream.name, event.number)
    columns = {"kind": event.kind, "at": micros(event.at), "actor": event.actor, "number": event.number}
    wrong = [name for name, value in columns.items() if body[name] != value]
    if body["stream"] != stream.name:
        wrong.append("stream")
    if event.instance is not None and body.get("inst") != event.instance:
        wrong.append("instance")
    if event.case_id is not None and stream.name != f"case:{event.case_id}":
        wrong.append("case_id")
    if wrong:
        return Finding("audit.columns_differ", stream.name, event.number, {"columns": ", ".join(wrong)})
    return None


def _secret(session: Session, body: Mapping[str, Any], sealed: bytes, keys: dict[int, Any]) -> dict[str, Any] | None:
    """The decrypted part; {} where there is none, None where its key was lawfully destroyed."""
    if not sealed:
        return {}
    ident = body["key"]
    if ident not in keys:
        keys.update(rows.key_rows(session, [ident]))
    row = keys.get(ident)
    if row is None:
        raise Tampered
    key = opened_key(session, ident, row.master, row.wrapped, row.suite)
    return open_secret(session, key, f"{body['stream']}/{body['number']}", sealed)


def _replay(session: Session, stream: Any, told: list[Any], report: Report) -> Iterator[Finding]:
    """Run the recorded commands again and compare step by step, then with the caches (state, tasks, timers)."""
    states: dict[int, bytes | None] = {}
    beside: dict[int, replay.Beside] = {}
    closed: set[int] = set()
    kept = Expected()
    for event, body, secret in told:
        report.at = event.number
        early = kept.take(body, bundle(session, body["def"]).process if "def" in body else "")
        if early:
            yield Finding("audit.timer_early", stream.name, event.number, {"timer": early})
            return
        if body["kind"] == "case_closed":
            closed.update(states)
            kept.timers.clear()
        elif body["kind"] == "procedure_stopped":
            closed.add(body["inst"])
            kept.timers = {key: due for key, due in kept.timers.items() if key[0] != body["inst"]}
        if body["kind"] not in replay.MOVES:
            continue
        ident = body["inst"]
        figures = None if secret is None else secret.get("facts", [])
        try:
            made = bundle(session, body["def"])
            kept.separated |= {act_key(made.process, element) for element in made.separated}
            rows_of = beside.setdefault(ident, replay.Beside())
            step = replay.rerun(made.definition, states.get(ident), body, moment(body["at"]), figures, rows_of)
        except (replay.Diverged, EngineError, LookupError) as error:
            yield Finding("audit.replay_failed", stream.name, event.number, {"cause": str(error)[:120]})
            return
        differs = replay.differences(step, body, micros)
        if differs:
            yield Finding("audit.replay_differs", stream.name, event.number, {"parts": ", ".join(differs)})
            return
        states[ident] = step.state
        report.replayed += 1
    report.at = None
    for ident, state in states.items():
        yield from _cache(session, stream, ident, None if ident in closed else state, beside[ident])
    yield from _beside(session, stream, states, kept)


@dataclass
class Expected:
    """What the events say should stand in the tables: timers by (instance, address), acting people, paper hashes."""

    timers: dict[tuple[int, str], int] = field(default_factory=dict)
    acts: set[tuple[str, int]] = field(default_factory=set)
    papers: dict[int, str] = field(default_factory=dict)
    separated: set[str] = field(default_factory=set)
    holds: set[int] = field(default_factory=set)
    case: dict[str, Any] = field(default_factory=lambda: {"status": "open", "outcome": None, "category": None})

    def take(self, body: Mapping[str, Any], process: str) -> str | None:
        """Fold one event in; the address of a timer that fired before it was due, else None."""
        ident, kind = body.get("inst", 0), body["kind"]
        if kind == "timer_fired" and body["at"] < self.timers.get((ident, body["el"]), 0):
            return str(body["el"])
        if kind == "due_recomputed":
            self.timers[ident, body["el"]] = body["due"]
        for sign, hold, _ in body.get("holds", []):
            (self.holds.add if sign == "+" else self.holds.discard)(hold)
        self.case.update((name, value) for what, _, name, value in body.get("sets", []) if what == "case")
        for address in body.get("stopped", []):
            self.timers.pop((ident, address), None)
        for address, due, _, _ in body.get("timers", []):
            self.timers[ident, address] = due
        if kind == "task_completed":
            element = act_key(process, element_of(body["el"]))
            self.acts.update((element, person) for person in {body["actor"], *body.get("acted", [])})
            self.papers.update((page, digest) for page, digest in body.get("papers", []))
        return None


def _beside(session: Session, stream: Any, states: Mapping[int, bytes | None], kept: Expected) -> Iterator[Finding]:
    """Timers, acting people and scanned pages as the tables have them, against what the events said."""
    timers = rows.timers_of(session, list(states))
    wanted = {key: due for key, due in kept.timers.items() if states.get(key[0]) is not None}
    if timers.keys() != wanted.keys() or any(due not in (None, wanted[key]) for key, due in timers.items()):
        yield Finding("audit.timers_differ", stream.name)
    if stream.name.startswith("case:"):
        case_id = int(stream.name.removeprefix("case:"))
        separated = rows.acts_of(session, case_id)
        said = {act for act in kept.acts if act[0] in kept.separated}
        if said != separated:
            yield Finding("audit.acts_differ", stream.name)
        if rows.open_hold_ids(session, case_id) != kept.holds:
            yield Finding("audit.holds_differ", stream.name)
        if rows.case_columns(session, case_id) != kept.case:
            yield Finding("audit.case_differs", stream.name)
        stored = rows.paper_hashes(session, list(kept.papers))
        if any(stored.get(ident) != digest for ident, digest in kept.papers.items()):
            yield Finding("audit.papers_differ", stream.name)


def _households(session: Session, report: Report) -> Iterator[Finding]:
    """Status, category and village of every household against what the events last said of them."""
    for row in rows.household_columns(session):
        if row.id in report.unsaid:
            continue
        said = {name: value for name, (_, value) in report.told.get(("household", row.id), {}).items()}
        wanted = {"status": "registered", "category": None, "org_unit": row.org_unit, **said}
        if any(getattr(row, name) != value for name, value in wanted.items()):
            yield Finding("audit.household_differs", f"household:{row.id}")


def _clues(session: Session, report: Report) -> Iterator[Finding]:
    """Status, outcome, grade and place of every clue against what the events last said of it."""
    for row in rows.clue_columns(session):
        said = {name: value for name, (_, value) in report.told.get(("clue", row.id), {}).items()}
        if any(getattr(row, name) != value for name, value in said.items()):
            yield Finding("audit.clue_differs", f"clue:{row.id}")


def _studies(session: Session, report: Report) -> Iterator[Finding]:
    """Status and outcome of every study of a risk of a whole place against what the events last said of it."""
    for row in rows.study_columns(session):
        said = {name: value for name, (_, value) in report.told.get(("scale", row.id), {}).items()}
        wanted = {"status": "open", "outcome": None, **said}
        if any(getattr(row, name) != value for name, value in wanted.items()):
            yield Finding("audit.study_differs", f"scale:{row.id}")


def _cache(session: Session, stream: Any, ident: int, state: bytes | None, beside: replay.Beside) -> Iterator[Finding]:
    row = rows.instance(session, ident)
    if row is None:
        yield Finding("audit.instance_missing", stream.name, None, {"instance": ident})
        return
    stored = None if row.state is None else bytes(row.state)
    if stored != state:
        yield Finding("audit.state_differs", stream.name, None, {"instance": ident})
        return
    wanted = set(beside.opened) if state is not None else set()
    counted = Counter(address.partition("[")[0] for address in wanted)
    if rows.open_addresses(session, ident) != wanted or counted != engine_instance.open_tasks(state):
        yield Finding("audit.tasks_differ", stream.name, None, {"instance": ident})
    if item_rows.kept_lists(session, ident) != (beside.lists if state is not None else {}):
        yield Finding("audit.state_differs", stream.name, None, {"instance": ident})
    if item_rows.all_answers(session, ident) != beside.answers:
        yield Finding("audit.answers_differ", stream.name, None, {"instance": ident})


# --- seals -------------------------------------------------------------------------------------------


def seal(session: Session, day: date, now: datetime) -> tuple[bytes, bytes]:
    """(content, digest) of the day's seal: every stream's head and the readings since the last seal. The digest must
    leave the machine (a file, a printed QR code): only then is a cut tail seen."""
    before = rows.all_seals(session)
    if before and before[-1].day >= day:
        return bytes(before[-1].content), bytes(before[-1].digest)
    last = json.loads(bytes(before[-1].content))["readings"] if before else {"upto": 0, "digest": ""}
    upto = rows.last_reading(session)
    suite = session.keyring.suite
    content = rfc8785.dumps(
        {
            "day": day.isoformat(),
            "suite": suite.name,
            "before": bytes(before[-1].digest).hex() if before else "",
            "heads": [[h.name, h.number, bytes(h.hash).hex()] for h in rows.heads(session)],
            "readings": {"upto": upto, "digest": _readings_digest(session, last, upto, suite.name)},
        }
    )
    digest = suite.digest(content)
    rows.add_seal(session, day=day, made_at=now, suite=suite.name, content=content, digest=digest)
    return content, digest


def _readings_digest(session: Session, last: Mapping[str, Any], upto: int, suite: str) -> str:
    listed = [
        [
            r.id,
            r.official,
            r.household,
            micros(r.at),
            r.what,
            r.reason if r.secret is None else SUITES[suite].digest(bytes(r.secret)).hex(),
        ]
        for r in rows.readings_between(session, int(last["upto"]), upto)
    ]
    return SUITES[suite].digest(rfc8785.dumps([last["digest"], listed])).hex()


def _seals(session: Session, report: Report) -> Iterator[Finding]:
    last: Mapping[str, Any] = {"upto": 0, "digest": ""}
    previous = ""
    for row in rows.all_seals(session):
        report.seals += 1
        where = f"seal {row.day}"
        content = json.loads(bytes(row.content))
        if SUITES[row.suite].digest(bytes(row.content)) != bytes(row.digest) or content["before"] != previous:
            yield Finding("audit.seal_changed", where)
            return
        for name, number, digest in content["heads"]:
            found = rows.event_hash(session, name, number)
            if found is None or found.hex() != digest:
                yield Finding("audit.seal_broken", name, number, {"day": str(row.day)})
        upto = content["readings"]["upto"]
        if _readings_digest(session, last, upto, row.suite) != content["readings"]["digest"]:
            yield Finding("audit.readings_changed", where)
        last, previous = content["readings"], bytes(row.digest).hex()

"""What each command does."""

import argparse
import json
import os
import secrets
import signal
import socket
import sys
import threading
from datetime import datetime, time, timedelta
from pathlib import Path

from app import config, crypto
from app.config import Config
from app.crypto import BadKeyFile
from app.engine import check_report
from app.engine.check_report import Report
from app.files import write_whole
from app.labels import say
from app.policy import calendar
from app.policy.calendar import LOCAL
from app.services import audit, finding, people, upkeep
from app.services import demo as demo_county
from app.services.clues import submissions
from app.services.context import context_of
from app.services.deployments import clauses, publishing
from app.services.deployments import words as words_of_diagrams
from app.services.files import tables
from app.services.officials import accounts, posts, powers
from app.services.opening import Use, open_county
from app.services.people import SYSTEM, Refused
from app.services.register import importing
from app.services.register.problems import of_table
from app.services.rescreening import month
from app.services.rights import erasure as keys
from app.services.rights import report as privacy
from app.services.work import timers
from app.store import dated, migrate, roles
from app.store import register as rows_of_register
from app.store import rescreening as months
from app.store import time as store_time
from app.store.session import Store

from .words import stop


def _store(settings: Config, use: Use = "write") -> Store:
    if use == "make":
        settings.var.mkdir(parents=True, exist_ok=True)
    return open_county(settings.database_url, settings.keys, settings.suite, use)


def check(args: argparse.Namespace) -> int:
    ok, told = True, []
    for name in args.files:
        if Path(name).suffix not in (".bpmn", ".dmn"):
            stop("cli.not_a_diagram", path=name)
        if not Path(name).is_file():
            stop("cli.no_file", path=name)
    for name in args.files:
        report = _checked(Path(name).resolve())
        ok = ok and report.ok
        if args.json:
            told.append({"file": name, **check_report.data(report, say)})
        else:
            print("\n".join(check_report.lines(report, say)))
    if args.json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
    return 0 if ok else 1


def types(args: argparse.Namespace) -> int:
    """What a diagram may say, from the program itself."""
    for kind, words_ in words_of_diagrams.catalogue().items():
        print(say(f"types.head.{kind}"))
        for word in words_:
            print(f"  {word.key}  {word.sentence}", *(f"    {line}" for line in word.more), sep="\n")
    return 0


def _checked(path: Path) -> Report:
    """A diagram with the files beside it and, where there is a county, what is published there; or a table by itself."""
    if path.suffix == ".dmn":
        return publishing.check_table(path.name, path.read_bytes())
    root = path.parent.parent if path.parent.name == "bpmn" else path.parent
    files, entries = publishing.read_project(root)
    files[path.name] = path.read_bytes()
    own = publishing.files_for_check(files, path.stem)
    try:
        store = _store(config.load(), "read")
    except (Refused, BadKeyFile):  # there is no county here to compare with
        return publishing.check_files(own, entries)
    with store.reading() as session:
        return publishing.check_against(session, own, entries, path.stem, store_time.now(session))


def deploy(args: argparse.Namespace) -> int:
    files, entries = publishing.read_project(Path(args.root))
    if not publishing.processes_of(files):
        stop("cli.no_project", path=args.root)
    store = _store(config.load(), "make")
    migrate.upgrade(store)
    with store.reading() as session:
        now = store_time.now(session)
    finding.refresh(store, now)
    with store.transaction() as session:
        published = publishing.deploy(
            session,
            files,
            entries,
            author=args.author,
            approver=args.approver,
            reason=args.reason,
            now=store_time.now(session),
        )
    for one in published:
        state = say("cli.new" if one.new else "cli.unchanged")
        print(say("cli.deployed", process=one.process, version=one.version, state=state))
        with store.reading() as session:
            county = people.county_on(session, calendar.local_date(store_time.now(session)))
            for sentence in clauses.lost_by(session, one.deployment, county) if one.new else ():
                print(f"  {sentence}")
    return 0


def export(args: argparse.Namespace) -> int:
    target = Path(args.folder)
    with _store(config.load(), "read").reading() as session:
        ident = dated.latest_deployment(session, args.process)
        if ident is None:
            raise Refused("deployments.unknown", process=args.process)
        files = dated.deployed_files(session, ident)
        entries = publishing.entries_as_toml(dated.known_entries(session))
    for path, data in files.items():
        place = target / (path if path.startswith("forms/") else f"bpmn/{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, data)
    for name, text in entries.items():
        place = target / "bpmn" / "entries" / f"{name}.toml"
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, text)
    print(say("cli.exported", count=len(files) + len(entries), path=args.folder))
    return 0


def verify(args: argparse.Namespace) -> int:
    with _store(config.load(), "read").reading() as session:
        report = audit.verify(session, args.case)
    for found in report.findings:
        number = f" #{found.number}" if found.number is not None else ""
        sentence = say(found.code, **found.details)
        print(say("cli.finding", where=found.where, number=number, sentence=sentence))
    print(
        say(
            "cli.verified",
            cases=report.cases,
            events=report.events,
            replayed=report.replayed,
            erased=report.erased,
            seals=report.seals,
            findings=len(report.findings),
        )
    )
    return 0 if report.ok else 1


def seal(args: argparse.Namespace) -> int:
    settings = config.load()
    store = _store(settings)
    with store.transaction() as session:
        now = store_time.now(session)
        today = calendar.local_date(now)
        day = args.day or today
        if day > today:
            stop("cli.day_in_future", day=day, today=today)
        content, digest = audit.seal(session, day, now)
        path = upkeep.write_seal(settings.var, day.isoformat(), content, digest)
    print(say("cli.sealed", day=day, digest=digest.hex(), path=path.name))
    return 0


def rotate(args: argparse.Namespace) -> int:
    settings = config.load()
    _store(settings)  # the key file is this database's
    name = crypto.add_master(settings.keys)
    store = _store(settings)
    total = 0
    while True:
        with store.transaction() as session:
            done = keys.rewrap_some(session)
        if not done:
            break
        total += done
    print(say("cli.rotated", name=name, count=total))
    return 0


def erase(args: argparse.Namespace) -> int:
    store = _store(config.load())
    with store.transaction() as session:
        papers = keys.erase_household(
            session,
            args.household,
            basis=args.basis,
            approvers=(args.by, args.approved_by),
            now=store_time.now(session),
        )
    print(say("cli.erased", household=args.household, papers=papers))
    return 0


def privacy_report(args: argparse.Namespace) -> int:
    store = _store(config.load(), "read")
    with store.reading() as session:
        text = privacy.report(session, calendar.local_date(store_time.now(session)))
    try:
        write_whole(Path(args.file), text, new=True)
    except FileExistsError:
        stop("cli.privacy_exists", path=args.file)
    print(say("cli.privacy_written", path=args.file))
    return 0


NAMED_PROBLEMS = 20
"""Of a file, on the terminal; all of them stand in the errors' file."""


def import_households(args: argparse.Namespace) -> int:
    """Fill the register from an export of the province's system: row errors to a file, exit 1 if there are any."""
    path = Path(args.file)
    if not path.is_file():
        stop("cli.file.folder" if path.is_dir() else "cli.no_file", path=args.file)
    errors = Path(args.errors or f"{path.stem}-errors.xlsx")
    _may_write(errors)
    content = path.read_bytes()
    store = _store(config.load(), "read" if args.dry_run else "write")
    with store.reading() as session:
        now = store_time.now(session)
        if args.data_on > calendar.local_date(now):
            stop("cli.day_in_future", day=args.data_on, today=calendar.local_date(now))
        county = people.county_on(session, now.astimezone(LOCAL).date())
        known = importing.columns(session, county)
        saved = rows_of_register.mapping(session, importing.KIND)
        digest = session.keyring.suite.digest(content)
    wanted = tables.Wanted(hidden=None if args.hidden is None else args.hidden == "take", header=args.header)
    table, wanted = tables.with_sheets(content, importing.titles(known, saved), wanted, args.sheet or ())
    for sentence in tables.told(table.read, ("hidden", "other")):
        print(sentence)
    if open_ := tables.asks(table.read, wanted):
        how = say("stories.comma").join(say(f"cli.import_choose.{about}") for about in open_)
        stop("cli.import_choose", what="".join(tables.told(table.read, open_)), how=how)
    chosen = importing.guess(table, known, saved)
    if left := [title for n, title in enumerate(table.header) if title and n not in chosen]:
        print(say("cli.import_columns_left", n=len(left), titles=say("stories.comma").join(left)))
    checked = importing.check(table, known, chosen, county)
    counts = importing.apply(
        store,
        checked,
        data_on=args.data_on,
        by=None,
        now=now,
        file_hash=digest,
        write=not args.dry_run,
        progress=_counted if sys.stderr.isatty() else None,
    )
    print(say("cli.imported" if not args.dry_run else "cli.would_import", **counts.as_dict()))
    if counts.older:
        print(say("cli.import_older", count=counts.older))
    for note in sorted(counts.notes, key=lambda n: n.row):
        print(say("cli.import_note", row=table.row(note.row), number=note.number, why=say(note.code, **note.details)))
    if not counts.problems:
        return 0
    for problem in sorted(counts.problems, key=lambda p: p.row)[:NAMED_PROBLEMS]:
        told = {"row": table.row(problem.row), "why": say(problem.code, **problem.details)}
        if problem.column:
            shown = problem.value if problem.value not in told["why"] else ""
            value = say("cli.import_value", value=shown[:40]) if shown else ""
            print(say("cli.import_problem", column=problem.column, value=value, **told))
        else:
            print(say("cli.import_note", number=problem.value, **told))
    write_whole(errors, of_table(table, checked, counts.problems))
    print(say("cli.import_errors", count=len(counts.problems), path=str(errors)))
    return 1


def _may_write(path: Path) -> None:
    """Before the work is done, not after."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        stop("cli.not_written", path=path)


def _counted(done: int, total: int) -> None:
    print(f"\r{done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)


def create_official(args: argparse.Namespace) -> int:
    password = secrets.token_urlsafe(9)
    store = _store(config.load())
    with store.transaction() as session:
        now = store_time.now(session)
        waiting = powers.waiting(session, now)
        posts.create(
            context_of(session, SYSTEM, now),
            name=args.name,
            username=args.username,
            password=password,
            posts=[(args.role, args.unit)],
        )
        waits = powers.waiting(session, now) > waiting
    print(say("cli.created", username=args.username, password=password, days=accounts.CODE_LASTS.days))
    if waits:
        print(say("cli.post_waits"))
    return 0


def demo(args: argparse.Namespace) -> int:
    store = _store(config.load(), "write" if args.advance is not None else "make")
    if args.advance is not None:
        return _advance(store, args.advance)
    migrate.upgrade(store)

    try:
        summary = demo_county.build(
            store,
            config.ROOT,
            households=args.households,
            register=args.register,
            seed=args.seed,
            progress=_bar,
            accounts=lambda _: accounts.hash_password(accounts.DEMO_PASSWORD),
        )
    except Refused as error:
        if error.code == "demo.not_empty" and args.if_empty:
            return 0
        raise
    print(say("cli.demo_ready", households=summary.households))
    for username, role, place in summary.accounts:
        print(say("cli.demo_account", username=username, role=role, place=place))
    print(say("cli.demo_password", password=accounts.DEMO_PASSWORD))
    return 0


BAR = 30


def _bar(done: int, total: int) -> None:
    """A bar that grows on a terminal; elsewhere a line for each tenth."""
    full = BAR * done // max(total, 1)
    said = say("cli.demo_progress", bar="█" * full + "░" * (BAR - full), done=done, total=total)
    if sys.stderr.isatty():
        print(f"\r{said}", end="\n" if done == total else "", file=sys.stderr, flush=True)
    elif done % max(1, total // 10) == 0:
        print(said, file=sys.stderr)


def _advance(store: Store, days: int) -> int:
    """Move the demo clock forward and do what falls due."""
    with store.transaction() as session:
        if store_time.offset(session) is None:
            stop("cli.not_demo")
        now = store_time.now(session) + timedelta(days=days)
        if days < 0:
            stop("cli.clock_back")
        if days:
            store_time.set_demo_moment(session, now)
    while timers.fire_due(store, now):
        pass
    print(datetime.combine(now.astimezone(LOCAL).date(), time()).date().isoformat())
    return 0


def public_file(args: argparse.Namespace) -> int:
    """What the public pages need when they are served apart; to be made anew after policy changed."""
    with _store(config.load(), "read").reading() as session:
        content = submissions.public_file(session, store_time.now(session))
    write_whole(Path(args.file), json.dumps(content, ensure_ascii=False, indent=1), 0o600)
    print(say("cli.public_file", path=args.file))
    return 0


def public_role(args: argparse.Namespace) -> int:
    """On PostgreSQL: a role that may hand in and ask for one status, nothing else."""
    store = _store(config.load())
    if store.is_sqlite:
        stop("cli.postgresql_only")
    password = secrets.token_urlsafe(18)
    with store.transaction() as session:
        if not roles.make_public(session, args.name, password):
            stop("cli.role_exists", name=args.name)
    print(say("cli.public_role", name=args.name, password=password))
    return 0


def rescreen(args: argparse.Namespace) -> int:
    """Begin a month that nobody began, compare what waits, and say how it stands."""
    store = _store(config.load())
    with store.reading() as session:
        now = store_time.now(session)
    month.begin(store, args.month, now)
    month.work(store, now)
    with store.reading() as session:
        run = months.run_of(session, args.month)
        files = months.files_of(session, run.id) if run is not None else ()
    if run is None:
        raise Refused("rescreening.not_begun", month=args.month)
    print(
        say(
            "cli.rescreened",
            month=args.month,
            state=say(f"rescreening.status.{run.status}"),
            files=len(files),
            households=run.counts.get("households", 0),
            found=sum(f.counts.get("found", 0) for f in files),
        )
    )
    return 0


def serve(args: argparse.Namespace) -> int:
    from app.web import server  # noqa: PLC0415

    settings = config.load()
    if args.public:
        return _serve_public(settings, Path(args.public))
    _may_listen(settings)
    store = _store(settings)
    store.engine.dispose()
    print(say("cli.serving", host=settings.host, port=settings.port), flush=True)
    server.run(settings)
    return 0


def _may_listen(settings: Config) -> None:
    """A port that another program holds is said before anything starts."""
    try:
        with socket.create_server((settings.host, settings.port)):
            pass
    except (OSError, OverflowError):
        stop("cli.cannot_listen", host=settings.host, port=settings.port)


def _serve_public(settings: Config, path: Path) -> int:
    """The public pages apart, without any key that opens anything."""
    from app.web import server  # noqa: PLC0415

    if settings.database_url.startswith("sqlite"):
        stop("cli.public_on_sqlite")
    try:
        content = json.loads(path.read_text("utf-8"))
        submissions.page_of(content)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        stop("cli.no_public_file", path=str(path))
    _may_listen(settings)
    print(say("cli.serving", host=settings.host, port=settings.port), flush=True)
    server.run_public(settings, content)
    return 0


def scheduler(args: argparse.Namespace) -> int:
    from app import scheduler  # noqa: PLC0415

    settings = config.load()
    running = scheduler.start(_store(settings), settings)
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    signal.signal(signal.SIGINT, lambda *_: done.set())
    done.wait()
    running.shutdown()
    return 0

"""The rows of the table, their targets, and the table as Markdown and JSON."""

import json
import os
import platform
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from sqlalchemy import text

from app.config import ROOT

from . import clues, comparison, counts, growth, http, inbox, items, lists, naive, opening, ours, pages, register, storage
from .county import KINDS, County, Databases
from .floor import floor
from .rounds import Contestant, interleaved

ROUNDS = 7


@dataclass(frozen=True)
class Line:
    """One measured figure: `value` is judged against `limit` ("≥ 0.40"); `told` are the absolute figures behind it."""

    row: str
    what: str
    database: str
    value: float | None
    limit: str
    told: str

    @property
    def holds(self) -> bool | None:
        if self.value is None:
            return None
        sign, _, bound = self.limit.partition(" ")
        return self.value >= float(bound) if sign == "≥" else self.value <= float(bound)


@dataclass(frozen=True)
class Bench:
    made: Databases
    quick: bool

    def some(self, full: int) -> int:
        return max(full // 10, 1) if self.quick else full


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


# --- the rows ------------------------------------------------------------------------------------------------


def completion(bench: Bench) -> list[Line]:
    """Both databases and all three contestants turn by turn, on both measured steps."""
    each = max(bench.some(30), 5)
    wanted = ROUNDS * each
    counties = {kind: bench.made.county(kind) for kind in KINDS}
    walks = {kind: ours.opened(county, 2 * wanted) for kind, county in counties.items()}
    diagram = (ROOT / "bpmn" / "identify.bpmn").read_bytes()
    lines: list[Line] = []
    for element in ours.STEPS:
        contestants: dict[str, Contestant] = {}
        for kind, county in counties.items():
            ours.walk_on(walks[kind], element)
            with county.store.reading() as session:
                todo = ours.open_tasks(session, element)
            contestants[f"{kind} floor"] = floor(county, element, todo[:wanted])
            contestants[f"{kind} ours"] = ours.completion(county, element, todo[wanted:])
            contestants[f"{kind} naive"] = naive.prepared(
                county.store, diagram, "identify", element, naive.STRAIGHT_ON, wanted, datetime.now(UTC)
            )
        took = interleaved(contestants, ROUNDS, each)
        for kind in KINDS:
            low, mine, plain = (took[f"{kind} {name}"] for name in ("floor", "ours", "naive"))
            told = f"ours {ms(mine)}, floor {ms(low)}, naive {ms(plain)}"
            what = f"durable completion in process, {element}"
            lines.append(Line("completion", f"{what}: speed against the floor", kind, low / mine, "≥ 0.40", told))
            lines.append(Line("completion", f"{what}: speed against naive", kind, plain / mine, "≥ 1.00", told))
    return lines


def counted(bench: Bench) -> list[Line]:
    lines: list[Line] = []
    many = 200
    for kind in KINDS:
        county = bench.made.county(kind)
        ours.walk_on(ours.opened(county, many + 40), counts.STEP)
        with county.store.reading() as session:
            todo = ours.open_tasks(session, counts.STEP)
        complete = ours.completion(county, counts.STEP, todo[:10])
        complete()
        per = counts.transactions(county, complete, 9)
        lines.append(Line("counts", "transactions per completion", kind, per, "≤ 1.00", f"{per:.2f}"))
        if kind == "sqlite":
            syncs = counts.fsyncs_sqlite(bench.made, county, many)
            told = "strace is not installed" if syncs is None else f"{syncs:.2f} by strace, checkpoints included"
        else:
            half = 10 + many // 2
            trips = counts.round_trips(bench.made, county, todo[10:half])
            told = f"{trips:.2f} on the wire, BEGIN and COMMIT included"
            lines.append(Line("counts", "round trips per completion", kind, trips, "≤ 8.00", told))
            syncs = counts.fsyncs_postgresql(county, todo[half:])
            told = f"{syncs:.2f} by pg_stat_io"
        lines.append(Line("counts", "fsyncs per completion", kind, syncs, "≤ 1.10", told))
    return lines


def over_http(bench: Bench) -> list[Line]:
    lines: list[Line] = []
    for kind in KINDS:
        least = "≥ 0.10" if kind == "sqlite" else "≥ 0.06"
        for clients, each in ((1, bench.some(50)), (4, bench.some(25))):
            found = http.measured(bench.made, bench.made.county(kind), clients, 11, max(each, 6))
            post, hello = found["post"], found["hello"]
            told = (
                f"POST {post.rate:.0f}/s (p50 {ms(post.p50)}, p99 {ms(post.p99)}), "
                f"hello {hello.rate:.0f}/s (p50 {ms(hello.p50)})"
            )
            what = f"POST of a form over HTTP, {clients} client{'s' * (clients > 1)}"
            ratio = hello.p50 / post.p50 if clients == 1 else post.rate / hello.rate
            said = "speed" if clients == 1 else "rate"
            lines.append(Line("http", f"{what}: {said} against hello", kind, ratio, least, told))
            if clients == 4:
                lines.append(Line("http", f"{what}: p99 / p50", kind, post.p99 / post.p50, "≤ 5.00", told))
    return lines


def loops(bench: Bench) -> list[Line]:
    lines = []
    for kind in KINDS:
        took = growth.loop(bench.made.county(kind), 5, max(bench.some(20), 6))
        told = f"10th {ms(took['few'])}, 200th {ms(took['many'])}"
        what = "200th visit of a loop against the 10th"
        lines.append(Line("loop", what, kind, took["many"] / took["few"], "≤ 1.25", told))
    return lines


def many_items(bench: Bench) -> list[Line]:
    """One of many villages answers: what it costs must not grow with how many are still open."""
    lines = []
    for kind in KINDS:
        took = items.measured(bench.made.county(kind), 5, max(bench.some(20), 6))
        what = f"completion among {items.MANY:,} open items against {items.FEW}"
        told = f"{ms(took['few'])}, {ms(took['many'])}"
        lines.append(Line("items", what, kind, took["many"] / took["few"], "≤ 1.30", told))
        sizes = f"{took['few_bytes']:.0f}, {took['many_bytes']:.0f} bytes"
        lines.append(Line("items", "their state", kind, took["many_bytes"] / took["few_bytes"], "≤ 1.30", sizes))
    return lines


def many_open(bench: Bench) -> list[Line]:
    """Opening at once, then completing and reading the inbox among what was opened."""
    return [line for kind in KINDS for line in _many_open(bench, kind)]


def _many_open(bench: Bench, kind: str) -> list[Line]:
    total, batches, each = bench.some(100_000), 5, max(bench.some(40), 6)
    few, many, twin = (_peopled(bench, kind, 5 * each + 1) for _ in range(3))
    opening.ours(few, opening.with_households(few, bench.some(1000)))
    subjects = opening.with_households(many, total)
    opening.with_households(twin, total)
    pairs = []
    for n in range(batches):
        since = opening.marks(many)
        mine = opening.ours(many, subjects[n * total // batches : (n + 1) * total // batches])
        pairs.append((mine, opening.floor(many, twin, since)))
    ratio = median(mine / low for mine, low in pairs)
    told = f"ours {sum(m for m, _ in pairs):.1f} s, the same rows {sum(low for _, low in pairs):.1f} s"
    what = f"opening {total:,} instances ({batches} rounds of {total // batches:,})"
    lines = [Line("opening", f"{what} against executemany / COPY", kind, ratio, "≤ 4.00", told)]
    _analyzed(few)
    _analyzed(many)
    took = growth.crowded(few, many, 5, each)
    told = f"{ms(took['few'])}, {ms(took['many'])}"
    what = f"completion with {total:,} open instances against {bench.some(1000):,}"
    lines.append(Line("open", what, kind, took["many"] / took["few"], "≤ 1.25", told))
    inbox.spread(many)
    in_database, whole = inbox.pages(many, 5, 20)
    for level, seconds in in_database.items():
        told = f"{ms(seconds)} in the database, {ms(whole[level])} through the store"
        what = f"inbox page of 50 with counts at {total:,} open tasks, {level} official, in ms"
        lines.append(Line("inbox", what, kind, seconds * 1000, "≤ 2.00", told))
    return lines


def _peopled(bench: Bench, kind: str, many: int) -> County:
    county = bench.made.county(kind)
    ours.walk_on(ours.opened(county, many), ours.STEPS[0])
    return county


def _analyzed(county: County) -> None:
    """What autovacuum would do soon after so many rows."""
    with county.store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE"))


def stored(bench: Bench) -> list[Line]:
    lines = []
    for kind in KINDS:
        size, events = storage.per_event(bench.made.county(kind), 200)
        told = f"{size:.0f} bytes, {events:.0f} events a case"
        what = "stored per event of a finished case, in KB (1000 bytes)"
        lines.append(Line("storage", what, kind, size / 1000, "≤ 1.50", told))
    return lines


def by_lists(bench: Bench) -> list[Line]:
    found = []
    for kind in KINDS:
        pairs = lists.measured(bench.made.county(kind), bench.some(5) if not bench.quick else 2)
        ratio = median(at_once / single for at_once, single in pairs)
        told = f"list {ms(median(a for a, _ in pairs))}, singly {ms(median(b for _, b in pairs))}"
        found.append(Line("lists", "one list of 50 households against 50 single completions", kind, ratio, "≤ 1.00", told))
    return found


def imported(bench: Bench) -> list[Line]:
    """50,000 households of three people, row checking and writing."""
    found = []
    for kind in KINDS:
        county, rounds, each = bench.made.county(kind), 5, bench.some(10_000)
        pairs = [register.measured(county, each, 2 * n * each) for n in range(rounds)]
        ratio = median(mine / low for mine, low in pairs)
        told = f"ours {sum(m for m, _ in pairs):.1f} s, the same rows {sum(low for _, low in pairs):.1f} s"
        what = f"importing {rounds * each:,} households ({rounds} rounds of {each:,}) against the bare bulk write"
        found.append(Line("register", what, kind, ratio, "≤ 3.00", told))
    return found


def month(bench: Bench) -> list[Line]:
    """A month's comparison: eleven files of 1.9 M rows against 300,000 persons; a file checked row by row."""
    folder = bench.made.directory / "month"
    folder.mkdir()
    persons, rows = bench.some(comparison.PERSONS), bench.some(comparison.ROWS)
    taken = comparison.measured(folder, 3, persons, rows)
    seconds = {name: median(one["seconds"] for one in runs) for name, runs in taken.items()}
    peak = max(one["peak"] for one in taken["ours"]) / 2**20
    told = ", ".join(f"{name} {s:.1f} s" for name, s in seconds.items())
    what = "a month's comparison, files on disk to findings in the database"
    many = bench.some(comparison.PERSONS)
    checks = comparison.checking(folder, many, 3)
    reading = {ending: tuple(median(pair[n] for pair in pairs) for n in (0, 1)) for ending, pairs in checks.items()}
    return [
        Line("month", f"{what}: times as fast as pandas", "SQLite", seconds["pandas"] / seconds["ours"], "≥ 3.00", told),
        Line("month", f"{what}: against Polars by hand", "SQLite", seconds["ours"] / seconds["polars"], "≤ 3.00", told),
        Line("month", f"{what}: peak memory in MiB", "SQLite", peak, "≤ 500", f"{peak:.0f} MiB"),
        *[
            Line(
                "month",
                f"checking a {ending} file of {many:,} rows against pandas reading it as text twice",
                "–",
                mine / text,
                "≤ 1.00",
                f"{mine:.2f} s, {text:.2f} s",
            )
            for ending, (mine, text) in reading.items()
        ],
    ]


def month_rows(bench: Bench) -> list[Line]:
    """100,000 duties and their clues against the same rows in bulk."""
    found = []
    for kind in KINDS:
        many, source, target = bench.some(100_000), bench.made.county(kind), bench.made.county(kind)
        mine = clues.ours(source, many)
        low = clues.floor(source, target, many)
        told = f"ours {mine:.1f} s, the same rows {low:.1f} s"
        found.append(
            Line("clues", f"{many:,} duties and their clues against executemany / COPY", kind, mine / low, "≤ 2.00", told)
        )
    return found


def province_pages(bench: Bench) -> list[Line]:
    """SQLite only: what is slow there is the program's own."""
    villages = bench.some(26_842)
    found = pages.measured(bench.made, villages)
    slowest, largest = found[0], max(found, key=lambda one: one[1])
    what = f"{len(found)} pages at {villages:,} villages"
    worst = ", ".join(f"{path} ({who}) {ms(took)}" for took, _, who, path in found[:3])
    return [
        Line("pages", f"{what}: the slowest, in ms", "sqlite", slowest[0] * 1000, "≤ 300", worst),
        Line("pages", f"{what}: the largest, in KB", "sqlite", largest[1] / 1000, "≤ 300", f"{largest[3]} ({largest[2]})"),
    ]


ROWS: dict[str, Callable[[Bench], list[Line]]] = {
    "completion": completion,
    "counts": counted,
    "http": over_http,
    "loop": loops,
    "items": many_items,
    "open": many_open,
    "storage": stored,
    "lists": by_lists,
    "register": imported,
    "month": month,
    "clues": month_rows,
    "pages": province_pages,
}


# --- the table -------------------------------------------------------------------------------------------------


def run(made: Databases, *, quick: bool, only: list[str]) -> bool:
    """Measure, print, write var/bench.md and var/bench.json; whether every target holds."""
    bench, lines = Bench(made, quick), []
    for row in only:
        lines += ROWS[row](bench)
    table = markdown(lines, quick, made)
    print(table)
    out = Path(ROOT / "var")
    out.mkdir(exist_ok=True)
    (out / "bench.md").write_text(table)
    found = [{**asdict(line), "holds": line.holds} for line in lines]
    (out / "bench.json").write_text(json.dumps({"quick": quick, "lines": found}, ensure_ascii=False, indent=1))
    return all(line.holds is not False for line in lines)


def markdown(lines: list[Line], quick: bool, made: Databases) -> str:
    rows = [
        f"| {line.what} | {line.database} | {_shown(line)} | {line.limit} | {_MARK[line.holds]} | {line.told} |"
        for line in lines
    ]
    head = ["| what | database | measured | target | holds | figures |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows, "", _where(quick, made), ""])


_MARK = {True: "yes", False: "**no**", None: "not measured"}


def _shown(line: Line) -> str:
    return "–" if line.value is None else f"{line.value:.2f}"


def _where(quick: bool, made: Databases) -> str:
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    size = " A tenth of the stated sizes (--quick)." if quick else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()}, {versions}, PostgreSQL with fsync, "
        f"client and server on one machine. Medians of {ROUNDS} (completion), 11 (HTTP) or 5 interleaved rounds.{size}"
    )

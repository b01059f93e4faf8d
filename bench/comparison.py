"""A month's comparison from files on disk to findings in the database: ours, pandas, and Polars written by hand.

Each contender is a process of its own, does the same work (read, check every ID number and amount, drop a person's second row,
match, judge by the county's tables, write) and must find the same findings. Ours opens the encrypted extract; the others are
given the people as a plain Feather file.
"""

import csv
import importlib
import json
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import feather

from app.decisions.tables import parse_dmn
from app.policy.identity import check_digit
from app.policy.jurisdiction import UnitTree
from app.services.files import templates as file_templates

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ("medins", "health", "edu", "civil", "dpf", "hrss", "housing", "water", "emergency", "finance", "rural")
ON = date(2021, 9, 1)
PERSONS, ROWS = 300_000, 211_000
LISTS = {"health": 500, "dpf": 500}
"""Files that list only new cases, each of which is a finding; the other nine hold everybody. In all 1.9 M rows."""
SCHEMA = "CREATE TABLE found (file TEXT, row INTEGER, household INTEGER, sign TEXT, severity TEXT, value INTEGER, threshold INTEGER)"
INSERT = "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?)"


def numbers(many: int) -> Iterator[str]:
    """ID numbers of nobody, one after the other, with their check digits."""
    for n in range(many):
        days, last = divmod(n, 1000)
        born = np.datetime64("1950-01-01") + days * 50 % 25_000
        first = f"999999{str(born).replace('-', '')}{last:03d}"
        yield first + check_digit(first)


def templates() -> dict[str, Any]:
    """As the county has published them."""
    from app.policy.parameters import Entries, read_toml
    from app.services.people import County

    entries = [e for path in sorted((ROOT / "bpmn" / "entries").glob("*.toml")) for e in read_toml(path.read_text())]
    place = County(Entries.of(entries), UnitTree(), ON)
    return {t.key: t for t in file_templates.templates(place)}


def lay_out(folder: Path, persons: int, rows: int) -> None:
    """Eleven files, the people, and the extract."""
    from app.crypto import load_keyring

    rng, known = random.Random(7), list(numbers(persons))
    people = pa.table(
        {
            "pid": pa.array([int(n[:17]) for n in known], pa.int64()),
            "household": pa.array([n // 4 + 1 for n in range(persons)], pa.int64()),
            "member": pa.array([n % 4 for n in range(persons)], pa.int32()),
            "former_poor": pa.array([n % 40 < 4 for n in range(persons)], pa.bool_()),
        }
    )
    feather.write_feather(people, str(folder / "people.feather"), compression="lz4")
    keyring = load_keyring(folder / "keys.json", "intl")
    (folder / "people.sealed").write_bytes(
        keyring.suite.seal(keyring.masters["k1"], (folder / "people.feather").read_bytes(), b"people")
    )
    for key, made in templates().items():
        if key not in TEMPLATES:
            continue
        with (folder / f"{key}.csv").open("w", newline="", encoding="utf-8-sig") as file:
            out = csv.writer(file)
            out.writerow(["身份证号", "姓名", "所在村（居）", *[c.titles[0] for c in made.columns]])
            for number in rng.sample(known, min(LISTS.get(key, rows), persons)):
                out.writerow([number, "演示", "", *[_cell(c, rng) for c in made.columns]])


def _cell(column: Any, rng: random.Random) -> str:
    """Mostly what shows no sign: one row in a hundred is over its threshold."""
    if column.kind == "code":
        words = list(column.words)
        calm = [
            w for w in words if column.words[w] in ("yes", "in_school", "granted", "A", "B", "good", "no", "chronic", "other")
        ]
        calm = [w for w in calm if not (column.key in ("returned", "hurt", "failed") and column.words[w] == "yes")]
        calm = [w for w in calm if not (column.key == "insured" and column.words[w] == "no")]
        return rng.choice(words) if rng.random() < 0.01 or not calm else rng.choice(calm)
    high = rng.random() < 0.01
    if column.kind == "money":
        return f"{rng.uniform(5000, 60000) if high else rng.uniform(0, 900):.2f}"
    return str(rng.randint(1, column.most or 200) if high else 0) if column.key != "grade" else str(rng.randint(1, 4))


# --- the contenders ---------------------------------------------------------------------------------------------------


def ours(folder: Path, write: Callable[[str, list[Any]], None]) -> None:
    import io

    from app.comparison import findings
    from app.crypto import load_keyring
    from app.policy.parameters import Entries, read_toml
    from app.services.people import County
    from app.services.rescreening import department_files

    keyring = load_keyring(folder / "keys.json", "intl")
    plain = keyring.suite.open(keyring.masters["k1"], (folder / "people.sealed").read_bytes(), b"people")
    people = feather.read_table(io.BytesIO(plain))
    place = County(
        Entries.of([e for p in (ROOT / "bpmn" / "entries").glob("*.toml") for e in read_toml(p.read_text())]), UnitTree(), ON
    )
    made = templates()
    for key in TEMPLATES:
        prepared = department_files.prepare((folder / f"{key}.csv").read_bytes(), made[key], place, ON)
        table = parse_dmn((ROOT / "bpmn" / "decisions" / f"find_{key}.dmn").read_bytes())
        with findings.connection() as con:
            found = findings.compare(con, prepared.checked.rows, people, table, ON)
        write(
            key,
            list(
                zip(
                    *(found.column(n).to_pylist() for n in ("row", "household", "sign", "severity", "value", "threshold")),
                    strict=True,
                )
            ),
        )


WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def in_pandas(folder: Path, write: Callable[[str, list[Any]], None]) -> None:
    import pandas as pd

    people = pd.read_feather(folder / "people.feather")
    for key, made in templates().items():
        if key not in TEMPLATES:
            continue
        data = pd.read_csv(folder / f"{key}.csv", dtype=str, keep_default_na=False)
        data["row"] = np.arange(2, len(data) + 2)  # as the sheet numbers them
        ids = data["身份证号"].str.strip().str.upper()
        shaped = ids.str.fullmatch(r"[1-9]\d{16}[\dX]")
        data, ids = data[shaped], ids[shaped]
        total = sum(ids.str[n].astype("int64") * weight for n, weight in enumerate(WEIGHTS))
        data = data[ids.str[17] == total.mod(11).map(dict(enumerate("10X98765432")))].copy()
        data["pid"] = data["身份证号"].str[:17].astype("int64")
        born = pd.to_datetime(data["身份证号"].str[6:14], format="%Y%m%d", errors="coerce")
        data = data[born.notna() & (born <= pd.Timestamp(ON))]
        data = data.drop_duplicates("pid")
        for column in made.columns:
            cells = data[column.titles[0]].str.strip()
            if column.kind == "money":
                data[column.key] = (cells.replace("", "0").astype(float) * 100).round().astype("int64")
            elif column.kind == "integer":
                data[column.key] = cells.replace("", "0").astype("int64")
            else:
                data[column.key] = cells.map(column.words).fillna(column.empty)
        data = data.merge(people, on="pid", how="left")
        data["former_poor"] = data["former_poor"].fillna(False).astype(bool)
        data["age"] = (
            ON.year - data["身份证号"].str[6:10].astype(int) - (data["身份证号"].str[10:14] > f"{ON:%m%d}").astype(int)
        )
        table = parse_dmn((ROOT / "bpmn" / "decisions" / f"find_{key}.dmn").read_bytes())
        hits = [
            np.logical_and.reduce(
                [
                    np.ones(len(data), bool),
                    *(_mask(data[i.name], c) for i, c in zip(table.inputs, r.cells, strict=True) if not c.any),
                ]
            )
            for r in table.rules
        ]
        for place, output in enumerate(table.outputs):
            default = "" if output.type == "string" else 0
            data[f"out_{output.name}"] = np.select(hits, [r.outputs[place] for r in table.rules], default)
        found = data[data["out_severity"] != "none"].sort_values("row")
        value = [None if not m else int(v) for m, v in zip(found["out_measured"], _measured(found), strict=True)]
        write(
            key,
            list(
                zip(
                    found["row"].tolist(),
                    found["household"].tolist(),
                    found["out_sign"],
                    found["out_severity"],
                    value,
                    found["out_threshold"].astype(int).tolist(),
                    strict=True,
                )
            ),
        )


def _measured(found: Any) -> list[Any]:
    return [row[row["out_measured"]] if row["out_measured"] else 0 for _, row in found.iterrows()]


def _mask(values: Any, cell: Any) -> Any:
    if cell.type == "boolean":
        return values.isin(cell.truths).to_numpy()
    if cell.type == "string":
        return (values.isin(cell.names) != cell.outside).to_numpy()
    found = np.zeros(len(values), bool)
    plain = values.to_numpy()
    for low, high in cell.pieces:
        part = np.ones(len(values), bool)
        if isinstance(low[0], int):
            part &= plain > low[0] if low[1] else plain >= low[0]
        if isinstance(high[0], int):
            part &= plain <= high[0] if high[1] else plain < high[0]
        found |= part
    return found


def in_polars(folder: Path, write: Callable[[str, list[Any]], None]) -> None:
    import polars as pl

    people = pl.read_ipc(folder / "people.feather")
    for key, made in templates().items():
        if key not in TEMPLATES:
            continue
        ident = pl.col("身份证号").str.strip_chars().str.to_uppercase()
        data = pl.read_csv(folder / f"{key}.csv", infer_schema=False).with_row_index("row", 2).with_columns(ident.alias("id"))
        data = data.filter(pl.col("id").str.contains(r"^[1-9]\d{16}[\dX]$"))
        total: Any = sum(pl.col("id").str.slice(n, 1).cast(pl.Int64) * weight for n, weight in enumerate(WEIGHTS))
        last = (total % 11).cast(pl.String).replace_strict({str(n): c for n, c in enumerate("10X98765432")})
        data = data.filter(pl.col("id").str.slice(17, 1) == last)
        data = data.with_columns(
            pid=pl.col("id").str.slice(0, 17).cast(pl.Int64),
            born=pl.col("id").str.slice(6, 8).str.to_date("%Y%m%d", strict=False),
        )
        data = data.filter(pl.col("born") <= ON).unique("pid", keep="first", maintain_order=True)
        columns = []
        for column in made.columns:
            cells = pl.col(column.titles[0]).fill_null("").str.strip_chars()
            filled = pl.when(cells == "").then(pl.lit("0")).otherwise(cells)
            if column.kind == "money":
                columns.append((filled.cast(pl.Float64) * 100).round().cast(pl.Int64).alias(column.key))
            elif column.kind == "integer":
                columns.append(filled.cast(pl.Int64).alias(column.key))
            else:
                columns.append(cells.replace_strict(column.words, default=column.empty).alias(column.key))
        data = (
            data.with_columns(columns).join(people, on="pid", how="left").with_columns(pl.col("former_poor").fill_null(False))
        )
        before = (pl.col("born").dt.month() > ON.month) | (
            (pl.col("born").dt.month() == ON.month) & (pl.col("born").dt.day() > ON.day)
        )
        data = data.with_columns(age=(ON.year - pl.col("born").dt.year() - before.cast(pl.Int32)))
        table = parse_dmn((ROOT / "bpmn" / "decisions" / f"find_{key}.dmn").read_bytes())
        said = []
        for place, output in enumerate(table.outputs):
            chain: Any = pl
            for rule in table.rules:
                cells_ = [_expr(pl, i.name, c) for i, c in zip(table.inputs, rule.cells, strict=True) if not c.any]
                hit = pl.all_horizontal(cells_) if cells_ else pl.lit(True)
                chain = chain.when(hit).then(pl.lit(rule.outputs[place]))
            said.append(chain.otherwise(None).alias(f"out_{output.name}"))
        found = data.with_columns(said).filter(pl.col("out_severity") != "none").sort("row")
        value: Any = pl.lit(None, pl.Int64)
        for column in made.columns:
            if column.kind in ("money", "integer"):
                value = pl.when(pl.col("out_measured") == column.key).then(pl.col(column.key)).otherwise(value)
        found = found.with_columns(value=value)
        write(key, found.select("row", "household", "out_sign", "out_severity", "value", "out_threshold").rows())


def _expr(pl: Any, name: str, cell: Any) -> Any:
    if cell.type == "boolean":
        return pl.col(name).is_in(list(cell.truths))
    if cell.type == "string":
        listed = pl.col(name).is_in(list(cell.names))
        return ~listed if cell.outside else listed
    found = pl.lit(False)
    for low, high in cell.pieces:
        part = pl.lit(True)
        if isinstance(low[0], int):
            part = part & (pl.col(name) > low[0] if low[1] else pl.col(name) >= low[0])
        if isinstance(high[0], int):
            part = part & (pl.col(name) <= high[0] if high[1] else pl.col(name) < high[0])
        found = found | part
    return found


LIBRARIES = {
    "ours": ("app.comparison.findings", "app.services.rescreening.department_files", "ibis.backends.duckdb"),
    "pandas": ("pandas", "app.services.rescreening.department_files"),
    "polars": ("polars", "app.services.rescreening.department_files"),
}
"""Loaded before the clock runs, as in a process that serves."""
CONTENDERS = {"ours": ours, "pandas": in_pandas, "polars": in_polars}


def contend(name: str, folder: Path) -> None:
    """In a process of its own: seconds, peak memory and how much was found."""
    base = sqlite3.connect(folder / f"{name}.db")
    base.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; DROP TABLE IF EXISTS found; {SCHEMA}")
    many = 0
    for library in LIBRARIES[name]:
        importlib.import_module(library)

    def write(key: str, rows: list[Any]) -> None:
        nonlocal many
        many += len(rows)
        with base:
            base.executemany(INSERT, [(key, *row) for row in rows])

    begun = time.perf_counter()
    CONTENDERS[name](folder, write)
    took = time.perf_counter() - begun
    base.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": took, "peak": peak, "found": many}))


def measured(folder: Path, rounds: int, persons: int, rows: int) -> dict[str, list[dict[str, float]]]:
    """Interleaved rounds; AssertionError where the three do not find the same."""
    lay_out(folder, persons, rows)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(rounds):
        for name in CONTENDERS:
            command = [sys.executable, "-m", "bench.comparison", name, str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
            taken[name].append(json.loads(done.stdout.splitlines()[-1]))
    listed = []
    for name in CONTENDERS:
        with sqlite3.connect(folder / f"{name}.db") as base:
            listed.append(base.execute("SELECT * FROM found ORDER BY file, row").fetchall())
    assert listed[0] == listed[1] == listed[2], [len(x) for x in listed]
    return taken


def checking(folder: Path, many: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Ending -> (seconds for checking a file of so many rows row by row, seconds for pandas to read it twice as text, for an ID
    number is no number). One ID number in a hundred has a wrong digit; pandas reads XLSX with calamine, its fastest engine."""
    import pandas as pd

    from app.policy.parameters import Entries, read_toml
    from app.services.files import sheets
    from app.services.people import County

    place = County(
        Entries.of([e for p in (ROOT / "bpmn" / "entries").glob("*.toml") for e in read_toml(p.read_text())]), UnitTree(), ON
    )
    made, rng, pairs = templates()["medins"], random.Random(3), {}
    lines = [["身份证号", "姓名", "所在村（居）", *[c.titles[0] for c in made.columns]]]
    for n, number in enumerate(numbers(many)):
        wrong = number[:17] + ("1" if number[17] == "0" else "0")
        lines.append([wrong if n % 100 == 0 else number, "演示", "", *[_cell(c, rng) for c in made.columns]])
    with (folder / "checked.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(lines)
    (folder / "checked.xlsx").write_bytes(sheets.book(lines))
    for ending, read in (("csv", pd.read_csv), ("xlsx", partial(pd.read_excel, engine="calamine"))):
        path = folder / f"checked.{ending}"
        pairs[ending] = [_against(path, made, place, read, many) for _ in range(rounds)]
    return pairs


def _against(path: Path, made: Any, place: Any, read: Any, many: int) -> tuple[float, float]:
    from app.services.rescreening import department_files

    begun = time.perf_counter()
    prepared = department_files.prepare(path.read_bytes(), made, place, ON)
    mine = time.perf_counter() - begun
    assert prepared.counts() == {"read": many, "good": many - -(-many // 100), "bad": -(-many // 100)}
    begun = time.perf_counter()
    for _again in range(2):
        read(path, dtype=str)
    return mine, time.perf_counter() - begun


if __name__ == "__main__":
    contend(sys.argv[1], Path(sys.argv[2]))

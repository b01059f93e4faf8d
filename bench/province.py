"""A whole province at once: 25 M persons against 156 M checked rows of eleven files, judged by the county's own tables.

A process of its own with two threads of DuckDB; peak memory is that process's. The rows are made in memory (`department_files`
takes no file of more than 400,000 rows: a province hands in county by county), so this measures matching and judging.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from app.decisions.tables import parse_dmn

from .comparison import LISTS, ON, ROOT, TEMPLATES, templates

PERSONS, ROWS = 25_000_000, 156_000_000
CALM = ("yes", "in_school", "granted", "A", "good", "no", "other")
HOLDING_ALL = [key for key in TEMPLATES if key not in LISTS]
"""Files that hold everybody; the other two list only new cases, each of them a finding."""
MEMORY = "4GB"
"""What DuckDB may take; what it needs beyond goes to disk."""


def people(many: int) -> pa.Table:
    each = np.arange(many, dtype=np.int64)
    return pa.table(
        {
            "pid": pa.array(99_999_900_000_000_000 + each),
            "household": pa.array(each // 4 + 1),
            "member": pa.array((each % 4).astype(np.int32)),
            "former_poor": pa.array(each % 40 < 4),
        }
    )


def rows(made: Any, persons: int, many: int, source: np.random.Generator) -> pa.Table:
    """One row in a hundred shows something."""
    who = source.integers(0, persons, many)
    born = (source.integers(-10_000, 18_000, many)).astype(np.int32)
    columns: dict[str, pa.Array] = {
        "row": pa.array(np.arange(1, many + 1, dtype=np.int32)),
        "pid": pa.array(99_999_900_000_000_000 + who),
        "born": pa.array(born, pa.int32()).cast(pa.date32()),
    }
    high = source.random(many) < 0.01
    for column in made.columns:
        if column.kind == "code":
            codes = sorted(set(column.words.values()))
            calm = codes.index(column.empty or next((code for code in codes if code in CALM), codes[0]))
            picked = np.where(high, source.integers(0, len(codes), many), calm).astype(np.int8)
            columns[column.key] = pa.DictionaryArray.from_arrays(picked, codes).cast(pa.string())
        else:
            columns[column.key] = pa.array(np.where(high, source.integers(1, 6_000_000, many), 0).astype(np.int64))
    return pa.table(columns)


def run(persons: int, many: int) -> dict[str, Any]:
    from app.comparison import findings

    known, source = people(persons), np.random.default_rng(1)
    begun, found = time.perf_counter(), 0
    making = 0.0
    listed = templates()
    for key in TEMPLATES:
        made_at = time.perf_counter()
        mine = many // len(HOLDING_ALL) if key in HOLDING_ALL else persons // 600
        content = rows(listed[key], persons, mine, source)
        making += time.perf_counter() - made_at
        table = parse_dmn((ROOT / "bpmn" / "decisions" / f"find_{key}.dmn").read_bytes())
        with findings.connection(threads=2, memory=MEMORY) as con:
            found += findings.compare(con, content, known, table, ON).num_rows
        del content
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": time.perf_counter() - begun - making, "found": found, "peak": peak}


def measured(persons: int, many: int) -> dict[str, Any]:
    """In a process of its own: {seconds, found, peak in bytes}."""
    told = subprocess.run(
        [sys.executable, "-m", "bench.province", str(persons), str(many)], capture_output=True, check=True, cwd=Path(ROOT)
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]))))

"""The serving process's side: gives a file to a child, waits so long and no longer, and has rows of text back."""

import atexit
import contextlib
import io
import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import python_calamine

from .sheet import CELL, Unusable, Words, plain_title

LARGEST = 64_000_000
"""Bytes of a file."""
SECONDS = 60.0
AT_ONCE = 2
"""Files that are read at the same moment in this process; a further one waits, and after SECONDS is asked to come again."""
CHILD = Path(__file__).with_name("child.py")
LIBRARIES = str(Path(python_calamine.__file__).parents[1])
"""Where the child finds the one library that it needs: without the rest of the environment it begins at once."""
_turn = threading.BoundedSemaphore(AT_ONCE)
Child = subprocess.Popen[bytes]
_ready: list[tuple[int, Child]] = []
"""Children that have begun and wait for a file, with the process that they are of: to begin takes as long as to read."""


@dataclass(frozen=True)
class Wanted:
    """What somebody chose of a file. `sheets`: places; None: nobody chose. `hidden`: whether hidden rows and columns are
    taken; None: nobody said. `header`: the row with the titles, as the sheet numbers it, in the first of the sheets."""

    sheets: tuple[int, ...] | None = None
    hidden: bool | None = None
    header: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"sheets": None if self.sheets is None else list(self.sheets), "hidden": self.hidden, "header": self.header}


@dataclass(frozen=True)
class Read:
    """`body`: a line for each row from the sheet's first, CELL between cells; rows that are none of data are empty. `odd`:
    (line, column) -> why a cell is not what was typed. `parts`: (sheet, lines before it, lines). `found`: every sheet.
    `typed`: column -> what its cells are that are no text: "day", "time", "percent", "yes_no", "fraction" -> lines."""

    header: tuple[str, ...]
    body: bytes
    odd: Mapping[tuple[int, int], str] = field(default_factory=dict)
    parts: Sequence[tuple[int, int, int]] = ()
    found: Sequence[Mapping[str, Any]] = ()
    typed: Mapping[int, Mapping[str, Sequence[int]]] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, ...]]:
        return [tuple(cell.strip() for cell in line.split(CELL)) for line in self.body.decode().split("\n")]

    def no_text(self, columns: Collection[int]) -> dict[tuple[int, int], str]:
        """(line, column) -> what a cell of these columns is that is neither text nor a whole number."""
        return {
            (line, column): kind for column in columns for kind, lines in self.typed.get(column, {}).items() for line in lines
        }

    @property
    def is_text(self) -> bool:
        """Whether the file has no types of cells at all: a CSV."""
        return not any(each["name"] for each in self.found)

    def place(self, line: int) -> tuple[str, int]:
        """(sheet's name where there are several, row in the sheet) of a line, counted from 1."""
        for sheet, before, many in reversed(self.parts):
            if line > before:
                name = str(self.found[sheet]["name"]) if len(self.parts) > 1 else ""
                return name, min(line - before, many)
        return "", line


def read(content: bytes, titles: Collection[str], words: Words, wanted: Wanted) -> Read:
    """`titles`: every title that is known, by which the header is found. Raises Unusable: too large, no such format, broken,
    no header; each says what to do."""
    if len(content) > LARGEST:
        raise Unusable("tables.too_large", megabytes=LARGEST // 1_000_000)
    job = {**wanted.as_dict(), "titles": sorted({plain_title(title) for title in titles}), "words": dict(words)}
    job["header"] = None if wanted.header is None else wanted.header - 1
    told = json.dumps(job).encode()
    head, body = _asked(struct.pack(">I", len(told)) + told, content)
    if "refused" in head:
        raise Unusable(head["refused"], **head["details"])
    odd = {(row, column): why for row, column, why in head["odd"]}
    parts = [(sheet, before, many) for sheet, before, many in head["parts"]]
    typed = {int(column): kinds for column, kinds in head["typed"].items()}
    return Read(tuple(head["header"]), body, odd, parts, head["found"], typed)


def _asked(job: bytes, content: bytes) -> tuple[dict[str, Any], bytes]:
    """One child for one file: what it took is given back when it ends."""
    if not _turn.acquire(timeout=SECONDS):
        raise Unusable("tables.busy")
    try:
        with _child() as child:
            assert child.stdin is not None and child.stdout is not None
            ends = threading.Timer(SECONDS, child.kill)  # then its pipes end, and what waits for them goes on
            ends.start()
            giving = threading.Thread(target=_give, args=(child.stdin, job, content))
            giving.start()
            try:
                answer = io.BufferedReader(child.stdout)  # type: ignore[type-var]
                size = answer.read(4)
                told = answer.read(struct.unpack(">I", size)[0]) if len(size) == 4 else b""
                body = answer.read()
                giving.join()
                child.wait()
            finally:
                ends.cancel()
                child.kill()
        _ready.append((os.getpid(), _begun()))
    finally:
        _turn.release()
    if child.returncode != 0 or not told:
        raise Unusable("tables.too_much_inside")
    return json.loads(told), body


def _begun() -> Child:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(CHILD), LIBRARIES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"LANG": "C.UTF-8"},
        bufsize=0,
    )


def _child() -> Child:
    """One that has begun while nobody waited, or a new one. What a process began is not of those that it forks into."""
    while _ready:
        owner, child = _ready.pop()
        if owner == os.getpid() and child.poll() is None:
            return child
    return _begun()


@atexit.register
def _end_all() -> None:
    while _ready:
        owner, child = _ready.pop()
        if owner == os.getpid():
            child.kill()
            child.communicate()


def _give(pipe: IO[bytes], *parts: bytes) -> None:
    """All of it; a child that ended before it had read everything says why by how it ended."""
    with contextlib.suppress(OSError), pipe:
        for part in parts:
            rest = memoryview(part)
            while rest:
                rest = rest[pipe.write(rest) :]

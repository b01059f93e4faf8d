"""Opening the county's database: it is one, it is of this program's version, and the key file is its own."""

import os
import re
from pathlib import Path
from typing import Any, Literal

from app import crypto
from app.crypto import SUITES, BadKeyFile, Tampered
from app.store import condition, migrate
from app.store.session import Session, Store, open_store

from .people import Refused

Use = Literal["read", "write", "make"]


def open_county(url: str, key_file: Path, suite: str, use: Use = "write", *, address: str = "") -> Store:
    """The store with the keys that it was written with. Raises Refused (database.…) or BadKeyFile.

    `use`: read (nothing is written, not even beside the file); write to what is there; or make what is not there yet. Only
    then, and where nothing was ever encrypted, a key file is made: a lost one is to be fetched from its backup.
    """
    file = condition.file_of(url)
    if file is not None:
        _look_at(file, use)
    keyless = crypto.Keyring(SUITES[suite], {}, "", b"", SUITES[suite])
    store = open_store(url, keyless, address=address, read_only=use == "read")
    standing = migrate.standing(store)
    if standing != "current" and not (use == "make" and standing in ("empty", "older")):
        raise Refused(f"database.{standing}")
    store.keyring = _keyring(store, key_file, suite, use)
    return store


def _look_at(file: Path, use: Use) -> None:
    if use == "make":
        file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        if use != "make":
            raise Refused("database.missing", path=file)
    elif not file.is_file() or not condition.is_database(file):
        raise Refused("database.not_one", path=file)
    elif use != "read" and not all(os.access(path, os.W_OK) for path in (file, file.parent)):
        raise Refused("database.read_only")


def _keyring(store: Store, path: Path, suite: str, use: Use) -> crypto.Keyring:
    with store.reading() as session:
        wrapped = condition.wrapped_keys(session)
        handed_in = condition.has_submissions(session)
    if not os.path.lexists(path):
        if wrapped or handed_in or use != "make":
            raise BadKeyFile("keys.missing" if wrapped or handed_in else "keys.none_yet", path)
        return crypto.load_keyring(path, suite)
    keyring = crypto.read_keyring(path, suite)
    if wrapped and not any([_opens(keyring, row) for row in wrapped]):
        raise BadKeyFile("keys.not_ours", path)
    if not keyring.box:  # a key file from before the public pages
        if handed_in:
            raise BadKeyFile("keys.damaged", path)
        if use != "read":
            crypto.add_box(path)
            return crypto.read_keyring(path, suite)
    return keyring


def belongs(session: Session, keyring: crypto.Keyring) -> bool:
    """Whether this database is known to have been written with these keys; not while it holds no secret."""
    try:
        wrapped = condition.wrapped_keys(session)
        return bool(wrapped) and any([_opens(keyring, row) for row in wrapped])
    except BadKeyFile:
        return False


def _opens(keyring: crypto.Keyring, row: Any) -> bool:
    """Whether this data key was wrapped by one of these. A damaged row says nothing about the key file; a master key that
    is not there does."""
    if row.master not in keyring.masters and not re.fullmatch(crypto.MASTER, str(row.master)):
        return False
    try:
        keyring.unwrap(row.id, row.master, bytes(row.wrapped), SUITES[row.suite])
    except (Tampered, KeyError, TypeError):
        return False
    return True

"""What an error of the database's means: one word for each kind, whatever the driver calls it."""

import errno
import sqlite3

from sqlalchemy.exc import ArgumentError, DatabaseError

__all__ = ["ArgumentError", "DatabaseError", "error", "kind_of"]

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_WRITTEN = frozenset(
    {
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
    }
)
"""A quota or a limit of file size is told by SQLite as a failed write, not as a full disk."""
_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_NOTADB: "no_database",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_FORMAT: "damaged",
    sqlite3.SQLITE_IOERR: "damaged",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CANTOPEN: "no_access",
    sqlite3.SQLITE_PERM: "no_access",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
}
_POSTGRESQL = {
    "53100": "full",
    "42P01": "not_migrated",
    "42703": "not_migrated",
    "25006": "read_only",
    "40P01": "busy",
    "55P03": "busy",
    "42501": "no_access",
}
_NOT_THERE = ("no such table", "no such column", "has no column")


class Fault(Exception):
    """What no driver says: the database's file is no longer the one that was opened (gone), a stored file is not what was
    stored (damaged)."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def error(kind: str) -> DatabaseError:
    return DatabaseError("", None, Fault(kind))


def kind_of(error: BaseException | None) -> str:
    """full, no_database, damaged, read_only, no_access, not_migrated, busy, gone; "other" for what is none of these."""
    if isinstance(error, Fault):
        return error.kind
    if isinstance(error, OSError):
        return "full" if error.errno in NO_SPACE else "no_access"
    code, state = getattr(error, "sqlite_errorcode", None), getattr(error, "sqlstate", None) or ""
    if any(words in str(error) for words in _NOT_THERE):
        return "not_migrated"
    if "Could not decode" in str(error):  # a text column with bytes that are no text
        return "damaged"
    if code is not None:
        return "full" if code in _NOT_WRITTEN else _SQLITE.get(code & 0xFF, "other")
    return "damaged" if state.startswith("XX") else _POSTGRESQL.get(state, "other")

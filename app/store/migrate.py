"""Bring a database to the newest migration."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from .session import Store


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(store: Store) -> None:
    """Run every migration that is missing, in one transaction."""
    with store.transaction() as session:
        command.upgrade(_config(session.conn), "head")


def standing(store: Store) -> str:
    """current, older, newer (made by a later program), empty, or foreign: tables that are not ours."""
    with store.reading() as session:
        found = MigrationContext.configure(session.conn).get_current_revision()
        if found is None:
            return "foreign" if inspect(session.conn).get_table_names() else "empty"
    revisions = _revisions()
    if found == revisions[0]:
        return "current"
    return "older" if found in revisions else "newer"


@cache
def _revisions() -> tuple[str, ...]:
    """Of this program, the newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions())


def is_current(store: Store) -> bool:
    return standing(store) == "current"

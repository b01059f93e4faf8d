"""Bring a database to the newest migration."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

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


def is_current(store: Store) -> bool:
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    with store.reading() as session:
        return MigrationContext.configure(session.conn).get_current_revision() == head

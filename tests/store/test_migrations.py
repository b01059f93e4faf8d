"""Migrations build exactly the tables that the code describes, on both databases."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app.crypto import load_keyring
from app.store.migrate import is_current, upgrade
from app.store.session import open_store
from app.store.tables import metadata
from tests.conftest import new_database


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_an_upgraded_empty_database_has_no_drift(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if kind == "sqlite" else new_database(request.getfixturevalue("postgres"))
    store = open_store(url, load_keyring(tmp_path / "keys.json", "intl"))
    assert not is_current(store)
    upgrade(store)
    upgrade(store)
    assert is_current(store)
    with store.engine.connect() as conn:
        differences = compare_metadata(MigrationContext.configure(conn), metadata)
    store.engine.dispose()
    assert differences == []

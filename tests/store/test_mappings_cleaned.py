"""A database that remembered rows of data as titles is cleaned when it is brought up to date."""

from importlib import import_module
from pathlib import Path

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from app.config import ROOT
from app.crypto import load_keyring
from app.store.migrate import upgrade
from app.store.session import open_store
from tests.conftest import new_database

NAME = next((ROOT / "app/store/migrations/versions").glob("*_import_mappings.py")).stem
KEPT = [("households", "居民号码", "id_number")]
GONE = [
    ("households", "张三", "name"),
    ("households", "999999197001019011", "id_number"),
    ("households", "X001", "number"),
    ("households", "电话10000000001", "phone"),
    ("households", "备注号码", ""),
]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_names_and_numbers_that_were_taken_for_titles_go(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if kind == "sqlite" else new_database(request.getfixturevalue("postgres"))
    store = open_store(url, load_keyring(tmp_path / "keys.json", "intl"))
    upgrade(store)
    with store.engine.begin() as conn:
        entry = '{"level": "member", "titles": ["证件号码", "姓名"]}'
        conn.execute(
            text(
                'INSERT INTO entries (name, key, valid_from, number, value, source, "default") VALUES '
                "('import_column', 'id_number', '2021-08-09', 1, :value, '', false)"
            ),
            {"value": entry},
        )
        for row in (*KEPT, *GONE):
            conn.execute(text("INSERT INTO import_mappings VALUES (:k, :h, :f)"), dict(zip("khf", row, strict=True)))
        with Operations.context(MigrationContext.configure(conn)):
            import_module(f"app.store.migrations.versions.{NAME}").upgrade()
    with store.engine.connect() as conn:
        assert [tuple(row) for row in conn.execute(text("SELECT kind, header, field FROM import_mappings"))] == KEPT
    store.engine.dispose()

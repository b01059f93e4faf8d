"""Migrations build exactly the tables that the code describes, on both databases."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.crypto import load_keyring
from app.store import migrate
from app.store.migrate import is_current, standing, upgrade
from app.store.session import open_store
from app.store.tables import metadata
from tests.conftest import County, new_database

MIGRATIONS = Path(migrate.__file__).parent / "migrations"


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


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_stands_in_a_database_is_told_before_anything_is_written(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if kind == "sqlite" else new_database(request.getfixturevalue("postgres"))
    store = open_store(url, load_keyring(tmp_path / "keys.json", "intl"))
    assert standing(store) == "empty"
    with store.transaction() as session:
        session.conn.exec_driver_sql("CREATE TABLE somebody_elses (id integer)")
    assert standing(store) == "foreign"
    assert not is_current(store)
    store.engine.dispose()


def test_a_database_is_current_older_or_made_by_a_later_program(county: County) -> None:
    def says(revision: str) -> str:
        with county.store.transaction() as session:
            session.conn.execute(text("UPDATE alembic_version SET version_num = :found"), {"found": revision})
        assert is_current(county.store) is (standing(county.store) == "current")
        return standing(county.store)

    with county.store.reading() as session:
        newest = session.conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    revisions = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert standing(county.store) == "current" and revisions[0] == newest
    assert len(revisions) > 1
    assert {says(revision) for revision in revisions[1:]} == {"older"}
    assert says("of_next_year") == "newer"
    assert says(newest) == "current"

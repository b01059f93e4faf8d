"""Tables whose rows are never changed, and the statements of a role of PostgreSQL's."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError

from app.store import triggers
from tests.conftest import County


def refused(conn: Connection, statement: str) -> str:
    with pytest.raises(DatabaseError) as caught, conn.begin_nested():
        conn.exec_driver_sql(statement)
    return str(caught.value.orig)


def test_a_guarded_table_takes_rows_and_gives_none_back(county: County) -> None:
    with county.store.transaction() as session:
        conn = session.conn
        for name in ("guarded", "free"):
            conn.exec_driver_sql(f"CREATE TABLE {name} (id integer PRIMARY KEY, word text)")
        for statement in triggers.statements(conn.dialect.name, ["guarded"]):
            conn.execute(text(statement))
        for name in ("guarded", "free"):
            conn.exec_driver_sql(f"INSERT INTO {name} VALUES (1, 'a'), (2, 'b')")
        wanted = ["UPDATE guarded SET word = 'c'", "DELETE FROM guarded WHERE id = 1"]
        wanted += ["REPLACE INTO guarded VALUES (1, 'c')"] if session.store.is_sqlite else ["TRUNCATE guarded"]
        for statement in wanted:
            assert "table guarded is insert-only" in refused(conn, statement), statement
        assert conn.execute(text("SELECT * FROM guarded ORDER BY id")).all() == [(1, "a"), (2, "b")]
        conn.exec_driver_sql("DELETE FROM free WHERE id = 1")
        assert conn.execute(text("SELECT * FROM free")).all() == [(2, "b")]


@pytest.mark.parametrize("table", ["entries", "files", "deployments", "deployment_files"])
def test_what_was_published_is_guarded_in_a_migrated_database(county: County, table: str) -> None:
    column = {"entries": "name", "files": "bytes", "deployments": "author", "deployment_files": "path"}[table]
    with county.store.transaction() as session:
        assert f"table {table} is insert-only" in refused(session.conn, f"UPDATE {table} SET {column} = {column}")
        assert f"table {table} is insert-only" in refused(session.conn, f"DELETE FROM {table}")


@pytest.mark.parametrize("county", ["postgresql"], indirect=True)
def test_the_statements_of_a_public_role_make_that_role_only(county: County) -> None:
    with county.store.transaction() as session:
        for statement in triggers.public_role("demo_one", "'x'"):
            session.conn.exec_driver_sql(statement)
        session.conn.exec_driver_sql("CREATE ROLE demo_two")
        for role, may in (("demo_one", True), ("demo_two", False)):
            asked = text("SELECT has_function_privilege(:role, 'submission_status(bytea)', 'execute')")
            assert session.conn.execute(asked, {"role": role}).scalar() is may
        session.conn.exec_driver_sql("DROP OWNED BY demo_one")
        session.conn.exec_driver_sql("DROP ROLE demo_one, demo_two")

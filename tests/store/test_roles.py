"""What the role of PostgreSQL's public pages may do."""

from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from app.store import roles, submissions
from app.store.session import Session
from tests.conftest import START, County

ROLE = 'demo "public" pages'


def refused(conn: Connection, statement: str) -> str:
    with pytest.raises(DatabaseError) as caught, conn.begin_nested():
        conn.exec_driver_sql(statement)
    return str(caught.value.orig)


def handed_in(session: Session) -> None:
    row: dict[str, Any] = {"code": b"code", "sealed": b"sealed", "source": b"s", "puzzle": b"p"}
    submissions.add(session, **row, now=START, limits=(1, 1))


@pytest.mark.parametrize("county", ["postgresql"], indirect=True)
def test_the_public_role_hands_in_and_asks_by_code_and_does_nothing_else(county: County) -> None:
    with county.store.transaction() as session:
        assert roles.make_public(session, ROLE, "pa'ss\"word")
        assert not roles.make_public(session, ROLE, "other")
        session.conn.exec_driver_sql('SET LOCAL ROLE "demo ""public"" pages"')
        handed_in(session)
        assert submissions.status(session, b"code")[:2] == ("received", None)
        for statement in (
            "SELECT * FROM submissions",
            "SELECT * FROM households",
            "UPDATE submissions SET state = 'read'",
            "DELETE FROM submissions",
            "INSERT INTO submissions (code, sealed, source, puzzle, received_at, state) VALUES ('a', 'a', 'a', 'a', 1, 'read')",
            "INSERT INTO officials (name) VALUES ('演示')",
        ):
            assert "permission denied" in refused(session.conn, statement), statement


@pytest.mark.parametrize("county", ["postgresql"], indirect=True)
def test_no_other_role_may_ask_by_code(county: County) -> None:
    with county.store.transaction() as session:
        session.conn.exec_driver_sql("CREATE ROLE demo_stranger")
        session.conn.exec_driver_sql("SET LOCAL ROLE demo_stranger")
        assert "permission denied" in refused(session.conn, "SELECT * FROM submission_status('a')")
        session.conn.exec_driver_sql("RESET ROLE")
        session.conn.exec_driver_sql("DROP ROLE demo_stranger")

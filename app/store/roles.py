"""Database roles of PostgreSQL."""

from sqlalchemy import text

from .session import Session
from .triggers import public_role


def make_public(session: Session, name: str, password: str) -> bool:
    """The role of the public pages; False if there is one of that name. Its statements take no parameters, so both are
    quoted by the server itself."""
    known = session.conn.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}).first()
    if known is not None:
        return False
    quoted = session.conn.execute(
        text("SELECT quote_ident(:name) AS name, quote_literal(:password) AS password"), {"name": name, "password": password}
    ).one()
    for statement in public_role(quoted.name, quoted.password):
        session.conn.exec_driver_sql(statement)
    return True

"""Many rows of a kind at once: executemany on SQLite, COPY on PostgreSQL; ids are taken beforehand."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, select, text

from .record import MOVE_STREAM, Head
from .session import Session
from .tables import streams

_AT_ONCE = 500


def take_ids(session: Session, table: Table, many: int) -> range | Sequence[int]:
    """Ids nobody else gets. On SQLite we are the only writer, and AUTOINCREMENT follows explicit ids."""
    if session.store.is_sqlite:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        last = session.conn.execute(query, {"name": table.name}).scalar() or 0
        return range(last + 1, last + 1 + many)
    sequence = func.pg_get_serial_sequence(table.name, "id")
    taken = select(func.nextval(sequence)).select_from(func.generate_series(1, many))
    return session.conn.execute(taken).scalars().all()


def add_rows(session: Session, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows as the database keeps them (moments in microseconds); nothing is converted on the way."""
    if not rows:
        return
    names = ", ".join(columns)
    if session.store.is_sqlite:
        marks = ", ".join("?" * len(columns))
        cursor = session.conn.connection.cursor()
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608
        cursor.close()
        return
    driver: Any = session.conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def heads(session: Session, names: Sequence[str]) -> dict[str, Head]:
    """These streams, locked in order of id; those that do not exist yet are made."""
    found: dict[str, Head] = {}
    for begin in range(0, len(names), _AT_ONCE):
        known = select(streams).where(streams.c.name.in_(names[begin : begin + _AT_ONCE]))
        for row in session.conn.execute(known.order_by(streams.c.id).with_for_update()):
            found[row.name] = Head(row.id, row.name, row.number, row.hash)
    fresh = [name for name in names if name not in found]
    for ident, name in zip(take_ids(session, streams, len(fresh)), fresh, strict=True):
        found[name] = Head(ident, name, 0, b"")
    return found


def save_heads(session: Session, old: Mapping[str, Head], new: Mapping[str, Head]) -> None:
    """Write where the streams stand now: streams that are new as rows, the others moved on."""
    fresh = [head for name, head in new.items() if old[name].number == 0]
    rows = [(head.stream, head.name, head.number, head.hash) for head in fresh]
    add_rows(session, streams, ("id", "name", "number", "hash"), rows)
    moved = [
        {"b_stream": head.stream, "b_number": head.number, "b_hash": head.hash}
        for name, head in new.items()
        if old[name].number
    ]
    if moved:
        session.conn.execute(MOVE_STREAM, moved)

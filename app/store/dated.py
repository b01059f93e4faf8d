"""Dated data and deployments: what was published, by whom, and the files behind it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, select

from app.policy.model import Entry
from app.policy.parameters import Entries

from . import tables
from .session import Session, once
from .tables import deployment_files, deployments, entries, files


@once
def current_entries(session: Session, newest: int | None = None) -> Entries:
    """Every entry, indexed; rebuilt when rows were added (the highest id is asked each time, or known as `newest`)."""
    if newest is None:
        newest = session.conn.execute(_NEWEST).scalar()
    cached = session.store.cache.get("entries")
    if cached is None or cached[0] != newest:
        rows = session.conn.execute(select(entries).order_by(entries.c.id)).mappings()
        cached = (newest, Entries.of([_entry(row) for row in rows]))
        session.store.cache["entries"] = cached
    found: Entries = cached[1]
    return found


_NEWEST = select(func.max(entries.c.id))


def _entry(row: Mapping[Any, Any]) -> Entry:
    return Entry(
        id=row["id"],
        name=row["name"],
        key=row["key"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        value=row["value"],
        source=row["source"],
        default=row["default"],
        number=row["number"],
        supersedes=row["supersedes"],
    )


def known_entries(session: Session) -> list[Entry]:
    return [_entry(row) for row in session.conn.execute(select(entries).order_by(entries.c.id)).mappings()]


def add_entries(session: Session, new: Sequence[Entry], deployment: int | None) -> None:
    if not new:
        return
    session.conn.execute(
        insert(entries),
        [
            {
                "name": e.name,
                "key": e.key,
                "valid_from": e.valid_from,
                "valid_to": e.valid_to,
                "number": e.number,
                "value": dict(e.value),
                "source": e.source,
                "default": e.default,
                "supersedes": e.supersedes,
                "deployment": deployment,
            }
            for e in new
        ],
    )


def add_deployment(
    session: Session,
    process: str,
    content: Mapping[str, bytes],
    *,
    author: str,
    approver: str,
    reason: str,
    now: datetime,
) -> tuple[int, int, bool]:
    """(deployment id, version, is new). Equal files to the latest version make no new one."""
    digest = session.keyring.suite.digest
    hashed = {path: digest(data) for path, data in content.items()}
    last = session.conn.execute(
        select(deployments.c.id, deployments.c.version)
        .where(deployments.c.process == process)
        .order_by(deployments.c.version.desc())
        .limit(1)
    ).one_or_none()
    if last is not None and file_hashes(session, last.id) == hashed:
        return last.id, last.version, False
    known = set(session.conn.execute(select(files.c.hash).where(files.c.hash.in_(list(hashed.values())))).scalars())
    fresh = {digest_: content[path] for path, digest_ in hashed.items() if digest_ not in known}
    if fresh:
        session.conn.execute(insert(files), [{"hash": h, "bytes": data} for h, data in fresh.items()])
    version = last.version + 1 if last else 1
    ident = session.conn.execute(
        insert(deployments)
        .values(process=process, version=version, author=author, approver=approver, reason=reason, deployed_at=now)
        .returning(deployments.c.id)
    ).scalar_one()
    session.conn.execute(insert(deployment_files), [{"deployment": ident, "path": p, "hash": h} for p, h in hashed.items()])
    return ident, version, True


def file_hashes(session: Session, deployment: int) -> dict[str, bytes]:
    rows = session.conn.execute(
        select(deployment_files.c.path, deployment_files.c.hash).where(deployment_files.c.deployment == deployment)
    )
    return {row.path: row.hash for row in rows}


def deployed_files(session: Session, deployment: int) -> dict[str, bytes]:
    """Path -> bytes of one deployment, in the project's own layout."""
    rows = session.conn.execute(
        select(deployment_files.c.path, files.c.bytes)
        .join(files, files.c.hash == deployment_files.c.hash)
        .where(deployment_files.c.deployment == deployment)
    )
    return {row.path: bytes(row.bytes) for row in rows}


def succession(session: Session, deployment: int, process: str) -> dict[str, dict[str, str]]:
    """Element -> properties, for the diagram of a deployment that was published before diagrams said them."""
    asked = select(tables.succession.c.element, tables.succession.c.says).join(
        deployment_files, deployment_files.c.hash == tables.succession.c.diagram
    )
    here = and_(deployment_files.c.deployment == deployment, deployment_files.c.path == f"{process}.bpmn")
    return {row.element: row.says for row in session.conn.execute(asked.where(here))}


def doors_before(session: Session) -> dict[str, str]:
    """Door -> the procedure behind it, for a county that published its diagrams before doors were entries."""
    rows = session.conn.execute(select(tables.succession.c.element, tables.succession.c.says))
    return {door: row.element for row in rows for door in str(row.says.get("doors", "")).split(",") if door}


def stored_files(session: Session) -> Iterator[tuple[bytes, bytes]]:
    """(hash, bytes) of every published file."""
    for row in session.conn.execute(select(files.c.hash, files.c.bytes)):
        yield row.hash, row.bytes


def deployment(session: Session, ident: int) -> Any:
    return session.conn.execute(select(deployments).where(deployments.c.id == ident)).one()


@once
def latest_deployment(session: Session, process: str) -> int | None:
    return session.conn.execute(
        select(deployments.c.id).where(deployments.c.process == process).order_by(deployments.c.version.desc()).limit(1)
    ).scalar()


def all_deployments(session: Session) -> Sequence[Any]:
    return session.conn.execute(select(deployments).order_by(deployments.c.process, deployments.c.version.desc())).all()

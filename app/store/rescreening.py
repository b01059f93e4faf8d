"""Months of re-screening: runs, duties, department files, findings, and the extract that people are matched by."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, exists, func, insert, literal, or_, select, update

from app.policy.calendar import end_of

from .record import DataKey, data_key, destroy_keys, new_data_key, opened_key
from .session import Session
from .tables import (
    cases,
    clues,
    data_keys,
    department_files,
    duties,
    extracts,
    findings,
    household_versions,
    households,
    runs,
)

KIND = "rescreen"


# --- runs and duties --------------------------------------------------------------------------------------------------


def add_run(session: Session, **columns: Any) -> int:
    return session.conn.execute(insert(runs).values(**columns).returning(runs.c.id)).scalar_one()


def run(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(runs).where(runs.c.id == ident)).one_or_none()


def some(session: Session, idents: Collection[int]) -> dict[int, Any]:
    if not idents:
        return {}
    return {row.id: row for row in session.conn.execute(select(runs).where(runs.c.id.in_(list(idents))))}


def run_of(session: Session, period: str, kind: str = KIND) -> Any | None:
    return session.conn.execute(select(runs).where(and_(runs.c.kind == kind, runs.c.period == period))).one_or_none()


def listed(session: Session, kind: str = KIND, limit: int = 36) -> Sequence[Any]:
    return session.conn.execute(select(runs).where(runs.c.kind == kind).order_by(runs.c.period.desc()).limit(limit)).all()


def periods(session: Session, kind: str = KIND) -> set[str]:
    return set(session.conn.execute(select(runs.c.period).where(runs.c.kind == kind)).scalars())


def open_runs(session: Session, status: Collection[str], kind: str = KIND) -> Sequence[Any]:
    wanted = and_(runs.c.kind == kind, runs.c.status.in_(list(status)))
    return session.conn.execute(select(runs).where(wanted).order_by(runs.c.period)).all()


def add_counts(session: Session, ident: int, *, failed: Collection[int] = (), **more: Any) -> None:
    """Figures of a run, beside those that others put there; `failed` households are put together."""
    known = session.conn.execute(select(runs.c.counts).where(runs.c.id == ident).with_for_update()).scalar_one()
    if failed:
        more["failed"] = sorted({*known.get("failed", []), *failed})
    change_run(session, ident, counts={**known, **more})


def change_run(session: Session, ident: int, **columns: Any) -> None:
    session.conn.execute(update(runs).where(runs.c.id == ident).values(**columns))


def open_duties(session: Session, period: str, due_on: date) -> int:
    """One for every household of the register, in one statement; how many there are now."""
    rows = select(
        literal(KIND), households.c.id, literal(period), households.c.org_unit, literal("open"), bindparam("due", due_on)
    ).where(households.c.status != "erased")
    names = ["kind", "subject", "period", "org_unit", "status", "due_on"]
    session.conn.execute(insert(duties).from_select(names, rows))  # whose row count PostgreSQL does not tell
    return sum(duty_counts(session, period).values())


def close_duties(session: Session, period: str, status: str, failed: Collection[int], now: datetime) -> None:
    """Those that could not be screened are missed, the others done, late or caught up."""
    mine = and_(duties.c.kind == KIND, duties.c.period == period, duties.c.status == "open")
    if failed:
        session.conn.execute(update(duties).where(and_(mine, duties.c.subject.in_(list(failed)))).values(status="missed"))
    session.conn.execute(update(duties).where(mine).values(status=status, done_at=now))


def duty_counts(session: Session, period: str, kind: str = KIND) -> dict[str, int]:
    rows = session.conn.execute(
        select(duties.c.status, func.count())
        .where(and_(duties.c.kind == kind, duties.c.period == period))
        .group_by(duties.c.status)
    )
    return {status: n for status, n in rows}


def duties_of(session: Session, household: int, limit: int = 24) -> Sequence[Any]:
    mine = and_(duties.c.kind == KIND, duties.c.subject == household)
    return session.conn.execute(select(duties).where(mine).order_by(duties.c.period.desc()).limit(limit)).all()


# --- files ------------------------------------------------------------------------------------------------------------


def add_file(session: Session, **columns: Any) -> int:
    return session.conn.execute(insert(department_files).values(**columns).returning(department_files.c.id)).scalar_one()


def file_of(session: Session, run_id: int, template: str, digest: bytes) -> int | None:
    same = and_(
        department_files.c.run == run_id, department_files.c.template == template, department_files.c.file_hash == digest
    )
    return session.conn.execute(select(department_files.c.id).where(same)).scalar()


_LIGHT = [c for c in department_files.c if c.name != "secret"]


def files_of(session: Session, run_id: int, department: str | None = None) -> Sequence[Any]:
    """Without the originals."""
    query = select(*_LIGHT).where(department_files.c.run == run_id)
    if department is not None:
        query = query.where(department_files.c.department == department)
    return session.conn.execute(query.order_by(department_files.c.id)).all()


def waiting_files(session: Session) -> Sequence[Any]:
    """Taken in and not yet compared, oldest first."""
    return session.conn.execute(
        select(*_LIGHT).where(department_files.c.status == "kept").order_by(department_files.c.id)
    ).all()


def file(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(department_files).where(department_files.c.id == ident)).one_or_none()


def lock_file(session: Session, ident: int) -> str | None:
    """Its status, held until the transaction ends: one worker compares it at a time."""
    query = select(department_files.c.status).where(department_files.c.id == ident).with_for_update()
    return session.conn.execute(query).scalar()


def to_be_mended(session: Session, run_id: int, template: str) -> bool:
    """Whether a file of the month was set aside, or has rows with a sign that led nowhere: either may be sent once more."""
    mine = and_(department_files.c.run == run_id, department_files.c.template == template)
    found = session.conn.execute(select(department_files.c.status, department_files.c.counts).where(mine))
    return any(status == "failed" or counts.get("nowhere") for status, counts in found)


def change_file(session: Session, ident: int, **columns: Any) -> None:
    session.conn.execute(update(department_files).where(department_files.c.id == ident).values(**columns))


def originals_before(session: Session, day: date) -> Sequence[Any]:
    over = and_(department_files.c.original_until < day, department_files.c.status != "kept")
    return session.conn.execute(select(department_files.c.id, department_files.c.data_key).where(over)).all()


def drop_originals(session: Session, idents: Collection[int]) -> None:
    gone = update(department_files).where(department_files.c.id.in_(list(idents)))
    session.conn.execute(gone.values(secret=b"", original_until=None))


# --- findings ---------------------------------------------------------------------------------------------------------


def found_rows(session: Session, file_id: int) -> set[int]:
    """Rows of a file whose finding has its clue already."""
    return set(session.conn.execute(select(findings.c.row).where(findings.c.file == file_id)).scalars())


def add_findings(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        session.conn.execute(insert(findings), list(rows))


def finding_counts(session: Session, run_id: int) -> Sequence[Any]:
    """(department, template, sign, grade, fresh, outcome, n) of a month."""
    root = clues.alias()
    status = func.coalesce(root.c.outcome, clues.c.outcome)
    return session.conn.execute(
        select(
            department_files.c.department,
            department_files.c.template,
            clues.c.sign,
            findings.c.fresh,
            status.label("outcome"),
            func.count().label("n"),
        )
        .join(department_files, department_files.c.id == findings.c.file)
        .join(clues, clues.c.id == findings.c.clue)
        .outerjoin(root, root.c.id == clues.c.merged_into)
        .where(department_files.c.run == run_id)
        .group_by(department_files.c.department, department_files.c.template, clues.c.sign, findings.c.fresh, status)
        .order_by(department_files.c.department, clues.c.sign)
    ).all()


def clue_counts(session: Session, period: str) -> Sequence[Any]:
    """(org_unit, grade, status, n) of the clues that a month's comparison opened."""
    return session.conn.execute(
        select(clues.c.org_unit, clues.c.grade, clues.c.status, clues.c.outcome, func.count().label("n"))
        .where(and_(clues.c.run == period, clues.c.status != "joined"))
        .group_by(clues.c.org_unit, clues.c.grade, clues.c.status, clues.c.outcome)
    ).all()


# --- the matching extract ---------------------------------------------------------------------------------------------


def stamp(session: Session) -> str:
    """Changes whenever a household's file does."""
    query = select(func.count(), func.max(household_versions.c.recorded_at)).select_from(household_versions)
    row = session.conn.execute(query).one()
    return f"{row[0]}/{row[1].timestamp() if row[1] is not None else 0}"


def extract(session: Session, name: str) -> Any | None:
    return session.conn.execute(select(extracts).where(extracts.c.name == name)).one_or_none()


def save_extract(session: Session, name: str, stamped: str, content: bytes, many: int, now: datetime) -> None:
    """Under a key of its own; the one before can never be read again."""
    drop_extract(session, name, now)
    key = new_data_key(session, f"extract:{name}")
    sealed = key.suite.seal(key.bytes or b"", content, f"extract:{name}".encode())
    session.conn.execute(
        insert(extracts).values(name=name, stamp=stamped, made_at=now, rows=many, data_key=key.id, secret=sealed)
    )


def open_extract(session: Session, row: Any) -> bytes | None:
    key = data_key(session, row.data_key)
    return None if key.bytes is None else key.suite.open(key.bytes, bytes(row.secret), f"extract:{row.name}".encode())


def drop_extract(session: Session, name: str, now: datetime) -> None:
    gone = delete(extracts).where(extracts.c.name == name).returning(extracts.c.data_key)
    destroy_keys(session, session.conn.execute(gone).scalars().all(), now)


def files_as_of(session: Session, on: date | None) -> Any:
    """(household, its key's row, number, secret) of every file as of a day (None: the newest), in order of household."""
    other = household_versions.alias()
    newest = select(func.max(other.c.number)).where(other.c.household == household_versions.c.household)
    if on is not None:
        newest = newest.where(other.c.as_of <= on)
    return session.conn.execute(
        select(
            household_versions.c.household,
            household_versions.c.number,
            household_versions.c.secret,
            data_keys.c.id.label("key"),
            data_keys.c.master,
            data_keys.c.wrapped,
            data_keys.c.suite,
        )
        .join(households, households.c.id == household_versions.c.household)
        .join(data_keys, data_keys.c.id == households.c.data_key)
        .where(and_(households.c.status != "erased", household_versions.c.number == newest.scalar_subquery()))
        .order_by(household_versions.c.household)
        .execution_options(yield_per=2000)
    )


FORMER = case(
    (households.c.household_type == "former_poor", True), else_=households.c.status.in_(("monitored", "eliminated"))
)


def household_flags(session: Session, on: date | None = None) -> Sequence[Any]:
    """(id, former_poor) of every household: what tables ask beside the file's own columns; as it stood at the end of a day:
    who was identified by then."""
    former: Any = FORMER
    if on is not None:
        decided = and_(cases.c.household == households.c.id, cases.c.category.is_not(None), cases.c.decided_at < end_of(on))
        former = or_(households.c.household_type == "former_poor", exists().where(decided))
    return session.conn.execute(select(households.c.id, former.label("former")).order_by(households.c.id)).all()


def standing(session: Session, idents: Collection[int]) -> dict[int, tuple[Any, DataKey]]:
    """Household -> (its plain columns, its key), of those not erased."""
    found: dict[int, tuple[Any, DataKey]] = {}
    wanted = sorted(set(idents))
    for begin in range(0, len(wanted), 800):
        rows = session.conn.execute(
            select(
                households.c.id,
                households.c.org_unit,
                households.c.household_type,
                households.c.status,
                data_keys.c.id.label("key"),
                data_keys.c.master,
                data_keys.c.wrapped,
                data_keys.c.suite,
            )
            .join(data_keys, data_keys.c.id == households.c.data_key)
            .where(households.c.id.in_(wanted[begin : begin + 800]))
        )
        for row in rows:
            key = opened_key(session, row.key, row.master, row.wrapped, row.suite)
            if key.bytes is not None:
                found[row.id] = (row, key)
    return found

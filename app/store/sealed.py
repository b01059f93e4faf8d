"""What tables keep sealed: what it is about, the key that opens it, and the place that it is bound to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, select

from .session import Session
from .tables import (
    batches,
    cases,
    clues,
    data_keys,
    department_files,
    exchanges,
    exports,
    extracts,
    feedback,
    household_versions,
    households,
    messages,
    month_incomes,
    papers,
    process_instances,
    readings,
    scale_risks,
    snapshots,
)

AT_ONCE = 200
Column = ColumnElement[Any]


@dataclass(frozen=True)
class Piece:
    """`kind` of content, of what it is ("case", 3), the row with `sealed`, `key` (its id), `master`, `wrapped` and `suite`
    (None: there is no such key), and what it was bound to when it was sealed."""

    kind: str
    of: str
    ident: Any
    row: Any
    place: bytes


def pieces(session: Session, case_id: int | None = None) -> Iterator[Piece]:
    """Of everything, or of one case and its household."""
    for kind, of, found, place in [*_of_cases(case_id), *(_of_others() if case_id is None else ())]:
        for row in session.conn.execute(found.execution_options(yield_per=AT_ONCE)):
            if row.sealed:
                yield Piece(kind, of, row.ident, row, place(row))


_Query = tuple[str, str, Select[Any], Callable[[Any], bytes]]


def _of_cases(case_id: int | None) -> list[_Query]:
    def mine(column: Column, value: Any = case_id) -> ColumnElement[bool] | None:
        return column == value if case_id is not None else None

    mine_household = select(cases.c.household).where(cases.c.id == case_id).scalar_subquery()
    of_version = household_versions.join(households, households.c.id == household_versions.c.household)
    of_case = households.join(cases, cases.c.household == households.c.id)
    of_snapshot = of_case.join(snapshots, snapshots.c.case_id == cases.c.id)
    of_message = (
        messages.join(process_instances, process_instances.c.id == messages.c.instance)
        .outerjoin(cases, cases.c.id == process_instances.c.case_id)
        .outerjoin(households, households.c.id == func.coalesce(cases.c.household, process_instances.c.household))
    )
    its_key = func.coalesce(process_instances.c.data_key, households.c.data_key)
    version, snapshot, message = household_versions.c, snapshots.c, messages.c
    return [
        (
            "version",
            "household",
            _found(
                of_version,
                households.c.data_key,
                version.household,
                version.secret,
                version.number,
                where=mine(version.household, mine_household),
            ),
            lambda r: b"household:%d/%d" % (r.ident, r.number),
        ),
        (
            "details",
            "case",
            _found(of_case, households.c.data_key, cases.c.id, cases.c.details, where=mine(cases.c.id)),
            lambda r: b"case:%d" % r.ident,
        ),
        (
            "snapshot",
            "case",
            _found(
                of_snapshot,
                households.c.data_key,
                snapshot.case_id,
                snapshot.secret,
                snapshot.id,
                where=mine(snapshot.case_id),
            ),
            lambda r: b"snapshot:%d" % r.id,
        ),
        (
            "paper",
            "case",
            _found(papers, papers.c.data_key, papers.c.case_id, papers.c.secret, papers.c.hash, where=mine(papers.c.case_id)),
            lambda r: bytes(r.hash),
        ),
        (
            "clue",
            "clue",
            _found(clues, clues.c.data_key, clues.c.id, clues.c.secret, where=mine(clues.c.case_id)),
            lambda r: b"clue:%d" % r.ident,
        ),
        (
            "message",
            "case",
            _found(
                of_message,
                its_key,
                process_instances.c.case_id,
                message.secret,
                message.id,
                where=mine(process_instances.c.case_id),
            ),
            lambda r: b"message:%d" % r.id,
        ),
    ]


def _of_others() -> list[_Query]:
    of_reading = readings.join(households, households.c.id == readings.c.household)
    of_income = month_incomes.join(households, households.c.id == month_incomes.c.household)
    file, said = department_files.c, feedback.c
    return [
        (
            "reading",
            "household",
            _found(of_reading, households.c.data_key, readings.c.household, readings.c.secret),
            lambda r: b"reading:%d" % r.ident,
        ),
        (
            "income",
            "household",
            _found(
                of_income, households.c.data_key, month_incomes.c.household, month_incomes.c.secret, month_incomes.c.period
            ),
            lambda r: f"income:{r.ident}/{r.period}".encode(),
        ),
        (
            "batch",
            "batch",
            _found(batches, batches.c.data_key, batches.c.id, batches.c.secret),
            lambda r: b"batch:%d" % r.ident,
        ),
        (
            "file",
            "file",
            _found(department_files, file.data_key, file.id, file.secret, file.file_hash),
            lambda r: bytes(r.file_hash),
        ),
        (
            "exchange",
            "exchange",
            _found(exchanges, exchanges.c.data_key, exchanges.c.id, exchanges.c.secret),
            lambda r: b"exchange:%d" % r.ident,
        ),
        ("export", "export", _found(exports, exports.c.data_key, exports.c.id, exports.c.secret), lambda _: b"export"),
        (
            "extract",
            "extract",
            _found(extracts, extracts.c.data_key, extracts.c.name, extracts.c.secret),
            lambda r: f"extract:{r.ident}".encode(),
        ),
        (
            "scale",
            "scale",
            _found(scale_risks, scale_risks.c.data_key, scale_risks.c.id, scale_risks.c.secret),
            lambda r: b"scale:%d" % r.ident,
        ),
        (
            "feedback",
            "feedback",
            _found(feedback, said.data_key, said.id, said.secret, said.official),
            lambda r: b"feedback:%d" % r.official,
        ),
        (
            "feedback",
            "feedback",
            _found(feedback, said.data_key, said.id, said.answer, said.official),
            lambda r: b"feedback:%d/answer" % r.official,
        ),
    ]


def _found(
    source: FromClause, key: Column, ident: Column, sealed: Column, *more: Column, where: ColumnElement[bool] | None = None
) -> Select[Any]:
    wanted = sealed.is_not(None) if where is None else and_(sealed.is_not(None), where)
    joined = source.outerjoin(data_keys, data_keys.c.id == key)
    return (
        select(
            ident.label("ident"),
            sealed.label("sealed"),
            key.label("key"),
            data_keys.c.master,
            data_keys.c.wrapped,
            data_keys.c.suite,
            *more,
        )
        .select_from(joined)
        .where(wanted)
    )

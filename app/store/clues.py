"""Clues: what was reported or computed, by whom, and what became of it; debts of procedure; leaflets handed out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, insert, or_, select, update

from .record import DataKey, data_key, open_secret, seal_secret
from .rows import Clue, ListedClue, of
from .session import Session
from .tables import clues, debts, households, leaflets
from .together import question, question_of

OPEN = ("open", "watching")
TOLD = ("status", "outcome", "household", "org_unit", "merged_into")
"""Columns of a clue whose changes the event beside them says, so that a changed table is seen."""


def add(session: Session, key: DataKey | None, content: Mapping[str, Any], **columns: Any) -> int:
    """A clue with its encrypted content (words, figures, who is meant). `key`: the household's, or the clue's own."""
    ident: int = session.conn.execute(
        insert(clues).values(data_key=key.id if key else None, **columns).returning(clues.c.id)
    ).scalar_one()
    if key is not None:
        keep(session, ident, key, content)
    return ident


def keep(session: Session, ident: int, key: DataKey, content: Mapping[str, Any]) -> None:
    sealed = seal_secret(session, key, f"clue:{ident}", content)
    session.conn.execute(update(clues).where(clues.c.id == ident).values(secret=sealed, data_key=key.id))


def content(session: Session, row: Any) -> dict[str, Any]:
    """What was reported; {} for an old clue without words, or after lawful erasure."""
    if row.secret is None or row.data_key is None:
        return {}
    return open_secret(session, data_key(session, row.data_key), f"clue:{row.id}", bytes(row.secret)) or {}


def get(session: Session, ident: int) -> Clue | None:
    return _one(session, select(clues).where(clues.c.id == ident))


def lock(session: Session, ident: int) -> Clue | None:
    return _one(session, select(clues).where(clues.c.id == ident).with_for_update())


def _one(session: Session, query: Select[Any]) -> Clue | None:
    row = session.conn.execute(query).one_or_none()
    return Clue(*row) if row is not None else None


def change(session: Session, ident: int, **columns: Any) -> None:
    session.sets(f"clue:{ident}", "clue", ident, columns, TOLD)
    session.conn.execute(update(clues).where(clues.c.id == ident).values(**columns))


def blank(session: Session, idents: Sequence[int]) -> None:
    """No name stays of who was erased; that there was a clue, does."""
    if idents:
        session.conn.execute(update(clues).where(clues.c.id.in_(list(idents))).values(name=None, secret=None))


def graded(session: Session, ident: int, grade: str) -> None:
    """What the table said; the event beside it keeps the row that hit."""
    session.conn.execute(update(clues).where(clues.c.id == ident).values(grade=grade))


def attach(session: Session, ident: int, case_id: int) -> None:
    """The case it led to; the event that opens the case names the clue."""
    session.conn.execute(update(clues).where(clues.c.id == ident).values(case_id=case_id))


def again(session: Session, ident: int) -> None:
    """The same sign came once more."""
    session.conn.execute(update(clues).where(clues.c.id == ident).values(times=clues.c.times + 1))


def latest_of_sign(session: Session, household: int, sign: str) -> Clue | None:
    """The newest clue of this household and sign that stands for itself."""
    mine = and_(clues.c.household == household, clues.c.sign == sign, clues.c.merged_into.is_(None))
    return _one(session, select(clues).where(mine).order_by(clues.c.id.desc()).limit(1))


def latest_of_signs(session: Session, idents: Collection[int]) -> dict[tuple[int, str], Clue]:
    """The same for every sign of many households."""
    wanted = sorted(set(idents))
    newest: dict[tuple[int, str], Clue] = {}
    for start in range(0, len(wanted), 800):
        rows = session.conn.execute(
            select(clues)
            .where(
                and_(
                    clues.c.household.in_(wanted[start : start + 800]),
                    clues.c.merged_into.is_(None),
                    clues.c.sign.is_not(None),
                )
            )
            .order_by(clues.c.id)
        )
        newest.update({(r.household, r.sign): Clue(*r) for r in rows})
    return newest


def open_of(session: Session, household: int) -> list[Clue]:
    """Signs of a household that nobody has checked yet, or that are watched."""
    mine = and_(clues.c.household == household, clues.c.status.in_(OPEN), clues.c.sign.is_not(None))
    return of(Clue, session.conn.execute(select(clues).where(mine).order_by(clues.c.id)))


@question_of(Clue)
def of_case(case_id: int) -> Select[Any]:
    return select(clues).where(clues.c.case_id == case_id).order_by(clues.c.id)


@question_of(Clue)
def of_household(household: int) -> Select[Any]:
    """Clues of a household, the newest first."""
    return select(clues).where(clues.c.household == household).order_by(clues.c.id.desc())


@question_of(Clue)
def merged_in(ident: int) -> Select[Any]:
    """Clues that were joined with this one."""
    return select(clues).where(clues.c.merged_into == ident).order_by(clues.c.id)


def follow(session: Session, ident: int, into: int) -> None:
    """What was joined with one is joined with another from now on; the event by which the one is joined says so."""
    joined = session.conn.execute(
        update(clues).where(clues.c.merged_into == ident).values(merged_into=into).returning(clues.c.id)
    )
    for other in sorted(joined.scalars()):
        session.sets(f"clue:{ident}", "clue", other, {"merged_into": into}, TOLD)


def near(session: Session, unit: str, but: int, limit: int = 60) -> Sequence[Any]:
    """The newest clues of a village or town, to name one as the same."""
    return session.conn.execute(
        select(clues.c.id, clues.c.sign, clues.c.found_on, clues.c.name, households.c.head_name)
        .outerjoin(households, households.c.id == clues.c.household)
        .where(and_(clues.c.org_unit == unit, clues.c.id != but, clues.c.merged_into.is_(None), clues.c.sign.is_not(None)))
        .order_by(clues.c.id.desc())
        .limit(limit)
    ).all()


def some(session: Session, idents: Collection[int]) -> dict[int, ListedClue]:
    rows = session.conn.execute(_LISTED.where(clues.c.id.in_(list(idents))))
    return {row.id: ListedClue(*row) for row in rows}


_LISTED = select(clues, households.c.head_name).outerjoin(households, households.c.id == clues.c.household)


def page(
    session: Session,
    *,
    units: Collection[str] | None = None,
    sender: int | None = None,
    sender_units: Collection[str] = (),
    status: Collection[str] = (),
    grade: str = "",
    channel: str = "",
    limit: int = 50,
    offset: int = 0,
) -> list[ListedClue]:
    """Clues of an area (None: everywhere), or those somebody sent; red before orange before yellow, then the oldest."""
    query = _LISTED.where(*_where(units, sender, sender_units, status, grade, channel))
    order = (_URGENT, clues.c.found_on, clues.c.id) if "open" in status else (clues.c.id.desc(),)
    return of(ListedClue, session.conn.execute(query.order_by(*order).limit(limit).offset(offset)))


_URGENT = case({"red": 0, "orange": 1, "yellow": 2}, value=clues.c.grade, else_=3)


def counts(session: Session, units: Collection[str] | None) -> dict[tuple[str, str], int]:
    """(status, grade) -> how many stand in this area."""
    query = select(clues.c.status, clues.c.grade, func.count()).where(*_where(units)).group_by(clues.c.status, clues.c.grade)
    return {(status, grade or ""): n for status, grade, n in session.conn.execute(query)}


def _where(
    units: Collection[str] | None = None,
    sender: int | None = None,
    sender_units: Collection[str] = (),
    status: Collection[str] = (),
    grade: str = "",
    channel: str = "",
) -> list[Any]:
    found: list[Any] = [clues.c.sign.is_not(None)]
    if units is not None:
        found.append(clues.c.org_unit.in_(list(units)))
    if sender is not None:
        mine = [clues.c.sender == sender]
        if sender_units:
            mine.append(clues.c.sender_unit.in_(list(sender_units)))
        found.append(or_(*mine))
    if status:
        found.append(clues.c.status.in_(list(status)))
    if grade:
        found.append(clues.c.grade == grade)
    if channel:
        found.append(clues.c.channel == channel)
    return found


# --- help first, papers after -------------------------------------------------------------------------------


def add_debt(session: Session, **columns: Any) -> int:
    return session.conn.execute(insert(debts).values(**columns).returning(debts.c.id)).scalar_one()


def open_debts(session: Session, units: Collection[str] | None, limit: int = 200) -> Sequence[Any]:
    query = (
        select(debts, households.c.head_name)
        .outerjoin(households, households.c.id == debts.c.household)
        .where(debts.c.settled_at.is_(None))
        .order_by(debts.c.due_on, debts.c.id)
    )
    if units is not None:
        query = query.where(debts.c.org_unit.in_(list(units)))
    return session.conn.execute(query.limit(limit)).all()


def open_debts_of(session: Session, clue: int) -> Sequence[Any]:
    """What is still owed on one clue."""
    mine = and_(debts.c.clue == clue, debts.c.settled_at.is_(None))
    query = select(debts, households.c.head_name).outerjoin(households, households.c.id == debts.c.household)
    return session.conn.execute(query.where(mine).order_by(debts.c.id)).all()


@question
def debts_of_case(case_id: int) -> Select[Any]:
    return select(debts).where(debts.c.case_id == case_id).order_by(debts.c.id)


def settle_debts(session: Session, case_id: int, now: datetime) -> None:
    """The procedure came to its decision: what was missing is there."""
    open_ = and_(debts.c.case_id == case_id, debts.c.settled_at.is_(None))
    session.conn.execute(update(debts).where(open_).values(settled_at=now))


def debts_to_chase(session: Session, today: date, last: date) -> Sequence[Any]:
    """Open ones whose day is over and of which nobody was reminded after `last`."""
    late = and_(debts.c.settled_at.is_(None), debts.c.due_on < today)
    return session.conn.execute(
        select(debts).where(late, or_(debts.c.chased_on.is_(None), debts.c.chased_on <= last)).order_by(debts.c.id)
    ).all()


def chased(session: Session, ident: int, on: date) -> None:
    session.conn.execute(update(debts).where(debts.c.id == ident).values(chased_on=on))


# --- leaflets -------------------------------------------------------------------------------------------------


def give_leaflets(session: Session, idents: Collection[int], kind: str, on: date, by: int) -> int:
    """Households that had it before keep their day. Returns how many are new."""
    had = set(leaflet_days(session, idents, kind))
    rows = [{"household": h, "kind": kind, "given_on": on, "given_by": by} for h in sorted(set(idents) - had)]
    if rows:
        session.conn.execute(insert(leaflets), rows)
    return len(rows)


def leaflets_in(session: Session, village: str, kind: str) -> tuple[int, int]:
    """(households of the village that have it, all its households)."""
    had = select(leaflets.c.household).where(leaflets.c.kind == kind)
    here = select(func.count()).select_from(households)
    here = here.where(and_(households.c.org_unit == village, households.c.status != "erased"))
    return session.conn.execute(here.where(households.c.id.in_(had))).scalar_one(), session.conn.execute(here).scalar_one()


def leaflet_days(session: Session, idents: Collection[int], kind: str) -> dict[int, date]:
    rows = session.conn.execute(
        select(leaflets.c.household, leaflets.c.given_on).where(
            and_(leaflets.c.household.in_(list(idents)), leaflets.c.kind == kind)
        )
    )
    return {row.household: row.given_on for row in rows}


@question_of(Clue)
def of_run(period: str) -> Select[Any]:
    """What a month's comparison opened, those joined with others apart."""
    return select(clues).where(clues.c.run == period, clues.c.merged_into.is_(None)).order_by(clues.c.id)


def households_in(session: Session, village: str) -> list[int]:
    return list(session.conn.execute(select(households.c.id).where(households.c.org_unit == village)).scalars())

"""Households and their files: one encrypted document per version, plain columns only for what lists search."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, case, delete, func, insert, or_, select, update

from app.policy import identity, naming

from .record import DataKey, name_owner, new_data_key, open_secret, seal_secret
from .rows import Household
from .session import Session, once
from .tables import cases, household_versions, households, measures, person_index, snapshots
from .together import question, question_of

Document = dict[str, Any]
"""{"household": {key: value}, "members": [{key, name, id_number, …}], "sources": {key: [who, date]}}"""


def add(
    session: Session, *, village: str, head_name: str, pinyin: str, household_type: str | None, demo: bool
) -> tuple[int, DataKey]:
    """A new household under a key of its own."""
    key = new_data_key(session, "household")
    ident = session.conn.execute(
        insert(households)
        .values(
            org_unit=village,
            head_name=head_name,
            pinyin=pinyin,
            household_type=household_type,
            status="registered",
            data_key=key.id,
            demo=demo,
        )
        .returning(households.c.id)
    ).scalar_one()
    name_owner(session, key, f"household:{ident}")
    return ident, key


@question_of(Household)
def row_of(ident: int) -> Select[Any]:
    """A household's plain columns."""
    return select(households).where(households.c.id == ident)


def get(session: Session, ident: int) -> Household | None:
    return next(iter(row_of(session, ident)), None)


def lock(session: Session, ident: int) -> None:
    """Until the transaction ends nobody else opens a case on it or erases it."""
    session.conn.execute(select(households.c.id).where(households.c.id == ident).with_for_update())


TOLD = ("status", "category", "org_unit")
"""Columns of a household whose changes the event beside them says."""


def change(session: Session, ident: int, stream: str, **columns: Any) -> None:
    """`stream`: the one whose next event says it, the household's own or that of the case that changed it."""
    session.sets(stream, "household", ident, columns, TOLD)
    session.conn.execute(update(households).where(households.c.id == ident).values(**columns))


@question
def newest_version(ident: int) -> Select[Any]:
    """The household's file as it stands."""
    mine = household_versions.c.household == ident
    return select(household_versions).where(mine).order_by(household_versions.c.number.desc()).limit(1)


@question
def version_as_of(ident: int, on: date) -> Select[Any]:
    """The household's file as it stood on a day."""
    mine = and_(household_versions.c.household == ident, household_versions.c.as_of <= on)
    return select(household_versions).where(mine).order_by(household_versions.c.number.desc()).limit(1)


@once
def document(session: Session, ident: int, key: DataKey, on: date | None = None) -> tuple[Document | None, int]:
    """(the file as of a day or the newest, its version number); ({}, 0) before the first, (None, n) once erased."""
    row = next(iter(newest_version(session, ident) if on is None else version_as_of(session, ident, on)), None)
    if row is None:
        return {"household": {}, "members": [], "sources": {}}, 0
    return open_secret(session, key, f"household:{ident}/{row.number}", bytes(row.secret)), row.number


def versions(session: Session, ident: int, key: DataKey) -> list[tuple[datetime, date, Document | None]]:
    """Every version of the file, oldest first: (recorded at, as of, content)."""
    found = session.conn.execute(
        select(household_versions).where(household_versions.c.household == ident).order_by(household_versions.c.number)
    )
    return [
        (row.recorded_at, row.as_of, open_secret(session, key, f"household:{ident}/{row.number}", bytes(row.secret)))
        for row in found
    ]


def save_document(
    session: Session,
    ident: int,
    key: DataKey,
    content: Document,
    *,
    plain: Mapping[str, Any],
    as_of: date,
    now: datetime,
    number: int,
) -> None:
    """The next version (`number`) of the file; what lists search (`plain`: head_name, pinyin, household_type) and the person
    index follow it."""
    if plain:
        differs = or_(*(households.c[name].is_distinct_from(value) for name, value in plain.items()))
        session.conn.execute(update(households).where(households.c.id == ident, differs).values(**plain))
    secret = seal_secret(session, key, f"household:{ident}/{number}", content)
    session.conn.execute(
        insert(household_versions).values(household=ident, number=number, as_of=as_of, recorded_at=now, secret=secret)
    )
    session.conn.execute(delete(person_index).where(person_index.c.household == ident))
    seen: dict[bytes, int] = {}
    for place, member in enumerate(content.get("members", [])):
        if member.get("id_number") and member.get("status") != "gone":
            seen[session.keyring.blind(member["id_number"])] = place
    if seen:
        session.conn.execute(insert(person_index), [{"blind": b, "household": ident, "member": m} for b, m in seen.items()])


def with_person(session: Session, id_number: str) -> list[int]:
    """Households whose file holds a person with this ID number."""
    return list(
        session.conn.execute(
            select(person_index.c.household).where(person_index.c.blind == session.keyring.blind(id_number))
        ).scalars()
    )


def search(session: Session, text: str, villages: Collection[str] | None, limit: int = 50) -> Sequence[Any]:
    """By any part of the head's name, with or without its marks, its pinyin or initials from any syllable on, or the
    province's number of the household; within the villages a person may see (None: all). The closest first."""
    query = select(households.c.id, households.c.head_name, households.c.org_unit, households.c.status, households.c.category)
    if villages is not None:
        query = query.where(households.c.org_unit.in_(list(villages)))
    name, number = naming.folded(text), "".join(identity.plain(text).split()).upper()
    wanted = naming.key(name)
    start = households.c.pinyin.contains(f" {wanted}", autoescape=True)
    ways = []
    if wanted:
        ways.append(start if wanted.isascii() else households.c.pinyin.contains(wanted, autoescape=True))
    if any(c.isdigit() for c in number):
        numbered = func.upper(households.c.number)
        ways.append(numbered.contains(number, autoescape=True) if len(number) >= PART_OF_NUMBER else numbered == number)
    if not ways:
        return []
    near = case(
        (households.c.head_name == name, 0),
        (func.upper(households.c.number) == number, 0),
        (households.c.head_name.startswith(name, autoescape=True), 1),
        (start, 2),
        else_=3,
    )
    found = query.where(or_(*ways)).order_by(near, households.c.head_name, households.c.id)
    return session.conn.execute(found.limit(limit)).all()


PART_OF_NUMBER = 3
"""Fewer characters of a household's number would find half the county."""


def names(session: Session, after: int, limit: int = 2000) -> Sequence[Any]:
    """(id, head_name, pinyin) of the next households by id that have a name."""
    query = select(households.c.id, households.c.head_name, households.c.pinyin)
    named = query.where(households.c.id > after, households.c.head_name.is_not(None))
    return session.conn.execute(named.order_by(households.c.id).limit(limit)).all()


def write_index(session: Session, words: Mapping[int, str]) -> int:
    """The words by which households are found, as their names say today."""
    if words:
        one = update(households).where(households.c.id == bindparam("ident")).values(pinyin=bindparam("words"))
        session.conn.execute(one, [{"ident": ident, "words": said} for ident, said in words.items()])
    return len(words)


def namesakes(session: Session, row: Any, limit: int = 5) -> Sequence[Any]:
    """Other households of the village whose head has the same name: perhaps one household twice."""
    if not row.head_name:
        return []
    return [h for h in called(session, row.head_name, {row.org_unit}, limit + 1) if h.id != row.id][:limit]


def called(session: Session, name: str, villages: Collection[str] | None = None, limit: int = 5) -> list[Any]:
    """Households whose head has that name, however either was written."""
    return [row for row in search(session, name, villages, 10 * limit) if naming.same(row.head_name, name)][:limit]


def add_snapshot(
    session: Session, case_id: int, key: DataKey, content: Document, *, version: int, formula: str, now: datetime
) -> int:
    ident = session.conn.execute(
        insert(snapshots)
        .values(case_id=case_id, household_version=version, formula=formula, taken_at=now, secret=b"")
        .returning(snapshots.c.id)
    ).scalar_one()
    secret = seal_secret(session, key, f"snapshot:{ident}", content)
    session.conn.execute(update(snapshots).where(snapshots.c.id == ident).values(secret=secret))
    return ident


@once
def snapshot(session: Session, ident: int, key: DataKey) -> Document | None:
    row = session.conn.execute(select(snapshots.c.id, snapshots.c.secret).where(snapshots.c.id == ident)).one()
    return taken_figures(session, row, key)


def taken_figures(session: Session, row: Any, key: DataKey) -> Document | None:
    """What a snapshot's row holds; None once erased."""
    return open_secret(session, key, f"snapshot:{row.id}", bytes(row.secret))


@question
def snapshots_of(case_id: int) -> Select[Any]:
    return select(snapshots).where(snapshots.c.case_id == case_id).order_by(snapshots.c.id)


def numbers_of(session: Session, idents: Collection[int]) -> dict[int, str]:
    """The province's numbers of those households that have one."""
    wanted = sorted(set(idents))
    found: dict[int, str] = {}
    for begin in range(0, len(wanted), 800):
        some = households.c.id.in_(wanted[begin : begin + 800])
        query = select(households.c.id, households.c.number).where(and_(some, households.c.number.is_not(None)))
        found |= {row.id: str(row.number) for row in session.conn.execute(query)}
    return found


def count(session: Session) -> int:
    return session.conn.execute(select(func.count()).select_from(households)).scalar_one()


def forget_people(session: Session, household: int) -> None:
    """No ID number of this household can be found again."""
    session.conn.execute(delete(person_index).where(person_index.c.household == household))


IN_HAND = "open"
"""Status of a list: identification is under way."""
ENDED = ("refused", "closed")
"""Statuses of a list: a household of the register whose newest case ended so."""


@dataclass(frozen=True)
class Narrow:
    """What a list of households is narrowed by; `risk`: one that a measure was planned against; `among`: villages."""

    village: str | None = None
    category: str | None = None
    status: str | None = None
    risk: str | None = None
    among: tuple[str, ...] | None = None

    def where(self, villages: Collection[str] | None) -> list[Any]:
        running = select(cases.c.household).where(cases.c.status == "open", cases.c.closed_at.is_(None), cases.c.door == "")
        wanted = {households.c.org_unit: self.village, households.c.category: self.category}
        found = [column == value for column, value in wanted.items() if value]
        if self.status == IN_HAND:
            found.append(households.c.id.in_(running))
        elif self.status in ENDED:
            one, later = cases.alias(), cases.alias()
            after = (later.c.household == one.c.household, later.c.id > one.c.id, later.c.door == "")
            newer = select(later.c.id).where(*after).exists()
            ended = select(one.c.household).where(one.c.status == self.status, one.c.door == "", ~newer)
            found += [households.c.status == "registered", households.c.id.in_(ended)]
        elif self.status:
            found.append(households.c.status == self.status)
            if self.status == "registered":
                found.append(households.c.id.not_in(select(cases.c.household).where(cases.c.door == "")))
        if villages is not None:
            found.append(households.c.org_unit.in_(list(villages)))
        if self.among is not None:
            found.append(households.c.org_unit.in_(self.among))
        if self.risk:
            planned = select(cases.c.household).join(measures, measures.c.case_id == cases.c.id)
            found.append(households.c.id.in_(planned.where(measures.c.risk == self.risk)))
        return found


ALL = Narrow()


def households_page(
    session: Session,
    villages: Collection[str] | None,
    narrow: Narrow = ALL,
    *,
    idents: Collection[int] | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Any]:
    """Households of these villages (None: all) by village and name, each with its newest case."""
    other = cases.alias()
    newest = select(func.max(other.c.id)).where(other.c.household == households.c.id, other.c.door == "").scalar_subquery()
    query = (
        select(
            households.c.id,
            households.c.head_name,
            households.c.org_unit,
            households.c.status,
            households.c.category,
            households.c.number,
            cases.c.id.label("case_id"),
            cases.c.limit_at,
            cases.c.clue_on,
            cases.c.closed_at,
            cases.c.status.label("case_status"),
        )
        .select_from(households.outerjoin(cases, cases.c.id == newest))
        .order_by(households.c.org_unit, households.c.head_name, households.c.id)
    )
    if idents is not None:
        query = query.where(households.c.id.in_(list(idents)))
    return session.conn.execute(query.where(*narrow.where(villages)).limit(limit).offset(offset)).all()


def households_count(session: Session, villages: Collection[str] | None, narrow: Narrow = ALL) -> int:
    """How many `households_page` has in all."""
    query = select(func.count()).select_from(households).where(*narrow.where(villages))
    return session.conn.execute(query).scalar_one()

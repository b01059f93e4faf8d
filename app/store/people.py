"""Officials, their assignments and their sign-in sessions."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Select, and_, bindparam, delete, insert, or_, select, update

from .session import Session, Write
from .tables import acts, assignments, contacts, officials, sessions
from .together import question


def official(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(officials).where(officials.c.id == ident)).one_or_none()


def email(session: Session, ident: int) -> str:
    """The address this official left for notifications; empty if none."""
    return session.conn.execute(select(officials.c.email).where(officials.c.id == ident)).scalar() or ""


def by_username(session: Session, username: str) -> Any | None:
    return session.conn.execute(select(officials).where(officials.c.username == username)).one_or_none()


def names(session: Session, idents: Iterable[int]) -> dict[int, str]:
    wanted = list(set(idents))
    if not wanted:
        return {}
    found = session.conn.execute(select(officials.c.id, officials.c.name).where(officials.c.id.in_(wanted)))
    return {row.id: row.name for row in found}


def _valid(on: Any) -> Any:
    return and_(assignments.c.valid_from <= on, or_(assignments.c.valid_to.is_(None), assignments.c.valid_to > on))


def assignments_of(session: Session, ident: int, on: date) -> Sequence[Any]:
    return session.conn.execute(
        select(assignments).where(and_(assignments.c.official == ident, _valid(on))).order_by(assignments.c.id)
    ).all()


def holders(session: Session, roles: Iterable[str], units: Iterable[str], on: date) -> Sequence[Any]:
    """Active officials (id, name, role, org_unit, substitutes_for) who hold one of these roles at one of these units."""
    return session.conn.execute(_HOLDERS, {"roles": list(roles), "units": list(units), "on": on}).all()


def who_hold(session: Session, roles: Iterable[str], units: Iterable[str], on: date) -> set[int]:
    """The same people, by id."""
    return {row.id for row in holders(session, roles, units, on)}


_HOLDERS = (
    select(officials.c.id, officials.c.name, assignments.c.role, assignments.c.org_unit, assignments.c.substitutes_for)
    .join(assignments, assignments.c.official == officials.c.id)
    .where(
        and_(
            officials.c.active,
            assignments.c.role.in_(bindparam("roles", expanding=True)),
            assignments.c.org_unit.in_(bindparam("units", expanding=True)),
            _valid(bindparam("on", type_=Date)),
        )
    )
    .order_by(officials.c.id)
)


@question
def at_unit(unit: str, on: date) -> Select[Any]:
    """Everybody with an assignment at this unit: whom a form may name as acting there."""
    query = select(officials.c.id, officials.c.name).join(assignments, assignments.c.official == officials.c.id)
    return query.where(officials.c.active, assignments.c.org_unit == unit, _valid(on)).distinct().order_by(officials.c.id)


def everybody(session: Session, on: date) -> Sequence[Any]:
    return session.conn.execute(
        select(
            officials.c.id,
            officials.c.name,
            officials.c.username,
            officials.c.active,
            assignments.c.role,
            assignments.c.org_unit,
        )
        .outerjoin(assignments, and_(assignments.c.official == officials.c.id, _valid(on)))
        .order_by(officials.c.id, assignments.c.id)
    ).all()


def add_official(session: Session, *, name: str, username: str | None, password_hash: str | None, demo: bool) -> int:
    return session.conn.execute(
        insert(officials)
        .values(name=name, username=username, password_hash=password_hash, must_change=not demo, demo=demo)
        .returning(officials.c.id)
    ).scalar_one()


def assign(session: Session, official_id: int, role: str, unit: str, since: date) -> None:
    session.conn.execute(insert(assignments).values(official=official_id, role=role, org_unit=unit, valid_from=since))


def end_assignments(session: Session, official_id: int, on: date) -> None:
    session.conn.execute(
        update(assignments)
        .where(and_(assignments.c.official == official_id, assignments.c.valid_to.is_(None)))
        .values(valid_to=on)
    )


def change_official(session: Session, ident: int, **values: Any) -> None:
    session.conn.execute(update(officials).where(officials.c.id == ident).values(**values))


def open_session(session: Session, token_hash: bytes, official_id: int, csrf: str, now: datetime) -> None:
    session.conn.execute(
        insert(sessions).values(token_hash=token_hash, official=official_id, csrf=csrf, created_at=now, seen_at=now)
    )


def touch_session(session: Session, token_hash: bytes, now: datetime) -> None:
    session.conn.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


def close_session(session: Session, token_hash: bytes) -> None:
    session.conn.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def close_sessions_of(session: Session, official_id: int) -> None:
    session.conn.execute(delete(sessions).where(sessions.c.official == official_id))


def acted(session: Session, case_id: int, elements: Iterable[str]) -> set[int]:
    """Officials who acted in one of these steps of the case, on any visit."""
    wanted = list(elements)
    if not wanted:
        return set()
    return set(
        session.conn.execute(
            select(acts.c.official).where(and_(acts.c.case_id == case_id, acts.c.element.in_(wanted)))
        ).scalars()
    )


_INSERT_ACTS = insert(acts).inline()


def acted_writes(case_id: int, element: str, fresh: Iterable[int]) -> list[Write]:
    """People who act in a step of the case for the first time."""
    rows = [{"case_id": case_id, "element": element, "official": p} for p in sorted(fresh)]
    return [(_INSERT_ACTS, rows)] if rows else []


def add_contact(session: Session, household: int, official_id: int, level: str, since: date) -> None:
    session.conn.execute(
        update(contacts)
        .where(and_(contacts.c.household == household, contacts.c.level == level, contacts.c.until.is_(None)))
        .values(until=since)
    )
    session.conn.execute(insert(contacts).values(household=household, official=official_id, level=level, since=since))


@question
def posts_near(official: int, on: date) -> Select[Any]:
    """(official, name, role) of every post of those who hold one at a unit of this person's own posts, oneself left out."""
    own = select(assignments.c.org_unit).where(
        assignments.c.official == official, assignments.c.substitutes_for.is_(None), _valid(on)
    )
    there = select(assignments.c.official).where(assignments.c.org_unit.in_(own), _valid(on))
    query = select(assignments.c.official, officials.c.name, assignments.c.role)
    query = query.join(officials, officials.c.id == assignments.c.official).where(officials.c.active, _valid(on))
    return query.where(assignments.c.official.in_(there), assignments.c.official != official).order_by(assignments.c.official)


@question
def posts_of_contacts(household: int, on: date) -> Select[Any]:
    """(official, role) of every post that the household's contacts hold on a day, the oldest first."""
    query = select(assignments.c.official, assignments.c.role).join(contacts, contacts.c.official == assignments.c.official)
    return query.where(contacts.c.household == household, contacts.c.until.is_(None), _valid(on)).order_by(assignments.c.id)


@question
def contacts_of(household: int) -> Select[Any]:
    query = select(contacts.c.official, contacts.c.level, officials.c.name)
    query = query.join(officials, officials.c.id == contacts.c.official)
    return query.where(contacts.c.household == household, contacts.c.until.is_(None)).order_by(contacts.c.id)


def contacts_of_many(session: Session, household_ids: Iterable[int]) -> dict[int, list[str]]:
    """Household -> names of its contacts, the village's first."""
    found: dict[int, list[str]] = {}
    query = (
        select(contacts.c.household, officials.c.name)
        .join(officials, officials.c.id == contacts.c.official)
        .where(and_(contacts.c.household.in_(list(household_ids)), contacts.c.until.is_(None)))
        .order_by(contacts.c.household, contacts.c.level.desc(), contacts.c.id)
    )
    for row in session.conn.execute(query):
        found.setdefault(row.household, []).append(row.name)
    return found

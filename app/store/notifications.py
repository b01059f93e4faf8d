"""What officials are told about cases and tasks, and their own wishes: a day to look again, e-mail, large type."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, select, update

from .inbox import IS_OPEN
from .session import Session
from .tables import (
    assignments,
    cases,
    follow_ups,
    households,
    kinships,
    notifications,
    officials,
    process_instances,
    saved_filters,
    tasks,
)
from .together import question

PAGE = 40
"""Listed on one page."""


def add(
    session: Session,
    people: Iterable[int],
    kind: str,
    sender: int | None,
    now: datetime,
    *,
    case_id: int | None = None,
    task: int | None = None,
    clue: int | None = None,
) -> None:
    rows = [
        {"official": p, "kind": kind, "sender": sender, "at": now, "case_id": case_id, "task": task, "clue": clue}
        for p in sorted(set(people) - {sender})
    ]
    if rows:
        session.conn.execute(insert(notifications), rows)


def listed(session: Session, official: int, before: int | None = None) -> tuple[Sequence[Any], bool]:
    """A page of what was told, newest first, and whether there is more: with the sender's name, step and state of the
    task, village and head of the case. `before`: only what came before the notification of this id."""
    n, i = notifications.c, process_instances.c
    found = session.conn.execute(
        select(
            notifications,
            officials.c.name.label("sender_name"),
            tasks.c.element,
            tasks.c.status.label("task_status"),
            i.deployment,
            households.c.org_unit,
            households.c.head_name,
        )
        .outerjoin(officials, officials.c.id == n.sender)
        .outerjoin(tasks, tasks.c.id == n.task)
        .outerjoin(process_instances, i.id == tasks.c.instance)
        .outerjoin(cases, cases.c.id == n.case_id)
        .outerjoin(households, households.c.id == cases.c.household)
        .where(n.official == official, *(() if before is None else (n.id < before,)))
        .order_by(n.id.desc())
        .limit(PAGE + 1)
    ).all()
    return found[:PAGE], len(found) > PAGE


def unread(session: Session, people: Iterable[int], kind: str, clue: int) -> set[int]:
    """Who of these was told so about a clue and has not read it yet."""
    n = notifications.c
    told = and_(n.official.in_(list(people)), n.read_at.is_(None), n.kind == kind, n.clue == clue)
    return set(session.conn.execute(select(n.official).where(told)).scalars())


def read_all(session: Session, official: int, up_to: int, now: datetime) -> None:
    """Everything that stood on the page; what came since stays new."""
    mine = and_(notifications.c.official == official, notifications.c.read_at.is_(None), notifications.c.id <= up_to)
    session.conn.execute(update(notifications).where(mine).values(read_at=now))


def urged_since(session: Session, task: int, since: datetime) -> bool:
    found = and_(notifications.c.task == task, notifications.c.kind == "urged", notifications.c.at >= since)
    return session.conn.execute(select(func.count()).select_from(notifications).where(found)).scalar_one() > 0


def unmailed(session: Session, since: datetime, limit: int) -> Sequence[Any]:
    """(official, email, n, newest): how many unread notifications nobody has mailed yet, for those who have an address and
    got no letter since then."""
    earlier = notifications.alias()
    lately = select(earlier.c.official).where(earlier.c.mailed_at >= since)
    return session.conn.execute(
        select(
            officials.c.id.label("official"),
            officials.c.email,
            func.count().label("n"),
            func.max(notifications.c.id).label("newest"),
        )
        .join(notifications, notifications.c.official == officials.c.id)
        .where(
            and_(
                officials.c.active,
                officials.c.email.is_not(None),
                notifications.c.read_at.is_(None),
                notifications.c.mailed_at.is_(None),
                officials.c.id.not_in(lately),
            )
        )
        .group_by(officials.c.id, officials.c.email)
        .order_by(officials.c.id)
        .limit(limit)
    ).all()


def mark_mailed(session: Session, official: int, up_to: int, now: datetime) -> None:
    mine = and_(notifications.c.official == official, notifications.c.mailed_at.is_(None), notifications.c.id <= up_to)
    session.conn.execute(update(notifications).where(mine).values(mailed_at=now))


# --- kinship ---------------------------------------------------------------------------------------------------


def add_kinship(session: Session, official: int, household: int, now: datetime) -> bool:
    """False if it was declared before."""
    if official in kin_of(session, household):
        return False
    session.conn.execute(insert(kinships).values(official=official, household=household, declared_at=now))
    return True


def drop_kinship(session: Session, official: int, household: int) -> bool:
    there = and_(kinships.c.official == official, kinships.c.household == household)
    return bool(session.conn.execute(delete(kinships).where(there)).rowcount)


@question
def kin(household: int) -> Select[Any]:
    """(official, name) of those who said that they are relatives of the household."""
    query = select(kinships.c.official, officials.c.name).join(officials, officials.c.id == kinships.c.official)
    return query.where(kinships.c.household == household).order_by(kinships.c.official)


def kin_of(session: Session, household: int) -> dict[int, str]:
    """Official -> name."""
    return {r.official: r.name for r in kin(session, household)}


def kin_among(session: Session, households: Collection[int], people: Collection[int]) -> set[tuple[int, int]]:
    """(household, which of these people is kin of it)."""
    if not households:
        return set()
    there = and_(kinships.c.household.in_(list(households)), kinships.c.official.in_(list(people)))
    rows = session.conn.execute(select(kinships.c.household, kinships.c.official).where(there))
    return {(r.household, r.official) for r in rows}


# --- substitution ----------------------------------------------------------------------------------------------


def add_substitute(session: Session, official: int, role: str, unit: str, since: date, until: date, absent: int) -> None:
    session.conn.execute(
        insert(assignments).values(
            official=official, role=role, org_unit=unit, valid_from=since, valid_to=until, substitutes_for=absent
        )
    )


def substitutions(session: Session, on: date, *, absent: int | None = None, official: int | None = None) -> Sequence[Any]:
    """Substitute posts that run or will run, of this absent person or held by this official."""
    who = assignments.c.substitutes_for == absent if absent is not None else assignments.c.official == official
    return session.conn.execute(
        select(assignments, officials.c.name)
        .join(officials, officials.c.id == (assignments.c.official if absent is not None else assignments.c.substitutes_for))
        .where(and_(who, assignments.c.substitutes_for.is_not(None), assignments.c.valid_to > on))
        .order_by(assignments.c.valid_from, assignments.c.id)
    ).all()


def ended_substitutes(session: Session, on: date, since: date) -> list[int]:
    """Officials whose standing in for somebody ended from `since` up to today."""
    return list(
        session.conn.execute(
            select(assignments.c.official)
            .where(
                and_(
                    assignments.c.substitutes_for.is_not(None),
                    assignments.c.valid_to <= on,
                    assignments.c.valid_to >= since,
                )
            )
            .distinct()
        ).scalars()
    )


# --- a day to look again ---------------------------------------------------------------------------------------


def follow(session: Session, official: int, task: int, on: date | None) -> None:
    """None takes it away."""
    session.conn.execute(delete(follow_ups).where(and_(follow_ups.c.official == official, follow_ups.c.task == task)))
    if on is not None:
        session.conn.execute(insert(follow_ups).values(official=official, task=task, follow_on=on))


def followed(session: Session, official: int, task_ids: Iterable[int]) -> dict[int, date]:
    """Task -> day, of open tasks."""
    wanted = list(task_ids)
    rows = session.conn.execute(
        select(follow_ups.c.task, follow_ups.c.follow_on)
        .join(tasks, tasks.c.id == follow_ups.c.task)
        .where(and_(follow_ups.c.official == official, follow_ups.c.task.in_(wanted), IS_OPEN))
    )
    return {r.task: r.follow_on for r in rows}


# --- saved filters ---------------------------------------------------------------------------------------------


@question
def filters_of(official: int) -> Select[Any]:
    return select(saved_filters).where(saved_filters.c.official == official).order_by(saved_filters.c.id)


def save_filter(session: Session, official: int, name: str, query: str) -> None:
    session.conn.execute(insert(saved_filters).values(official=official, name=name, query=query))


def drop_filter(session: Session, official: int, ident: int) -> bool:
    mine = and_(saved_filters.c.official == official, saved_filters.c.id == ident)
    return bool(session.conn.execute(delete(saved_filters).where(mine)).rowcount)

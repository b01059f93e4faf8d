"""Cases, holds, notices, messages, measures and papers of a case."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, delete, func, insert, or_, select, update

from .processes import NotFound
from .record import DataKey, new_data_key, open_secret, seal_secret
from .rows import Case, Task, of
from .session import Session, once
from .tables import (
    awaited_messages,
    cases,
    data_keys,
    events,
    holds,
    households,
    measures,
    messages,
    notices,
    papers,
    process_instances,
    streams,
    tasks,
    timers,
)
from .together import question, question_of

MONITORING = ""
"""The door of a case that decides on monitoring, or ends it; every other case bears the door at which it was opened."""


def add_case(
    session: Session, *, household: int, clue_on: date, limit_at: datetime, now: datetime, door: str = MONITORING
) -> int:
    earlier = session.conn.execute(
        select(func.max(cases.c.id)).where(cases.c.household == household, cases.c.door == door)
    ).scalar()
    return session.conn.execute(
        insert(cases)
        .values(
            household=household,
            clue_on=clue_on,
            limit_at=limit_at,
            status="open",
            opened_at=now,
            earlier_case=earlier,
            door=door,
        )
        .returning(cases.c.id)
    ).scalar_one()


def move_open_tasks(session: Session, household: int, places: Mapping[str, str]) -> None:
    """What is open for a household that moves is done at its new place (old unit -> new unit), by nobody in particular yet; a
    contact's task stays with the contact until there is another."""
    own = select(tasks.c.id).join(process_instances, process_instances.c.id == tasks.c.instance)
    own = own.join(cases, cases.c.id == process_instances.c.case_id).where(cases.c.household == household)
    for old, new in places.items():
        which = and_(tasks.c.id.in_(own), tasks.c.status == "open", tasks.c.org_unit == old)
        holder = case((tasks.c.roles.like("%contact%"), tasks.c.assignee), else_=None)
        moved = update(tasks).where(which).values(org_unit=new, assignee=holder, version=tasks.c.version + 1)
        session.conn.execute(moved)


_COLUMNS = (
    *cases.c,
    households.c.org_unit,
    households.c.head_name,
    households.c.data_key,
    households.c.demo,
    households.c.status.label("household_status"),
    households.c.category.label("household_category"),
)


@question_of(Case)
def row_of(case_id: int) -> Select[Any]:
    """The case with its household's plain columns."""
    return select(*_COLUMNS).join(households, households.c.id == cases.c.household).where(cases.c.id == case_id)


def get(session: Session, case_id: int) -> Case | None:
    return next(iter(row_of(session, case_id)), None)


def known(session: Session, case_id: int) -> Case:
    """A case that another row names. NotFound."""
    case = get(session, case_id)
    if case is None:
        raise NotFound
    return case


def open_case_of(session: Session, household: int, door: str | None = MONITORING) -> int | None:
    """The open case of a door; of any door without one."""
    here = [cases.c.door == door] if door is not None else []
    return session.conn.execute(
        select(cases.c.id).where(cases.c.household == household, cases.c.closed_at.is_(None), *here)
    ).scalar()


def cases_of(session: Session, household: int, door: str | None = None) -> Sequence[Case]:
    """Cases of a household, oldest first: of one door, or all."""
    here = [cases.c.door == door] if door is not None else []
    query = select(*_COLUMNS).join(households, households.c.id == cases.c.household)
    return of(Case, session.conn.execute(query.where(cases.c.household == household, *here).order_by(cases.c.id)))


TOLD = ("status", "outcome", "category")
"""Columns of a case whose changes the event beside them says, so that a changed table is seen."""


def change(session: Session, case_id: int, **columns: Any) -> None:
    session.sets(f"case:{case_id}", "case", case_id, columns, TOLD)
    session.conn.execute(update(cases).where(cases.c.id == case_id).values(**columns))


def details(session: Session, case_id: int, sealed: bytes | None, key: DataKey) -> dict[str, Any]:
    """What the case itself keeps beside its columns (report number, receipt, authorisation), encrypted."""
    return {} if sealed is None else open_secret(session, key, f"case:{case_id}", bytes(sealed)) or {}


def save_details(session: Session, case_id: int, key: DataKey, content: Mapping[str, Any]) -> None:
    change(session, case_id, details=seal_secret(session, key, f"case:{case_id}", content))


# --- holds -----------------------------------------------------------------------------------------


def open_hold(
    session: Session,
    case_id: int,
    *,
    kind: str,
    lifted_by: str,
    cause: int | None,
    now: datetime,
    elements: Sequence[str] = (),
) -> int:
    """`elements`: the steps it stops, where it stops only these."""
    ident = session.conn.execute(
        insert(holds)
        .values(case_id=case_id, kind=kind, elements=",".join(elements), lifted_by_role=lifted_by, cause=cause, opened_at=now)
        .returning(holds.c.id)
    ).scalar_one()
    session.unrecorded.append((f"case:{case_id}", "holds", ["+", ident, kind]))
    return ident


def lift_holds(session: Session, case_id: int, kind: str, now: datetime, cause: int | None = None) -> None:
    where = [holds.c.case_id == case_id, holds.c.kind == kind, holds.c.lifted_at.is_(None)]
    if cause is not None:
        where.append(holds.c.cause == cause)
    lifted = session.conn.execute(update(holds).where(and_(*where)).values(lifted_at=now).returning(holds.c.id)).scalars()
    session.unrecorded.extend((f"case:{case_id}", "holds", ["-", ident, kind]) for ident in sorted(lifted))


def lift_hold(session: Session, case_id: int, ident: int, kind: str, now: datetime) -> None:
    """One hold alone."""
    still = and_(holds.c.id == ident, holds.c.lifted_at.is_(None))
    if session.conn.execute(update(holds).where(still).values(lifted_at=now)).rowcount:
        session.unrecorded.append((f"case:{case_id}", "holds", ["-", ident, kind]))


def awaits_opinion(session: Session, household: int, official: int) -> bool:
    """Whether this person's opinion on the household is awaited."""
    mine = and_(holds.c.kind == "opinion", holds.c.cause == official, holds.c.lifted_at.is_(None))
    query = select(holds.c.id).join(cases, cases.c.id == holds.c.case_id).where(and_(cases.c.household == household, mine))
    return session.conn.execute(query.limit(1)).first() is not None


@question
def open_holds(case_id: int) -> Select[Any]:
    return select(holds).where(holds.c.case_id == case_id, holds.c.lifted_at.is_(None)).order_by(holds.c.id)


def holds_on(session: Session, idents: Collection[int]) -> dict[int, list[tuple[str, Sequence[str]]]]:
    """Case -> its open holds as (kind, steps it names)."""
    found: dict[int, list[tuple[str, Sequence[str]]]] = {}
    which = and_(holds.c.case_id.in_(list(idents)), holds.c.lifted_at.is_(None))
    query = select(holds.c.case_id, holds.c.kind, holds.c.elements).where(which)
    for row in session.conn.execute(query.order_by(holds.c.id)):
        found.setdefault(row.case_id, []).append((row.kind, row.elements.split(",")))
    return found


def hold(session: Session, case_id: int, ident: int) -> Any | None:
    """One hold of a case, lifted or not."""
    return session.conn.execute(select(holds).where(holds.c.case_id == case_id, holds.c.id == ident)).one_or_none()


def held_cases(session: Session, kind: str) -> Sequence[int]:
    return list(
        session.conn.execute(select(holds.c.case_id).where(and_(holds.c.kind == kind, holds.c.lifted_at.is_(None)))).scalars()
    )


# --- notices ----------------------------------------------------------------------------------------


def add_notice(
    session: Session, case_id: int, *, posted_on: date, ends_on: date, web_token: str | None, now: datetime
) -> int:
    void_notices(session, case_id, now)
    return session.conn.execute(
        insert(notices)
        .values(case_id=case_id, posted_on=posted_on, ends_on=ends_on, web_token=web_token)
        .returning(notices.c.id)
    ).scalar_one()


def void_notices(session: Session, case_id: int, now: datetime) -> None:
    session.conn.execute(
        update(notices)
        .where(and_(notices.c.case_id == case_id, notices.c.void_at.is_(None), notices.c.taken_down_on.is_(None)))
        .values(void_at=now)
    )


def take_down(session: Session, case_id: int, on: date) -> None:
    session.conn.execute(
        update(notices)
        .where(and_(notices.c.case_id == case_id, notices.c.void_at.is_(None), notices.c.taken_down_on.is_(None)))
        .values(taken_down_on=on)
    )


@question
def notices_of(case_id: int) -> Select[Any]:
    return select(notices).where(notices.c.case_id == case_id).order_by(notices.c.id)


def notice_by_token(session: Session, token: str, on: date) -> Any | None:
    """A posted notice by its unguessable address, only while its period runs."""
    return session.conn.execute(
        select(notices, households.c.head_name, households.c.org_unit, cases.c.category)
        .join(cases, cases.c.id == notices.c.case_id)
        .join(households, households.c.id == cases.c.household)
        .where(
            and_(
                notices.c.web_token == token,
                notices.c.void_at.is_(None),
                notices.c.taken_down_on.is_(None),
                notices.c.posted_on <= on,
                notices.c.ends_on >= on,
            )
        )
    ).one_or_none()


# --- messages ----------------------------------------------------------------------------------------


def add_message(
    session: Session,
    *,
    instance: int,
    name: str,
    sender: int | None,
    key: DataKey,
    content: Mapping[str, Any],
    now: datetime,
) -> int:
    ident = session.conn.execute(
        insert(messages).values(instance=instance, name=name, sent_at=now, sender=sender, secret=b"").returning(messages.c.id)
    ).scalar_one()
    secret = seal_secret(session, key, f"message:{ident}", content)
    session.conn.execute(update(messages).where(messages.c.id == ident).values(secret=secret))
    return ident


def message_content(session: Session, ident: int, key: DataKey) -> dict[str, Any] | None:
    row = session.conn.execute(select(messages.c.secret).where(messages.c.id == ident)).one()
    return open_secret(session, key, f"message:{ident}", bytes(row.secret))


def waiting_message(session: Session, instance: int) -> Any | None:
    """The oldest undelivered message that the instance now waits for: (id, name, address)."""
    return session.conn.execute(
        select(messages.c.id, messages.c.name, awaited_messages.c.address)
        .join(
            awaited_messages,
            and_(awaited_messages.c.instance == messages.c.instance, awaited_messages.c.name == messages.c.name),
        )
        .where(and_(messages.c.instance == instance, messages.c.delivered_event.is_(None)))
        .order_by(messages.c.id)
        .limit(1)
    ).one_or_none()


def awaited_address(session: Session, instance: int, name: str) -> str | None:
    """Where an instance waits for a message of this name."""
    mine = and_(awaited_messages.c.instance == instance, awaited_messages.c.name == name)
    return session.conn.execute(select(awaited_messages.c.address).where(mine)).scalar()


def mark_delivered(session: Session, ident: int, event: int) -> None:
    session.conn.execute(update(messages).where(messages.c.id == ident).values(delivered_event=event))


def undelivered(session: Session, instance: int, name: str) -> Sequence[int]:
    return list(
        session.conn.execute(
            select(messages.c.id).where(
                and_(messages.c.instance == instance, messages.c.name == name, messages.c.delivered_event.is_(None))
            )
        ).scalars()
    )


@question
def awaited_in(case_id: int) -> Select[Any]:
    """Messages that the case's instances wait for: instance, address, name."""
    mine = process_instances.c.case_id == case_id
    columns = (awaited_messages.c.instance, awaited_messages.c.address, awaited_messages.c.name)
    return select(*columns).join(process_instances, process_instances.c.id == awaited_messages.c.instance).where(mine)


@question
def timers_in(case_id: int) -> Select[Any]:
    """Timers of the case's instances: instance, element, attached_to, provisional."""
    mine = process_instances.c.case_id == case_id
    columns = (timers.c.instance, timers.c.element, timers.c.attached_to, timers.c.provisional)
    return select(*columns).join(process_instances, process_instances.c.id == timers.c.instance).where(mine)


# --- instances, measures, events -------------------------------------------------------------------------


@question
def instances_of(case_id: int) -> Select[Any]:
    return select(process_instances).where(process_instances.c.case_id == case_id).order_by(process_instances.c.id)


@question_of(Task)
def tasks_of(case_id: int) -> Select[Any]:
    return select(tasks).where(tasks.c.case_id == case_id).order_by(tasks.c.id)


@question_of(Task)
def tasks_of_instance(instance: int) -> Select[Any]:
    return select(tasks).where(tasks.c.instance == instance).order_by(tasks.c.id)


def add_measures(session: Session, case_id: int, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Replace what is planned (a second plan after a return supersedes the first)."""
    session.conn.execute(
        update(measures).where(and_(measures.c.case_id == case_id, measures.c.ended_at.is_(None))).values(ended_at=now)
    )
    if rows:
        session.conn.execute(
            insert(measures),
            [
                {
                    "case_id": case_id,
                    "risk": r["risk"],
                    "group": r["group"],
                    "lead": r["lead"],
                    "planned_on": date.fromisoformat(r["planned"]) if r.get("planned") else None,
                }
                for r in rows
            ],
        )


@question
def measures_of(case_id: int) -> Select[Any]:
    return select(measures).where(measures.c.case_id == case_id, measures.c.ended_at.is_(None)).order_by(measures.c.id)


def mark_measures(session: Session, case_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Which planned measures were carried out, and when; one that was not planned is added."""
    known = {m.id for m in measures_of(session, case_id)}
    for row in rows:
        day = date.fromisoformat(row["done_on"]) if row["carried_out"] == "yes" and row.get("done_on") else None
        if row.get("measure_id") in known:
            session.conn.execute(
                update(measures)
                .where(and_(measures.c.id == row["measure_id"], measures.c.case_id == case_id))
                .values(done_on=day)
            )
        elif day is not None:
            session.conn.execute(
                insert(measures).values(case_id=case_id, risk="other", group=row["group"], lead="rural", done_on=day)
            )


def events_of(session: Session, case_id: int) -> Sequence[Any]:
    """Every event of the case's stream, in order."""
    return events_in(session, f"case:{case_id}")


@once
def events_in(session: Session, stream: str) -> Sequence[Any]:
    return session.conn.execute(
        select(events)
        .join(streams, streams.c.id == events.c.stream)
        .where(streams.c.name == stream)
        .order_by(events.c.number)
    ).all()


def add_paper(
    session: Session,
    *,
    case_id: int | None,
    kind: str,
    title: str,
    media_type: str,
    content: bytes,
    by: int | None,
    now: datetime,
) -> tuple[int, bytes]:
    """(paper id, hash of the plain bytes). Encrypted under a key of its own household's case."""
    key = new_data_key(session, f"paper:{case_id}")
    suite = key.suite
    digest = suite.digest(content)
    ident = session.conn.execute(
        insert(papers)
        .values(
            case_id=case_id,
            kind=kind,
            title=title,
            media_type=media_type,
            hash=digest,
            data_key=key.id,
            secret=suite.seal(key.bytes or b"", content, digest),
            added_at=now,
            added_by=by,
        )
        .returning(papers.c.id)
    ).scalar_one()
    return ident, digest


@question
def papers_of(case_id: int) -> Select[Any]:
    columns = (papers.c.id, papers.c.kind, papers.c.title, papers.c.media_type, papers.c.added_at, papers.c.added_by)
    return select(*columns).where(papers.c.case_id == case_id).order_by(papers.c.id)


def papers_of_batch(session: Session, batch: int) -> Sequence[Any]:
    return session.conn.execute(
        select(papers.c.id, papers.c.kind, papers.c.title, papers.c.media_type, papers.c.added_at, papers.c.added_by)
        .where(papers.c.batch == batch)
        .order_by(papers.c.id)
    ).all()


def paper(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(papers).where(papers.c.id == ident)).one_or_none()


def unbound_papers(session: Session, official: int) -> int:
    """Pages this person uploaded that no case names yet."""
    return session.conn.execute(
        select(func.count())
        .select_from(papers)
        .where(and_(papers.c.added_by == official, papers.c.case_id.is_(None), papers.c.batch.is_(None)))
    ).scalar_one()


def drop_unbound_papers(session: Session, before: datetime, limit: int = 500) -> int:
    """Remove pages that no form named for a long time, with their keys."""
    old = session.conn.execute(
        select(papers.c.id, papers.c.data_key)
        .where(and_(papers.c.case_id.is_(None), papers.c.batch.is_(None), papers.c.added_at < before))
        .limit(limit)
    ).all()
    if old:
        session.conn.execute(delete(papers).where(papers.c.id.in_([row.id for row in old])))
        session.conn.execute(delete(data_keys).where(data_keys.c.id.in_([row.data_key for row in old])))
    return len(old)


def claim_papers(session: Session, idents: Sequence[int], case_id: int, batch: int | None = None) -> list[list[int | str]]:
    """Bind freshly uploaded pages to the case whose form names them, or to the batch; [[id, hash]] for the event."""
    if idents:
        mine = and_(papers.c.id.in_(list(idents)), papers.c.batch.is_(None))
        if batch is not None:
            session.conn.execute(update(papers).where(and_(mine, papers.c.case_id.is_(None))).values(batch=batch))
        else:
            free = or_(papers.c.case_id.is_(None), papers.c.case_id == case_id)
            session.conn.execute(update(papers).where(and_(mine, free)).values(case_id=case_id))
    found = session.conn.execute(select(papers.c.id, papers.c.hash).where(papers.c.id.in_(list(idents)))) if idents else ()
    return sorted([row.id, bytes(row.hash).hex()] for row in found)


def notice(session: Session, case_id: int) -> Any | None:
    """The newest notice of a case."""
    return session.conn.execute(
        select(notices).where(notices.c.case_id == case_id).order_by(notices.c.id.desc()).limit(1)
    ).one_or_none()

"""Risks of a whole place: figures of months, signals, what is studied, thresholds simulated once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, update

from app.policy.months import month_of

from .record import DataKey, data_key, open_secret, seal_secret
from .session import Session
from .tables import clues, duties, households, indicator_values, scale_risks, scale_signals, scan_thresholds

NOT_COUNTED = ("joined", "duplicate", "forwarded", "excluded")
"""Clues that say nothing about a place: said twice, said elsewhere, or found to be nothing."""
DUTY = "scale"
TOLD = ("status", "outcome")
"""Columns of a study whose changes the event beside them says, so that a changed table is seen."""


# --- what is counted ------------------------------------------------------------------------------------------------


def signs_found(session: Session, begin: date, end: date) -> set[tuple[str, str, str, int]]:
    """(family, month, village or town, household) of signs found in [begin, end); who is no household of ours yet stands
    for itself."""
    who = func.coalesce(clues.c.household, -clues.c.id)
    rows = session.conn.execute(
        select(clues.c.family, clues.c.found_on, clues.c.org_unit, who).where(
            and_(
                clues.c.found_on >= begin,
                clues.c.found_on < end,
                clues.c.family.is_not(None),
                clues.c.status.not_in(NOT_COUNTED),
                clues.c.org_unit.is_not(None),
            )
        )
    )
    return {(family, month_of(on), unit, one) for family, on, unit, one in rows}


def sign_counts(session: Session, begin: date, end: date) -> Sequence[Any]:
    """(family, org_unit, n): households with a sign found in [begin, end), each once."""
    who = func.coalesce(clues.c.household, -clues.c.id)
    return session.conn.execute(
        select(clues.c.family, clues.c.org_unit, func.count(who.distinct()).label("n"))
        .where(
            and_(
                clues.c.found_on >= begin,
                clues.c.found_on < end,
                clues.c.family.is_not(None),
                clues.c.status.not_in(NOT_COUNTED),
                clues.c.org_unit.is_not(None),
            )
        )
        .group_by(clues.c.family, clues.c.org_unit)
    ).all()


def first_found(session: Session) -> date | None:
    return session.conn.execute(select(func.min(clues.c.found_on)).where(clues.c.family.is_not(None))).scalar()


def population(session: Session) -> dict[str, int]:
    """Village -> households on the register."""
    rows = session.conn.execute(
        select(households.c.org_unit, func.count()).where(households.c.status != "erased").group_by(households.c.org_unit)
    )
    return {unit: n for unit, n in rows}


def kept_threshold(session: Session, key: str, total: int) -> float | None:
    mine = and_(scan_thresholds.c.key == key, scan_thresholds.c.total == total)
    found = session.conn.execute(select(scan_thresholds.c.micros).where(mine)).scalar()
    return None if found is None else found / 1_000_000


def keep_threshold(session: Session, key: str, total: int, value: float) -> None:
    """Whole micros, so that the same threshold is read back on every database."""
    session.conn.execute(insert(scan_thresholds).values(key=key, total=total, micros=round(value * 1_000_000)))


# --- series ---------------------------------------------------------------------------------------------------------


def values_of(session: Session, indicator: str, unit: str) -> dict[str, int]:
    """Month -> value."""
    mine = and_(indicator_values.c.indicator == indicator, indicator_values.c.org_unit == unit)
    rows = session.conn.execute(select(indicator_values.c.period, indicator_values.c.value).where(mine))
    return {period: value for period, value in rows}


def values_since(
    session: Session, indicators: Collection[str], period: str, units: Collection[str] | None = None
) -> Sequence[Any]:
    """(indicator, org_unit, period, value) from a month on, in order; of these units, or all."""
    wanted = and_(indicator_values.c.indicator.in_(list(indicators)), indicator_values.c.period >= period)
    if units is not None:
        wanted = and_(wanted, indicator_values.c.org_unit.in_(list(units)))
    columns = (indicator_values.c.indicator, indicator_values.c.org_unit, indicator_values.c.period)
    return session.conn.execute(select(*columns, indicator_values.c.value).where(wanted).order_by(*columns)).all()


def put_values(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """A value given again replaces the one before; the event beside it says both."""
    for row in rows:
        mine = and_(*(indicator_values.c[k] == row[k] for k in ("indicator", "org_unit", "period")))
        session.conn.execute(delete(indicator_values).where(mine))
    if rows:
        session.conn.execute(insert(indicator_values), [dict(r) for r in rows])


# --- what is studied ------------------------------------------------------------------------------------------------


def add_risk(session: Session, key: DataKey, content: Mapping[str, Any], **columns: Any) -> int:
    made = insert(scale_risks).values(data_key=key.id, secret=b"", **columns).returning(scale_risks.c.id)
    ident: int = session.conn.execute(made).scalar_one()
    keep(session, ident, key, content)
    return ident


def keep(session: Session, ident: int, key: DataKey, content: Mapping[str, Any]) -> None:
    sealed = seal_secret(session, key, f"scale:{ident}", content)
    session.conn.execute(update(scale_risks).where(scale_risks.c.id == ident).values(secret=sealed))


def content(session: Session, row: Any) -> dict[str, Any]:
    """What was said in the meeting, by departments and by towns."""
    return open_secret(session, data_key(session, row.data_key), f"scale:{row.id}", bytes(row.secret)) or {}


def risk(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(scale_risks).where(scale_risks.c.id == ident)).one_or_none()


def open_risk(session: Session, about: str) -> int | None:
    """The study under way about the same thing."""
    mine = and_(scale_risks.c.status == "open", scale_risks.c.about == about)
    return session.conn.execute(select(scale_risks.c.id).where(mine).order_by(scale_risks.c.id).limit(1)).scalar()


def closed_risk(session: Session, about: str, unit: str, since: datetime) -> int | None:
    """The newest study of this thing that ended since then and had a signal in this place."""
    ended = and_(scale_risks.c.status == "closed", scale_risks.c.about == about, scale_risks.c.closed_at >= since)
    query = select(func.max(scale_risks.c.id)).join(scale_signals, scale_signals.c.risk == scale_risks.c.id)
    return session.conn.execute(query.where(and_(ended, scale_signals.c.org_unit == unit))).scalar()


def change_risk(session: Session, ident: int, **columns: Any) -> None:
    session.sets(f"scale:{ident}", "scale", ident, columns, TOLD)
    session.conn.execute(update(scale_risks).where(scale_risks.c.id == ident).values(**columns))


def risks(session: Session, limit: int = 60) -> Sequence[Any]:
    """Open ones first, then the newest."""
    order = (scale_risks.c.status != "open", scale_risks.c.opened_at.desc(), scale_risks.c.id.desc())
    return session.conn.execute(select(scale_risks).order_by(*order).limit(limit)).all()


def opened_between(session: Session, begin: datetime, end: datetime) -> bool:
    within = and_(scale_risks.c.opened_at >= begin, scale_risks.c.opened_at < end)
    return session.conn.execute(select(scale_risks.c.id).where(within).limit(1)).first() is not None


def some(session: Session, idents: Collection[int]) -> dict[int, Any]:
    if not idents:
        return {}
    rows = session.conn.execute(select(scale_risks).where(scale_risks.c.id.in_(list(idents))))
    return {row.id: row for row in rows}


# --- signals --------------------------------------------------------------------------------------------------------


def has_signal(session: Session, period: str, rule: str, about: str, unit: str) -> bool:
    same = and_(
        scale_signals.c.period == period,
        scale_signals.c.rule == rule,
        scale_signals.c.about == about,
        scale_signals.c.org_unit == unit,
    )
    return session.conn.execute(select(scale_signals.c.id).where(same)).first() is not None


def add_signal(session: Session, **columns: Any) -> int:
    return session.conn.execute(insert(scale_signals).values(**columns).returning(scale_signals.c.id)).scalar_one()


def signals_of(session: Session, risk_id: int) -> Sequence[Any]:
    mine = scale_signals.c.risk == risk_id
    return session.conn.execute(select(scale_signals).where(mine).order_by(scale_signals.c.period, scale_signals.c.id)).all()


def signals_since(session: Session, period: str) -> Sequence[Any]:
    since = scale_signals.c.period >= period
    return session.conn.execute(select(scale_signals).where(since).order_by(scale_signals.c.period, scale_signals.c.id)).all()


# --- the duty of towns ----------------------------------------------------------------------------------------------


def open_town_duties(session: Session, risk_id: int, towns: Sequence[str], due_on: date) -> None:
    """What a town owed of an earlier study of the same risk is owed anew."""
    same = and_(duties.c.kind == DUTY, duties.c.subject == risk_id, duties.c.period.in_(list(towns)))
    session.conn.execute(delete(duties).where(same))
    rows = [
        {"kind": DUTY, "subject": risk_id, "period": town, "org_unit": town, "status": "open", "due_on": due_on}
        for town in towns
    ]
    session.conn.execute(insert(duties), rows)


def town_duty_done(session: Session, risk_id: int, town: str, on: date, now: datetime) -> None:
    mine = and_(duties.c.kind == DUTY, duties.c.subject == risk_id, duties.c.period == town)
    in_time = duties.c.due_on >= on
    session.conn.execute(update(duties).where(and_(mine, in_time)).values(status="done", done_at=now))
    session.conn.execute(update(duties).where(and_(mine, ~in_time)).values(status="late", done_at=now))


def town_duties(session: Session, risk_id: int) -> Sequence[Any]:
    mine = and_(duties.c.kind == DUTY, duties.c.subject == risk_id)
    return session.conn.execute(select(duties).where(mine).order_by(duties.c.org_unit)).all()

"""What former poor households earn and spend, month by month; fen, sealed under the household's own key."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, select

from .record import DataKey, open_secret, seal_secret
from .session import Session
from .tables import households, month_incomes

Figures = Mapping[str, int]


def former_poor(session: Session, village: str) -> Sequence[Any]:
    """(id, head_name, demo) of the village's former poor households, in order."""
    mine = and_(
        households.c.org_unit == village,
        households.c.household_type == "former_poor",
        households.c.status != "erased",
        households.c.head_name.is_not(None),
    )
    columns = (households.c.id, households.c.head_name, households.c.demo)
    return session.conn.execute(select(*columns).where(mine).order_by(households.c.id)).all()


def villages(session: Session) -> list[str]:
    """Villages with former poor households."""
    mine = and_(households.c.household_type == "former_poor", households.c.status != "erased")
    found = select(households.c.org_unit).where(mine).distinct().order_by(households.c.org_unit)
    return list(session.conn.execute(found).scalars())


def known(session: Session, village: str, since: str, keys: Mapping[int, DataKey]) -> dict[int, dict[str, dict[str, int]]]:
    """Household -> month -> figures, of the months from `since` on; what cannot be opened is left out."""
    mine = and_(month_incomes.c.org_unit == village, month_incomes.c.period >= since)
    found: dict[int, dict[str, dict[str, int]]] = {}
    for row in session.conn.execute(select(month_incomes).where(mine)):
        key = keys.get(row.household)
        content = open_secret(session, key, _place(row.household, row.period), bytes(row.secret)) if key else None
        if content is not None:
            found.setdefault(row.household, {})[row.period] = content
    return found


def _place(household: int, period: str) -> str:
    return f"income:{household}/{period}"


def put(
    session: Session,
    village: str,
    period: str,
    figures: Mapping[int, Figures],
    keys: Mapping[int, DataKey],
    by: int,
    now: datetime,
) -> None:
    """The month's figures of these households; what was given before is replaced."""
    for household, mine in figures.items():
        same = and_(month_incomes.c.household == household, month_incomes.c.period == period)
        session.conn.execute(delete(month_incomes).where(same))
        sealed = seal_secret(session, keys[household], _place(household, period), dict(mine))
        session.conn.execute(
            insert(month_incomes).values(
                household=household, period=period, org_unit=village, secret=sealed, entered_by=by, entered_at=now
            )
        )


def entered(session: Session, period: str, units: Collection[str] | None = None) -> dict[str, int]:
    """Village -> households with figures of that month."""
    mine = month_incomes.c.period == period
    if units is not None:
        mine = and_(mine, month_incomes.c.org_unit.in_(list(units)))
    by = month_incomes.c.org_unit
    return {unit: n for unit, n in session.conn.execute(select(by, func.count()).where(mine).group_by(by))}


def forget(session: Session, household: int) -> None:
    session.conn.execute(delete(month_incomes).where(month_incomes.c.household == household))

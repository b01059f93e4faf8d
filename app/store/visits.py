"""Grids and rounds of visits: which households, who is responsible, what was found."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import and_, case, delete, false, func, insert, literal, select, update

from .session import Session
from .tables import cases, clues, grid_households, grid_people, grids, households, officials, visit_items

OPEN, DONE, LEFT = "open", "done", "left"


# --- grids --------------------------------------------------------------------------------------------------------------


def grids_of(session: Session, units: Collection[str]) -> Sequence[Any]:
    """(id, org_unit, name, official, official_name, from_on, households) of these villages."""
    now = and_(grid_people.c.grid == grids.c.id, grid_people.c.until_on.is_(None))
    many = select(func.count()).where(grid_households.c.grid == grids.c.id).scalar_subquery()
    return session.conn.execute(
        select(
            grids,
            grid_people.c.official,
            officials.c.name.label("official_name"),
            grid_people.c.from_on,
            many.label("households"),
        )
        .outerjoin(grid_people, now)
        .outerjoin(officials, officials.c.id == grid_people.c.official)
        .where(grids.c.org_unit.in_(list(units)))
        .order_by(grids.c.org_unit, grids.c.name)
    ).all()


def grid(session: Session, ident: int) -> Any | None:
    return session.conn.execute(select(grids).where(grids.c.id == ident).with_for_update()).one_or_none()


def add_grid(session: Session, unit: str, name: str) -> int | None:
    """None where the village has one of that name."""
    same = select(grids.c.id).where(and_(grids.c.org_unit == unit, grids.c.name == name))
    if session.conn.execute(same).first() is not None:
        return None
    return session.conn.execute(insert(grids).values(org_unit=unit, name=name).returning(grids.c.id)).scalar_one()


def put_person(session: Session, grid_id: int, official: int, on: date, reason: str | None) -> int | None:
    """From this day on this person; returns who was before."""
    mine = and_(grid_people.c.grid == grid_id, grid_people.c.until_on.is_(None))
    before = session.conn.execute(select(grid_people.c.official).where(mine)).scalar()
    session.conn.execute(update(grid_people).where(mine).values(until_on=on))
    session.conn.execute(
        insert(grid_people).values(grid=grid_id, official=official, from_on=on, until_on=None, reason=reason)
    )
    return before


def people_of(session: Session, grid_id: int) -> Sequence[Any]:
    """Who was responsible, newest first."""
    return session.conn.execute(
        select(grid_people, officials.c.name)
        .join(officials, officials.c.id == grid_people.c.official)
        .where(grid_people.c.grid == grid_id)
        .order_by(grid_people.c.id.desc())
    ).all()


def my_grids(session: Session, official: int) -> list[int]:
    mine = and_(grid_people.c.official == official, grid_people.c.until_on.is_(None))
    return list(session.conn.execute(select(grid_people.c.grid).where(mine)).scalars())


def households_of(session: Session, unit: str) -> Sequence[Any]:
    """(id, head_name, grid) of a village."""
    return session.conn.execute(
        select(households.c.id, households.c.head_name, grid_households.c.grid)
        .outerjoin(grid_households, grid_households.c.household == households.c.id)
        .where(and_(households.c.org_unit == unit, households.c.status != "erased", households.c.head_name.is_not(None)))
        .order_by(households.c.id)
    ).all()


def put_households(session: Session, grid_id: int, idents: Collection[int]) -> None:
    session.conn.execute(delete(grid_households).where(grid_households.c.household.in_(list(idents))))
    if idents:
        session.conn.execute(insert(grid_households), [{"household": h, "grid": grid_id} for h in sorted(idents)])


# --- rounds -------------------------------------------------------------------------------------------------------------


def list_all(session: Session, run: int) -> int:
    """Every household of the register on the list, with its grid, in one statement."""
    rows = (
        select(literal(run), households.c.id, households.c.org_unit, grid_households.c.grid, literal(OPEN), false())
        .outerjoin(grid_households, grid_households.c.household == households.c.id)
        .where(households.c.status != "erased")
    )
    names = ["run", "household", "org_unit", "grid", "status", "helped_outside"]
    session.conn.execute(insert(visit_items).from_select(names, rows))
    mine = visit_items.c.run == run
    return session.conn.execute(select(func.count()).select_from(visit_items).where(mine)).scalar_one()


def list_some(session: Session, run: int, groups: Mapping[int, str]) -> int:
    """These households, each with the groups it belongs to."""
    found = session.conn.execute(
        select(households.c.id, households.c.org_unit, grid_households.c.grid)
        .outerjoin(grid_households, grid_households.c.household == households.c.id)
        .where(households.c.status != "erased")
    )
    rows = [
        {
            "run": run,
            "household": h,
            "org_unit": unit,
            "grid": at,
            "groups": groups[h],
            "status": OPEN,
            "helped_outside": False,
        }
        for h, unit, at in found
        if h in groups
    ]
    if rows:
        session.conn.execute(insert(visit_items), rows)
    return len(rows)


def without_groups(session: Session, run: int, limit: int) -> list[int]:
    mine = and_(visit_items.c.run == run, visit_items.c.groups.is_(None))
    return list(session.conn.execute(select(visit_items.c.household).where(mine).limit(limit)).scalars())


def put_groups(session: Session, run: int, groups: Mapping[int, str]) -> None:
    """Where nobody knows them yet: a household that was erased since they were looked up stays without."""
    for household, text in groups.items():
        unknown = and_(visit_items.c.run == run, visit_items.c.household == household, visit_items.c.groups.is_(None))
        session.conn.execute(update(visit_items).where(unknown).values(groups=text))


def villages_of(session: Session, run: int) -> list[str]:
    query = select(visit_items.c.org_unit).where(visit_items.c.run == run).distinct().order_by(visit_items.c.org_unit)
    return list(session.conn.execute(query).scalars())


def item(session: Session, run: int, household: int, *, lock: bool = False) -> Any | None:
    query = select(visit_items).where(and_(visit_items.c.run == run, visit_items.c.household == household))
    return session.conn.execute(query.with_for_update() if lock else query).one_or_none()


def page(
    session: Session,
    run: int,
    units: Collection[str],
    *,
    grid_ids: Collection[int] | None,
    status: str,
    limit: int,
    offset: int,
) -> Sequence[Any]:
    """Items with the head's name; those of must-visit groups first."""
    wanted = [visit_items.c.run == run, visit_items.c.org_unit.in_(list(units))]
    if grid_ids is not None:
        wanted.append(visit_items.c.grid.in_(list(grid_ids)))
    wanted.append(visit_items.c.status == OPEN if status == OPEN else visit_items.c.status != OPEN)
    first = case((visit_items.c.groups.is_(None), 1), (visit_items.c.groups == "", 1), else_=0)
    return session.conn.execute(
        select(visit_items, households.c.head_name, grids.c.name.label("grid_name"))
        .join(households, households.c.id == visit_items.c.household)
        .outerjoin(grids, grids.c.id == visit_items.c.grid)
        .where(and_(*wanted))
        .order_by(first, visit_items.c.grid, visit_items.c.household)
        .limit(limit)
        .offset(offset)
    ).all()


def by_status(session: Session, run: int, units: Collection[str] | None = None) -> dict[str, int]:
    """How many households of these villages (None: all) are open, done and left."""
    wanted = visit_items.c.run == run
    if units is not None:
        wanted = and_(wanted, visit_items.c.org_unit.in_(list(units)))
    rows = session.conn.execute(select(visit_items.c.status, func.count()).where(wanted).group_by(visit_items.c.status))
    return {OPEN: 0, DONE: 0, LEFT: 0, **{status: n for status, n in rows}}


def totals(session: Session, run: int) -> dict[str, int]:
    """{open, done, left, calm, signs, absent, outside} of the whole round."""
    row = session.conn.execute(select(*_SUMS).where(visit_items.c.run == run)).one()
    return {name: n or 0 for name, n in zip(COUNTED, row, strict=True)}


def counts(
    session: Session, run: int, units: Collection[str] | None = None, above: Mapping[str, str] | None = None
) -> dict[str, dict[str, int]]:
    """Village -> {open, done, left, calm, signs, absent, outside}; `above`: village -> town, to sum by instead."""
    wanted = visit_items.c.run == run
    if units is not None:
        wanted = and_(wanted, visit_items.c.org_unit.in_(list(units)))
    found: dict[str, dict[str, int]] = {}
    for unit, *sums in session.conn.execute(
        select(visit_items.c.org_unit, *_SUMS).where(wanted).group_by(visit_items.c.org_unit)
    ):
        known = found.get(at := unit if above is None else above.get(unit, ""))
        if known is None:
            found[at] = dict(zip(COUNTED, sums, strict=True))
        else:
            for name, n in zip(COUNTED, sums, strict=True):
                known[name] += n
    return found


COUNTED = (OPEN, DONE, LEFT, "calm", "signs", "absent", "outside")
_SUMS = (
    *(func.sum(case((visit_items.c.status == one, 1), else_=0)) for one in (OPEN, DONE, LEFT)),
    *(func.sum(case((visit_items.c.result == one, 1), else_=0)) for one in ("calm", "signs", "absent")),
    func.sum(case((visit_items.c.helped_outside, 1), else_=0)),
)


def visited(session: Session, run: int, household: int, status: str, **columns: Any) -> None:
    mine = and_(visit_items.c.run == run, visit_items.c.household == household)
    session.conn.execute(update(visit_items).where(mine).values(status=status, **columns))


def leave_open(session: Session, run: int) -> int:
    """What nobody reached before the end."""
    mine = and_(visit_items.c.run == run, visit_items.c.status == OPEN)
    return session.conn.execute(update(visit_items).where(mine).values(status=LEFT)).rowcount


def any_open(session: Session, run: int, unit: str | None = None) -> bool:
    wanted = and_(visit_items.c.run == run, visit_items.c.status == OPEN)
    if unit is not None:
        wanted = and_(wanted, visit_items.c.org_unit == unit)
    return session.conn.execute(select(visit_items.c.household).where(wanted).limit(1)).first() is not None


def missed_before(session: Session, period: str) -> dict[str, int]:
    """What a round brought to light: clues it made, households whose procedure began with one of them, and those of them that
    were approved. A sign of a household that is in the procedure already joins its case and is nothing missed."""
    begun = and_(clues.c.status == "entered", cases.c.opened_at >= clues.c.recorded_at)
    entered = func.count(clues.c.household.distinct()).filter(begun)
    approved = func.count(clues.c.household.distinct()).filter(and_(begun, cases.c.category.is_not(None)))
    row = session.conn.execute(
        select(func.count(), entered, approved)
        .select_from(clues.outerjoin(cases, cases.c.id == clues.c.case_id))
        .where(and_(clues.c.run == period, clues.c.status != "joined"))
    ).one()
    return {"clues": row[0], "entered": row[1], "approved": row[2]}


def recent_families(session: Session, since: date) -> Iterator[tuple[int, str]]:
    """(household, family) of clues found since then that were not excluded."""
    wanted = and_(
        clues.c.household.is_not(None),
        clues.c.found_on >= since,
        clues.c.family.is_not(None),
        clues.c.status.not_in(("excluded", "duplicate", "forwarded")),
    )
    for row in session.conn.execute(select(clues.c.household, clues.c.family).where(wanted).distinct()):
        yield row.household, row.family


def forget(session: Session, household: int) -> None:
    """After an erasure nothing says whom a grid or a round was about."""
    session.conn.execute(delete(grid_households).where(grid_households.c.household == household))
    session.conn.execute(update(visit_items).where(visit_items.c.household == household).values(groups="", signs=None))

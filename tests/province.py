"""A county as large as a province: 26,842 villages in 1,600 towns, with an official, a household and something open in each.

Invented throughout: made-up names, area codes that no place has.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import product

from sqlalchemy import insert, select

from app.policy import calendar
from app.policy.model import Entry
from app.policy.months import before, month_of, quarter_of
from app.services import definitions
from app.store import dated, record
from app.store import people as people_rows
from app.store import rescreening as runs
from app.store.session import Session
from app.store.tables import (
    assignments,
    clues,
    households,
    indicator_values,
    officials,
    process_instances,
    tasks,
    visit_items,
)
from tests.conftest import COUNTY, County

TOWNS, VILLAGES = 1_600, 26_842
SOURCE = "演示数据"
FIRST = "石河山沙水龙马牛田林塘坪岭坝罗李青蓝民高"
SECOND = "背口坑洞头陂潭塘山云联新梅长竹松上下东西"
THIRD = "村湾岗围寨墩坡屋冲垌"


def _names(many: int, ending: str) -> Iterator[str]:
    """Two or three characters each; the same name returns in other towns, as names do."""
    stems = [a + b for a, b in product(FIRST, SECOND)] + [a + b + c for a, b, c in product(FIRST, SECOND, THIRD)]
    for n in range(many):
        yield stems[n % len(stems)] + ending


def units(towns: int = TOWNS, villages: int = VILLAGES) -> list[Entry]:
    """Towns below the county, and so many villages shared out among them."""
    found: list[Entry] = []
    codes = [f"{449000 + n // 15}{100 + n % 15:03d}000" for n in range(towns)]
    since = date(2021, 1, 1)
    for code, name in zip(codes, _names(towns, "镇"), strict=True):
        found.append(Entry(None, "org_unit", code, since, None, {"name": name, "level": "town", "parent": COUNTY}, SOURCE))
    for n, name in enumerate(_names(villages, "村委会")):
        town = codes[n % towns]
        value = {"name": name, "level": "village", "parent": town}
        found.append(Entry(None, "org_unit", f"{town[:9]}{201 + n // towns:03d}", since, None, value, SOURCE))
    return found


def enlarge(county: County, towns: int = TOWNS, villages: int = VILLAGES) -> list[str]:
    """Everything below, in bulk; returns the codes of the new villages."""
    made = units(towns, villages)
    town_codes = [e.key for e in made if e.value["level"] == "town"]
    codes = [e.key for e in made if e.value["level"] == "village"]
    today = calendar.local_date(county.now)
    with county.store.transaction() as session:
        dated.add_entries(session, made, None)
        _officials(session, [(c, "village_officer") for c in codes] + [(c, "town_officer") for c in town_codes])
        key = record.new_data_key(session, "province").id
        _households(session, codes, key)
        _clues(session, codes, today, county.now)
        _tasks(session, codes, county.now)
        _rounds(session, today, county.now)
        _series(session, [COUNTY, *town_codes], today, county.now)
    return codes


def _officials(session: Session, posts: list[tuple[str, str]]) -> None:
    first = session.conn.execute(select(officials.c.id).order_by(officials.c.id.desc()).limit(1)).scalar_one() + 1
    session.conn.execute(
        insert(officials),
        [
            {"id": first + n, "name": f"演示{n}", "username": f"p{n}", "must_change": False, "demo": True}
            for n in range(len(posts))
        ],
    )
    session.conn.execute(
        insert(assignments),
        [
            {"official": first + n, "role": role, "org_unit": unit, "valid_from": date(2021, 1, 1)}
            for n, (unit, role) in enumerate(posts)
        ],
    )


def _households(session: Session, codes: list[str], key: int) -> None:
    session.conn.execute(
        insert(households),
        [
            {
                "org_unit": code,
                "head_name": f"演示户{n}",
                "pinyin": "yanshihu",
                "status": "monitored" if n % 3 else "registered",
                "household_type": "poor" if n % 2 else "ordinary",
                "category": "sudden" if n % 3 else None,
                "data_key": key,
                "demo": True,
                "number": f"P{n:08d}",
            }
            for n, code in enumerate(codes)
        ],
    )


def _clues(session: Session, codes: list[str], today: date, now: datetime) -> None:
    session.conn.execute(
        insert(clues),
        [
            {
                "channel": "data",
                "found_on": today - timedelta(days=n % 60),
                "recorded_at": now,
                "org_unit": code,
                "sign": "job_lost",
                "family": "employment" if n % 4 else "disaster",
                "risk": "employment",
                "grade": ("red", "orange", "yellow")[n % 3],
                "status": ("open", "entered", "watching")[n % 3],
                "times": 1,
                "demo": True,
            }
            for n, code in enumerate(codes)
        ],
    )


def _tasks(session: Session, codes: list[str], now: datetime) -> None:
    """An open task in each village, all of one run: what lists, counts and tabs must pass over."""
    made = definitions.latest(session, "collect_income")
    element = next(e for e in made.definition.elements.values() if "info_collector" in e.roles)
    run = runs.add_run(
        session, kind="incomes", period="2020-01", as_of=now.date(), started_at=now, late=False, status="open", counts={}
    )
    stream = record.lock_stream(session, f"run:{run}").stream
    instance = session.conn.execute(
        insert(process_instances)
        .values(
            process="collect_income",
            subject_kind="run",
            subject_id=run,
            deployment=made.deployment,
            stream=stream,
            status="open",
            started_at=now,
        )
        .returning(process_instances.c.id)
    ).scalar_one()
    session.conn.execute(
        insert(tasks),
        [
            {
                "instance": instance,
                "address": f"{element.id}#1[{code}]",
                "element": element.id,
                "item": code,
                "org_unit": code,
                "roles": "village_officer",
                "due": now + timedelta(days=n % 9 - 3),
                "status": "open",
                "version": 1,
                "urged": 0,
                "opened_at": now,
            }
            for n, code in enumerate(codes)
        ],
    )


def _rounds(session: Session, today: date, now: datetime) -> None:
    for kind, period in (("lookback", str(today.year)), ("visits", quarter_of(today))):
        run = runs.add_run(
            session,
            kind=kind,
            period=period,
            as_of=today,
            started_at=now,
            late=False,
            status="open",
            counts={"until": (today + timedelta(days=9)).isoformat()},
        )
        listed = select(households.c.id, households.c.org_unit).where(households.c.number.like("P%"))
        session.conn.execute(
            insert(visit_items),
            [
                {
                    "run": run,
                    "household": h,
                    "org_unit": unit,
                    "status": "done" if n % 3 else "open",
                    "result": ("calm", "signs", "absent")[n % 3],
                    "helped_outside": False,
                }
                for n, (h, unit) in enumerate(session.conn.execute(listed).all())
            ],
        )


def _series(session: Session, places: list[str], today: date, now: datetime) -> None:
    """A price of every town in three years, and a signal in each."""
    keys = (
        "price_pig",
        "unemployed",
    )
    months = [before(month_of(today), n) for n in range(36)]
    session.conn.execute(
        insert(indicator_values),
        [
            {"indicator": key, "org_unit": unit, "period": month, "value": 1500 + 10 * n, "entered_at": now}
            for key in keys
            for unit in places[:200]
            for n, month in enumerate(months)
        ],
    )


def hire(session: Session, name: str, role: str, unit: str) -> int:
    """One more official."""
    ident = people_rows.add_official(session, name=name, username=name, password_hash=None, demo=True)
    people_rows.assign(session, ident, role, unit, date(2021, 1, 1))
    return ident

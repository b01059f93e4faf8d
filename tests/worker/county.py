"""A county to work in: the whole tree of towns, villages and departments, somebody at every desk, households in the register."""

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from flask import Flask

from app import config
from app.config import ROOT
from app.policy import calendar
from app.policy.parameters import read_toml
from app.services import demo, people, upkeep
from app.services.demo.households import ABOVE, LOW, Maker
from app.services.deployments import publishing
from app.services.officials import accounts
from app.services.register import importing as province
from app.services.register.importing import Parsed
from app.store import demo as demo_rows
from app.store import migrate
from app.store import people as people_rows
from app.store import time as clock
from app.store.session import Store
from app.web import create_app

PASSWORD = "one-for-all-2021"
SINCE = date(2021, 1, 1)
DESKS = {
    "village": {"village_officer": 6, "grid_worker": 3, "resident_team": 2},
    "town": {"info_collector": 1, "window_clerk": 1, "town_officer": 4, "town_leader": 3},
    "county": {"county_officer": 3, "county_leader": 3, "leading_group": 1, "hotline_officer": 1, "auditor": 1},
    "department": {"dept_liaison": 1},
}
"""How many hold which post in a unit of each level: in a village enough that after two returns somebody is left who took no part."""
CIVIL = {"civil_officer": 2, "civil_leader": 1}


@dataclass(frozen=True)
class Official:
    id: int
    username: str
    name: str
    role: str
    unit: str


@dataclass
class Place:
    """The county as built. `now` is its clock, `officials` everybody by id."""

    store: Store
    app: Flask
    var: Path
    now: datetime
    officials: dict[int, Official]
    villages: list[str]
    departments: list[str]
    persons: list[str]
    """ID numbers in the register: what departments know people by."""
    opened: date
    failures: list[str] = field(default_factory=list)
    """What ticks or the site logged as failed."""

    def at(self, unit: str, role: str) -> list[Official]:
        return [o for o in self.officials.values() if (o.unit, o.role) == (unit, role)]

    def holders(self, role: str) -> list[Official]:
        return [o for o in self.officials.values() if o.role == role]

    @property
    def today(self) -> date:
        return calendar.local_date(self.now)

    def go_on(self, day: date, hour: int) -> None:
        """The clock moves to that hour, and everything that falls due happens, as at any tick."""
        moment = datetime.combine(day, time(hour), calendar.LOCAL)
        with self.store.transaction() as session:
            self.now = max(moment, clock.now(session))
            clock.set_demo_moment(session, self.now)
        upkeep.tick(self.store, self.now, self.var)


class Listening(logging.Handler):
    """Errors that are logged and otherwise swallowed, so that a night's work goes on, count as failures here."""

    def __init__(self, failures: list[str]) -> None:
        super().__init__(logging.ERROR)
        self.failures = failures

    def emit(self, record: logging.LogRecord) -> None:
        cause = getattr(record, "cause", getattr(record, "code", ""))
        self.failures.append(f"{record.name}: {record.getMessage()} {cause}")


def build(store: Store, var: Path, start: date, households: int, seed: int) -> Place:
    """The project's own files, the demo's lines of later years, staff at every desk, and a register like the province's."""
    migrate.upgrade(store)
    opening = datetime.combine(start, time(8), calendar.LOCAL)
    files, entries = publishing.read_project(ROOT)
    entries += read_toml((ROOT / "bpmn" / "demo" / "entries.toml").read_text("utf-8"))
    hashed = accounts.hash_password(PASSWORD)
    with store.transaction() as session:
        clock.set_demo_moment(session, opening)
        publishing.deploy(session, files, entries, author="designer", approver="approver", reason="worker", now=opening)
        place = people.county_on(session, start)
        officials: dict[int, Official] = {}
        for unit in place.units.values():
            posts = {**DESKS.get(unit.level, {}), **(CIVIL if unit.code.endswith("-civil") else {})}
            for role, many in posts.items():
                for n in range(many):
                    title = place.role(role).get("title", role)
                    username = f"w{len(officials):05d}"
                    name = f"演示·{unit.name}{title}{n + 1}"[:40]
                    ident = people_rows.add_official(session, name=name, username=username, password_hash=hashed, demo=True)
                    people_rows.assign(session, ident, role, unit.code, SINCE)
                    officials[ident] = Official(ident, username, name, role, unit.code)
    villages = [u.code for u in place.units.values() if u.level == "village"]
    departments = [u.code for u in place.units.values() if u.level == "department"]
    persons = _register(store, villages, households, Random(seed), opening)
    app = create_app(store, config.Config(**{**config.load().__dict__, "var": var, "keys": var / "keys.json"}))
    app.testing = True
    built = Place(store, app, var, opening, officials, villages, departments, persons, start)
    logging.getLogger("shouwang").addHandler(Listening(built.failures))
    return built


def _register(store: Store, villages: Sequence[str], households: int, rng: Random, now: datetime) -> list[str]:
    """Households over all villages in turn, those that were once poor first: each village has one."""
    maker = Maker(rng, demo.read_words(ROOT))
    parsed, persons = [], []
    for n, village in zip(range(households), itertools.cycle(villages)):
        file = maker.make(n, village, rng.choice([LOW, ABOVE, ABOVE]))
        kind = "former_poor" if n < len(villages) else file.household_type
        values = {"phone": file.phone, "group": file.group, "household_type": kind}
        parsed.append(Parsed(f"YS{n:06d}", n, village, values, file.members, []))
        persons += [m["id_number"] for m in file.members]
    province.apply(
        store, province.Checked(parsed), data_on=calendar.local_date(now) - timedelta(days=1), by=None, now=now, file_hash=b""
    )
    with store.transaction() as session:
        demo_rows.mark_demo(session)
    return persons

"""Every page at the size of a province: 26,842 villages in 1,600 towns, as several kinds of people, warm."""

import logging
import time
from dataclasses import replace
from statistics import median

from app import config
from app.store import time as store_time
from app.web import create_app
from tests import province
from tests.walking import Walk
from tests.web.conftest import Site
from tests.web.shell.test_province import everyone, paths

from .county import Databases

WHO = (
    "village_1",
    "town_officer",
    "county_officer",
    "rural",
    "auditor",
    "admin",
    "security",
    "designer",
    "hotline",
    "leading",
    "",
)
ROUNDS = 5


def measured(made: Databases, villages: int) -> list[tuple[float, int, str, str]]:
    """(seconds, bytes, who, page) of every page that opens, the slowest first; medians of warm requests."""
    county = made.county("sqlite")
    walk = Walk(county, 1).open()
    codes = province.enlarge(county, province.TOWNS, villages)
    with county.store.transaction() as session:
        store_time.set_demo_moment(session, county.now)
    site = Site(
        county, create_app(county.store, replace(config.load(), var=made.directory, keys=made.directory / "keys.json"))
    )
    everyone(site)
    task = walk.task(walk.open_tasks()[0][0]).id
    listed = paths(site, f"{codes[0][:9]}000", codes[0], walk.case_id, task)
    logging.disable(logging.WARNING)
    found = []
    for who in WHO:
        get = site.person(who).get if who else site.app.test_client().get
        for path in listed:
            if get(path).status_code != 200:
                continue
            took, size = [], 0
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                size = len(get(path).data)
                took.append(time.perf_counter() - begun)
            found.append((median(took), size, who or "public", path))
    logging.disable(logging.NOTSET)
    return sorted(found, reverse=True)

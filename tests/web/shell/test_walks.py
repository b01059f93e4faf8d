"""The four requests of `docs/map.md`, walked: each enters the files that the map names, in that order."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from app import scheduler
from app.config import ROOT
from app.services import background
from app.services.rescreening import month as months
from tests.web.conftest import Site
from tests.web.office.test_operation import stuck
from tests.web.rescreening.test_months import FILE, month, send

__all__ = ["month"]
WALKS = [
    [name.removesuffix(".py") if name.endswith(".py") else name.replace(".", "/") for name in re.findall(r"`([^`]+)`", walk)]
    for walk in re.split(r"\n\d\. ", (ROOT / "docs" / "map.md").read_text("utf-8").split("## Four requests, walked")[1])[1:]
]


def entered(*acts: Callable[[], object]) -> list[str]:
    """Files of the program in the order in which they are entered, below `app/`, without their ending."""
    seen: dict[str, None] = {}
    root = str(ROOT / "app") + "/"

    def called(frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(root):
            seen[name.removeprefix(root).removesuffix(".py").removesuffix("/__init__")] = None

    sys.setprofile(called)
    try:
        for act in acts:
            act()
    finally:
        sys.setprofile(None)
    return list(seen)


def in_order(named: list[str], seen: list[str]) -> list[str]:
    """What of the named is entered, in the order of entering."""
    wanted = set(named)
    assert wanted <= set(seen), wanted - set(seen)
    return [name for name in seen if name in wanted]


def test_an_official_completes_a_task(site: Site) -> None:
    walk, person = site.walk(to="verify_in_town"), site.person("town_officer")
    task = walk.task("verify_in_town")
    person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
    values = {k: v for k, v in walk.usual("verify_in_town").items() if v is not None}
    sent = {**site.strings("verify_in_town", values), "_version": walk.task("verify_in_town").version}
    found = entered(lambda: person.post(f"/tasks/{task.id}/complete", sent))
    assert walk.task("sign_town_report")
    *way, last = WALKS[0]  # the last was entered early too: whether the command was carried out already
    assert in_order(way, found) == way and last in found


def test_a_department_hands_in_its_file(month: Site) -> None:
    month.person("medins")
    found = entered(
        lambda: send(month, "medins", "medins", FILE, "keep"),
        lambda: months.work(month.county.store, month.county.now),
    )
    order = in_order(WALKS[1], found)
    assert order == WALKS[1]


def test_an_operation_fails(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    found = entered(lambda: stuck(site, monkeypatch), lambda: site.person("village_1").get("/"))
    assert set(in_order(WALKS[2], found)) == set(WALKS[2])
    assert "卡住了" in site.person("village_1").get("/").text


def test_the_tick(site: Site, tmp_path: Path) -> None:
    children = background.Children(site.app.extensions["shouwang"].config)
    found = entered(lambda: scheduler.tick(site.county.store, tmp_path, "one", children))
    assert in_order(WALKS[3], found) == WALKS[3]

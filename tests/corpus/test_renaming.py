"""Element ids belong to the designer: nothing that anybody sees depends on them."""

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from lxml import etree

from app.config import ROOT
from app.crypto import load_keyring
from app.services import audit, papers, people
from app.services.context import context_of
from app.services.work import tasks
from app.store import cases as case_rows
from app.store.session import open_store
from tests.conftest import START, County, deployed
from tests.walking import Walk

from . import asking, making, renaming, showing

STEPS = ("userTask", "startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent")
SWAPPED = {"hold_village_review": "verify_in_town", "verify_in_town": "hold_village_review"}


def test_no_step_or_event_is_named_in_the_code() -> None:
    ids, operators = set(), set()
    for path in (ROOT / "bpmn").glob("*.bpmn"):
        tree = etree.parse(path)
        ids |= {e.get("id") for kind in STEPS for e in tree.iter(f"{renaming.BPMN}{kind}")}
        operators |= {e.get("value") for e in tree.iter("{*}property") if e.get("name") == "operator"}
    named = {}
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = ids.intersection(re.findall(r"[a-z0-9_]+", node.value)) - operators
                if found:
                    named[f"{path.relative_to(ROOT)}:{node.lineno}"] = sorted(found)
    assert named == {}


@pytest.mark.parametrize("names", [None, SWAPPED], ids=["renamed", "swapped"])
def test_one_case_goes_its_way_in_a_tree_with_other_ids(names: Mapping[str, str] | None, tmp_path: Path) -> None:
    """To monitoring, with an objection and a return, then out of it: the same rows, the same papers."""
    assert _walked(tmp_path / "plain", {}) == _walked(tmp_path / "other", names)


def _walked(folder: Path, names: Mapping[str, str] | None) -> dict[str, Any]:
    folder.mkdir()
    tree = making.small_tree(folder / "tree")
    used = renaming.every(tree) if names is None else names
    renaming.rename(tree, used)
    store = open_store(f"sqlite:///{folder / 'county.db'}", load_keyring(folder / "keys.json", "intl"))
    county = County(store, deployed(store, tree), START)
    walk = Walk(county, 1, head="演示户甲", names=used).open().to("post_notice")
    walk.do("village_1", "post_notice")
    walk.lodge("village_2")
    walk.do("village_2", "investigate_objection")
    walk.to("sign_town_report")
    task = walk.task("sign_town_report")
    with store.transaction() as session:
        back = used.get("check_household", "check_household")
        tasks.send_back(
            context_of(session, county.actor("town_leader"), county.now),
            task.id,
            task.version,
            back,
            "再核一次",
            b"back............",
        )
    walk.monitored().exit().exit_to("accept_in_town")
    told: dict[str, Any] = {}
    with store.reading() as session:
        row = case_rows.instances_of(session, walk.case_id)[-1]
        rows = asking.standing(session, SimpleNamespace(case_id=walk.case_id, subject_kind="case", subject_id=walk.case_id))
        told["rows"] = _in_order(json.loads(renaming.back(json.dumps(rows, ensure_ascii=False), used)))
        for instance in (row.id, case_rows.instances_of(session, walk.case_id)[0].id):
            file = papers.open_file(
                session, case_rows.get(session, walk.case_id), people.county_on(session, walk.today), instance
            )
            for one in papers.available(file):
                told[f"{instance} {one.kind}"] = str(papers.values(file, one.kind, county.actor("village_1"), county.now))
        assert audit.verify(session).findings == []
    store.engine.dispose()
    return told


@pytest.mark.soak
@pytest.mark.parametrize("names", [None, SWAPPED], ids=["renamed", "swapped"])
def test_a_tree_with_other_ids_makes_the_same_county(
    names: Mapping[str, str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = _told(tmp_path / "plain", {}, monkeypatch)
    other, used = _told(tmp_path / "other", names, monkeypatch)
    assert used
    for what, told in plain.items():
        differ = {name for name in told.keys() | other[what].keys() if told.get(name) != other[what].get(name)}
        one = min(differ, default="")
        assert differ == set(), (what, len(differ), one, _apart(told.get(one), other[what].get(one)))


def _apart(one: Any, other: Any) -> Any:
    """The first place where two told things differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        key = next((k for k in one if one[k] != other.get(k)), next(iter(other.keys() - one.keys()), ""))
        return key, _apart(one.get(key), other.get(key))
    if isinstance(one, list) and isinstance(other, list):
        return next((_apart(a, b) for a, b in zip(one, other, strict=False) if a != b), (len(one), len(other)))
    if isinstance(one, str) and isinstance(other, str):
        return next(
            ((a, b) for a, b in zip(one.splitlines(), other.splitlines(), strict=False) if a != b), (one[-200:], other[-200:])
        )
    return one, other


def _in_order(told: Any) -> Any:
    """Lists of texts in one order, whatever their ids were called when they were sorted."""
    if isinstance(told, dict):
        return {name: _in_order(value) for name, value in told.items()}
    if isinstance(told, list):
        return sorted(told) if all(isinstance(one, str) for one in told) else [_in_order(one) for one in told]
    return told


def _told(
    folder: Path, names: Mapping[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """What such a county says and shows, in the ids of the shipped tree."""
    folder.mkdir()
    tree = making.small_tree(folder / "tree")
    used = renaming.every(tree) if names is None else names
    renaming.rename(tree, used)
    store = open_store(f"sqlite:///{folder / 'county.db'}", load_keyring(folder / "keys.json", "intl"))
    making.make(store, tree, used)
    monkeypatch.setattr(asking, "in_short", lambda changed: changed)
    acts = json.loads(renaming.back(json.dumps(asking.every(store), ensure_ascii=False), used))
    told = {"acts": _in_order(acts), "pages": showing.every(store, folder)}
    store.engine.dispose()
    return told, used

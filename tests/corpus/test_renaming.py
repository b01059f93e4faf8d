"""Element ids belong to the designer: nothing that anybody sees depends on them."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from app.config import ROOT
from app.crypto import load_keyring
from app.store.session import open_store

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


@pytest.mark.soak
@pytest.mark.parametrize("names", [None, SWAPPED], ids=["renamed", "swapped"])
def test_a_tree_with_other_ids_makes_the_same_county(names: Mapping[str, str] | None, tmp_path: Path) -> None:
    plain, _ = _told(tmp_path / "plain", {})
    other, used = _told(tmp_path / "other", names)
    for name, told in plain.items():
        assert other[name] == told, name
    assert used


def _told(folder: Path, names: Mapping[str, str] | None) -> tuple[dict[str, Any], Mapping[str, str]]:
    """What such a county says and shows, in the ids of the shipped tree."""
    folder.mkdir()
    tree = making.small_tree(folder / "tree")
    used = renaming.every(tree) if names is None else names
    renaming.rename(tree, used)
    store = open_store(f"sqlite:///{folder / 'county.db'}", load_keyring(folder / "keys.json", "intl"))
    making.make(store, tree, used)
    told = {"acts": renaming.back(str(asking.every(store)), used), "pages": showing.every(store, folder)}
    store.engine.dispose()
    return told, used

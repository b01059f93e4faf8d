"""A tree whose designer chose other ids: every step, event and procedure renamed, or two of them swapped.

Whatever still knows a step by its id stops acting in the first, and acts at the wrong step in the second.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
NAMED = ("userTask", "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "process")
REFERRED = ("id", "sourceRef", "targetRef", "attachedToRef", "bpmnElement", "processRef", "calledElement")
LISTED = ("separate_from", "returns_to.late_objection", "returns_to.provisional_standard")
"""Properties whose value names other steps."""


def every(tree: Path) -> dict[str, str]:
    """Old id -> new one, for every step, event and procedure of the tree's diagrams, in one order."""
    found = set()
    for path in (tree / "bpmn").glob("*.bpmn"):
        found |= {e.get("id") for kind in NAMED for e in etree.parse(path).iter(f"{BPMN}{kind}")}
    return {name: f"renamed_{number:03d}" for number, name in enumerate(sorted(found))}


def rename(tree: Path, names: Mapping[str, str]) -> None:
    """In diagrams, forms and the entries that name a step; in place."""
    for path in sorted((tree / "bpmn").glob("*.bpmn")):
        text = _diagram(path, names)
        path.unlink()
        (path.parent / f"{names.get(path.stem, path.stem)}.bpmn").write_bytes(text)
    moved = {
        folder: folder.parent / names.get(folder.name, folder.name)
        for folder in (tree / "forms").iterdir()
        if folder.is_dir()
    }
    for folder, target in moved.items():
        forms = {names.get(path.stem, path.stem): json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
        for path in folder.glob("*.json"):
            path.unlink()
        folder.rename(target)
        for name, form in forms.items():
            form["$id"] = f"{target.name}/{name}.json"
            (target / f"{name}.json").write_text(json.dumps(form, ensure_ascii=False, indent=2), "utf-8")
    for path in (tree / "bpmn" / "entries").glob("*.toml"):
        text = path.read_text("utf-8")
        text = re.sub(r'(?<=process = ")([a-z_]+)(?=")', lambda m: names.get(m[1], m[1]), text)
        path.write_text(
            re.sub(r'(?<=")([a-z_]+)/([a-z_]+)(?=")', lambda m: f"{names.get(m[1], m[1])}/{names.get(m[2], m[2])}", text),
            "utf-8",
        )


def _diagram(path: Path, names: Mapping[str, str]) -> bytes:
    tree = etree.parse(path)
    for e in tree.iter(etree.Element):
        for attribute in REFERRED:
            if e.get(attribute) in names:
                e.set(attribute, names[e.get(attribute)])
        if e.tag == f"{BPMN}flowNodeRef" and e.text in names:
            e.text = names[e.text]
        if e.get("name") in LISTED and e.get("value"):
            e.set("value", ", ".join(names.get(one.strip(), one.strip()) for one in e.get("value").split(",")))
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def back(text: str, names: Mapping[str, str]) -> str:
    """What a renamed tree said, with the ids it had before."""
    old = {new: name for name, new in names.items()}
    return re.sub(r"\w+", lambda found: old.get(found[0], found[0]), text)

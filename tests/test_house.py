"""The house: no circle of files, and the map is the tree."""

import ast
import importlib
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.config import ROOT

APP = ROOT / "app"
COLUMNS = ("services", "store", "web", "web/templates", "labels")
NOT_OF_A_NOUN = {"__init__", "__pycache__", "migrations", "static", "assets", "templates"}


def modules() -> dict[str, Path]:
    found = {}
    for path in APP.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "migrations" not in parts:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Modules of ours that a file imports, inside functions and for types too."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                if full in known or base in known:
                    yield full if full in known else base


def test_no_files_import_each_other_in_a_circle() -> None:
    known = modules()
    below = {name: set(imported(name, path, known)) - {name} for name, path in known.items()}
    while done := [name for name, those in below.items() if not those]:
        for name in done:
            del below[name]
        for those in below.values():
            those.difference_update(done)
    assert sorted(below) == []


def test_the_map_lists_every_entry_of_the_tree_once() -> None:
    lines = (ROOT / "docs" / "map.md").read_text("utf-8").split("## Noun by layer")[1].split("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][2:]
    for place, column in enumerate(COLUMNS, 1):
        listed = Counter(entry for row in rows for entry in row[place].split(", ") if entry)
        there = {path.stem for path in (APP / column).iterdir() if path.suffix in ("", ".py")} - NOT_OF_A_NOUN
        assert set(listed) == there, column
        assert {entry for entry, n in listed.items() if n > 1} == set(), column


def test_every_file_that_the_map_names_is_there() -> None:
    text = (ROOT / "docs" / "map.md").read_text("utf-8")
    named = re.findall(r"`([a-z_/]+\.py)`", text)
    dotted = re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", text)
    named += [name.replace(".", "/") + ".py" for name in dotted if name.split(".")[0] in COLUMNS]
    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists() and not (APP / path).exists()] == []


def test_every_package_and_file_of_the_program_stands_in_the_maps_table_of_layers() -> None:
    table = (ROOT / "docs" / "map.md").read_text("utf-8").split("\nA procedure is drawn")[0]
    entries = {path.stem for path in APP.iterdir()} - {"__init__", "__pycache__"}
    assert {entry for entry in entries if not re.search(rf"\b{entry}\b", table)} == set()


def test_files_that_comments_name_are_there() -> None:
    """`work/tasks.py` in a docstring, a comment or a script of the pages: from `app/`, its services, store or web."""
    roots = (ROOT, APP, APP / "services", APP / "store", APP / "web", APP / "web" / "templates", APP / "web" / "assets")
    for path in [*APP.rglob("*.py"), *(APP / "web" / "assets").rglob("*.js")]:
        if "migrations" not in path.parts:
            named = re.findall(r"(?<![\w./-])((?:[a-z_]+/)+[a-z_]+\.(?:py|js|html|toml|bpmn))\b", path.read_text("utf-8"))
            assert [name for name in named if not any((root / name).exists() for root in roots)] == [], path.name


def test_every_link_of_the_readme_and_the_docs_leads_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        links = re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8"))
        assert [link for link in links if not link.startswith("http") and not (page.parent / link).exists()] == [], page.name


def test_no_view_names_a_post() -> None:
    """What a post may do is dated data (`may`), as is what it sees."""
    posts = {post["key"] for post in tomllib.loads((ROOT / "bpmn/entries/roles.toml").read_text("utf-8"))["role"]}
    for path in (APP / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert not (isinstance(node, ast.Constant) and node.value in posts), f"{path.name}:{node.lineno} {node.value}"


def test_a_sentence_stands_in_the_file_that_its_key_begins_with() -> None:
    for path in (APP / "labels").glob("*.py"):
        if path.stem != "__init__":
            keys = importlib.import_module(f"app.labels.{path.stem}").TEXT
            assert {key.partition(".")[0] for key in keys} <= {path.stem}, path.stem

"""Every function and question of the store is called by a test of the store."""

import ast
from pathlib import Path

from app.config import ROOT

STORE = ROOT / "app" / "store"
HERE = Path(__file__).parent


def test_every_public_function_of_the_store_has_a_test_of_the_store() -> None:
    called: set[str] = set()
    for path in HERE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called |= {node.attr} if isinstance(node, ast.Attribute) else {node.id} if isinstance(node, ast.Name) else set()
    lacking = {
        f"{path.stem}.{node.name}"
        for path in STORE.glob("*.py")
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name not in called
    }
    assert lacking == set()

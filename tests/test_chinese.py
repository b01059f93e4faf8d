"""Chinese words live with their owners: diagrams, forms, templates, labels. No other Python file has any; every code has its
sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from app.config import ROOT
from app.labels import _texts

CHINESE = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")  # words; punctuation may be data
CODE = re.compile(r"(steps|cases|pages|engine|policy\.quality)\.[a-z_]+(\.[a-z_]+)*")
FILES = sorted(p for p in (ROOT / "app").rglob("*.py") if "labels" not in p.relative_to(ROOT).parts)
RAISED = ("Refused", "Stale", "OperationFailed", "EngineError", "PaperError", "tell", "say")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_chinese_word_outside_labels(path: Path) -> None:
    found = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and not _is_docstring(path, node)
    ]
    assert found == []


def _is_docstring(path: Path, node: ast.Constant) -> bool:
    """Comments and docstrings may quote a word on screen ("依法删除")."""
    return node.col_offset in (0, 4, 8) and path.read_text().splitlines()[node.lineno - 1].lstrip().startswith('"""')


def codes() -> Iterator[tuple[str, str]]:
    """(code, file) of every literal code that is raised or said."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in RAISED and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, path.name
            elif (
                "services" in path.relative_to(ROOT).parts
                and isinstance(node, ast.Constant)
                and CODE.fullmatch(str(node.value))
            ):
                yield str(node.value), path.name


def test_every_code_has_a_sentence() -> None:
    known = _texts()
    missing = {(code, file) for code, file in codes() if "." in code and code not in known and not code.endswith(".")}
    assert missing == set()


def filled() -> Iterator[tuple[str, set[str], str]]:
    """(code, names of what fills its sentence, where) wherever both stand in the program as they are."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                named = [keyword.arg for keyword in node.keywords]
                if name in (*RAISED, "say_of", "stop") and None not in named:
                    yield str(node.args[0].value), {str(one) for one in named}, where
            elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
                given = node.elts[1]
                if isinstance(given, ast.Dict) and all(isinstance(key, ast.Constant) for key in given.keys):
                    yield str(node.elts[0].value), {str(key.value) for key in given.keys}, where  # type: ignore[union-attr]


def test_every_blank_of_a_sentence_is_filled() -> None:
    known = _texts()
    lacking = {}
    for code, given, where in filled():
        blanks = {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(known.get(code, "")) if name}
        if code.startswith(("forms.", "register.")):
            blanks.discard("title")  # the form, or the column, says it
        if blanks - given:
            lacking[where] = (code, sorted(blanks - given))
    assert lacking == {}


def said() -> tuple[set[str], list[re.Pattern[str]]]:
    """(keys that stand as they are, patterns of keys that are put together) in programs and pages."""
    whole: set[str] = set()
    parts: list[re.Pattern[str]] = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                text = "\0".join(str(v.value) if isinstance(v, ast.Constant) else "" for v in node.values)
                if re.match(r"[a-z_]+\.", text) and " " not in text and "/" not in text:
                    parts.append(re.compile(".*".join(map(re.escape, text.split("\0")))))
    for page in (ROOT / "app" / "web" / "templates").rglob("*.html"):
        text = page.read_text("utf-8")
        whole |= set(re.findall(r"say\('([a-z_.]+)'", text))
        parts += [re.compile(re.escape(start) + ".*") for start in re.findall(r"say\('([a-z_.]+)' ?~", text)]
    return whole, parts


def test_every_sentence_is_said_somewhere() -> None:
    whole, parts = said()
    renamed = {"check.condition.too_long", "check.condition.not_understood"}  # the engine's words, for the check
    unsaid = {key for key in _texts() if key not in whole and not any(part.fullmatch(key) for part in parts)}
    assert unsaid - renamed == set()

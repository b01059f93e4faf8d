import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.forms import Form, load

FOLDER = Path(__file__).parents[2] / "forms"
PATHS = sorted(FOLDER.glob("*/*.json"))


@cache
def _codes() -> dict[str, Any]:
    return json.loads((FOLDER / "codes.json").read_text("utf-8"))


@cache
def _shipped(task: str) -> Form:
    """The form of a step, of identification where several procedures have one of that name."""
    path = next(FOLDER.glob(f"identify/{task}.json"), None) or next(FOLDER.glob(f"*/{task}.json"))
    return load(json.loads(path.read_text("utf-8")), _codes())


@pytest.fixture
def codes() -> dict[str, Any]:
    return _codes()


@pytest.fixture
def shipped() -> Callable[[str], Form]:
    """A form of the project by task id."""
    return _shipped


@pytest.fixture(params=PATHS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def schema(request: pytest.FixtureRequest) -> dict[str, Any]:
    return json.loads(request.param.read_text("utf-8"))


@pytest.fixture
def schemas() -> dict[str, dict[str, Any]]:
    """By step; those of the elimination as `eliminate/step`."""
    return {
        path.stem if path.parent.name != "eliminate" else f"eliminate/{path.stem}": json.loads(path.read_text("utf-8"))
        for path in PATHS
    }


@pytest.fixture
def typed() -> Callable[[Mapping[str, Any]], dict[str, list[str]]]:
    """What `shown` gives, as a browser would send it."""

    def flat(raw: Mapping[str, Any], prefix: str = "") -> dict[str, list[str]]:
        made: dict[str, list[str]] = {}
        for name, value in raw.items():
            if isinstance(value, Mapping):
                made |= flat(value, f"{prefix}{name}-")
            elif isinstance(value, list) and value and isinstance(value[0], Mapping):
                for index, row in enumerate(value):
                    made |= flat(row, f"{prefix}{name}-{index}-")
            else:
                made[f"{prefix}{name}"] = list(value) if isinstance(value, list) else [value]
        return made

    return flat

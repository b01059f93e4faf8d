"""A machine without Node, or with an old one, is set up all the same."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.config import ROOT

WHEEL = "requirements-node.txt"
FILES = ("package.json", "package-lock.json", "pyproject.toml", "requirements.txt", "requirements-dev.txt", WHEEL)


def plan(folder: Path, **programs: str) -> str:
    """What `make setup` would do where these programs are all that is known of Node, each saying a version."""
    shutil.copy(ROOT / "Makefile", folder)
    for name in FILES:
        (folder / name).touch()
    path = folder / "path"
    path.mkdir()
    for tool in ("find", "grep"):
        (path / tool).symlink_to(shutil.which(tool) or "")
    for name, version in programs.items():
        (path / name).write_text(f"#!/bin/sh\necho {version}\n")
        (path / name).chmod(0o755)
    make = shutil.which("make") or ""
    run = subprocess.run(
        [make, "-n", "setup"], cwd=folder, env={"PATH": str(path)}, capture_output=True, text=True, check=True
    )
    assert "npm ci" in run.stdout
    return run.stdout


@pytest.mark.parametrize(
    "programs",
    [{}, {"node": "v18.18.2", "npm": "9.8.1"}, {"node": "v9.11.2", "npm": "5.6.0"}, {"node": "v22.1.0"}],
    ids=["no Node", "Node 18", "Node 9", "Node without npm"],
)
def test_node_comes_as_a_wheel_and_is_found_first(tmp_path: Path, programs: dict[str, str]) -> None:
    planned = plan(tmp_path, **programs)
    assert planned.index(f"-r {WHEEL}") < planned.index(f'PATH="{tmp_path}/.venv/bin:$PATH" npm ci')


@pytest.mark.parametrize("version", ["v20.0.0", "v24.1.0", "v100.0.0"])
def test_a_machines_own_node_is_taken_where_it_is_new_enough(tmp_path: Path, version: str) -> None:
    planned = plan(tmp_path, node=version, npm="10.2.0")
    assert WHEEL not in planned and "\nnpm ci" in planned

"""The shipped entries, read once."""

from pathlib import Path

import pytest

from app.policy.parameters import Entries, read_toml

ENTRIES = Path(__file__).parents[2] / "bpmn" / "entries"


@pytest.fixture(scope="session")
def entries() -> Entries:
    return Entries.of(entry for path in sorted(ENTRIES.glob("*.toml")) for entry in read_toml(path.read_text("utf-8")))

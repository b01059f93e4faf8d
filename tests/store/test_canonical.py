"""The quick way to canonical JSON gives the reference's bytes, and long secrets are kept short."""

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import load_keyring
from app.store import record
from app.store.migrate import upgrade
from app.store.record import Inexact, canonical
from app.store.session import open_store

plain = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text()
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.dictionaries(st.text(), values))
def test_canonical_is_the_reference_byte_for_byte(body: dict[str, Any]) -> None:
    assert canonical(body) == rfc8785.dumps(body)
    assert json.loads(canonical(body)) == body


@pytest.mark.parametrize("body", [{"a": 1.0}, {"a": [{"b": float("inf")}]}])
def test_no_float_is_written(body: dict[str, Any]) -> None:
    with pytest.raises(Inexact):
        canonical(body)


def test_keys_sort_by_utf_16_units_as_the_reference_says() -> None:
    body = {"\U00020bb7": 1, "\uff5e": 2, "a": 3}
    assert list(json.loads(canonical(body))) == ["a", "\U00020bb7", "\uff5e"]


def test_a_long_secret_is_deflated_and_read_again(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}", load_keyring(tmp_path / "keys.json", "gm"))
    upgrade(store)
    with store.transaction() as session:
        key = record.new_data_key(session, "test")
        for content in ({"a": "b"}, {"members": [{"name": "演示", "relation": "head"}] * 50}):
            sealed = record.seal_secret(session, key, "place:1", content)
            assert record.open_secret(session, key, "place:1", sealed) == content
            assert len(sealed) < 400
    store.engine.dispose()

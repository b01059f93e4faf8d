"""What is written into the record: canonical JSON, no floats, both suites side by side."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import rfc8785

from app.crypto import load_keyring
from app.services import audit
from app.store import record
from app.store.migrate import upgrade
from app.store.record import NewEvent
from app.store.session import open_store

NOW = datetime(2021, 9, 1, tzinfo=UTC)


def test_a_setting_may_change_the_suite_and_old_rows_still_verify(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    for suite in ("intl", "gm", "intl"):
        store = open_store(url, load_keyring(tmp_path / "keys.json", suite))
        upgrade(store)
        with store.transaction() as session:
            key = record.new_data_key(session, "test")
            head = record.lock_stream(session, "notes")
            _, writes = record.append(session, head, key, NewEvent("noted", NOW, None, {"a": 1}, {"words": "保密"}))
            session.write(writes)
        store.engine.dispose()
    store = open_store(url, load_keyring(tmp_path / "keys.json", "gm"))
    with store.reading() as session:
        report = audit.verify(session)
    store.engine.dispose()
    assert (report.events, report.findings) == (3, [])


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**60])
def test_what_json_cannot_say_exactly_never_enters_a_body(tmp_path: Path, value: float) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'x.db'}", load_keyring(tmp_path / "keys.json", "intl"))
    upgrade(store)
    with pytest.raises((record.Inexact, rfc8785.IntegerDomainError)), store.transaction() as s:
        head = record.lock_stream(s, "notes")
        record.append(s, head, None, NewEvent("noted", NOW, None, {"a": value}))
    store.engine.dispose()

"""Another process writes for long, or the disk is full: who only reads does not wait, who writes is told soon, nothing is half
saved and no trace is lost."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import event, text

from app.config import ROOT
from app.services import upkeep
from app.services.history import readings
from app.store import readings as reading_rows
from app.store.session import DiskFull, Store
from app.web.office import ops
from tests.web.conftest import Site


@contextmanager
def writer(site: Site) -> Iterator[None]:
    """Somebody else's process in the middle of a long transaction."""
    file = site.county.store.engine.url.database
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def seen(site: Site, household: int) -> list[str]:
    with site.county.store.reading() as session:
        return [row.what for row in reading_rows.readings_of(session, household, 100)]


def age_sessions(site: Site) -> None:
    """Long enough ago that the next page would note the person's presence."""
    with site.county.store.transaction() as session:
        session.conn.execute(text("UPDATE sessions SET seen_at = seen_at - 300000000"))


def test_pages_that_only_read_do_not_wait_and_their_trace_is_kept(site: Site) -> None:
    walk = site.walk(to="check_household")
    case = walk.case()
    person = site.person("village_1")
    pages = ("/", f"/cases/{case.id}", f"/households/{case.household}", "/cases", "/clues", "/notifications", "/healthz")
    for page in pages:
        person.get(page)
    before = seen(site, case.household)
    age_sessions(site)
    with writer(site):
        for page in pages:
            began = time.perf_counter()
            assert person.get(page).status_code == 200 or page == "/healthz"
            assert time.perf_counter() - began < 1.5, page
        assert seen(site, case.household) == before
    folder = site.app.extensions["shouwang"].config.var
    assert readings.take_up(site.county.store, folder) == 2
    assert sorted(seen(site, case.household)) == sorted([*before, "case", "household"])
    assert readings.take_up(site.county.store, folder) == 0


def test_a_trace_left_by_a_crash_is_not_made_twice(site: Site) -> None:
    walk = site.walk(to="check_household")
    household = walk.case().household
    folder, person = site.app.extensions["shouwang"].config.var, site.person("village_1")
    with writer(site):
        person.get(f"/households/{household}")
    left = {path: path.read_bytes() for path in (folder / readings.FOLDER).iterdir()}
    assert len(left) == 1 and all(path.stat().st_mode & 0o077 == 0 for path in left)
    readings.take_up(site.county.store, folder)
    for path, content in left.items():
        path.write_bytes(content)
    (folder / readings.FOLDER / "broken.json").write_text("{")
    readings.take_up(site.county.store, folder)
    assert seen(site, household).count("household") == 1
    assert [path.name for path in (folder / readings.FOLDER).iterdir()] == ["broken.bad"]


def test_a_page_without_a_trace_is_not_shown(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = site.walk(to="check_household")

    def full(*args: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.services.history.readings.write_whole", full)
    person, household = site.person("village_1"), walk.case().household
    with writer(site):
        answer = person.get(f"/households/{household}")
    assert answer.status_code == 507 and "磁盘满了" in answer.text


def test_who_writes_is_told_within_seconds_and_readers_find_a_thread(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    store = site.app.extensions["shouwang"].store
    monkeypatch.setattr(store, "patience", 0.5)
    walk = site.walk(to="check_household")
    task = walk.task("check_household")
    person = site.person("village_1")
    with writer(site):
        answers: list[int] = []
        posts = [
            Thread(target=lambda: answers.append(person.post(f"/tasks/{task.id}/claim", {"_version": "1"}).status_code))
            for _ in range(3)
        ]
        for post in posts:
            post.start()
        began = time.perf_counter()
        for post in posts:
            post.join()
        assert answers == [503] * 3 and time.perf_counter() - began < 4
    assert person.post(f"/tasks/{task.id}/claim", {"_version": task.version}).status_code == 302


# --- no room ----------------------------------------------------------------------------------------------------------


@contextmanager
def no_room(site: Site) -> Iterator[None]:
    """The database may not grow by a page: what SQLite says then is what it says on a full disk."""
    store = site.county.store
    store.engine.dispose()

    @event.listens_for(store.engine, "connect")
    def limit(connection: sqlite3.Connection, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

    try:
        yield
    finally:
        event.remove(store.engine, "connect", limit)
        store.engine.dispose()


def test_a_full_disk_is_called_that_and_nothing_is_half_saved(site: Site) -> None:
    person = site.person("village_1")
    acts = []
    for number in range(1, 7):  # the first ones may still fit into pages that were begun
        walk = site.walk(number, to="check_household")
        task = walk.task("check_household")
        person.post(f"/tasks/{task.id}/claim", {"_version": task.version})
        sent = site.strings("check_household", walk.usual("check_household"))
        acts.append((task.id, {**sent, "_version": walk.task("check_household").version}))
    with no_room(site):
        with pytest.raises(DiskFull):
            fill(site.county.store)
        for ident, sent in acts:
            before = _counts(site)
            answer = person.post(f"/tasks/{ident}/complete", sent)
            if answer.status_code != 302:
                break
        assert answer.status_code == 507 and "磁盘满了" in answer.text
        assert person.get("/cases").status_code == 200
        assert ops.state(site.app.extensions["shouwang"].store, ROOT)["disk"] == "full"
    assert _counts(site) == before
    assert person.post(f"/tasks/{ident}/complete", sent).status_code == 302
    assert ops.state(site.app.extensions["shouwang"].store, ROOT)["disk"] == "ok"


def fill(store: Store) -> None:
    """What room there is within the file's own pages, the last free page too. DiskFull once there is none."""
    for size in (9000, 3000):
        with suppress(DiskFull):
            _fill(store, size)
    _fill(store, 500)


def _fill(store: Store, size: int) -> None:
    for _ in range(2000):
        with store.transaction() as session:
            session.conn.execute(text(f"INSERT INTO files (hash, bytes) VALUES (randomblob(32), zeroblob({size}))"))


def _counts(site: Site) -> list[int]:
    with site.county.store.reading() as session:
        return [
            session.conn.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
            for name in ("events", "tasks", "snapshots", "household_versions", "steps_done")
            if session.conn.dialect.has_table(session.conn, name)
        ]


def test_health_knows_a_disk_that_is_nearly_full(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ops.state(site.county.store, ROOT)["disk"] == "ok"
    monkeypatch.setattr(ops, "ROOM", 1 << 60)
    assert ops.state(site.county.store, ROOT)["disk"] == "low"
    answer = site.person("admin").get("/healthz")
    assert answer.status_code == 503 and "disk" in answer.json["ill"]


def test_a_seal_whose_file_found_no_room_is_written_later(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, now = site.county.store, site.county.now
    (tmp_path / "var").mkdir()
    (tmp_path / "var/seals").write_text("no folder")
    with pytest.raises(OSError, match="seals"):
        upkeep.daily_seal(store, now, tmp_path / "var")
    (tmp_path / "var/seals").unlink()
    upkeep.daily_seal(store, now, tmp_path / "var")
    [file] = (tmp_path / "var/seals").iterdir()
    file.unlink()  # it has left the machine
    assert not upkeep.daily_seal(store, now, tmp_path / "var") and not file.exists()

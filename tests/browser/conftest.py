"""A real Chromium on real pages, served from a deployed county."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace as _replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import make_server

from app import config
from app.services.officials import accounts
from app.store import people as people_rows
from app.store import time as store_time
from app.web import create_app
from tests.browser.desk import PASSWORD, Site
from tests.conftest import STAFF, County

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "the browser tests need Debian's chromium: apt-get install chromium fonts-noto-cjk"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(sqlite_county: County, browser: Browser, tmp_path: Path) -> Iterator[Site]:
    """The county served on a free port of 127.0.0.1, its clock standing at the start of the demo."""
    store = sqlite_county.store
    hashed = accounts.hash_password(PASSWORD)
    with store.transaction() as session:
        store_time.set_demo_moment(session, sqlite_county.now)
        for name in STAFF:
            people_rows.change_official(session, sqlite_county.ids[name], password_hash=hashed, must_change=False)
    settings = _replace(config.load(), var=tmp_path, keys=tmp_path / "keys.json")
    server = make_server("127.0.0.1", 0, create_app(store, settings), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    site = Site(sqlite_county, browser, f"http://127.0.0.1:{server.server_port}")
    yield site
    site.close()
    server.shutdown()
    thread.join()
    server.server_close()

"""The README's pictures: `python -m tests.browser.pictures docs` builds a demo county and photographs its pages."""

import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from app import config
from app.crypto import load_keyring
from app.services import demo, upkeep
from app.services.officials import accounts
from app.store import migrate, time
from app.store.session import Store, open_store
from app.store.tables import cases, households, runs, tasks
from app.web import create_app

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "demo-password-1"
WIDTHS = (1280, 390)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        var = Path(temporary)
        store = open_store(f"sqlite:///{var / 'demo.db'}", load_keyring(var / "keys.json", "intl"))
        migrate.upgrade(store)
        demo.build(
            store, config.ROOT, households=120, seed=1, progress=None, accounts=lambda _: accounts.hash_password(PASSWORD)
        )
        settings = replace(config.load(), var=var)
        server = make_server("127.0.0.1", 0, create_app(store, settings), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            _photograph(store, f"http://127.0.0.1:{server.server_port}", folder)
        finally:
            server.shutdown()
            store.engine.dispose()


def _photograph(store: Store, url: str, folder: Path) -> None:
    with store.reading() as session:
        now = time.now(session)
    upkeep.tick(store, now, folder.parent / "var")  # as the running system does in its first seconds
    with store.reading() as session:
        visits = "visits:" + session.conn.execute(select(runs.c.period).where(runs.c.kind == "visits")).scalar_one()
        review = (
            session.conn.execute(
                select(tasks.c.id).where(
                    tasks.c.element == "check_household", tasks.c.status == "open", tasks.c.org_unit == "440229100201"
                )
            )
            .scalars()
            .first()
        )
        case = (
            session.conn.execute(
                select(cases.c.id)
                .join(households, households.c.id == cases.c.household)
                .where(cases.c.status == "monitored", households.c.org_unit == "440229100201")
                .order_by(cases.c.id)
            )
            .scalars()
            .first()
        )
        household = session.conn.execute(select(cases.c.household).where(cases.c.id == case)).scalar()
        posting = (
            session.conn.execute(
                select(tasks.c.case_id)
                .where(tasks.c.element == "take_down_notice", tasks.c.org_unit == "440229100201")
                .order_by(tasks.c.id)
            )
            .scalars()
            .first()
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for width in WIDTHS:
            visitor = browser.new_context(viewport={"width": width, "height": 860}, locale="zh-CN").new_page()
            _shot(visitor, f"{url}/start", folder / f"start-{width}.png")
            _shot(visitor, f"{url}/apply", folder / f"apply-{width}.png")
            visitor.goto(f"{url}/start")
            visitor.click("form[action='/start/village'] button")
            _shot(visitor, f"{url}/tour", folder / f"tour-{width}.png")
            visitor.context.close()
            page = browser.new_context(viewport={"width": width, "height": 860}, locale="zh-CN").new_page()
            _sign_in(page, url, "cungan1")
            _shot(page, f"{url}/?tab=open", folder / f"inbox-{width}.png")
            page.goto(f"{url}/tasks/{review}")
            claim = page.locator("button:has-text('签收')").first
            if claim.count():
                claim.click()
            _shot(page, f"{url}/tasks/{review}", folder / f"task-{width}.png")
            _shot(page, f"{url}/lists/meeting", folder / f"list-{width}.png")
            _shot(page, f"{url}/households/{household}", folder / f"household-{width}.png")
            _shot(page, f"{url}/cases/{case}", folder / f"case-{width}.png")
            _shot(page, f"{url}/papers/{posting}/notice", folder / f"notice-{width}.png")
            _shot(page, f"{url}/clues", folder / f"clues-{width}.png")
            _shot(page, f"{url}/rounds/{visits}", folder / f"round-{width}.png")
            _shot(page, f"{url}/incomes?village=440229100201", folder / f"incomes-{width}.png")
            page.context.close()
            page = browser.new_context(viewport={"width": width, "height": 860}, locale="zh-CN").new_page()
            _sign_in(page, url, "xianfuze1")
            _shot(page, f"{url}/months/2022-08", folder / f"month-{width}.png")
            _shot(page, f"{url}/scale?span=12", folder / f"scale-{width}.png")
            page.context.close()
        browser.close()


def _sign_in(page: Page, url: str, who: str) -> None:
    page.goto(f"{url}/login")
    page.fill("#username", who)
    page.fill("#password", PASSWORD)
    page.click("form.sheet button")
    page.wait_for_load_state("networkidle")


def _shot(page: Page, address: str, path: Path) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    page.screenshot(path=str(path))
    print(path.name, page.title())


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))

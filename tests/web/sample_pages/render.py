"""Draw every page with its sample into a folder and photograph it at 1280 and 390 px.

    python -m tests.web.sample_pages.render OUT [PAGE ...]

Serves OUT with the product's own Content-Security-Policy, so that a blocked script or style shows.
"""

import gzip
import json
import sys
import tempfile
import threading
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jinja2
from playwright.sync_api import sync_playwright

from app.labels import say
from app.web.shell.filters import day_input
from tests.web.sample_pages.pages import PAGES
from tests.web.sample_pages.samples import NOW, ROOT

INBOX_FILES = ("app.css", "app.js", "htmx.js", "icons.svg", "favicon.svg")
STATIC = ROOT / "app" / "web" / "static"
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


def _date(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _days_left(days: int) -> str:
    return f"还剩 {days} 天" if days > 0 else "今天到期" if days == 0 else f"已超 {-days} 天"


FILTERS: dict[str, Any] = {
    "day": lambda d: f"{_date(d).month} 月 {_date(d).day} 日",
    "day_full": lambda d: f"{_date(d).year} 年 {_date(d).month} 月 {_date(d).day} 日",
    "day_input": day_input,
    "day_short": lambda d: f"{_date(d).month}/{_date(d).day}",
    "when": lambda t: f"{t.month} 月 {t.day} 日 {t:%H:%M}",
    "month": lambda text: f"{text[:4]} 年 {int(text[5:])} 月",
    "days_left": _days_left,
    "yuan": lambda fen: f"{fen / 100:,.2f}",
    "count": lambda n: "999+" if n > 999 else str(n),
}


def environment() -> jinja2.Environment:
    """Strict: a page that asks for a key its sample lacks fails here."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "app" / "web" / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    made.globals.update(
        asset=lambda name: f"/static/{name}",
        csrf_token=lambda: "sample",
        form_mark=lambda: "",
        form_tab=lambda: "sample",
        form_person=lambda: "sample",
        say=say,
        get_flashed_messages=lambda with_categories: [],
    )
    made.filters.update(FILTERS)
    return made


def draw(name: str, made: jinja2.Environment) -> str:
    template, context = PAGES[name]
    return made.get_template(template).render(context())


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def photograph(address: str, out: Path, names: list[str]) -> list[str]:
    """Whole-page pictures at both widths, one print, and what is wrong: script errors, sideways scrolling."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path="/usr/bin/chromium", args=FLAGS, locale="zh-CN"
        )
        page = browser.new_page()
        where = [""]
        page.on("pageerror", lambda error: faults.append(f"{where[0]}: {error}"))
        page.on("console", lambda line: line.type == "error" and faults.append(f"{where[0]}: {line.text}"))
        for name in names:
            for width, height in ((1280, 900), (390, 844)):
                where[0] = f"{name} {width}"
                page.set_viewport_size({"width": width, "height": height})
                page.goto(f"{address}/{name}.html", wait_until="networkidle")
                wide = page.evaluate("document.documentElement.scrollWidth")
                if wide > width:
                    faults.append(f"{where[0]}: scrolls sideways ({wide} px)")
                page.screenshot(path=out / f"{name}-{width}.png", full_page=True)
            if name in ("case", "notice", "inbox"):
                page.pdf(path=out / f"{name}.pdf", prefer_css_page_size=True)
        browser.close()
    return faults


def main() -> None:
    out = Path(sys.argv[1])
    wanted = sys.argv[2:] or list(PAGES)
    out.mkdir(parents=True, exist_ok=True)
    made = environment()
    static = out / "static"
    if not static.exists():
        static.symlink_to(STATIC)
    (out / "identify.bpmn").write_bytes((ROOT / "bpmn" / "identify.bpmn").read_bytes())
    state = {
        "done": [
            "clue_found",
            "register_application",
            "sign_commitment",
            "commitment_made",
            "check_household",
        ],
        "current": ["hold_village_review"],
        "taken": [],
    }
    (out / "state.json").write_text(json.dumps(state))
    for name in wanted:
        (out / f"{name}.html").write_text(draw(name, made), encoding="utf-8")
    page = gzip.compress((out / "desk/inbox.html").read_bytes(), 6) if "inbox" in wanted else b""
    weight = len(page) + sum(len(gzip.compress((STATIC / name).read_bytes(), 6)) for name in INBOX_FILES)
    print(f"{NOW:%Y-%m-%d} inbox, first visit: {weight / 1024:.1f} KB over the wire")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(out)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    faults = photograph(f"http://127.0.0.1:{server.server_port}", out, wanted)
    server.shutdown()
    print("\n".join(faults) or "no script errors, nothing scrolls sideways")


if __name__ == "__main__":
    main()

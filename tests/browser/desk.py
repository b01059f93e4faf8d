"""People at their desks: each has a browser context of their own and works through the pages as drawn."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from app import forms
from app.services import definitions
from app.services.work import timers
from app.store import time as store_time
from tests.conftest import County
from tests.walking import Walk

PASSWORD = "demo-password-1"
SCAN = Path(__file__).with_name("signed_page.jpg")


@dataclass
class Site:
    county: County
    browser: Browser
    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def page(self, who: str, width: int = 1280) -> Page:
        """This person's page, signed in; script and CSP errors are collected."""
        if who not in self.pages:
            context = self.browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
            page = context.new_page()
            page.on("pageerror", lambda error: self.problems.append(str(error)))
            page.on(
                "console",
                lambda message: self.problems.append(message.text) if "Content Security" in message.text else None,
            )
            page.goto(f"{self.url}/login")
            page.fill("#username", who)
            page.fill("#password", PASSWORD)
            page.click("text=登录")
            expect(page.locator("h1").first).to_be_visible()
            self.pages[who] = page
        return self.pages[who]

    def close(self) -> None:
        for page in self.pages.values():
            page.context.close()

    def pass_days(self, days: int) -> None:
        """The demo clock goes forward and what falls due happens."""
        self.county.now += timedelta(days=days)
        with self.county.store.transaction() as session:
            store_time.set_demo_moment(session, self.county.now)
        timers.fire_due(self.county.store, self.county.now)

    def form(self, element: str, exiting: bool = False) -> forms.Form:
        with self.county.store.reading() as session:
            for process in ("eliminate",) if exiting else ("identify", "query_assets"):
                found = definitions.latest(session, process).forms.get(element)
                if found is not None:
                    return found
        raise AssertionError(element)

    def do(self, walk: Walk, who: str, element: str, item: str | None = None, **answers: Any) -> Page:
        """Open the task of this case from the inbox's address, fill what is asked, and complete it."""
        page = self.page(who)
        task = walk.task(element, item)
        page.goto(f"{self.url}/tasks/{task.id}")
        claim = page.locator("button:has-text('签收')").first
        if claim.count() and claim.is_visible():
            claim.click()
        expect(page.locator("#task-form")).to_be_visible()
        values = {**walk.usual(element), **answers}
        fill(page, self.form(element, walk.exiting), {k: v for k, v in values.items() if v is not None})
        page.click("text=办结并看下一件")
        expect(page.locator("body")).not_to_contain_text("没有办结", timeout=5000)
        assert (element, item) not in walk.open_tasks(), page.locator("#content").inner_text()[:2000]
        return page


def fill(page: Page, form: forms.Form, values: dict[str, Any]) -> None:
    """Type what a person would type: strings as shown, choices by clicking, pages by file."""
    shown = forms.shown(form.fields, values)
    for item in form.fields:
        if item.widget == "scan":
            if item.name in values:
                page.set_input_files(f"[name='_file-{item.name}']", str(SCAN))
                expect(page.locator(".held").first).to_be_visible()
        elif item.widget == "table":
            for n, row in enumerate(shown.get(item.name, [])):
                if page.locator(f"[name^='{item.name}-{n}-']").count() == 0:
                    page.locator(f"[name='_add_{item.name}']").click()
                for column in item.columns:
                    if column.name in row:
                        put(page, f"{item.name}-{n}-{column.name}", row[column.name])
        elif item.widget == "votes":
            for column in item.columns:
                put(page, f"{item.name}-{column.name}", shown[item.name][column.name])
        elif item.name in shown:
            put(page, item.name, shown[item.name])


def put(page: Page, name: str, value: str | list[str]) -> None:
    """One input, whatever kind it is; a value already known and folded away is left alone."""
    shown = f"[name='{name}']:not([type=hidden])"
    inputs = page.locator(f"#task-form {shown}, form.sheet {shown}, form[data-grid] {shown}")
    if inputs.count() == 0:
        return
    first = inputs.first
    kind = first.get_attribute("type") or first.evaluate("e => e.tagName.toLowerCase()")
    if not first.is_visible() and kind not in ("radio", "checkbox"):
        fold = first.locator("xpath=ancestor::details[1]/summary")
        if fold.count():
            fold.first.click()
    if kind in ("radio", "checkbox"):
        for one in [value] if isinstance(value, str) else value:
            page.locator(f"[name='{name}'][value='{one}']").first.check()
    elif kind == "select":
        first.select_option(value)
    else:
        first.fill(value if isinstance(value, str) else "\n".join(value))

"""Photographs of a telephone are made small before they are sent; reload and "back" show what was typed."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import expect

from app.store.tables import kept_files
from tests.browser.desk import Site
from tests.conftest import County
from tests.walking import Walk

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """As large as a telephone makes them: twelve million pixels, some megabytes."""
    path: Path = tmp_path_factory.mktemp("photo") / "p.jpg"
    Image.effect_noise((1000, 750), 60).resize((4000, 3000)).convert("RGB").save(path, quality=97)
    content = path.read_bytes()
    assert 3_000_000 < len(content) < 9_000_000
    return content


def sizes(county: County) -> list[int]:
    with county.store.reading() as session:
        return [row.size for row in session.conn.execute(kept_files.select())]


def test_photographs_arrive_small_one_by_one_and_a_reload_keeps_them_and_the_words(site: Site, photo: bytes) -> None:
    walk = Walk(site.county, 1).open()
    walk.to("sign_commitment")
    page = site.page("village_1", 390)
    page.goto(f"{site.url}/tasks/{walk.task('sign_commitment').id}")
    page.click("button:has-text('签收')")
    page.check("[name=commitment][value=signed]")
    choose = page.locator("input[type=file][multiple]").first
    files: Any = [{"name": f"第{n}页.jpg", "mimeType": "image/jpeg", "buffer": photo} for n in (1, 2)]
    cut: Any = {"name": "断了.heic", "mimeType": "image/heic", "buffer": b"\0\0\0\x18ftypheic" + bytes(100)}
    page.route("**/kept/file", lambda route: route.abort(), times=1)
    choose.set_input_files([*files, cut])
    expect(page.get_by_text("HEIC 格式的照片")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("第1页.jpg：没有传上")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("已收到：第2页.jpg")).to_be_visible(timeout=20_000)
    page.click("button:has-text('再传一次'):visible")
    expect(page.get_by_text("已收到：第1页.jpg")).to_be_visible(timeout=20_000)
    assert len(sizes(site.county)) == 2 and max(sizes(site.county)) <= 1_000_000
    with page.expect_response(lambda answer: "signed_on=2021-08-30" in (answer.request.post_data or "")):
        page.fill("[name=signed_on]", "2021-08-30")
    page.reload()
    expect(page.get_by_text("已收到：第1页.jpg")).to_be_visible()
    expect(page.locator("[name=signed_on]")).to_have_value("2021-08-30")
    assert not site.problems


def test_a_refused_form_survives_reload_and_back(site: Site) -> None:
    page = site.page("village_1")
    page.goto(f"{site.url}/clues/new")
    page.fill("[name=situation]", "演示打的字")
    page.click("main form.sheet button.btn-primary")
    for go in (page.reload, page.go_back, page.go_forward):
        expect(page.locator("[name=situation]")).to_have_value("演示打的字")
        go()
    expect(page.locator("[name=situation]")).to_have_value("演示打的字")
    assert not site.problems


def test_what_stands_in_one_form_of_a_page_is_there_after_another_was_sent(site: Site) -> None:
    walk = Walk(site.county, 1).open().to("hold_village_review")
    page = site.page("village_2")
    page.goto(f"{site.url}/tasks/{walk.task('hold_village_review').id}")
    page.click("button:has-text('签收')")
    page.fill("[name=place]", "大榕树下")
    page.click("summary:has-text('哪天再看')")
    page.fill("[name=on]", "2021-09-20")
    with page.expect_navigation():
        page.locator("form[action$='/follow'] button").click()
    expect(page.locator("[name=on]")).to_have_value("2021-09-20")
    expect(page.locator("[name=place]")).to_have_value("大榕树下")
    assert not site.problems


def unsent(page: Any) -> int:
    return int(page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('unsent')).length"))


def test_without_a_signal_the_page_stays_and_what_was_lost_on_the_way_stands_again(site: Site) -> None:
    page = site.page("village_1", 390)
    send = "main form.sheet button.btn-primary"
    page.goto(f"{site.url}/clues/new")
    page.fill("[name=situation]", "没有信号时写的")
    page.context.set_offline(True)
    page.click(send)
    expect(page.get_by_text("没有网络，没有发出去")).to_be_visible()
    expect(page.locator("[name=situation]")).to_have_value("没有信号时写的")
    page.context.set_offline(False)
    page.route("**/clues/new", lambda route: route.abort(), times=1)
    page.fill("[name=situation]", "发到一半断了")
    with page.expect_event("requestfailed", lambda asked: asked.url.endswith("/clues/new")):
        page.click(send)
    page.wait_for_function("location.protocol === 'chrome-error:'")
    for _ in range(2):  # at once, then from the server
        page.goto(f"{site.url}/clues/new")
        expect(page.get_by_text("填的还没有交上")).to_be_visible()
        expect(page.locator("[name=situation]")).to_have_value("发到一半断了")
        assert unsent(page) == 0
    page.fill("[name=situation]", "还要改一句")
    page.wait_for_function("Object.keys(sessionStorage).length === 1")
    page.click(send)
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    expect(page.locator("[name=situation]")).to_have_value("还要改一句")
    assert unsent(page) == 0
    page.fill("[name=situation]", "退出时没有存的")
    page.wait_for_function("Object.keys(sessionStorage).length === 1")
    page.evaluate("document.querySelector('form[action=\"/logout\"]').requestSubmit()")
    page.wait_for_url("**/login")
    assert unsent(page) == 0
    assert not site.problems

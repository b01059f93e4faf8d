"""Every page draws from exactly the keys its head comment names, and the inbox stays light."""

import gzip

import pytest

from tests.web.sample_pages.pages import PAGES
from tests.web.sample_pages.render import INBOX_FILES, STATIC, draw, environment
from tests.web.sample_pages.samples import ROOT


@pytest.mark.parametrize("name", PAGES)
def test_page_draws_with_its_sample_and_leaves_no_key_out(name: str) -> None:
    page = draw(name, environment())
    assert '<html lang="zh-CN">' in page
    assert "noindex" in page or "演示数据" in page


def test_every_template_has_a_sample() -> None:
    drawn = {template for template, _ in PAGES.values()} | {
        "shell/base.html",
        "shell/bare.html",
        "shell/_parts.html",
        "rights/_questions.html",
        "shell/_files.html",
        "keeping/kept.html",
        "keeping/kept_elsewhere.html",
        "keeping/kept_file.html",
        "keeping/kept_other.html",
        "keeping/kept_paper.html",
        "shell/fields.html",
    }
    templates = ROOT / "app" / "web" / "templates"
    assert {path.relative_to(templates).as_posix() for path in templates.rglob("*.html")} <= drawn


def test_no_page_needs_inline_script_or_style_sheet() -> None:
    made = environment()
    for name in PAGES:
        page = draw(name, made)
        assert "<style" not in page and " onclick" not in page and "hx-on" not in page, name
        assert all("src=" in tag.split(">", 1)[0] for tag in page.split("<script")[1:]), name


def test_first_visit_to_the_inbox_weighs_at_most_100_kb() -> None:
    page = draw("inbox_longest", environment()).encode()
    sizes = [len(gzip.compress((STATIC / name).read_bytes(), 6)) for name in INBOX_FILES]
    assert len(gzip.compress(page, 6)) + sum(sizes) <= 100 * 1024

"""A visitor comments on a phone, an editor approves on a phone, and it shows: without script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from page_waiting import new_context
from playwright.sync_api import Browser, Page
from serving import serving
from waiting import wait_for

from reader.settings import Settings

TOKEN = "a long secret of the house"
PHONE = {"width": 360, "height": 640}
NO_SCROLL = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("comments")
    (folder / "articles" / "2026-05-01").mkdir(parents=True)
    (folder / "articles" / "2026-05-01" / "rain.md").write_text("# 大雨\n\n今天下雨，河水上涨。\n", "utf-8")
    settings = Settings(
        articles=folder / "articles", instance=folder / "instance", comments="reviewed", editor_token=TOKEN
    )
    with serving(settings) as url:
        yield url


def phone(browser: Browser) -> Page:
    """A visitor of his own, whose browser runs no script."""
    return new_context(browser, viewport=PHONE, locale="zh-CN", java_script_enabled=False).new_page()


def test_a_visitor_comments_an_editor_approves_on_a_phone_and_it_shows(browser: Browser, url: str) -> None:
    visitor, editor, other = (phone(browser) for _ in range(3))
    visitor.goto(f"{url}/a/rain")
    visitor.get_by_text("我要评论").click()
    visitor.get_by_label("昵称").fill("张三")
    visitor.get_by_label("评论内容").fill("写得好,希望多报道。")
    visitor.wait_for_timeout(2500)  # a form that is sent within two seconds was filled by a program
    visitor.get_by_role("button", name="发表评论").click()
    assert "待审核" in visitor.content()
    other.goto(f"{url}/a/rain/comments")
    assert "写得好" not in other.content()

    editor.goto(f"{url}/editor")
    editor.locator("input[name=token]").fill(TOKEN)
    editor.locator("form button").last.click()
    editor.get_by_role("link", name="评论").click()
    assert "写得好，希望多报道。" in editor.content()
    assert "河水上涨" in editor.content()
    editor.get_by_role("button", name="通过").first.click()
    assert "没有评论" in editor.content()

    def shows() -> bool:
        other.goto(f"{url}/a/rain")
        return other.get_by_text("我要评论 (1)").count() == 1

    wait_for(shows)
    other.get_by_text("我要评论 (1)").click()
    assert "写得好，希望多报道。" in other.content()


def test_no_page_of_comments_is_wider_than_a_phone(browser: Browser, url: str) -> None:
    page = new_context(browser, viewport=PHONE, locale="zh-CN").new_page()
    page.goto(f"{url}/editor")
    page.locator("input[name=token]").fill(TOKEN)
    page.locator("form button").last.click()
    for path in ("/a/rain/comments", "/editor/comments", "/editor/comments?status=approved"):
        page.goto(f"{url}{path}")
        assert page.evaluate(NO_SCROLL), path

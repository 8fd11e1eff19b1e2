"""The Content-Security-Policy forbids nothing that a page of ours does, in a real browser, with and without script."""

from __future__ import annotations

import re

import pytest
from page_waiting import wait_until
from serving import serving

from reader.settings import Settings

TOKEN = "a long enough secret"
KINDS = (
    "/a/rich",
    "/a/seed",
    "/a/seed?script=hant",
    "/",
    "/s/",
    "/s/河北新闻/",
    "/d/",
    "/d/2026-05-01/",
    "/search?q=%E6%96%87%E7%AB%A0",
    "/feeds",
    "/preferences",
    "/offline",
    "/a/seed/share",
    "/nowhere",
    "/a/seed/qr.svg",
    "/a/seed/card.png",
    "/sitemap.xml",
    "/feed.xml",
    "/feed.json",
)


COMPLAINT = re.compile(r"(?i)security policy|refused to|permissions-policy|unrecognized feature")


def listen(page) -> list[str]:
    """The browser's policy violations from now on, with the URL of the page."""
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: security policy? {error}"))
    return said


def complaints(said: list[str]) -> list[str]:
    return [text for text in said if COMPLAINT.search(text)]


@pytest.mark.parametrize("cookie", ["", "dark.serif.large"], ids=["as delivered", "with preferences"])
def test_no_page_breaks_its_own_policy(open_page, cookie):
    page = open_page("/healthz", bypass_csp=False, cookie=cookie)
    said = listen(page)
    for path in KINDS:
        page.goto(path)
        page.wait_for_timeout(100)
    page.evaluate("navigator.serviceWorker && navigator.serviceWorker.getRegistration()")
    assert complaints(said) == []


def test_what_an_article_loads_at_the_first_touch_passes_the_policy(open_page):
    page = open_page("/healthz", bypass_csp=False)
    said = listen(page)
    page.goto("/a/seed")
    page.mouse.move(100, 100)
    page.mouse.move(100, 120)
    wait_until(page, "onscroll === null")
    page.locator("#say").click()
    wait_until(page, "document.getElementById('say').hasAttribute('aria-pressed')")
    assert complaints(said) == []


def test_the_service_worker_and_saving_an_issue_pass_the_policy(open_page):
    page = open_page("/healthz", bypass_csp=False)
    said = listen(page)
    page.goto("/d/2026-05-01/")
    page.evaluate("navigator.serviceWorker.ready")
    page.locator("#save").click()
    page.locator("#save", has_text="已保存").wait_for()
    assert complaints(said) == []


def test_a_page_is_styled_and_its_icon_and_manifest_load(open_page):
    page = open_page("/a/seed", bypass_csp=False)
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "640px"
    blocked = "fetch('/feed.xml').then(() => 'loaded', () => 'blocked')"
    assert page.evaluate(blocked) == "blocked"


def test_an_injected_script_or_frame_does_not_run(open_page):
    page = open_page("/a/seed", bypass_csp=False)
    page.evaluate(
        """() => { document.body.insertAdjacentHTML('beforeend',
        '<img src=x onerror="window.broken=1"><a id=bad href="javascript:window.broken=2">x</a>');
        const script = document.createElement('script'); script.textContent = 'window.broken = 3';
        document.body.append(script); document.getElementById('bad').click() }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.broken") is None


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    folder = tmp_path_factory.mktemp("editor")
    settings = Settings(articles=folder / "articles", instance=folder / "instance", editor_token=TOKEN)
    settings.articles.mkdir()
    with serving(settings) as url:
        yield url


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_editor_works_within_its_policy(open_page, editor, script):
    page = open_page("/healthz", bypass_csp=False, script=script, width=1200)
    said = listen(page)
    page.goto(f"{editor}/editor")
    page.locator("#token").fill(TOKEN)
    page.get_by_role("button").first.click()
    page.get_by_role("link", name="添加稿件").click()
    page.locator("#text").fill("大雨如期而至\n2026-05-01 06:00\n\n" + "今天下雨，河水上涨，村民转移到高处。" * 30)
    page.get_by_role("button").first.click()
    frame = page.frame_locator("iframe")
    assert "今天下雨" in frame.locator("body").inner_text()
    assert complaints(said) == []

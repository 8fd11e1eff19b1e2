"""The Content-Security-Policy forbids nothing that a page of ours does, in a real browser, with and without script."""

from __future__ import annotations

import re

import pytest
from serving import serving

from reader.settings import Settings

TOKEN = "a long enough secret"
KINDS = {
    "an article": "/a/rich",
    "another": "/a/seed",
    "in Traditional": "/a/seed?script=hant",
    "home": "/",
    "sections": "/s/",
    "a section": "/s/河北新闻/",
    "the e-paper": "/d/",
    "an issue": "/d/2026-05-01/",
    "a search": "/search?q=%E6%96%87%E7%AB%A0",
    "feeds": "/feeds",
    "preferences": "/preferences",
    "saved articles": "/offline",
    "share": "/a/seed/share",
    "no such page": "/nowhere",
    "a QR code": "/a/seed/qr.svg",
    "a card": "/a/seed/card.png",
    "a sitemap": "/sitemap.xml",
    "a feed": "/feed.xml",
    "JSON": "/feed.json",
}


def complaints_of(page, path: str) -> list[str]:
    """What the browser says of the policy while *path* is shown and until its service worker is installed."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(path, wait_until="load")
    page.wait_for_timeout(300)
    return [
        text
        for text in said
        if re.search(r"(?i)security policy|refused to|permissions-policy|Error", text) and "404" not in text
    ]


@pytest.mark.parametrize("cookie", ["", "dark.serif.large"], ids=["as delivered", "with preferences"])
@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS.keys())
def test_no_page_breaks_its_own_policy(request_context, path, cookie):
    page = request_context("/healthz", cookie=cookie)
    assert complaints_of(page, path) == []


def test_the_service_worker_and_saving_an_issue_pass_the_policy(request_context):
    page = request_context("/healthz")
    assert complaints_of(page, "/d/2026-05-01/") == []
    page.evaluate("navigator.serviceWorker.ready")
    page.locator("#save").click()
    page.wait_for_function("document.getElementById('save').textContent == '已保存'")


def test_a_page_is_styled_and_its_icon_and_manifest_load(request_context):
    page = request_context("/a/seed")
    assert page.evaluate("getComputedStyle(document.body).maxWidth") == "720px"
    blocked = "fetch('/feed.xml').then(() => 'loaded', () => 'blocked')"
    assert page.evaluate(blocked) == "blocked"


def test_an_injected_script_or_frame_does_not_run(request_context):
    page = request_context("/a/seed")
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
def test_the_editor_works_within_its_policy(request_context, editor, script):
    page = request_context("/healthz", script=script, width=1200)
    assert complaints_of(page, f"{editor}/editor") == []
    page.locator("#token").fill(TOKEN)
    page.get_by_role("button").first.click()
    page.locator("#text").fill("大雨如期而至\n2026-05-01 06:00\n\n今天下雨，河水上涨，村民转移到高处。")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.get_by_role("button").first.click()
    frame = page.frame_locator("iframe")
    assert "今天下雨" in frame.locator("body").inner_text()
    assert [text for text in said if re.search("(?i)policy|refused", text)] == []

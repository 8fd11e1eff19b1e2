"""The site below a path, behind a real nginx that strips the path or keeps it, in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from long_forms import few
from nginx_server import NGINX, ask, nginx
from page_waiting import CONTROLLED, new_context, wait_until
from serving import free_port, serving

from reader.settings import ROOT, Settings

pytestmark = pytest.mark.skipif(not NGINX, reason="nginx is not here; scripts/setup.sh test installs it")
TOKEN = "a long enough secret"
OURS = ROOT / "docs" / "deploy" / "nginx-below-a-path.conf"
RAIN = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\nsection: 天气\ntags: [雨]\n---\n今天下雨。[天晴](sun.md)\n\n![云](cloud.png)\n"
SUN = "---\ntitle: 天晴\npublished: 2026-05-02 06:00\nsection: 天气\n---\n今天天晴。\n"
MOST_PAGES = 40


@pytest.fixture(scope="module", params=few(["kept", "stripped"]))
def below(request, tmp_path_factory):
    """(address of the site, address of Reader itself)."""
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    settings = Settings(articles=folder / "articles", instance=folder / "instance")
    settings = replace(settings, base_url=f"http://127.0.0.1:{port}/news", trusted_proxies="127.0.0.1/32")
    settings = replace(settings, editor_token=TOKEN, comments="open")
    settings.articles.mkdir()
    for name, text in (("rain.md", RAIN), ("sun.md", SUN)):
        (settings.articles / name).write_text(text, "utf-8")
    (settings.articles / "cloud.png").write_bytes((ROOT / "static" / "icons" / "512.png").read_bytes())
    with serving(settings) as upstream, nginx(_around(upstream, port, request.param), folder, f"{settings.base_url}/"):
        yield settings.base_url, upstream


def _around(upstream: str, port: int, way: str) -> str:
    lines = OURS.read_text("utf-8")
    assert "proxy_pass http://reader;" in lines
    if way == "stripped":
        lines = lines.replace("proxy_pass http://reader;", "proxy_pass http://reader/;", 2)
    host = upstream.removeprefix("http://")
    other = "location / { return 418; }"  # another program's pages: nothing of Reader may lead there
    return f"upstream reader {{ server {host}; }} server {{ listen 127.0.0.1:{port}; {lines} {other} }}"


@pytest.fixture
def visitor(below, browser):
    """A new visitor's page, and what was answered to it: (status, URL)."""
    context = new_context(browser, locale="zh-CN", base_url=below[0], bypass_csp=True)
    page, answers = context.new_page(), list[tuple[int, str]]()
    context.on("response", lambda response: answers.append((response.status, response.url)))
    yield page, answers
    context.close()


@pytest.mark.parametrize("path", ["/metrics", "/news/metrics", "/news/news/metrics"])
def test_the_figures_are_denied_to_visitors_however_often_the_path_is_said(below, path):
    assert ask(f"{below[0]}{path}")[0] == 403


def test_whoever_follows_every_link_stays_below_the_path(below, visitor):
    (site, _), (page, answers) = below, visitor
    waiting, seen = [f"{site}/"], set[str]()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        page.goto(address)
        seen.add(address)
        found = page.eval_on_selector_all("a[href], form[action]", "all => all.map(one => one.href || one.action)")
        own = {one.partition("#")[0] for one in found if one.startswith(site.removesuffix("/news"))}
        assert {one for one in own if not (one + "/").startswith(f"{site}/")} == set()
        pages = {one for one in own if not re.search(r"\.\w+(\?|$)|/editor|/search\?|script=", one)}
        waiting += sorted(pages - seen - set(waiting))
    assert len(seen) > 15
    assert {url for status, url in answers if status >= 400} == set()
    assert {url for _, url in answers if not urlsplit(url).path.startswith("/news/")} == set()


def test_the_worker_keeps_what_was_read_below_the_path(below, visitor):
    (site, _), (page, _) = below, visitor
    page.goto(f"{site}/a/rain")
    wait_until(page, CONTROLLED)
    assert page.evaluate("navigator.serviceWorker.ready.then(one => one.scope)") == f"{site}/"
    wait_until(page, "caches.open('kept/news').then(kept => kept.match('/news/a/rain')).then(Boolean)")
    page.goto(f"{site}/offline")
    page.locator("a", has_text="大雨").wait_for()


def test_a_bookmark_is_listed_below_the_path(below, visitor):
    (site, _), (page, _) = below, visitor
    page.goto(f"{site}/a/rain")
    page.mouse.wheel(0, 100)
    page.locator("#mark").click()
    page.locator("#marks").click()
    page.wait_for_url(f"{site}/bookmarks")
    assert page.locator("#list h2 a").get_attribute("href") == "/news/a/rain"


def test_forms_without_script_work_below_the_path(below, browser):
    site, _ = below
    context = new_context(browser, java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{site}/a/rain")
    page.locator("a[href$=preferences]").click()
    page.locator("input[value=dark]").check()
    page.locator("form[action$=preferences] button").click()
    page.wait_for_url(f"{site}/a/rain")
    assert "dark" in page.locator("html").get_attribute("class")
    page.goto(f"{site}/editor")
    page.locator("input[name=token]").fill(TOKEN)
    page.locator("form[action$=login] button").click()
    page.wait_for_url(f"{site}/editor")
    page.locator("a", has_text="大雨").first.click()
    page.locator("button[formaction$=preview]").click()
    assert page.url == f"{site}/editor/article/preview"
    assert {cookie["path"] for cookie in context.cookies()} == {"/news/", "/news/editor"}
    context.close()


def test_the_server_itself_answers_with_and_without_the_path(below):
    site, upstream = below
    for path in ("/healthz", "/news/healthz", "/news/a/rain", "/a/rain"):
        assert ask(upstream + path)[0] == 200
    assert ask(f"{upstream}/news")[0] == 308
    assert ask(f"{site}/metrics")[0] == 403


def test_what_is_compressed_with_an_article_is_so_below_the_path(below):
    fields = {"Accept_Encoding": "br, zstd", "Sec_Fetch_Dest": "document"}
    assert 'match="/news/a/*"' in ask(f"{below[0]}/a/rain", **fields)[1]["Use-As-Dictionary"]


def test_no_visitor_can_put_another_path_into_a_page(below):
    for name in ("X_Forwarded_Prefix", "X_Script_Name", "Script_Name"):
        body = ask(f"{below[0]}/a/rain", Accept_Encoding="identity", **{name: "/evil"})[2].decode()
        assert "/evil" not in body
        assert 'href="/news/a/sun"' in body

"""What a real browser does with the worst of files: nothing. Without the Content-Security-Policy, which comes on top."""

from __future__ import annotations

import json
import os
import re

import hostile_html
import pytest
from long_forms import few
from page_waiting import ALL_CLICKED, new_context

from reader.app import create_app
from reader.exports import exporter
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.services import build_services
from reader.settings import Settings

ADDRESSES = len(hostile_html.IN_ADDRESSES)
WATCH = """window.ran = []; window.xss = number => { window.ran.push(number) };
for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => window.ran.push(name);"""
CLICK = """() => {
  addEventListener('click', event => {
    const link = event.target.closest('a');
    if (link && /^(https?|mailto|tel):$/.test(link.protocol)) event.preventDefault();
  }, true);
  for (const element of document.querySelectorAll('a, button, summary, [id], p, img, th, td')) {
    element.click?.();
    for (const kind of ['mouseover', 'focus', 'toggle']) element.dispatchEvent(new Event(kind, {bubbles: true}));
  }
  return ALL_CLICKED;
}""".replace("ALL_CLICKED", ALL_CLICKED)


def files() -> dict[str, str]:
    """Every attack in an article; URLs together, the others separately, because some hide what follows."""
    bodies = {"addresses": "\n".join(hostile_html.IN_ADDRESSES)}
    bodies |= {f"x{number}": vector for number, vector in enumerate(hostile_html.VECTORS[ADDRESSES:])}
    return {
        f"2026-05-01/{name}.html": f"<!DOCTYPE html><title>题{name}</title><body><p>甲。</p>{body}<p>乙。</p>"
        for name, body in bodies.items()
    }


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    for name, content in files().items():
        path = folder / "articles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8", "replace").replace(b"\x00", b""))
    services = build_services(Settings(articles=folder / "articles", instance=folder / "instance"))
    for path in (folder / "articles").rglob("*.html"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    services.library.scan_all()
    return services


@pytest.fixture
def show(browser):
    """``show(html)``: the scripts that ran when the page was shown, clicked and hovered."""
    context = new_context(browser, bypass_csp=True, base_url="http://reader.test")
    context.add_init_script(WATCH)
    page = context.new_page()
    pages: dict[str, str] = {}
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    context.route(
        "**/*",
        lambda route: route.fulfill(
            status=200 if route.request.url in pages else 404,
            body=pages.get(route.request.url, ""),
            content_type="text/html; charset=utf-8",
        ),
    )

    def show(html: str) -> list[object]:
        pages["http://reader.test/page"] = html
        page.goto("/page")
        page.evaluate(CLICK)
        return [*page.evaluate("window.ran"), *dialogs]

    yield show
    context.close()


def articles(services):
    names = [re.sub(r".*/|\.html", "", name) for name in files()]
    names = few(names, len(names) // 2)
    return [services.catalog.article(name) for name in names]


def test_the_watch_sees_what_runs(show):
    for vector in ("<img src=x onerror=xss(1)>", "<a href='javascript:xss(2)'>a</a>", "<p onmouseover=xss(3)>甲"):
        assert show(vector)


def test_nothing_in_a_page_runs(services, show):
    client = create_app(services).test_client()
    for article in articles(services):
        page = client.get(f"/a/{article.slug}").get_data(as_text=True)
        assert "甲。" in page
        assert show(page) == [], article.slug


def test_nothing_in_the_single_file_runs(services, show):
    options = options_of(services.settings, "", "")
    for article in articles(services):
        page = exporter("html").export(of_article(article), options, services.render.render).decode()
        assert "甲。" in page
        assert show(page) == [], article.slug


def test_nothing_in_a_feed_shown_as_html_runs(services, show):
    client = create_app(services).test_client()
    items = json.loads(client.get("/feed.json").get_data())["items"]
    assert len(items) > 10
    for item in items:
        assert show(f"<!DOCTYPE html><title>{item['id']}</title>{item['content_html']}") == [], item["url"]

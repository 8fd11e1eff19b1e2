"""What a page costs that is in no cache: operations are counted, not time. The benchmarks measure the time."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from werkzeug.urls import iri_to_uri

from reader.exports.publications import of_article
from reader.feeds import FEEDS
from reader.web.pages.rendering import iri

ARTICLES = {f"2026-05-{n:02}/rain-{n}.md": f"# 第{n}场大雨\n\n雨下了{n}天。" for n in range(1, 29)}


@pytest.fixture
def asked(app, client):
    """Answers of the application without the response cache."""
    app.wsgi_app = app.extensions["response_cache"].inner
    return lambda path, **fields: client.get(path, headers={k.replace("_", "-"): v for k, v in fields.items()})


@contextmanager
def statements_of(services) -> Iterator[list[str]]:
    """The SQL statements that the catalog runs for this thread, except those that ask whether it has changed."""
    found: list[str] = []
    connection = services.catalog._connections._current()
    connection.set_trace_callback(lambda text: None if text.startswith("PRAGMA") else found.append(text))
    yield found
    connection.set_trace_callback(None)


@pytest.mark.parametrize("name", FEEDS)
def test_a_poll_of_a_feed_that_finds_nothing_new_asks_the_catalog_for_nothing(services, publish, asked, name):
    publish(ARTICLES)
    etag = asked(f"/{name}").headers["ETag"]
    with statements_of(services) as statements:
        assert asked(f"/{name}", If_None_Match=etag).status_code == 304
    assert statements == []


def test_a_poll_of_a_feed_computes_the_keys_of_exports_and_the_states_of_entries_once(
    services, publish, asked, monkeypatch
):
    publish(ARTICLES)
    hashed: list[tuple[object, ...]] = []
    for module in ("models", "jobs.export_service", "feeds.feed_page", "web.http_responses.conditional_responses"):
        real = __import__(f"reader.{module}", fromlist=["fingerprint"]).fingerprint
        monkeypatch.setattr(f"reader.{module}.fingerprint", lambda *p, real=real: (hashed.append(p), real(*p))[1])
    etag = asked("/feed.xml").headers["ETag"]
    first, hashed[:] = len(hashed), []
    assert asked("/feed.xml", If_None_Match=etag).status_code == 304
    assert first > 70
    assert len(hashed) <= 2


def test_a_feed_tells_of_a_finished_export_at_once_and_of_one_that_was_deleted(services, publish, asked):
    publish(ARTICLES)
    before = asked("/feed.xml")
    publication = of_article(services.catalog.article("rain-7"))
    path = services.export_service.store.put(services.export_service.key(publication, "epub"), b"x" * 4321)
    after = asked("/feed.xml", If_None_Match=before.headers["ETag"])
    assert (after.status_code, after.text.count('length="4321"'), before.text.count("<enclosure")) == (200, 1, 0)
    os.unlink(path)
    assert asked("/feed.xml").headers["ETag"] == before.headers["ETag"]


def test_an_article_page_asks_ten_queries_however_many_collections_it_is_in(services, publish, asked):
    tags = ", ".join(f"标签{n}" for n in range(30))
    publish(
        ARTICLES | {"2026-06-01/many.md": f"---\ntitle: 很多标签\ntags: [{tags}]\nsection: 河北/本地\n---\n\n正文。"}
    )
    assert asked("/a/rain-7").status_code == 200
    with statements_of(services) as statements:
        assert asked("/a/many").status_code == 200
    assert len(statements) <= 10, statements


@pytest.mark.parametrize(("path", "most"), [("/", 12), ("/d/2026-05-07/", 6), ("/search?q=大雨", 6), ("/s/", 4)])
def test_a_list_asks_few_queries(services, publish, asked, path, most):
    publish(ARTICLES)
    assert asked(path).status_code == 200
    with statements_of(services) as statements:
        assert asked(path).status_code == 200
    assert len(statements) <= most, statements


@pytest.mark.parametrize(("language", "home"), [("zh-CN", "首页"), ("zh-TW", "首頁"), ("en", "Home")])
def test_texts_of_a_page_are_translated_when_its_template_is_compiled(publish, asked, monkeypatch, language, home):
    publish(ARTICLES)
    assert f">{home}</a>" in asked("/a/rain-7", Accept_Language=language).text
    looked_up: list[str] = []
    monkeypatch.setattr(
        "reader.web.requests.request_context.message_catalogue",
        lambda: type("Texts", (), {"ugettext": staticmethod(lambda text: looked_up.append(text) or text)}),
    )
    assert asked("/a/rain-8", Accept_Language=language).status_code == 200
    assert all("%(" in text for text in looked_up), looked_up


@pytest.mark.parametrize(
    "name", ["rain", "大雨", "a b", "50%", "大?雨#1&2", "é/雨", "\u2028", "😀.x", 'a<i>{b}\\`^|"', "\u202e雨"]
)
@pytest.mark.parametrize("place", ["/a/{}", "/a/{}.pdf?page=phone", "/s/{}/", "/search?q={}"])
def test_addresses_show_letters_and_nothing_that_is_no_part_of_an_address(name, place):
    path = place.format(quote(name, safe=""))
    shown = iri(path)
    assert iri_to_uri(shown) == path
    assert {c for c in shown if not c.isascii()} == {c for c in name if not c.isascii() and c.isprintable()}
    assert not re.search(r"[\s<>{}|\\^`\"\u202e]", shown)
    assert iri(f"{path}%E4%B8") == f"{shown}%E4%B8"  # half a character

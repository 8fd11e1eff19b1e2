"""?comments=1: approved comments below the text of a web page in one file, an EPUB, a PDF. Off unless asked for."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest
from test_comment_pages import ARTICLES, Site, send

from reader.app import create_app
from reader.comments import acceptance
from reader.comments.comment import OPEN
from reader.comments.comment_writes import HIDE
from reader.exports import EXPORTS
from reader.exports.options import options_of
from reader.exports.publications import of_article
from reader.services import build_services
from reader.web.downloads.files_with_comments import commented


@pytest.fixture
def site(settings, drop, monkeypatch):
    monkeypatch.setattr(acceptance, "LEAST_SECONDS", 0)
    monkeypatch.setattr(acceptance, "MOST_PER_HOUR", 1000)
    for name, text in ARTICLES.items():
        drop(name, text)
    chosen = {
        "comments": OPEN,
        "comments_per_minute": 1000,
        "trusted_proxies": "none",
        "base_url": "http://localhost",
    }
    found = Site(replace(settings, **chosen))
    yield found
    found.services.state.close()


def text_of(content: bytes, suffix: str) -> str:
    if suffix == "html":
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith("html"))


def get(site, suffix: str, query: str = "?comments=1", **headers: str):
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return site.visitor().get(f"/a/rain.{suffix}{query}", headers=fields)


@pytest.mark.parametrize("suffix", ["html", "epub"])
def test_a_file_has_comments_only_if_they_are_asked_for_and_a_hidden_one_vanishes_at_once(site, suffix):
    visitor = site.visitor()
    send(visitor, "写得好 <b>x</b> https://a.example/x")
    site.approve(1)
    send(visitor, "我也觉得", name="李四", query="?reply=1")
    with get(site, suffix) as first:
        text = text_of(first.data, suffix)
    assert re.search(r"评论 \(2\).*张三.*写得好 &lt;b&gt;x&lt;/b&gt;.*<blockquote.*李四.*我也觉得", text, re.DOTALL)
    with get(site, suffix, "") as usual:
        assert "我也觉得" not in text_of(usual.data, suffix)
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert [name for name in ("Content-Location", "Last-Modified") if name in first.headers] == []
    site.approve(2, act=HIDE)
    site.look()
    with get(site, suffix, If_None_Match=first.headers["ETag"]) as second:
        assert second.status_code == 200
        assert "我也觉得" not in text_of(second.data, suffix)
    assert get(site, suffix, If_None_Match=second.headers["ETag"]).status_code == 304


def test_no_address_of_a_version_leads_to_a_file_with_comments(site):
    send(site.visitor(), "写得好")
    with get(site, "epub") as book:
        key = book.headers["ETag"].strip('"')
    answer = site.visitor().get(f"/files/{key.removesuffix('.epub')}/rain.epub")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/a/rain.epub")


def test_of_many_comments_the_newest_are_in_the_file_and_the_rest_is_linked(site):
    visitor = site.visitor()
    for number in range(22):
        send(visitor, f"第{number:02}条")
    text = text_of(get(site, "html").data, "html")
    assert ("第21条" in text, "第02条" in text, "第01条" in text) == (True, True, False)
    assert "http://localhost/a/rain/comments" in text


def test_other_formats_and_sites_without_comments_pass_the_wish_over(site, settings):
    send(site.visitor(), "写得好")
    assert "写得好" not in get(site, "txt").text
    without = Site.__new__(Site)
    without.app = create_app(build_services(replace(site.services.settings, comments="off")))
    assert get(without, "html").data == get(without, "html", "").data


@pytest.mark.slow
def test_a_pdf_has_them_too(site):
    send(site.visitor(), "写得好")
    services = site.services
    article = services.catalog.article("rain")
    with site.app.test_request_context():
        publications = [of_article(article), commented(article)]
    options = options_of(services.settings, "a4", "", services.catalog.site)
    plain, longer = (EXPORTS["pdf"].export(one, options, services.render.render) for one in publications)
    assert publications[0].version != publications[1].version
    assert len(longer) > len(plain)

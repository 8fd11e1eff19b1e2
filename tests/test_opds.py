"""The OPDS catalogue, read as KOReader does: from the root to a file, page by page, and by search."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from feed_site import COUNT, TROUBLE_TITLE, FeedSite, feed_site, fill, items_of, text_of
from lxml import etree
from PIL import Image

ATOM = {"a": "http://www.w3.org/2005/Atom", "dc": "http://purl.org/dc/terms/"}
OPEN_ACCESS = "http://opds-spec.org/acquisition/open-access"
SCHEMA = Path(__file__).parent / "samples" / "atom-rfc4287.rng"
PAGES = ["/opds", "/opds/articles", "/opds/issues", f"/opds/search?q={quote('政协')}"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedSite]:
    with feed_site(tmp_path_factory.mktemp("site")) as site:
        fill(site)
        site.export("n59")
        yield site


def page(site: FeedSite, path: str) -> etree._Element:
    answer = site.get(path)
    assert answer.status == 200
    return etree.fromstring(answer.body)


def link(element: etree._Element, rel: str) -> str:
    found = element.find(f"a:link[@rel='{rel}']", ATOM)
    return "" if found is None else found.get("href")


def entries(site: FeedSite, path: str) -> Iterator[etree._Element]:
    """The entries of all pages, following ``next``."""
    here = site.url + path
    while here:
        root = page(site, here.removeprefix(site.url))
        yield from root.iterfind("a:entry", ATOM)
        here = link(root, "next")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_valid_atom_and_says_its_kind(site: FeedSite, path: str) -> None:
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    root = page(site, path)
    assert schema.validate(root), schema.error_log
    kind = "navigation" if path == "/opds" else "acquisition"
    assert site.get(path)["content-type"] == f"application/atom+xml;profile=opds-catalog;kind={kind}"
    assert link(root, "self") == site.url + path
    assert link(root, "start") == f"{site.url}/opds"
    assert not feedparser.parse(site.get(path).body).bozo


def test_the_root_leads_to_articles_issues_and_search(site: FeedSite) -> None:
    root = page(site, "/opds")
    assert [link(entry, "subsection") for entry in root.iterfind("a:entry", ATOM)] == [
        f"{site.url}/opds/articles",
        f"{site.url}/opds/issues",
    ]
    assert link(root, "search") == f"{site.url}/opds/search.xml"


@pytest.mark.parametrize("path", PAGES[1:])
def test_every_page_is_walked_newest_first_and_nothing_comes_twice(site: FeedSite, path: str) -> None:
    found = list(entries(site, path))
    ids = [entry.findtext("a:id", None, ATOM) for entry in found]
    published = [datetime.fromisoformat(entry.findtext("a:published", None, ATOM)) for entry in found]
    assert len(ids) == len(set(ids)) == COUNT + 1
    assert published == sorted(published, reverse=True)


def test_an_article_has_the_same_id_as_in_the_feeds(site: FeedSite) -> None:
    feed = [item.id for item in items_of("/atom.xml", site.get("/atom.xml").body)]
    found = [entry.findtext("a:id", None, ATOM) for entry in page(site, "/opds/articles").iterfind("a:entry", ATOM)]
    assert found == feed


def test_each_offers_epub_before_pdf_and_a_known_length_is_the_true_one(site: FeedSite) -> None:
    for entry in page(site, "/opds/articles").iterfind("a:entry", ATOM):
        files = entry.findall(f"a:link[@rel='{OPEN_ACCESS}']", ATOM)
        assert [file.get("type") for file in files] == ["application/epub+zip", "application/pdf"]
        if not entry.findtext("a:id", None, ATOM).endswith("/n59"):
            continue
        for file in files:
            answer = site.get(file.get("href").removeprefix(site.url))
            assert (answer.status, len(answer.body)) == (200, int(file.get("length")))


def test_an_issue_is_offered_as_a_book_of_its_day(site: FeedSite) -> None:
    entry = next(entries(site, "/opds/issues"))
    files = [file.get("href") for file in entry.iterfind(f"a:link[@rel='{OPEN_ACCESS}']", ATOM)]
    assert files == [f"{site.url}/d/2026-03-20.epub", f"{site.url}/d/2026-03-20.pdf"]
    assert entry.findtext("a:id", None, ATOM) == "tag:news.example,2026:opds/issue/2026-03-20"
    assert "麻烦" in entry.findtext("a:content", None, ATOM)


@pytest.mark.parametrize("path", ["/opds/articles", "/opds/issues"])
def test_each_has_a_cover_that_an_e_reader_can_show(site: FeedSite, path: str) -> None:
    for entry in list(page(site, path).iterfind("a:entry", ATOM))[:3]:
        for rel in ("http://opds-spec.org/image", "http://opds-spec.org/image/thumbnail"):
            answer = site.fetch(link(entry, rel).removeprefix(site.url))
            assert (answer.status, answer["content-type"]) == (200, "image/png")
            with Image.open(io.BytesIO(answer.body)) as picture:
                assert (picture.size, picture.mode) == ((300, 400), "P")
                assert len(picture.getcolors()) == 4


def test_what_is_told_of_a_book_is_what_e_readers_show(site: FeedSite) -> None:
    entry = next(entries(site, "/opds/articles"))
    shown = TROUBLE_TITLE.replace("\u202e", "").replace("\u202c", "")  # bidi controls would turn the lines around it
    assert entry.findtext("a:title", None, ATOM) == " ".join(shown.split())
    assert entry.findtext("a:author/a:name", None, ATOM) == "高原雪"
    assert entry.findtext("dc:language", None, ATOM) == "zh-CN"
    assert entry.findtext("dc:publisher", None, ATOM) == "河北新闻网"
    assert entry.findtext("dc:issued", None, ATOM) == "2026-03-20"
    assert {c.get("term") for c in entry.iterfind("a:category", ATOM)} >= {"河北新闻", "改革"}


def test_a_search_begins_at_its_description(site: FeedSite) -> None:
    description = etree.fromstring(site.get("/opds/search.xml").body)
    ns = {"o": "http://a9.com/-/spec/opensearch/1.1/"}
    template = description.find("o:Url", ns).get("template")
    assert len(description.findtext("o:ShortName", None, ns)) <= 16
    found = list(entries(site, template.replace("{searchTerms}", quote("政协长文")).removeprefix(site.url)))
    assert [entry.findtext("a:id", None, ATOM) for entry in found] == ["tag:news.example,2026:article/trouble"]
    nothing = template.replace("{searchTerms}", quote("找不到的词")).removeprefix(site.url)
    assert list(entries(site, nothing)) == []


@pytest.mark.parametrize("path", [*PAGES, "/opds/search.xml"])
def test_who_has_it_is_told_so(site: FeedSite, path: str) -> None:
    answer = site.get(path)
    assert site.fetch(path, If_None_Match=answer["etag"]).status == 304
    assert site.fetch(path, "HEAD").headers.keys() >= {"etag", "content-length"}


@pytest.mark.parametrize(
    "path", ["/opds/articles?before=junk", "/opds/articles?before=99999999999999,x", "/opds/cover/none.png"]
)
def test_what_is_not_there_is_said(site: FeedSite, path: str) -> None:
    assert site.fetch(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/opds/cover/2026-13-40.png",
        "/opds/cover/2026-01-31.png",
        "/opds/issues?before=junk",
        "/opds/search?q=x&more=" + "9" * 5000,
    ],
)
def test_no_date_breaks_it(site: FeedSite, path: str) -> None:
    assert site.fetch(path).status in (200, 404)


def test_an_empty_site_has_an_empty_catalogue(tmp_path: Path) -> None:
    with feed_site(tmp_path) as site:
        site.sync()
        for path in PAGES:
            assert site.get(path).status == 200


def test_ids_and_titles_survive_a_rename_and_a_correction(tmp_path: Path) -> None:
    with feed_site(tmp_path) as site:
        site.drop("one.md", text_of(1))
        (before,) = entries(site, "/opds/articles")
        (site.articles / "one.md").rename(site.articles / "uno.md")
        site.sync()
        (after,) = entries(site, "/opds/articles")
        assert after.findtext("a:id", None, ATOM) == before.findtext("a:id", None, ATOM)
        assert re.search(r"/a/uno\.epub", etree.tostring(after).decode())

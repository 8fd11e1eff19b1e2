"""What every feed must satisfy, by code, over every format and every selection: T transport, X document, E entries,
D discovery. (U, history and changes, is in test_feed_changes.py; C, real readers, in test_feed_readers.py.)
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import brotli
import feedparser
import lxml.html
import pytest
import zstandard
from feed_site import NS, SELECTIONS, TROUBLE, FeedSite, Item, feed_site, fill, items_of
from long_forms import LONG
from lxml import etree
from protego import Protego
from werkzeug.urls import iri_to_uri

from reader.exports.publications import of_article
from reader.feeds import FEEDS, WINDOW

PATHS = {f"{kind}: {name}": s.feed(name) for kind, s in SELECTIONS.items() for name in FEEDS}
PIECES = {f"piece: {name}": SELECTIONS["tag"].feed(name, 1) for name in FEEDS}
FULL = {label: path for label, path in PATHS.items() if "lite" not in label}
XML = {label: path for label, path in (PATHS | PIECES).items() if ".json" not in path}
ATOM = {label: path for label, path in XML.items() if "atom" in path}
RSS = {label: path for label, path in XML.items() if "atom" not in path}
SCHEMA = Path(__file__).parent / "samples" / "atom-rfc4287.rng"
EXPORTED = "n59"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def each(paths: dict[str, str]) -> pytest.MarkDecorator:
    """In the short form half of them, every format and every selection among them."""
    of_half = [label for number, label in enumerate(PATHS) if (number + number // len(FEEDS)) % 2 == 0]
    chosen = [label for label in paths if LONG or label in of_half or label not in PATHS]
    return pytest.mark.parametrize("path", [paths[label] for label in chosen], ids=chosen)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeedSite]:
    with feed_site(tmp_path_factory.mktemp("site")) as site:
        fill(site)
        site.export(EXPORTED)
        yield site


def root_of(site: FeedSite, path: str) -> etree._Element:
    return etree.fromstring(site.get(path).body)


def items(site: FeedSite, path: str) -> list[Item]:
    return items_of(path, site.get(path).body)


# --- T: transport ----------------------------------------------------------------------------------------------------


@each(PATHS | PIECES)
def test_t01_a_feed_is_there_at_once_without_redirect(site: FeedSite, path: str) -> None:
    assert site.get(path).status == 200


@each(PATHS | PIECES)
def test_t02_it_says_what_it_is_and_in_which_characters(site: FeedSite, path: str) -> None:
    answer = site.get(path)
    if ".json" in path:
        assert answer["content-type"] == "application/feed+json"
    else:
        assert answer["content-type"] == f"application/{'atom' if 'atom' in path else 'rss'}+xml; charset=utf-8"
        assert b"encoding='UTF-8'" in answer.body[:60]
    answer.body.decode()


@each(PATHS)
def test_t03_head_says_what_get_says(site: FeedSite, path: str) -> None:
    head, get = site.fetch(path, "HEAD"), site.fetch(path)
    assert head.body == b""
    assert {**head.headers, "date": ""} == {**get.headers, "date": ""}
    assert int(head["content-length"]) == len(get.body)


@each(PATHS | PIECES)
def test_t04_both_validators_are_there_and_the_tag_is_strong(site: FeedSite, path: str) -> None:
    answer = site.get(path)
    assert re.fullmatch(r'"[^"]+"', answer["etag"])
    assert parsedate_to_datetime(answer["last-modified"])


@each(PATHS | PIECES)
def test_t05_who_has_it_is_told_so_with_the_same_validators(site: FeedSite, path: str) -> None:
    get = site.get(path)
    again = site.fetch(path, If_None_Match=get["etag"])
    assert (again.status, again.body) == (304, b"")
    for name in ("etag", "last-modified", "cache-control", "vary"):
        assert again[name] == get[name], name


@each(PATHS)
def test_t06_the_date_alone_is_enough(site: FeedSite, path: str) -> None:
    assert site.fetch(path, If_Modified_Since=site.get(path)["last-modified"]).status == 304


@each(PATHS)
def test_t07_t08_the_tag_decides_alone_where_both_are_sent(site: FeedSite, path: str) -> None:
    now = site.get(path)
    ancient = "Mon, 01 Jan 2001 00:00:00 GMT"
    assert site.fetch(path, If_None_Match=now["etag"], If_Modified_Since=ancient).status == 304
    assert site.fetch(path, If_None_Match='"other"', If_Modified_Since=now["last-modified"]).status == 200


@each(PATHS)
def test_t09_lists_weak_tags_and_a_star_match(site: FeedSite, path: str) -> None:
    tag = site.get(path)["etag"]
    for held in (f'"other", {tag}', f"W/{tag}", "*", f'W/"other" ,{tag}', tag[:-1] + '-gzip"'):
        answer = site.fetch(path, If_None_Match=held)
        assert (answer.status, answer["etag"]) == (304, tag), held


@each(PATHS)
def test_t10_garbage_and_ancient_dates_get_the_feed(site: FeedSite, path: str) -> None:
    for since in ("yesterday", "0", "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 01 Jan 1800 00:00:00 GMT", "\t;,"):
        assert site.fetch(path, If_Modified_Since=since).status == 200, since
    for tag in ('"', "garbage", '""', "W/"):
        assert site.fetch(path, If_None_Match=tag).status == 200, tag


def test_t11_not_a_byte_depends_on_the_moment(site: FeedSite) -> None:
    before = {path: site.fetch(path) for path in (PATHS | PIECES).values()}
    time.sleep(2.1)
    for path, answer in before.items():
        again = site.fetch(path)
        assert (again.body, again["etag"], again["last-modified"]) == (
            answer.body, answer["etag"], answer["last-modified"],
        ), path  # fmt: skip


@each(PATHS)
def test_t12_t13_each_encoding_holds_the_same_bytes_under_a_tag_of_its_own(site: FeedSite, path: str) -> None:
    plain = site.get(path)
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.ZstdDecompressor().decompress}
    tags = {plain["etag"]}
    for encoding, decompress in unpack.items():
        packed = site.fetch(path, Accept_Encoding=encoding)
        assert packed["content-encoding"] == encoding
        assert decompress(packed.body) == plain.body
        assert "Accept-Encoding" in packed["vary"]
        assert site.fetch(path, Accept_Encoding=encoding, If_None_Match=packed["etag"]).status == 304
        tags.add(packed["etag"])
    assert len(tags) == 4


@each(PATHS)
def test_t14_what_is_refused_is_not_sent(site: FeedSite, path: str) -> None:
    for accepted in ("gzip;q=0, br;q=0", "identity", "gzip;q=0", "*;q=0.1, gzip;q=0"):
        answer = site.fetch(path, Accept_Encoding=accepted)
        assert (answer.status, answer["content-encoding"]) == (200, "")


@each(PATHS | PIECES)
def test_t15_everyone_may_keep_it_and_nobody_is_marked(site: FeedSite, path: str) -> None:
    answer = site.get(path)
    month = "max-age=2592000" if "piece" in path else "max-age=900"
    assert {"public", month} <= set(re.split(r",\s*", answer["cache-control"]))
    assert "stale-if-error=" in answer["cache-control"]
    assert "set-cookie" not in answer.headers
    assert "cookie" not in answer["vary"].lower()


@each(PATHS)
def test_t16_a_conditional_head_is_answered_like_a_conditional_get(site: FeedSite, path: str) -> None:
    assert site.fetch(path, "HEAD", If_None_Match=site.get(path)["etag"]).status == 304


@pytest.mark.parametrize("name", FEEDS)
def test_t17_what_is_not_there_and_what_is_not_allowed_is_said(site: FeedSite, name: str) -> None:
    for path in (f"/t/none/{name}", f"/s/a/b/{name}", f"/by/none/{name}", f"/{name}?piece=99", f"/{name}?tag=none"):
        assert site.fetch(path).status == 404, path
    for method in ("POST", "PUT", "DELETE"):
        answer = site.fetch(f"/{name}", method)
        assert answer.status == 405
        assert "GET" in answer["allow"]


@each(PATHS)
def test_t18_t19_scripts_of_any_site_may_read_it_and_no_browser_guesses(site: FeedSite, path: str) -> None:
    for answer in (site.get(path), site.fetch(path, If_None_Match=site.get(path)["etag"])):
        assert answer["access-control-allow-origin"] == "*"
        assert answer["x-content-type-options"] == "nosniff"
    preflight = site.fetch(path, "OPTIONS", Origin="https://reader.example", Access_Control_Request_Method="GET")
    assert "If-None-Match" in preflight["access-control-allow-headers"]


@each(PATHS)
def test_t20_junk_in_the_query_changes_nothing(site: FeedSite, path: str) -> None:
    junk = f"{path}{'&' if '?' in path else '?'}utm_source=x&piece=abc&%00=%ff"
    assert site.fetch(junk).body == site.get(path).body


@pytest.mark.parametrize("junk", ["piece=" + "9" * 5000, "tag=改革&" * 90, "tag=%00", "q=%ff%fe", "piece=²"])
def test_t20_no_query_breaks_a_feed(site: FeedSite, junk: str) -> None:
    for path in ("/feed.xml", "/t/%E6%94%B9%E9%9D%A9/atom.xml", "/search/feed.xml", "/opds/search"):
        assert site.fetch(f"{path}?{quote(junk, safe='=&%')}").status in (200, 404), path


@each(PATHS)
def test_t21_a_reader_that_accepts_html_gets_the_feed(site: FeedSite, path: str) -> None:
    wanted = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
    for mode in ("empty", "iframe"):
        answer = site.fetch(path, Accept=wanted, User_Agent=browser, Sec_Fetch_Dest=mode)
        assert answer.body == site.get(path).body


def test_t23_many_at_once_get_the_same(site: FeedSite) -> None:
    wanted = [*PATHS.values()] * 4
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(site.fetch, wanted[:96]))
    assert [a.body for a in answers] == [site.get(path).body for path in wanted[:96]]


def test_t24_a_window_of_full_texts_stays_within_the_first_seconds_of_a_slow_line(site: FeedSite) -> None:
    full, lite = (site.fetch(path, Accept_Encoding="gzip") for path in ("/feed.xml", "/lite.xml"))
    assert len(items(site, "/feed.xml")) == WINDOW
    assert len(full.body) < 60_000
    assert len(lite.body) < 10_000


# --- X: the document -------------------------------------------------------------------------------------------------


@each(PATHS | PIECES)
def test_x01_it_is_well_formed_and_clean(site: FeedSite, path: str) -> None:
    raw = site.get(path).body
    assert FORBIDDEN.search(raw.decode()) is None
    assert b"<!DOCTYPE" not in raw
    assert b"ns0:" not in raw
    if ".json" not in path:
        etree.fromstring(raw, etree.XMLParser(resolve_entities=False))


@each(XML)
def test_x02_feedparser_finds_nothing_to_forgive(site: FeedSite, path: str) -> None:
    answer = site.get(path)
    parsed = feedparser.parse(answer.body, response_headers={"content-type": answer["content-type"]})
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert len(parsed.entries) == len(items(site, path))


@each(ATOM)
def test_x04_atom_fits_its_schema(site: FeedSite, path: str) -> None:
    schema = etree.RelaxNG(etree.parse(SCHEMA))
    assert schema.validate(root_of(site, path)), schema.error_log


@each(PATHS | PIECES)
def test_x05_it_knows_its_own_address(site: FeedSite, path: str) -> None:
    if ".json" in path:
        assert json.loads(site.get(path).body)["feed_url"] == site.url + path
        return
    selves = root_of(site, path).findall(".//a:link[@rel='self']", NS)
    assert [link.get("href") for link in selves] == [site.url + path]


@each(PATHS)
def test_x06_it_leads_to_the_page_with_the_same_articles(site: FeedSite, path: str) -> None:
    parsed = feedparser.parse(site.get(path).body) if ".json" not in path else None
    page = parsed.feed.link if parsed else json.loads(site.get(path).body)["home_page_url"]
    assert page.startswith(site.url)
    assert site.fetch(page.removeprefix(site.url))["content-type"].startswith("text/html")


@each(PATHS | PIECES)
def test_x07_it_has_a_title_a_description_and_a_language(site: FeedSite, path: str) -> None:
    if ".json" in path:
        feed = json.loads(site.get(path).body)
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert (feed["language"], bool(feed["description"])) == ("zh-CN", True)
        assert feed["title"].startswith("河北新闻")
        return
    feed = feedparser.parse(site.get(path).body).feed
    assert feed.title.startswith("河北新闻")
    assert feed.subtitle
    assert feed.language == "zh-CN"


@each(XML)
def test_x08_it_is_as_new_as_its_newest_entry_and_the_header_covers_it(site: FeedSite, path: str) -> None:
    root = root_of(site, path)
    newest = max(item.updated for item in items(site, path))
    if root.tag == "rss":
        updated = parsedate_to_datetime(root.findtext("channel/lastBuildDate"))
    else:
        updated = datetime.fromisoformat(root.findtext("a:updated", None, NS))
    assert updated >= newest
    assert parsedate_to_datetime(site.get(path)["last-modified"]) >= updated


@each(RSS)
def test_x09_it_says_how_often_to_come_as_the_header_does(site: FeedSite, path: str) -> None:
    channel = root_of(site, path).find("channel")
    assert channel.findtext("ttl") == "15"
    assert channel.findtext("sy:updatePeriod", None, NS) == "hourly"
    assert channel.findtext("sy:updateFrequency", None, NS) == "4"


# --- X03: the W3C validator's findings that could concern us, under the names it gives them --------------------------
# The validator itself is in no package registry; what it says was collected from its documentation.


@each(XML)
def test_x03_nothing_the_w3c_validator_would_name(site: FeedSite, path: str) -> None:
    raw, root = site.get(path).body, root_of(site, path)
    found = [item.id for item in items(site, path)]
    named = {
        "DuplicateEntries": len(found) != len(set(found)),
        "InvalidTAG": not all(re.fullmatch(r"tag:[\w.-]+,\d{4}:[!-~]+", tag) for tag in found),
        "BadCharacters": FORBIDDEN.search(raw.decode()) is not None,
        "UriNotIri": re.search(r'(?:href|url)="[^"]*[^!-~]', raw.decode()) is not None,
        "SelfDoesntMatchLocation": f'rel="self" href="{site.url}' not in raw.decode()
        and f'href="{site.url}' not in raw.decode(),
        "MissingSelf": root.find(".//a:link[@rel='self']", NS) is None,
        "DuplicateAtomLink": any(_doubled(entry) for entry in root.iter("{*}entry", "{*}item", "item")),
        "ContainsRelRef": any(re.search(r'\s(?:href|src)="/', item.content) for item in items(site, path)),
        "SecurityRisk": any(re.search(r"<script|javascript:|\son\w+=", item.content) for item in items(site, path)),
        "NotHtml": any(_unbalanced(item.content) for item in items(site, path)),
        "MissingDescription": root.tag == "rss" and not root.findtext("channel/description"),
        "ImplausibleDate": any(item.published.year < 2000 for item in items(site, path)),
        "MissingContentOrSummary": any(not item.summary for item in items(site, path)),
        "ItemMustContainTitle": any(not item.title for item in items(site, path)),
        "UnknownNamespace": not set(root.nsmap.values()) <= set(NS.values()) | {"http://search.yahoo.com/mrss/"},
    }
    assert [name for name, is_found in named.items() if is_found] == []


def _doubled(entry: etree._Element) -> bool:
    links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in entry.findall("a:link", NS)]
    return len(links) != len(set(links))


def _unbalanced(content: str) -> bool:
    return bool(content) and content.count("<p>") + content.count("<p ") != content.count("</p>")


# --- E: entries ------------------------------------------------------------------------------------------------------


@each(PATHS | PIECES)
def test_e01_e02_ids_are_unique_uris_that_name_no_host(site: FeedSite, path: str) -> None:
    ids = [item.id for item in items(site, path)]
    assert len(ids) == len(set(ids)) > 0
    assert all(re.fullmatch(r"tag:news\.example,2026:article/[\w%.-]+", i, re.ASCII) for i in ids)
    assert "127.0.0.1" not in "".join(ids)


@each(PATHS)
def test_e03_titles_are_the_articles_own(site: FeedSite, path: str) -> None:
    by_slug = {urlsplit(item.link).path.rpartition("/")[2]: item.title for item in items(site, path)}
    for article in site.services.catalog.articles(list(by_slug)):
        assert by_slug[article.slug] == " ".join(FORBIDDEN.sub("", article.title).split())


@each(PATHS)
def test_e04_every_link_is_alive(site: FeedSite, path: str) -> None:
    for item in items(site, path)[:3]:
        assert item.link.startswith(site.url)
        assert site.get(item.link.removeprefix(site.url)).status == 200


@each(PATHS | PIECES)
def test_e05_e06_dates_are_aware_and_the_newest_comes_first(site: FeedSite, path: str) -> None:
    published = [item.published for item in items(site, path)]
    assert all(moment.utcoffset() is not None for moment in published)
    assert published == sorted(published, reverse=True)
    assert all(item.updated >= item.published for item in items(site, path))


@each(FULL)
def test_e07_the_text_is_the_whole_text_of_the_page(site: FeedSite, path: str) -> None:
    for item in items(site, path)[:8]:
        page = lxml.html.fromstring(site.get(item.link.removeprefix(site.url)).body.decode())
        assert _words(lxml.html.fragment_fromstring(item.content, "div")) == _words(page.find_class("body")[0])


def _words(element: lxml.html.HtmlElement) -> str:
    """Its text without spaces, and without what pages add: a mark behind each paragraph, a note for a lost picture."""
    return "".join(element.text_content().split()).replace("¶", "").replace("图1·缺图", "")


@each(FULL)
def test_e07_the_article_full_of_trouble_arrives_whole(site: FeedSite, path: str) -> None:
    item = next(item for item in items(site, path) if item.id.endswith(f"/{TROUBLE}"))
    text = lxml.html.fragment_fromstring(item.content, "div").text_content()
    assert text.count("政协长文") == 2300
    assert "]]>" in text
    assert "<script>alert(1)</script>" in text
    assert "👨‍👩‍👧" in text


@each(PATHS)
def test_e08_nothing_in_it_can_run(site: FeedSite, path: str) -> None:
    for item in items(site, path):
        if not item.content:
            continue
        content = lxml.html.fragment_fromstring(item.content, "div")
        assert not content.xpath("//script|//style|//iframe|//object|//form|//@*[starts-with(name(), 'on')]")
        assert not [
            a for a in content.xpath("//@href|//@src") if re.match(r"\s*(javascript|data|vbscript):", a, re.IGNORECASE)
        ]


@each(PATHS)
def test_e09_every_address_in_it_is_absolute(site: FeedSite, path: str) -> None:
    for item in items(site, path):
        assert not re.findall(r'<[^<>]*\s(?:href|src|srcset)="(?!https?:|mailto:)[^"]*"', item.content)


@each(PATHS)
def test_e10_e11_e12_each_has_a_summary_authors_and_tags(site: FeedSite, path: str) -> None:
    for item in items(site, path):
        assert 0 < len(item.summary) < 600
        assert "高原雪" in item.authors
        assert {"河北新闻", "本网原创", "改革"} <= set(item.categories)


@each({label: path for label, path in FULL.items() if "search" not in label})
def test_e13_e14_epub_and_pdf_are_there_with_their_true_length(site: FeedSite, path: str) -> None:
    offered = {item.id.rpartition("/")[2]: item.enclosures for item in items(site, path)}
    assert [kind for _, kind, _ in offered[EXPORTED]] == ["application/epub+zip", "application/pdf"]
    for (address, kind, size), magic in zip(offered[EXPORTED], (b"PK\x03\x04", b"%PDF-"), strict=True):
        file = site.get(address.removeprefix(site.url))
        assert (file.status, file["content-type"], len(file.body)) == (200, kind, size)
        assert file.body.startswith(magic)


@each({label: path for label, path in PATHS.items() if "lite" in label})
def test_e13_the_lite_feed_carries_neither_texts_nor_files(site: FeedSite, path: str) -> None:
    assert all(not item.content and not item.enclosures for item in items(site, path))


def test_e13_what_is_not_finished_is_not_listed(site: FeedSite) -> None:
    offered = {item.id.rpartition("/")[2]: item.enclosures for item in items(site, "/feed.xml")}
    for article in site.services.catalog.articles(list(offered)):
        sizes = [site.services.export_service.size_bytes(of_article(article), suffix) for suffix in ("epub", "pdf")]
        assert [size for _, _, size in offered[article.slug]] == [size for size in sizes if size]
    assert () in offered.values()


def test_e18_an_enclosure_can_be_fetched_in_parts_and_revalidated(site: FeedSite) -> None:
    address, _, size = next(i for i in items(site, "/feed.xml") if i.id.endswith(f"/{EXPORTED}")).enclosures[0]
    path = address.removeprefix(site.url)
    part = site.fetch(path, Range="bytes=0-3")
    assert (part.status, part.body, part["content-range"]) == (206, b"PK\x03\x04", f"bytes 0-3/{size}")
    assert site.fetch(path, If_None_Match=site.get(path)["etag"]).status == 304


@each(ATOM)
def test_e16_a_client_opens_the_article_not_its_epub(site: FeedSite, path: str) -> None:
    for entry in feedparser.parse(site.get(path).body).entries:
        assert entry.link.startswith(f"{site.url}/a/")
        assert not entry.link.endswith((".epub", ".pdf"))
        assert all(link["rel"] in ("alternate", "enclosure") for link in entry.links)


@each(RSS)
def test_e17_an_id_that_is_no_address_says_so(site: FeedSite, path: str) -> None:
    guids = root_of(site, path).findall("channel/item/guid")
    assert {guid.get("isPermaLink") for guid in guids} == {"false"}


# --- D: discovery ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/", SELECTIONS["section"].page, SELECTIONS["tag"].page, "/a/n59", "/feeds"])
def test_d01_d02_a_reader_that_is_given_a_page_finds_the_feed(site: FeedSite, page: str) -> None:
    found = lxml.html.fromstring(site.get(page).body.decode()).xpath("//link[@rel='alternate'][contains(@type, 'rss')]")
    assert found
    for link in found:
        assert items(site, _quoted(link.get("href")))


def test_d02_an_article_leads_to_the_feed_of_its_section(site: FeedSite) -> None:
    links = lxml.html.fromstring(site.get("/a/n59").body.decode()).xpath("//link[@rel='alternate']/@href")
    assert SELECTIONS["section"].feed("feed.xml") in [_quoted(link) for link in links]


def _quoted(path: str) -> str:
    return iri_to_uri(unescape(path))


def test_d03_all_feeds_in_one_file(site: FeedSite) -> None:
    root = etree.fromstring(site.get("/feeds.opml").body)
    addresses = root.xpath("//outline/@xmlUrl")
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    for kind in ("everything", "section", "tag", "author", "source"):
        assert site.url + SELECTIONS[kind].feed("feed.xml") in addresses
    assert all(site.get(address.removeprefix(site.url)).status == 200 for address in addresses)
    assert all(outline.get("text") for outline in root.iter("outline"))


def test_d04_robots_may_read_feeds(site: FeedSite) -> None:
    rules = Protego.parse(site.get("/robots.txt").body.decode())
    paths = [selection.feed(name) for selection in SELECTIONS.values() for name in FEEDS if not selection.query]
    assert [path for path in [*paths, "/feed.xml?piece=1", "/a/n1"] if not rules.can_fetch(site.url + path, "*")] == []
    assert not rules.can_fetch(site.url + "/search?q=x", "*")


@pytest.mark.parametrize("kind", SELECTIONS)
def test_d05_every_format_says_the_same(site: FeedSite, kind: str) -> None:
    rss, atom, json_feed = (items(site, SELECTIONS[kind].feed(name)) for name in ("feed.xml", "atom.xml", "feed.json"))
    assert rss == atom == json_feed
    lite = items(site, SELECTIONS[kind].feed("lite.xml"))
    assert [(i.id, i.link, i.title, i.summary, i.published) for i in lite] == [
        (i.id, i.link, i.title, i.summary, i.published) for i in rss
    ]


@each({label: path for label, path in (PATHS | PIECES).items() if ".json" in path})
def test_d06_json_feed_holds_what_version_1_1_asks(site: FeedSite, path: str) -> None:
    feed = json.loads(site.get(path).body)
    assert {"version", "title", "items", "home_page_url", "feed_url"} <= feed.keys()
    for item in feed["items"]:
        assert all(isinstance(item[name], str) for name in ("id", "url", "title", "content_html", "date_published"))
        assert all(author["name"] for author in item["authors"])
        assert all(isinstance(tag, str) for tag in item["tags"])
    assert "" not in feed.values()


@each(PATHS | PIECES)
def test_d07_a_person_who_opens_it_sees_a_page_that_no_cache_keeps(site: FeedSite, path: str) -> None:
    page = site.fetch(path, Sec_Fetch_Dest="document")
    assert site.fetch(path, Upgrade_Insecure_Requests="1").body == page.body
    assert (page.status, page["content-type"]) == (200, "text/html; charset=utf-8")
    assert page["cache-control"] == "no-store"
    assert "Sec-Fetch-Dest" in page["vary"]
    assert "Sec-Fetch-Dest" in site.get(path)["vary"]
    text = lxml.html.fromstring(page.body.decode()).text_content()
    assert _quoted(site.url + path) in [_quoted(word) for word in text.split()]
    assert items(site, path)[0].title.split("<")[0].strip() in " ".join(text.split())


@each(PATHS)
def test_d08_the_header_names_the_feed(site: FeedSite, path: str) -> None:
    assert f'<{site.url}{path}>; rel="self"' in site.get(path)["link"]

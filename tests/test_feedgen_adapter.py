"""One regression test for each known defect of feedgen 1.0.0, on the output of our formats."""

from __future__ import annotations

import locale
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import feedgen.entry
import feedgen.feed
import pytest
from lxml import etree

from reader.feeds import FEEDS, Enclosure, Entry, Feed, Link, atom, rss

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "fh": "http://purl.org/syndication/history/1.0",
    "media": "http://search.yahoo.com/mrss/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}
SHANGHAI = timezone(timedelta(hours=8))
PUBLISHED = datetime(2018, 11, 23, 10, 40, tzinfo=SHANGHAI)
EPUB = Enclosure("https://news.example/a/quzhou.epub", "application/epub+zip", 61234, "quzhou.epub")
PDF = Enclosure("https://news.example/a/quzhou.pdf", "application/pdf", 91234, "quzhou.pdf")
ENTRY = Entry(
    id="tag:news.example,2026:article/quzhou",
    address="https://news.example/a/quzhou",
    title="曲周县政协在河北省率先实现“两个全覆盖”",
    summary="加强政协党的建设。",
    content="<p>一行<br>二行&nbsp;]]&gt; <code>&lt;b&gt;</code></p>",
    published=PUBLISHED,
    updated=PUBLISHED + timedelta(days=1),
    language="zh-CN",
    authors=("高原雪", "张岩"),
    categories=("河北新闻", "本网原创"),
    source="河北新闻网",
    image="https://news.example/media/one.jpg",
    thumbnail="https://news.example/media/small.jpg",
    enclosures=(EPUB, PDF),
)
OLDER = replace(ENTRY, id="tag:news.example,2026:article/older", title="旧闻", published=PUBLISHED - timedelta(days=9))
FEED = Feed(
    id="tag:news.example,2026:feed/atom.xml",
    title="河北新闻",
    subtitle="要闻",
    language="zh-CN",
    address="https://news.example/feed.xml",
    page="https://news.example/",
    updated=ENTRY.updated,
    entries=(ENTRY, OLDER),
    links=(Link("hub", "https://hub.example/"), Link("prev-archive", "https://news.example/feed.xml?piece=1")),
)


class _AnyDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class Later(metaclass=_AnyDatetime):
    """What feedgen takes for the clock: it is 2099."""

    @staticmethod
    def now(tz: object = None) -> datetime:
        return datetime(2099, 1, 1, tzinfo=UTC)


def read(raw: bytes) -> etree._Element:
    return etree.fromstring(raw)


def rss_item(feed: Feed = FEED) -> etree._Element:
    return read(rss.to_bytes(feed)).find("channel/item")


def test_1_every_atom_link_keeps_its_relation_type_and_length() -> None:
    links = read(atom.to_bytes(FEED)).find("a:entry", NS).findall("a:link", NS)
    assert [(link.get("rel"), link.get("type"), link.get("length")) for link in links] == [
        ("alternate", "text/html", None),
        ("enclosure", EPUB.mimetype, "61234"),
        ("enclosure", PDF.mimetype, "91234"),
    ]


def test_1_feedgen_itself_still_loses_them() -> None:
    """When this fails, feedgen has mended #135 and ``atom._mend_entry`` can let go of the links."""
    made = feedgen.entry.FeedEntry()
    made.id("x")
    made.title("x")
    made.link(href="https://news.example/x.epub", rel="enclosure", type=EPUB.mimetype, length="1")
    made.content("x")
    assert made.atom_entry().find("link").get("rel") is None


def test_2_no_date_touches_the_locale_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locale, "setlocale", lambda *_: pytest.fail("setlocale was called"))
    assert b"Fri, 23 Nov 2018 10:40:00 +0800" in rss.to_bytes(FEED)
    atom.to_bytes(FEED)


@pytest.mark.parametrize("name", FEEDS)
@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1b", "\x85", "\ufffe", "\uffff", "\ufdd0", "\ud800"])
def test_3_one_forbidden_character_costs_that_character_not_the_feed(name: str, bad: str) -> None:
    field = f"改{bad}革"
    entry = replace(
        ENTRY, title=field, summary=field, content=field, authors=(field,), categories=(field,), source=field,
        image=f"https://news.example/{field}", thumbnail=f"https://news.example/{field}",
        enclosures=(replace(EPUB, title=field),),
    )  # fmt: skip
    raw = FEEDS[name].to_bytes(replace(FEED, title=field, subtitle=field, publisher=field, entries=(entry,)))
    assert "改革" in raw.decode()
    assert bad.encode("utf-8", "surrogatepass") not in raw


@pytest.mark.parametrize("name", FEEDS)
def test_4_no_date_is_the_time_of_building(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = FEEDS[name].to_bytes(FEED)
    monkeypatch.setattr(feedgen.feed, "datetime", Later)
    monkeypatch.setattr(feedgen.entry, "datetime", Later)
    assert FEEDS[name].to_bytes(FEED) == first


def test_5_the_channel_links_to_the_page_not_to_itself() -> None:
    assert read(rss.to_bytes(FEED)).findtext("channel/link") == FEED.page


def test_6_rss_keeps_every_link_of_the_feed() -> None:
    links = read(rss.to_bytes(FEED)).findall("channel/a:link", NS)
    assert [(link.get("rel"), link.get("href")) for link in links] == [
        ("self", FEED.address),
        *((link.rel, link.address) for link in FEED.links),
    ]


@pytest.mark.parametrize("name", FEEDS)
def test_7_the_newest_comes_first(name: str) -> None:
    text = FEEDS[name].to_bytes(FEED).decode()
    assert text.index(ENTRY.title) < text.index(OLDER.title)


def test_8_markup_is_marked_as_markup_and_survives() -> None:
    content = read(atom.to_bytes(FEED)).find("a:entry/a:content", NS)
    assert (content.get("type"), content.text) == ("html", ENTRY.content)


def test_9_the_full_text_stands_in_content_encoded_after_a_summary_even_without_one() -> None:
    item = rss_item(replace(FEED, entries=(replace(ENTRY, summary=""),)))
    tags = [child.tag for child in item]
    assert tags.index("description") < tags.index(f"{{{NS['content']}}}encoded")
    assert item.findtext("content:encoded", namespaces=NS) == ENTRY.content
    assert item.findtext("description") == ENTRY.title


def test_10_reporters_without_an_address_are_named_in_rss() -> None:
    assert [name.text for name in rss_item().findall("dc:creator", NS)] == ["高原雪", "张岩"]


def test_11_the_syndication_module_is_spelled_as_readers_read_it() -> None:
    channel = read(rss.to_bytes(FEED)).find("channel")
    assert channel.findtext("sy:updatePeriod", namespaces=NS) == "hourly"
    assert channel.findtext("sy:updateFrequency", namespaces=NS) == "4"
    assert channel.findtext("ttl") == "15"


def test_12_rss_carries_the_epub_as_its_enclosure_and_the_pdf_as_a_link() -> None:
    item = rss_item()
    assert dict(item.find("enclosure").attrib) == {"url": EPUB.address, "type": EPUB.mimetype, "length": "61234"}
    assert dict(item.find("a:link", NS).attrib) == {
        "rel": "enclosure",
        "href": PDF.address,
        "type": PDF.mimetype,
        "length": "91234",
    }


def test_12_rss_with_sound_has_no_files_that_podcast_clients_would_list_as_episodes() -> None:
    entry = FEED.entries[0]
    sound = Enclosure("https://news.example/media/talk.mp3", "audio/mpeg", 7, "talk")
    feed = replace(FEED, entries=(replace(entry, enclosures=(sound, EPUB)), replace(entry, id="tag:plain")))
    made = read(rss.to_bytes(feed))
    assert [found.get("url") for found in made.iter("enclosure")] == [sound.address]
    assert not made.findall(".//item/a:link", NS)


def test_13_relations_outside_feedgens_list_are_written() -> None:
    feed = replace(FEED, links=(Link("current", FEED.address), Link("next-archive", FEED.address)), kind="archive")
    for root in (read(rss.to_bytes(feed)).find("channel"), read(atom.to_bytes(feed))):
        assert {"current", "next-archive"} <= {link.get("rel") for link in root.findall("a:link", NS)}
        assert root.find("fh:archive", NS) is not None


def test_14_pictures_and_source_need_no_group_and_no_feed_of_their_own() -> None:
    for item in (rss_item(), read(atom.to_bytes(FEED)).find("a:entry", NS)):
        assert item.find("media:thumbnail", NS).get("url") == ENTRY.thumbnail
        assert item.find("media:group", NS) is None
        assert item.findtext("dc:source", namespaces=NS) == "河北新闻网"


def test_14_a_correction_shows_in_rss() -> None:
    assert rss_item().findtext("a:updated", namespaces=NS) == ENTRY.updated.isoformat()


def test_15_everything_in_atom_is_in_a_namespace_that_is_declared_once() -> None:
    raw = atom.to_bytes(FEED)
    assert b"ns0:" not in raw
    assert raw.count(b'xmlns="http://www.w3.org/2005/Atom"') == 1
    assert all(isinstance(element.tag, str) and element.tag.startswith("{") for element in read(raw).iter())

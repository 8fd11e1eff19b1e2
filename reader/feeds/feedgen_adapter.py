"""The only module that uses feedgen 1.0.0, with workarounds for its fifteen known defects.

feedgen provides the order of elements, escaping and required fields; ``rss.py`` and ``atom.py`` then correct its
element tree. tests/test_feedgen_adapter.py has a test for each defect. For defects that upstream may fix, it has a test
that fails when the workaround can be removed.
"""

from __future__ import annotations

from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

from ..patterns import lazy_pattern
from .feed import Entry, Feed

if TYPE_CHECKING:
    import feedgen.entry
    import feedgen.feed

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
PREFIXES = {
    "atom": ATOM, "content": CONTENT, "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/", "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "fh": "http://purl.org/syndication/history/1.0", "thr": "http://purl.org/syndication/thread/1.0",
    "slash": "http://purl.org/rss/1.0/modules/slash/", "wfw": "http://wellformedweb.org/CommentAPI/",
    "at": "http://purl.org/atompub/tombstones/1.0",
}  # fmt: skip
_FORBIDDEN = lazy_pattern("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """*text* without the characters that XML 1.0 forbids or discourages (2.2). A single one makes the feed invalid."""
    return _FORBIDDEN.sub("", text)


def one_line(text: str) -> str:
    """*text* on one line, cleaned like ``clean``."""
    return " ".join(clean(text).split())


@cache
def _feedgen() -> tuple[type[feedgen.feed.FeedGenerator], type[feedgen.entry.FeedEntry]]:
    import feedgen.entry
    import feedgen.feed

    # formatRFC2822 calls locale.setlocale() for every date: two threads leave the whole process in the "C" locale,
    # after which open() without encoding= fails on Chinese text. Both modules import the function by name.
    feedgen.entry.formatRFC2822 = feedgen.feed.formatRFC2822 = format_datetime
    return feedgen.feed.FeedGenerator, feedgen.entry.FeedEntry


def generator(feed: Feed) -> feedgen.feed.FeedGenerator:
    """A FeedGenerator filled from *feed*, with all dates set (the default is now) and entries in order."""
    feedgen_feed = _feedgen()[0]()
    feedgen_feed.id(feed.id)
    feedgen_feed.title(one_line(feed.title))
    feedgen_feed.subtitle(one_line(feed.subtitle))
    feedgen_feed.description(one_line(feed.subtitle) or one_line(feed.title))
    feedgen_feed.language(feed.language)
    feedgen_feed.generator("Reader")
    feedgen_feed.updated(feed.updated)
    feedgen_feed.author(name=one_line(feed.publisher or feed.title))
    if feed.copyright:
        feedgen_feed.rights(one_line(feed.copyright))
    feedgen_feed.link(href=feed.address, rel="self")
    feedgen_feed.link(
        href=feed.page, rel="alternate", type="text/html"
    )  # last, because RSS uses the last one as <link>
    for entry in feed.entries:
        feedgen_feed.add_entry(_feedgen_entry(entry), order="append")  # the default order reverses
    return feedgen_feed


def _feedgen_entry(entry: Entry) -> feedgen.entry.FeedEntry:
    feedgen_entry = _feedgen()[1]()
    feedgen_entry.id(entry.id)
    feedgen_entry.title(one_line(entry.title))
    feedgen_entry.published(entry.published)
    feedgen_entry.updated(entry.updated)
    feedgen_entry.summary(one_line(entry.summary) or one_line(entry.title))
    if entry.content:
        feedgen_entry.content(clean(entry.content), type="html")
    for name in entry.authors:
        feedgen_entry.author(name=one_line(name))
    for name in entry.categories:
        feedgen_entry.category(term=one_line(name))
    feedgen_entry.link(href=entry.address, rel="alternate", type="text/html")
    for enclosure in entry.enclosures:
        feedgen_entry.link(
            href=enclosure.address, rel="enclosure", type=enclosure.mimetype, length=str(enclosure.size_bytes)
        )
    return feedgen_entry


def add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    """Appends a child element and returns it. *tag* has a prefix of ``PREFIXES`` if it is in a namespace:
    ``dc:creator``."""
    child = etree.SubElement(
        parent, qualified(tag), {key: one_line(value) for key, value in attributes.items() if value}
    )
    child.text = clean(text) or None
    return child


def add_reply(parent: etree._Element, entry: Entry) -> None:
    """Adds the reference to the parent of a comment (RFC 4685 3)."""
    if entry.in_reply_to:
        identifier, address = entry.in_reply_to
        add(parent, "thr:in-reply-to", ref=identifier, href=address, type="text/html")


def qualified(tag: str) -> str:
    """*tag* with its namespace in lxml's notation."""
    prefix, colon, name = tag.partition(":")
    return f"{{{PREFIXES[prefix]}}}{name}" if colon else tag


def serialize(root: etree._Element) -> bytes:
    """The document as bytes, with the used namespace prefixes declared at the root."""
    etree.cleanup_namespaces(root, top_nsmap=PREFIXES)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)

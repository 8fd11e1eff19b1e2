"""RSS 2.0 with content:encoded, Dublin Core, Media RSS and atom:link, the extensions that feed readers support."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from ..i18n import N_
from .feed import Enclosure, Entry, Feed, Link
from .feedgen_adapter import add, add_reply, generator, qualified, serialize

NAME, MIMETYPE, ORDER = "feed.xml", "application/rss+xml", 1
LABEL, SHORT = N_("RSS: full text"), "RSS"


def to_bytes(feed: Feed) -> bytes:
    """The RSS document of *feed*."""
    feed = _as_podcast(feed)
    root, _ = generator(feed)._create_rss()
    channel = root[0]
    items = channel.findall("item")
    for item, entry in zip(items, feed.entries, strict=True):
        _complete_item(item, entry, feed.language)
        channel.remove(item)
    _complete_channel(channel, feed)
    channel.extend(items)
    return serialize(root)


def _as_podcast(feed: Feed) -> Feed:
    """A feed with sound, without the PDF and EPUB files: podcast clients list every enclosure as an episode."""
    if not any(enclosure.mimetype.startswith("audio/") for entry in feed.entries for enclosure in entry.enclosures):
        return feed
    return replace(feed, entries=tuple(replace(entry, enclosures=_media(entry)) for entry in feed.entries))


def _media(entry: Entry) -> tuple[Enclosure, ...]:
    return tuple(enclosure for enclosure in entry.enclosures if enclosure.mimetype.startswith(("audio/", "video/")))


def _complete_channel(channel: etree._Element, feed: Feed) -> None:
    """Corrects the channel: feedgen uses the last link as <link>, drops all except rel=self, and misspells sy:."""
    _child(channel, "link").text = feed.page
    for element in channel.findall(qualified("atom:link")):
        channel.remove(element)
    for link in (Link("self", feed.address, MIMETYPE), *feed.links):
        add(channel, "atom:link", rel=link.rel, href=link.address, type=link.mimetype)
    if feed.kind != "live":
        add(channel, f"fh:{feed.kind}")
    if feed.logo:
        _add_image(channel, feed)
    add(channel, "ttl", str(feed.ttl_minutes))
    add(channel, "sy:updatePeriod", "hourly")
    add(channel, "sy:updateFrequency", str(60 // feed.ttl_minutes))


def _add_image(channel: etree._Element, feed: Feed) -> None:
    image = add(channel, "image")
    for name, text in (("url", feed.logo), ("title", feed.title), ("link", feed.page)):
        add(image, name, text)


def _complete_item(item: etree._Element, entry: Entry, feed_language: str) -> None:
    for name in entry.authors:  # feedgen writes RSS authors only with an e-mail address
        add(item, "dc:creator", name)
    if entry.language != feed_language:
        add(item, "dc:language", entry.language)
    if entry.source:
        add(item, "dc:source", entry.source)
    if entry.updated != entry.published:  # RSS has no element for it; feedparser and others read this one
        add(item, "atom:updated", entry.updated.isoformat())
    _complete_enclosures(item, entry)
    add_reply(item, entry)
    if entry.discussion:
        add(item, "comments", entry.discussion.page)
        add(item, "wfw:commentRss", entry.discussion.feed)
        if entry.discussion.count is not None:
            add(item, "slash:comments", str(entry.discussion.count))
    if entry.thumbnail:
        add(item, "media:thumbnail", url=entry.thumbnail)


def _complete_enclosures(item: etree._Element, entry: Entry) -> None:
    """RSS allows one enclosure, and feedgen writes the last one. Writes the first instead, and the others as
    atom:link."""
    if not entry.enclosures:
        return
    first, *others = entry.enclosures
    element = _child(item, "enclosure")
    element.set("url", first.address)
    element.set("type", first.mimetype)
    element.set("length", str(first.size_bytes))
    for other in others:
        add(item, "atom:link", rel="enclosure", href=other.address, type=other.mimetype, length=str(other.size_bytes))


def _child(parent: etree._Element, tag: str) -> etree._Element:
    child = parent.find(tag)
    if child is None:
        raise LookupError(f"feedgen wrote no <{tag}>")
    return child

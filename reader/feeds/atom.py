"""Atom 1.0 (RFC 4287) with paging and archiving (RFC 5005) and tombstones (RFC 6721)."""

from __future__ import annotations

from lxml import etree

from ..i18n import N_
from .feed import Entry, Feed, Link
from .feedgen_adapter import add, add_reply, generator, one_line, qualified, serialize

NAME, MIMETYPE, ORDER = "atom.xml", "application/atom+xml", 2
LABEL, SHORT = N_("Atom: full text"), "Atom"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def to_bytes(feed: Feed) -> bytes:
    """The Atom document of *feed*."""
    root, _ = generator(feed)._create_atom()
    root.set(_XML_LANG, feed.language)
    entries = root.findall("entry")
    for element, entry in zip(entries, feed.entries, strict=True):
        _complete_entry(element, entry, feed.language)
        root.remove(element)
    _complete_feed(root, feed)
    root.extend(entries)
    return serialize(root)


def _complete_feed(root: etree._Element, feed: Feed) -> None:
    """Adds elements to the feed. feedgen's tree has no namespace (xmlns is an attribute), so tags have no prefix."""
    _set(root.findall("link")[0], type=MIMETYPE)
    if feed.logo:
        add(root, "logo", feed.logo)
        add(root, "icon", feed.logo)
    for link in feed.links:
        add(root, "link", rel=link.rel, href=link.address, type=link.mimetype)
    if feed.kind != "live":
        add(root, f"fh:{feed.kind}")
    for tombstone in feed.tombstones:
        add(root, "at:deleted-entry", ref=tombstone.id, when=tombstone.removed_at.isoformat())


def _complete_entry(element: etree._Element, entry: Entry, feed_language: str) -> None:
    links = [Link("alternate", entry.address, "text/html")]
    links += [Link("enclosure", enclosure.address, enclosure.mimetype) for enclosure in entry.enclosures]
    # feedgen drops all link attributes except href (#135, #143); feed readers would then open the EPUB.
    for element_of_link, link in zip(element.findall("link"), links, strict=True):
        _set(element_of_link, rel=link.rel, type=link.mimetype)
    for element_of_link, enclosure in zip(element.findall("link")[1:], entry.enclosures, strict=True):
        _set(element_of_link, length=str(enclosure.size_bytes), title=enclosure.title)
    if entry.language != feed_language:
        element.set(_XML_LANG, entry.language)
    if entry.source:
        add(element, "dc:source", entry.source)
    add_reply(element, entry)
    if entry.discussion:  # RFC 4685 4
        discussion = entry.discussion
        add(element, "link", rel="replies", type="text/html", href=discussion.page)
        replies = add(element, "link", rel="replies", type=MIMETYPE, href=discussion.feed.replace("feed.xml", NAME))
        if discussion.count is not None:
            replies.set(qualified("thr:count"), str(discussion.count))
    if entry.thumbnail:
        add(element, "media:thumbnail", url=entry.thumbnail)


def _set(element: etree._Element, **attributes: str) -> None:
    for name, value in attributes.items():
        element.set(name, one_line(value))

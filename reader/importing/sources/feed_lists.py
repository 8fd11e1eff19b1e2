"""The entries of each feed in a list of feeds (OPML 2.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import NotImported
from ...formats.xml_reader import read_xml
from ...i18n import Message
from .feed_entries import ByteBudget, feed_items, is_feed
from .http import Fetcher
from .items import Found


def not_a_feed() -> Message:
    """The reason for an XML or JSON file of an unknown kind, with a suggestion."""
    return Message("not a feed, and no export that is known; export HTML, Markdown or RSS there, and import that")


def is_opml(content: bytes) -> bool:
    return re.search(rb"<opml\b", content[:2000], re.IGNORECASE) is not None


def opml_items(name: str, content: bytes, fetcher: Fetcher) -> Iterator[Found]:
    """The entries of all feeds, in order. For a feed that cannot be fetched, the reason."""
    root = read_xml(content)
    outlines = root.iter("{*}outline", "outline") if root is not None else ()
    addresses = list(dict.fromkeys(address for o in outlines if (address := (o.get("xmlUrl") or "").strip())))
    if not addresses:
        raise NotImported(name, Message("the list has no feeds"))
    budget = ByteBudget()
    for address in addresses:
        try:
            fetched = fetcher.fetch(address)
            if not is_feed(fetched.content):
                raise NotImported(address, not_a_feed())
            yield from feed_items(fetched.content, fetched.address, fetcher, budget)
        except NotImported as error:
            yield error

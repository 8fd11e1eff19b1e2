"""JSON Feed 1.1, https://www.jsonfeed.org/version/1.1/"""

from __future__ import annotations

import json
from typing import Any

from ..i18n import N_
from .feed import Entry, Feed
from .feedgen_adapter import clean, one_line

NAME, MIMETYPE, ORDER = "feed.json", "application/feed+json", 3
LABEL, SHORT = N_("JSON Feed: full text"), "JSON"


def to_bytes(feed: Feed) -> bytes:
    """The JSON document of *feed*."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": one_line(feed.title),
        "description": one_line(feed.subtitle),
        "home_page_url": feed.page,
        "feed_url": feed.address,
        "next_url": _link_with(feed, "prev-archive"),
        "hubs": [{"type": "WebSub", "url": link.address} for link in feed.links if link.rel == "hub"],
        "language": feed.language,
        "icon": feed.logo,
        "authors": [{"name": one_line(feed.publisher)}] if feed.publisher else [],
        "items": [_item(entry) for entry in feed.entries],
    }
    return json.dumps(_without_empty(document) | {"items": document["items"]}, ensure_ascii=False).encode()


def _item(entry: Entry) -> dict[str, Any]:
    return _without_empty(
        {
            "id": entry.id,
            "url": entry.address,
            "title": one_line(entry.title),
            "summary": one_line(entry.summary),
            "content_html": clean(entry.content),
            "image": one_line(entry.image),
            "date_published": entry.published.isoformat(),
            "date_modified": entry.updated.isoformat(),
            "authors": [{"name": one_line(name)} for name in entry.authors],
            "tags": [one_line(name) for name in entry.categories],
            "language": entry.language,
            "attachments": [
                {"url": e.address, "mime_type": e.mimetype, "title": one_line(e.title), "size_in_bytes": e.size_bytes}
                for e in entry.enclosures
            ],
        }
    )


def _link_with(feed: Feed, rel: str) -> str:
    """The URL of the feed's link with *rel*; empty if there is none."""
    return next((link.address for link in feed.links if link.rel == rel), "")


def _without_empty(members: dict[str, Any]) -> dict[str, Any]:
    """*members* without empty values, which JSON Feed requires to be omitted."""
    return {name: value for name, value in members.items() if value}

"""The content of a feed, independent of the format: frozen dataclasses with absolute URLs and aware times."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

WINDOW = 25
"""Articles in a live feed and in an archive page: 25 full texts are about 45 KB compressed."""


Kind = Literal["live", "archive", "complete"]
"""RFC 5005. live: the newest entries; archive: an archive page; complete: all entries in one document."""


@dataclass(frozen=True)
class Enclosure:
    """A file attached to an entry. ``size_bytes`` must be exact: feed readers show and check it."""

    address: str
    mimetype: str
    size_bytes: int
    title: str


@dataclass(frozen=True)
class Discussion:
    """The URLs of the comments page and the comments feed of an entry. ``count`` is None while it is unknown."""

    page: str
    feed: str
    count: int | None


@dataclass(frozen=True)
class Entry:
    """One article or comment. ``content`` is sanitized HTML, empty in summary feeds; the others are plain text."""

    id: str
    address: str
    title: str
    summary: str
    content: str
    published: datetime
    updated: datetime
    language: str
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    source: str = ""
    image: str = ""
    thumbnail: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    in_reply_to: tuple[str, str] | None = None
    """The id and the URL of the entry that this one answers."""
    discussion: Discussion | None = None


@dataclass(frozen=True)
class Tombstone:
    """A removed entry (RFC 6721)."""

    id: str
    removed_at: datetime


@dataclass(frozen=True)
class Link:
    """A link of the feed besides *self* and *alternate*: hub, prev-archive, current …"""

    rel: str
    address: str
    mimetype: str = ""


@dataclass(frozen=True)
class Feed:
    """Entries newest first. ``page`` is the HTML page that lists the same articles, ``address`` the feed's own URL.

    ``updated`` changes only when the content changes; it is not the time of rendering.
    """

    id: str
    title: str
    subtitle: str
    language: str
    address: str
    page: str
    updated: datetime
    entries: tuple[Entry, ...]
    tombstones: tuple[Tombstone, ...] = ()
    links: tuple[Link, ...] = ()
    kind: Kind = "live"
    ttl_minutes: int = 15
    publisher: str = field(default="", kw_only=True)
    copyright: str = field(default="", kw_only=True)
    logo: str = field(default="", kw_only=True)

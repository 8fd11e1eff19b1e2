"""What a feed says, before any format: addresses absolute, text clean, every date decided. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

WINDOW = 25
"""Articles in a live feed and in one piece of its history: 25 full texts are some 45 KB compressed."""


Kind = Literal["live", "archive", "complete"]
"""After RFC 5005: the newest; a closed piece of history; live, and nothing is older."""


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with an entry. ``size_bytes`` is its true length: readers show and check it."""

    address: str
    mimetype: str
    size_bytes: int
    title: str


@dataclass(frozen=True)
class Entry:
    """One article as feeds show it. ``content`` is sanitized HTML, empty in the lite feed; the rest is plain text."""

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


@dataclass(frozen=True)
class Tombstone:
    """An entry that is no more (RFC 6721)."""

    id: str
    removed_at: datetime


@dataclass(frozen=True)
class Link:
    """A link of the whole feed beside *self* and *alternate*: hub, prev-archive, current, next …"""

    rel: str
    address: str
    mimetype: str = ""


@dataclass(frozen=True)
class Feed:
    """Entries newest first. ``page`` is the HTML page that lists the same articles, ``address`` the feed itself.

    ``updated`` is never the time of building: it moves only when what is said moves.
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

"""RSS with summaries only: for those who pay by the byte."""

from __future__ import annotations

from dataclasses import replace

from . import rss
from .feed import Entry, Feed

NAME, MIMETYPE, LABEL, ORDER = "lite.xml", rss.MIMETYPE, "RSS: summaries, for those who pay by the byte", 4


def to_bytes(feed: Feed) -> bytes:
    return rss.to_bytes(replace(feed, entries=tuple(map(_lite, feed.entries))))


def _lite(entry: Entry) -> Entry:
    return replace(entry, content="", enclosures=(), image="", source="")

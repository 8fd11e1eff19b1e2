"""RSS with summaries only, for readers with a small data plan."""

from __future__ import annotations

from dataclasses import replace

from ..i18n import N_
from . import rss
from .feed import Entry, Feed

NAME, MIMETYPE, ORDER = "lite.xml", rss.MIMETYPE, 4
LABEL, SHORT = N_("RSS: summaries only, to save data"), N_("Summaries")


def to_bytes(feed: Feed) -> bytes:
    """The RSS document of *feed* without full texts and enclosures."""
    return rss.to_bytes(replace(feed, entries=tuple(map(_summary_only, feed.entries))))


def _summary_only(entry: Entry) -> Entry:
    return replace(entry, content="", enclosures=(), image="", thumbnail="", source="")

"""Ids of entries and feeds: tag: URIs (RFC 4151) that no move of host, format or file changes.

A changed id is the complaint that feed readers' authors hear most: every article shows up twice. So an id is made
of ``READER_FEED_AUTHORITY`` (who names, and since when; independent of the host on purpose) and of the first name
the article ever had: the first of its ``aliases``, which list former names oldest first, or else its slug.
"""

from __future__ import annotations

from urllib.parse import quote


def entry_id(authority: str, original_slug: str) -> str:
    """Percent-encoded throughout: validators refuse a tag: URI with anything but ASCII."""
    return f"tag:{authority}:article/{quote(original_slug, safe='')}"


def feed_id(authority: str, path: str, name: str) -> str:
    """*path* is what the feed is of, as a percent-encoded path that begins with ``/``."""
    return f"tag:{authority}:feed{path}{name}"

"""Ids of entries and feeds: tag: URIs (RFC 4151) that do not change when host, format or file name changes.

If an id changes, feed readers show the article twice. So an id consists of ``READER_FEED_AUTHORITY``, which does not
depend on the host, and the article's original slug: the first of its ``aliases`` (former slugs, oldest first), or its
slug if it has none.
"""

from __future__ import annotations

from urllib.parse import quote


def entry_id(authority: str, original_slug: str) -> str:
    """The id of an article's entry. The slug is percent-encoded, because validators accept only ASCII in tag: URIs."""
    return f"tag:{authority}:article/{quote(original_slug, safe='')}"


def feed_id(authority: str, path: str, name: str) -> str:
    """The id of a feed. *path* is the percent-encoded path of its selection; it starts with ``/``."""
    return f"tag:{authority}:feed{path}{name}"

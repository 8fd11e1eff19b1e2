"""Feeds: pure functions from articles to feed documents. They use no web request, clock or settings.

A feed format is a module of this package that has a ``NAME``; ``FeedFormat`` is its contract. Reader discovers a new
module when it starts: the module gets URLs for the whole site, every collection and search, a line on ``/feeds`` and in
OPML, autodiscovery links, and the tests of the registry. Its name must be documented in ``docs/reference/addresses.md``
and in ``docs/reference/addresses.zh.md``. The tests that it must pass::

    make test ARGS="tests/test_registries.py tests/test_docs.py -k 'titles or every_feed'"
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, cast

from .feed import WINDOW, Discussion, Enclosure, Entry, Feed, Link, Tombstone

__all__ = ["FEEDS", "WINDOW", "Discussion", "Enclosure", "Entry", "Feed", "FeedFormat", "Link", "Tombstone"]


class FeedFormat(Protocol):
    """The attributes of a feed module.

    A minimal module, ``titles.py``, below its docstring::

        from __future__ import annotations

        from .feed import Feed

        NAME, MIMETYPE, ORDER = "titles.txt", "text/plain", 9
        LABEL, SHORT = "Titles", "Titles"


        def to_bytes(feed: Feed) -> bytes:
            return "".join(f"{entry.published:%F} {entry.title} {entry.address}\\n" for entry in feed.entries).encode()
    """

    NAME: str
    """The last part of its URLs, such as ``feed.xml``; unique among the formats."""

    MIMETYPE: str
    """The media type, without parameters."""

    LABEL: str
    """Its name for users: a msgid."""

    SHORT: str
    """A short name for lists of feeds: a msgid."""

    ORDER: int
    """Its position in lists; the lowest is first."""

    def to_bytes(self, feed: Feed) -> bytes:
        """The document. *feed* contains absolute URLs, aware times and sanitized HTML, newest entry first.

        The same feed must result in the same bytes, because ETags depend on it. Do not change ``entry.id``. Omit
        tombstones and links that the format does not support. Must not raise: replace characters that the format
        cannot contain (``feedgen_adapter.clean``, ``one_line``).
        """
        ...


def _formats() -> dict[str, FeedFormat]:
    """All modules of this package with a NAME, by NAME, sorted by ORDER. Raises ValueError for a duplicate NAME."""
    found = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    formats = sorted((module for module in found if hasattr(module, "NAME")), key=lambda module: int(module.ORDER))
    if len({module.NAME for module in formats}) < len(formats):
        raise ValueError(f"two feed formats have the same name: {[module.NAME for module in formats]}")
    return {module.NAME: cast("FeedFormat", module) for module in formats}


FEEDS: dict[str, FeedFormat] = _formats()

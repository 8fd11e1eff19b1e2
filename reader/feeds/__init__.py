"""Feeds: articles in, feed bytes out. No request, no clock, no settings.

A feed format is a module of this package with ``NAME`` (the last part of its addresses), ``MIMETYPE``,
``LABEL`` and ``SHORT`` (msgids for people), ``ORDER`` (among its siblings) and ``to_bytes(feed)``; adding one is
adding its file.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol, cast

from .feed import WINDOW, Enclosure, Entry, Feed, Link, Tombstone

__all__ = ["FEEDS", "WINDOW", "Enclosure", "Entry", "Feed", "FeedFormat", "Link", "Tombstone"]


class FeedFormat(Protocol):
    NAME: str
    MIMETYPE: str
    LABEL: str
    SHORT: str
    ORDER: int

    def to_bytes(self, feed: Feed) -> bytes: ...


def _formats() -> dict[str, FeedFormat]:
    """Every module here that bears a NAME, in the order they are offered. ValueError if two bear one name."""
    found = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    named = sorted((module for module in found if hasattr(module, "NAME")), key=lambda module: int(module.ORDER))
    if len({module.NAME for module in named}) < len(named):
        raise ValueError(f"two feed formats bear one name: {[module.NAME for module in named]}")
    return {module.NAME: cast("FeedFormat", module) for module in named}


FEEDS: dict[str, FeedFormat] = _formats()

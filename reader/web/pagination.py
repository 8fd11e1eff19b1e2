"""Keyset pagination: pages begin after the last article shown, so that new articles do not shift them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask_babel import gettext

from ..catalog import Cursor
from ..errors import NotFound
from ..models import Teaser
from .rendering import NavigationLink


def cursor_of(text: str) -> Cursor | None:
    """Parses a cursor such as ``1542941000,slug``; None for the first page. Raises NotFound."""
    if not text:
        return None
    seconds, _, slug = text.partition(",")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12 and slug):
        raise NotFound("page", text)
    return int(seconds), slug


def next_link(address: str, teasers: Sequence[Teaser], limit: int) -> NavigationLink | None:
    """The link to the next page; None if *teasers* has fewer than *limit* items."""
    if len(teasers) < limit:
        return None
    last = teasers[-1]
    return NavigationLink(gettext("Older"), f"{address}?before={int(last.published.timestamp())},{quote(last.slug)}")

"""Keyset pagination: pages begin after the last article shown, so that new articles do not shift them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ...catalog import Cursor
from ...errors import NotFound
from ...models import Teaser
from ..requests.request_context import gettext
from .rendering import NavigationLink


def cursor_of(text: str) -> Cursor | None:
    """Parses a cursor such as ``1542941000,slug``; None for the first page. Raises NotFound."""
    if not text:
        return None
    seconds, _, slug = text.partition(",")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12 and slug):
        raise NotFound("page", text)
    return int(seconds), slug


def next_link(address: str, teasers: Sequence[Teaser], limit: int, by: str = "published") -> NavigationLink | None:
    """The link to the next page; None if *teasers*, which are sorted *by* a time, has fewer than *limit* items."""
    if len(teasers) < limit:
        return None
    seconds, slug = int(getattr(teasers[-1], by).timestamp()), quote(teasers[-1].slug)
    return NavigationLink(gettext("Older"), f"{address}?before={seconds},{slug}")

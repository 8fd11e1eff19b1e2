"""Links from one imported article to another lead to this site instead of the one that they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape, unescape
from urllib.parse import unquote, urlsplit

from .sources.items import Found, SourceItem

_LINK = re.compile(r'(<a\b[^>]*?\bhref=")(https?://[^"]+)(")', re.IGNORECASE)
_OWN_PREFIX = "/a/"
"""Such a path is an address of Reader already."""


def addresses_of(items: Iterable[Found]) -> frozenset[str]:
    """What identifies the pages that become public articles."""
    pages = (item.address for item in items if isinstance(item, SourceItem) and not item.hints.draft)
    return frozenset(filter(None, map(_page_of, pages)))


def with_links_to_imported(body_html: str, addresses: frozenset[str]) -> str:
    """*body_html* with ``/2018/11/rain/`` for links to the pages *addresses*: the library finds the article by that."""

    def of_this_site(link: re.Match[str]) -> str:
        address = unescape(link[2])
        if _page_of(address) not in addresses:
            return link[0]
        parts = urlsplit(address)
        return link[1] + escape(parts.path + (f"#{parts.fragment}" if parts.fragment else "")) + link[3]

    return _LINK.sub(of_this_site, body_html) if addresses else body_html


def _page_of(address: str) -> str:
    """Host and path; empty without a path, or with a query (``/?p=7``), by which the library finds no article."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    path = unquote(parts.path).rstrip("/")
    if not path or parts.query or path.startswith(_OWN_PREFIX):
        return ""
    return parts.netloc.lower().removeprefix("www.") + path

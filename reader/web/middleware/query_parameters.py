"""The canonical query of a URL: only parameters that its view reads, so that each page has one entry in the cache."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode

from ...catalog.full_text_search import ORDERS
from ...chinese.scripts import SCRIPTS
from ...exports import EXPORTS
from ...feeds import FEEDS
from ...urls import FIRST_PARTS

OF_PAGES = {
    "": {"before"}, "a": {"pictures"}, "corrections": {"before"}, "d": {"before"}, "s": {"after", "before"},
    "t": {"before"}, "by": {"before"}, "from": {"before"}, "search": {"before", "order", "q"},
    "mail": {"again", "back", "done", "of", "t", "to", "u"}, "opds": {"before", "more", "q"},
    "preferences": {"back"},
    "editor": {"after", "blank", "key", "page", "path", "q", "saved", "state", "status", "token", "version", "whole"},
}  # fmt: skip
"""Parameters by the first part of the path. All pages also read ``script``; the site's own pages read ``pictures``."""

OF_COMMENTS = {"next", "previous", "reply", "script", "sent", "sort", "thread"}
OF_FEEDS, OF_EXPORTS = {"piece", "tag"}, {"page", "script"}
"""Feeds and exports of a search also read ``q``, exports of a selection ``a``, exports of an article ``comments``."""

REPEATED = frozenset(("a", "tag"))
"""Parameters that can be repeated. Only the first value of each other parameter is used."""

MOST_PARAMETERS = 2_000
KNOWN_VALUES = {
    "sort": "oldest",
    "sent": "1",
    "comments": "1",
    "reply": r"[1-9]\d{0,8}",
    "thread": r"[1-9]\d{0,8}",
    "next": r"[1-9]\d{0,8}",
    "previous": r"[1-9]\d{0,8}",
    "order": "|".join(ORDERS),
    "script": "|".join(SCRIPTS),
    "pictures": r"all|\d{1,3}(?:,\d{1,3}){0,99}",
}
"""Regular expressions for the values of parameters. Parameters that are not listed can have any value."""
UNKNOWN = "unknown"
"""Replaces all other values of these parameters, because they all lead to the same response."""


def canonical_query(path: str, query: str) -> str:
    """*query* reduced to the parameters that the view at *path* reads: sorted by name, uniformly percent-encoded.

    Each occurs once, except those in REPEATED. Returns an empty string for more than MOST_PARAMETERS parameters.
    """
    if not query.isascii():  # UTF-8 bytes that the client did not percent-encode, as latin-1 (PEP 3333)
        query = quote(query.encode("latin-1"), safe="%&=+;/?:@!$'()*,-._~")
    try:
        pairs = parse_qsl(query, keep_blank_values=False, max_num_fields=MOST_PARAMETERS, errors="replace")
    except ValueError:
        return ""
    used: list[tuple[str, str]] = []
    seen: set[str] = set()
    names = parameters_of(path)
    for name, value in pairs:
        if name in names and (name in REPEATED or name not in seen):
            seen.add(name)
            used.append((name, value if _is_known(name, value) else UNKNOWN))
    return urlencode(sorted(used, key=lambda pair: pair[0]))


def _is_known(name: str, value: str) -> bool:
    return name not in KNOWN_VALUES or re.fullmatch(KNOWN_VALUES[name], value, re.ASCII) is not None


def parameters_of(path: str) -> set[str]:
    """The names of the query parameters that the view at *path* reads."""
    first, last = path.lstrip("/").partition("/")[0], path.rpartition("/")[2]
    if re.fullmatch("/a/[^/]+/comments", path):
        return OF_COMMENTS
    name, _, suffix = last.rpartition(".")
    if last in FEEDS:
        return {"q"} if first == "search" else OF_FEEDS
    if name and suffix in EXPORTS:
        own = {"search": {"q"}, "selection": {"a"}}.get(name if first == last else "", set())
        return OF_EXPORTS | own | ({"comments"} if first == "a" else set())
    return OF_PAGES.get(first, set() if first in FIRST_PARTS else {"pictures"}) | {"script"}

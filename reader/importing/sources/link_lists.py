"""Lists of saved pages: Pocket, Instapaper, Raindrop and others (CSV), and bookmarks of browsers (Netscape's HTML)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial

from ...errors import NotImported
from ...formats.decoding import decode_page
from ...i18n import Message
from ...models import Draft
from ..extraction.text_blocks import parse
from .csv_tables import csv_header, csv_rows
from .http import Fetcher
from .items import Found, LeftOut, SourceItem

_BOOKMARKS = re.compile(rb"<!doctype netscape-bookmark-file-1|<title>\s*pocket export\s*</title>", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s]+", re.IGNORECASE)
HEAD_BYTES = 2000
"""This many bytes are enough to detect a list."""
_TAG_SEPARATOR = re.compile(r"[|,;]")


def is_link_list(content: bytes) -> bool:
    """Whether it is a CSV file with links, or a bookmark file of a browser."""
    return is_bookmark_page(content) or {"url", "title"} <= csv_header(content)


def is_bookmark_page(content: bytes) -> bool:
    """Whether it is a bookmark file of a browser (Netscape's HTML)."""
    return _BOOKMARKS.search(content[:HEAD_BYTES]) is not None


def link_items(name: str, content: bytes, fetcher: Fetcher) -> Iterator[Found]:
    """The page of each link, once. Title and tags of the list are used if the page has none."""
    links = _bookmarks(content) if is_bookmark_page(content) else _rows(name, content)
    seen: set[str] = set()
    left_out: Counter[str] = Counter()
    for address, title, tags in links:
        if not _WEB.fullmatch(address):
            left_out["bookmarklet or other address"] += 1
        elif address not in seen:
            seen.add(address)
            hints = Draft("" if _WEB.match(title) else " ".join(title.split()), "", tags=tags)
            yield SourceItem(address, partial(fetcher.fetch, address), "page", address, hints)
    if left_out:
        yield LeftOut.by_kind(name, left_out)
    elif not seen:
        raise NotImported(name, Message("the list has no links"))


def _rows(name: str, content: bytes) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for row in csv_rows(name, content, ("url", "title", "tags")):
        yield row.get("url", ""), row.get("title", ""), _tags(row.get("tags", ""))


def _bookmarks(content: bytes) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for link in parse(decode_page(content)).iter("a"):
        yield (link.get("href") or "").strip(), link.text_content(), _tags(link.get("tags") or "")


def _tags(text: str) -> tuple[str, ...]:
    """The tags in *text*. Instapaper writes ``["a","b"]``, Pocket ``a|b``, others ``a,b``."""
    return tuple(dict.fromkeys(tag for part in _TAG_SEPARATOR.split(text) if (tag := part.strip(' []"'))))

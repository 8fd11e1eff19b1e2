"""The entries of an RSS, Atom or JSON feed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import urljoin

import feedparser

from ...errors import NotImported
from ...formats.dates import date_in_text
from ...formats.decoding import decode_page
from ...formats.json_reader import read_json
from ...i18n import Message
from ...models import Draft
from ..extraction.bylines import is_person, names_in
from ..extraction.page_patterns import TOKEN
from .html_to_text import plain_title
from .http import Fetched, Fetcher
from .items import SourceItem

MOST_PAGES = 500
"""The largest number of pages of one feed."""

LARGEST_TOGETHER_BYTES = 100_000_000
"""The total size of all pages of one feed, or of all feeds of a list. Their entries are in memory at the same time."""

WHOLE_TOKENS = 200
"""An entry with at least this much text is a complete article. A shorter text may be an excerpt."""
_FEED = re.compile(r"<(?:\w+:)?(?:rss|feed|RDF)\b")
_CUT = re.compile(
    r"(?:\[?…\]?|\.\.\.|\[&#8230;\]|阅读(?:全文|更多)|查看(?:全文|更多)|read more)\W*(?:</\w+>\W*)*$", re.IGNORECASE
)
_JSON_FEED = "https://jsonfeed.org/version/"


@dataclass(frozen=True)
class FeedItem:
    """An entry of a feed. ``is_whole`` is true if the feed has the full text. ``draft`` has the metadata of the
    entry."""

    address: str
    body_html: str
    is_whole: bool
    draft: Draft


def is_feed(content: bytes) -> bool:
    """Whether *content* is an RSS, Atom or JSON feed."""
    head = decode_page(content[:4000]).lstrip()
    if head.startswith("{"):
        return _JSON_FEED in head.replace("\\/", "/")
    return head.startswith("<") and _FEED.search(head) is not None and "<html" not in head.lower()


def entries(content: bytes, address: str) -> Iterator[FeedItem]:
    """The entries in feed order. *address* is the URL of the feed."""
    if content.lstrip().startswith(b"{"):
        yield from _json_entries(content)
        return
    for entry in _parsed(content, address).entries:
        body = max((part.get("value") or "" for part in entry.get("content", [])), key=len, default="")
        body = (body or entry.get("summary") or "") + _enclosures(entry.get("enclosures", []))
        names = [author.get("name") or "" for author in entry.get("authors", [])]
        yield _entry(
            address=entry.get("link") or "",
            body_html=body,
            title=entry.get("title") or "",
            published=dict.get(entry, "published") or dict.get(entry, "updated") or "",
            updated=dict.get(entry, "updated") or "",
            names=names,
            tags=[tag.get("term") or "" for tag in entry.get("tags", [])],
            is_draft=(entry.get("app_draft") or entry.get("draft") or "").strip().lower() == "yes",  # RFC 5023 13.1.1
        )


def _parsed(content: bytes, address: str) -> feedparser.FeedParserDict:
    """The parsed feed. Without a declared encoding it is UTF-8 (XML 1.0, 4.3.3); feedparser assumes that only for the
    type of XML."""
    headers = {"content-type": "application/xml"} | ({"content-location": address} if address else {})
    return feedparser.parse(content, response_headers=headers, sanitize_html=False)


def _json_entries(content: bytes) -> Iterator[FeedItem]:
    try:
        feed = read_json(decode_page(content))
    except ValueError:
        return
    for item in _dicts(feed.get("items") if isinstance(feed, dict) else []):
        lines = [line for line in str(item.get("content_text", "")).splitlines() if line.strip()]
        text = "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
        authors = _dicts(item.get("authors")) or _dicts([item.get("author")])
        yield _entry(
            address=str(item.get("url") or item.get("external_url") or ""),
            body_html=str(item.get("content_html") or text),
            title=str(item.get("title") or ""),
            published=str(item.get("date_published") or ""),
            updated=str(item.get("date_modified") or ""),
            names=[str(author.get("name", "")) for author in authors],
            tags=[str(tag) for tag in tags] if isinstance(tags := item.get("tags"), list) else [],
        )


def _dicts(values: object) -> list[dict[str, object]]:
    """The objects of a JSON list; none for any other value."""
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _enclosures(enclosures: list[dict[str, str]]) -> str:
    """The sound and video of an entry as links, as in podcasts (RSS 2.0, enclosure)."""
    addresses = [e.get("href", "") for e in enclosures if e.get("type", "").startswith(("audio/", "video/"))]
    return "".join(f'<video src="{escape(address)}"></video>' for address in dict.fromkeys(addresses) if address)


def _entry(
    *,
    address: str,
    body_html: str,
    title: str,
    published: str,
    updated: str,
    names: list[str],
    tags: list[str],
    is_draft: bool = False,
) -> FeedItem:
    persons = tuple(name for author in names for name in names_in(author) if is_person(name))
    draft = Draft(
        title=plain_title(title),
        body_html="",
        published=date_in_text(published),
        updated=date_in_text(updated),
        byline=persons,
        tags=tuple(dict.fromkeys(tag.strip() for tag in tags if 0 < len(tag.strip()) <= 30)),
        draft=is_draft,
    )
    is_podcast = "<video " in body_html  # a podcast has no text besides its notes
    tokens = len(TOKEN.findall(re.sub(r"<[^<>]+>", " ", body_html)))
    is_whole = is_podcast or (tokens >= WHOLE_TOKENS and not _CUT.search(body_html[-200:]))
    return FeedItem(address, body_html, is_whole, draft)


@dataclass
class ByteBudget:
    """The number of bytes of feeds that may still be read."""

    remaining_bytes: int = LARGEST_TOGETHER_BYTES

    def spend(self, address: str, content: bytes) -> None:
        """Subtracts *content*, fetched from *address*. Raises NotImported if the budget is exceeded."""
        self.remaining_bytes -= len(content)
        if self.remaining_bytes < 0:
            most = LARGEST_TOGETHER_BYTES // 1_000_000
            raise NotImported(address, Message("the feed is larger than %(most)s MB with its older pages", most=most))


def feed_items(
    content: bytes, address: str, fetcher: Fetcher, budget: ByteBudget | None = None
) -> Iterator[SourceItem | NotImported]:
    """The entries in the feed's order, followed by the entries of its next and older pages (RFC 5005; ``next_url`` of
    JSON Feed).

    *address* is the feed's own URL. It is empty for a file, whose other pages are not fetched.
    """
    seen, budget = {address}, budget or ByteBudget()
    budget.spend(address, content)
    while True:
        for entry in entries(content, address):
            yield _from_entry(entry, fetcher)
        next_url = _next_page(content, address) if address else ""
        if not next_url or next_url in seen or len(seen) >= MOST_PAGES:
            return
        seen.add(next_url)
        try:
            fetched = fetcher.fetch(next_url)
            budget.spend(next_url, fetched.content)
        except NotImported as error:
            yield error
            return
        content, address = fetched.content, fetched.address


def _next_page(content: bytes, address: str) -> str:
    if content.lstrip().startswith(b"{"):
        found = re.search(rb'"next_url"\s*:\s*("(?:[^"\\]|\\.)*")', content)
        return urljoin(address, str(json.loads(found[1]))) if found else ""
    links = _parsed(content, address).feed.get("links", [])
    by_relation = {link.get("rel", ""): str(link.get("href", "")) for link in links}
    next_url = by_relation.get("next") or by_relation.get("prev-archive") or ""
    return urljoin(address, next_url) if next_url else ""


def _from_entry(entry: FeedItem, fetcher: Fetcher) -> SourceItem:
    """The entry's own text if it is complete, else its page. If the page cannot be fetched, the entry's text again."""

    def read() -> Fetched:
        try:
            return fetcher.fetch(entry.address)
        except NotImported:
            if not entry.body_html:
                raise
            return own

    own = Fetched(entry.address, f"<body>{entry.body_html}</body>".encode(), "text/html", "utf-8")
    name = entry.address or entry.draft.title
    if entry.is_whole or not entry.address:
        return SourceItem(name, lambda: own, "clean", entry.address, entry.draft)
    return SourceItem(name, read, "page", entry.address, entry.draft)

"""Articles to entries, and entries to a feed: every address made absolute, every date decided."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape
from urllib.parse import urljoin

from .. import urls
from ..media.images import WIDTHS
from ..models import Article
from .feed import Enclosure, Entry
from .ids import entry_id

# Sanitized HTML: each "<" of the text is escaped, each attribute stands in double quotes; so this finds just the tags.
_TAG = re.compile(r"""<[a-z](?:[^">]|"[^"]*")*>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(\s)([a-z:-]+)(=")([^"]*)(")""", re.IGNORECASE)
_ADDRESSES = frozenset({"href", "src", "poster", "cite"})
_OURS = re.compile(r"/media/(\w+)-(\d+)\.(jpg)")


@dataclass(frozen=True)
class SiteIdentity:
    """Who speaks: ``base_url`` without a slash at its end, ``authority`` as in tag: URIs."""

    name: str
    language: str
    base_url: str
    authority: str

    def absolute(self, path: str) -> str:
        return self.base_url + path


@dataclass(frozen=True)
class FinishedExport:
    """A finished export of an article: where, what, how large."""

    suffix: str
    mimetype: str
    size_bytes: int


def to_entry(
    article: Article,
    site: SiteIdentity,
    *,
    original_slug: str,
    revised: datetime | None,
    downloads: Iterable[FinishedExport] = (),
) -> Entry:
    """``revised`` is when a correction was seen, None if never: the id stays, ``updated`` moves on."""
    address = site.absolute(urls.article(article.slug))
    pictures = [_joined(address, picture) for picture in article.images]
    return Entry(
        id=entry_id(site.authority, original_slug),
        address=address,
        title=article.title,
        summary=article.summary,
        content=with_absolute_addresses(article.body, address),
        published=article.published.replace(microsecond=0),
        updated=max(filter(None, (article.published, article.updated, revised))).replace(microsecond=0),
        language=article.language or site.language,
        authors=article.byline,
        categories=tuple(dict.fromkeys((*article.section, *article.tags))),
        source=article.source,
        image=pictures[0] if pictures else "",
        thumbnail=_joined(address, thumbnail_of(article.images[0])) if article.images else "",
        enclosures=tuple(_enclosure(article, site, download) for download in downloads),
    )


def thumbnail_of(picture: str) -> str:
    """The smallest width of a picture of ours; another's picture as it is."""
    found = _OURS.fullmatch(picture)
    return urls.media(found[1], min(int(found[2]), WIDTHS[0]), found[3]) if found else picture


def _enclosure(article: Article, site: SiteIdentity, download: FinishedExport) -> Enclosure:
    address = site.absolute(urls.article_file(article.slug, download.suffix))
    return Enclosure(address, download.mimetype, download.size_bytes, f"{article.title}.{download.suffix}")


def with_absolute_addresses(html: str, base: str) -> str:
    """Sanitized *html* with every address resolved against *base*: readers show it on pages of their own."""

    def absolute(value: str) -> str:
        return escape(_joined(base, unescape(value)))

    def in_srcset(value: str) -> str:
        candidates = (candidate.split() for candidate in value.split(","))
        return ", ".join(" ".join((absolute(c[0]), *c[1:])) for c in candidates if c)

    def in_attribute(found: re.Match[str]) -> str:
        name = found[2].lower()
        if name in _ADDRESSES:
            return f"{found[1]}{found[2]}{found[3]}{absolute(found[4])}{found[5]}"
        return f"{found[1]}{found[2]}{found[3]}{in_srcset(found[4])}{found[5]}" if name == "srcset" else found[0]

    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(in_attribute, tag[0]), html)


def _joined(base: str, address: str) -> str:
    """*address* itself where it is no address at all (``http://[``): a reader's business, not a broken feed's."""
    try:
        return urljoin(base, address)
    except ValueError:
        return address

"""Converts articles to feed entries: absolute URLs, enclosures, dates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape, unescape
from urllib.parse import urljoin

from .. import urls
from ..article_building.code_highlighting import plain_code
from ..article_corrections import line_of
from ..i18n import translations
from ..media.images import WIDTHS
from ..media.sound_and_video import media_files_in
from ..models import Article
from ..sanitizer import formulas_as_text
from .feed import Enclosure, Entry
from .ids import entry_id

# In sanitized HTML, "<" in text is escaped and attributes are double-quoted, so this matches tags only.
_TAG = re.compile(r"""<[a-z](?:[^">]|"[^"]*")*>""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(\s)([a-z:-]+)(=")([^"]*)(")""", re.IGNORECASE)
_ADDRESSES = frozenset({"href", "src", "poster", "cite"})
_OWN_PICTURE = re.compile(r"/media/(\w+)-(\d+)\.(jpg)")


@dataclass(frozen=True)
class SiteIdentity:
    """The publishing site. ``base_url`` has no trailing slash; ``authority`` is the authority of tag: URIs (RFC
    4151)."""

    name: str
    language: str
    base_url: str
    authority: str
    copyright: str = ""
    logo: str = ""
    """The path of the logo; empty if there is none."""

    def absolute(self, path: str) -> str:
        """The URL of a *path* that starts with ``/``."""
        return self.base_url + path

    def resolve(self, page: str, address: str) -> str:
        """The absolute URL of *address*, found on the page at the URL *page*. Unchanged if it is malformed
        (``http://[``)."""
        return _resolve(page, urls.prefix_of(self.base_url), address)


@dataclass(frozen=True)
class FinishedExport:
    """A finished export of an article, for enclosures."""

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
    """The entry of *article*. ``revised`` is the time of a correction or None; it changes ``updated``, not the id."""
    address = site.absolute(urls.article(article.slug))
    pictures = [site.resolve(address, picture) for picture in article.images]
    body = plain_code(formulas_as_text(article.body))
    return Entry(
        id=entry_id(site.authority, original_slug),
        address=address,
        title=article.title,
        summary=article.summary,
        content=_corrections(article) + with_absolute_addresses(body, address, urls.prefix_of(site.base_url)),
        published=article.published.replace(microsecond=0),
        updated=max(filter(None, (article.published, article.updated, revised))).replace(microsecond=0),
        language=article.language or site.language,
        authors=article.byline,
        categories=tuple(dict.fromkeys((*article.section, *article.tags))),
        source=article.source,
        image=pictures[0] if pictures else "",
        thumbnail=site.resolve(address, thumbnail_of(article.images[0])) if article.images else "",
        enclosures=(*_media(article, address, site), *(_enclosure(article, site, download) for download in downloads)),
    )


def thumbnail_of(picture: str) -> str:
    """The smallest rendition of a picture of this site; any other picture unchanged."""
    found = _OWN_PICTURE.fullmatch(picture)
    return urls.media(found[1], min(int(found[2]), WIDTHS[0]), found[3]) if found else picture


def _corrections(article: Article) -> str:
    """One paragraph per correction, before the text, so that people who have read the article notice them."""
    gettext = translations(article.language).gettext
    lines = (line_of(correction, article.published, gettext) for correction in article.corrections)
    return "".join(f"<p><small>{escape(line, quote=False)}</small></p>" for line in lines)


def _media(article: Article, page: str, site: SiteIdentity) -> list[Enclosure]:
    """The article's own sound and video. Sound is first: RSS allows one enclosure, and podcast clients need sound."""
    found = sorted(media_files_in(article.body), key=lambda file: not file.mimetype.startswith("audio/"))
    return [
        Enclosure(site.resolve(page, file.address), file.mimetype, file.size_bytes, article.title) for file in found
    ]


def _enclosure(article: Article, site: SiteIdentity, download: FinishedExport) -> Enclosure:
    address = site.absolute(urls.article_file(article.slug, download.suffix))
    return Enclosure(address, download.mimetype, download.size_bytes, f"{article.title}.{download.suffix}")


def with_absolute_addresses(html: str, page: str, prefix: str = "") -> str:
    """Sanitized *html* with every URL resolved against the URL of its *page*, because feed readers display it
    elsewhere.

    *prefix* is the path of the site's root.
    """

    def absolute(value: str) -> str:
        return escape(_resolve(page, prefix, unescape(value)))

    def in_srcset(value: str) -> str:
        candidates = (candidate.split() for candidate in value.split(","))
        return ", ".join(" ".join((absolute(c[0]), *c[1:])) for c in candidates if c)

    def in_attribute(found: re.Match[str]) -> str:
        name = found[2].lower()
        if name in _ADDRESSES:
            return f"{found[1]}{found[2]}{found[3]}{absolute(found[4])}{found[5]}"
        return f"{found[1]}{found[2]}{found[3]}{in_srcset(found[4])}{found[5]}" if name == "srcset" else found[0]

    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(in_attribute, tag[0]), html)


def _resolve(page: str, prefix: str, address: str) -> str:
    try:
        return urljoin(page, urls.with_prefix(prefix, address))
    except ValueError:
        return address

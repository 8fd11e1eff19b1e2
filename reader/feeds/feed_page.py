"""Looks up the entries of a feed page without their texts. That is enough for its version: a 304 renders nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ..article_corrections import CORRECTED
from ..catalog import Catalog, Removal
from ..catalog.query_parser import parse
from ..errors import NotFound
from ..i18n import N_, translations
from ..models import ALL, Article, Teaser, fingerprint, is_dated
from .entries import FinishedExport, SiteIdentity, to_entry
from .feed import WINDOW, Feed, Kind, Link, Tombstone
from .ids import entry_id, feed_id
from .selection import CORRECTED_LABEL, Selection

CORRECTIONS = 5
"""The largest number of older articles that return to the live feed after a correction."""

DESCRIPTION = N_("The latest articles")

FindDownloads = Callable[[Sequence[Teaser]], Mapping[str, tuple[FinishedExport, ...]]]
"""Finds the finished exports of articles, by slug, in the order of the enclosures."""


@dataclass(frozen=True)
class FeedPage:
    """A live feed or an archive page (RFC 5005). ``page_number`` counts from 1, the oldest page; 0 is the live feed.

    ``archive_pages`` is the number of complete archive pages; ``revised`` has the times of corrections by slug.

    ::

        feed_page = look_up(catalog, EVERYTHING, 0, finished_exports)
        feed = to_feed(feed_page, catalog.articles(list(feed_page.states)), site, "feed.xml", "application/rss+xml")
    """

    selection: Selection
    page_number: int
    archive_pages: int
    teasers: tuple[Teaser, ...]
    revised: Mapping[str, datetime]
    original_slugs: Mapping[str, str]
    downloads: Mapping[str, tuple[FinishedExport, ...]]
    removals: tuple[Removal, ...]
    updated: datetime

    @cached_property
    def version(self) -> str:
        """A hash of the whole content of the feed. Articles are included by their version."""
        values = (self.archive_pages, self.updated, self.removals, *self.states.values())
        return fingerprint(*map(str, values))

    @cached_property
    def states(self) -> dict[str, str]:
        """For each slug, a hash that changes with the entry. Deltas compare these."""
        return {teaser.slug: self._state(teaser) for teaser in self.teasers}

    def _state(self, teaser: Teaser) -> str:
        slug = teaser.slug
        values = (slug, teaser.version, self.revised.get(slug), self.original_slugs.get(slug), self.downloads.get(slug))
        return fingerprint(*map(str, values))

    @property
    def kind(self) -> Kind:
        """The kind according to RFC 5005. A live feed that contains all articles is complete."""
        if self.page_number:
            return "archive"
        is_whole = not self.archive_pages and not self.selection.query and len(self.selection.collections) == 1
        return "complete" if is_whole else "live"


def look_up(catalog: Catalog, selection: Selection, page_number: int, find_downloads: FindDownloads) -> FeedPage:
    """The feed page of *selection*. Raises NotFound if the collection or archive page does not exist."""
    archive_pages = _archive_page_count(catalog, selection)
    if page_number > archive_pages:
        raise NotFound("piece", str(page_number))
    teasers = _archive_page(catalog, selection, page_number) if page_number else _live(catalog, selection)
    if (
        not teasers
        and selection.collections not in ((ALL,), (CORRECTED,))
        and not catalog.latest(*selection.collections, limit=1)
    ):
        raise NotFound("feed", selection.label)
    teasers = catalog.with_linked_versions(teasers)
    slugs = [teaser.slug for teaser in teasers]
    revised = catalog.revised(slugs)
    removals = () if page_number else tuple(catalog.removals(WINDOW))
    times = [*(max(t.published, t.updated) for t in teasers), *revised.values(), *(r.removed_at for r in removals)]
    return FeedPage(
        selection=selection,
        page_number=page_number,
        archive_pages=archive_pages,
        teasers=tuple(teasers),
        revised=revised,
        original_slugs=catalog.original_slugs(slugs),
        downloads=find_downloads(teasers),
        removals=removals,
        updated=max(times, default=catalog.changed_at).replace(microsecond=0),
    )


def _live(catalog: Catalog, selection: Selection) -> list[Teaser]:
    """The newest articles, then older ones that were corrected after the oldest of the newest was published."""
    if selection.query:
        hits = catalog.search(parse(selection.query), limit=WINDOW).hits
        return [hit.teaser for hit in hits if is_dated(hit.teaser.published)]
    newest = [t for t in catalog.latest(*selection.collections, limit=WINDOW) if is_dated(t.published)]
    if len(newest) < WINDOW or len(selection.collections) > 1:
        return newest
    corrected = catalog.corrected(selection.collections[0], limit=CORRECTIONS)
    revised = catalog.revised([teaser.slug for teaser in corrected])
    returning = [
        t for t in corrected if t not in newest and is_dated(t.published) and revised[t.slug] > newest[-1].published
    ]
    return newest + sorted(returning, key=lambda teaser: (teaser.published, teaser.slug), reverse=True)


def _archive_page(catalog: Catalog, selection: Selection, page_number: int) -> list[Teaser]:
    return catalog.oldest(selection.collections[0], skip=(page_number - 1) * WINDOW, limit=WINDOW)[::-1]


def _archive_page_count(catalog: Catalog, selection: Selection) -> int:
    """The number of complete archive pages; 0 for a search and for several collections, which have no archive."""
    if selection.query or len(selection.collections) > 1:
        return 0
    return catalog.count_dated(selection.collections[0]) // WINDOW


def to_feed(
    feed_page: FeedPage, articles: Iterable[Article], site: SiteIdentity, name: str, mimetype: str, hub: str = ""
) -> Feed:
    """The feed with texts. *name* and *mimetype* belong to the format; the live feed links to *hub* (WebSub)."""
    selection, label = feed_page.selection, feed_page.selection.label
    label = translations(site.language).gettext(label) if label == CORRECTED_LABEL else label
    return Feed(
        id=feed_id(site.authority, selection.path, name),
        title=f"{site.name} · {label}" if label else site.name,
        subtitle=translations(site.language).gettext(DESCRIPTION) + (f": {label}" if label else ""),
        language=site.language,
        address=site.absolute(selection.feed(name, feed_page.page_number)),
        page=site.absolute(selection.page),
        updated=feed_page.updated,
        entries=tuple(
            to_entry(
                article,
                site,
                original_slug=feed_page.original_slugs.get(article.slug, article.slug),
                revised=feed_page.revised.get(article.slug),
                downloads=feed_page.downloads.get(article.slug, ()),
            )
            for article in articles
        ),
        tombstones=tuple(
            Tombstone(entry_id(site.authority, r.original_slug), r.removed_at) for r in feed_page.removals
        ),
        links=tuple(_links(feed_page, site, name, mimetype, hub)),
        kind=feed_page.kind,
        publisher=site.name,
        copyright=site.copyright,
        logo=site.logo and site.absolute(site.logo),
    )


def _links(feed_page: FeedPage, site: SiteIdentity, name: str, mimetype: str, hub: str) -> Iterable[Link]:
    """Links of RFC 5005 4: prev-archive, next-archive, current."""

    def to_archive_page(rel: str, page_number: int) -> Link:
        return Link(rel, site.absolute(feed_page.selection.feed(name, page_number)), mimetype)

    if feed_page.page_number:
        yield to_archive_page("current", 0)
    elif hub:
        yield Link("hub", hub)
    older = feed_page.page_number - 1 if feed_page.page_number else feed_page.archive_pages
    if older:
        yield to_archive_page("prev-archive", older)
    if feed_page.page_number and feed_page.page_number < feed_page.archive_pages:
        yield to_archive_page("next-archive", feed_page.page_number + 1)

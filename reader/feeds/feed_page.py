"""What a feed will say, looked up without any text: enough to decide every 304 before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ..catalog import Catalog, Removal
from ..catalog.query_parser import parse
from ..errors import NotFound
from ..i18n import N_, translations
from ..models import ALL, Article, Teaser, fingerprint
from .entries import FinishedExport, SiteIdentity, to_entry
from .feed import WINDOW, Feed, Kind, Link, Tombstone
from .ids import entry_id, feed_id
from .selection import Selection

CORRECTIONS = 5
"""So many older articles come back into the live feed when they are corrected, until the window has moved on."""

DESCRIPTION = N_("The latest articles")

FindDownloads = Callable[[Sequence[Teaser]], Mapping[str, tuple[FinishedExport, ...]]]
"""Finished exports by slug, in the order they are to be listed."""


@dataclass(frozen=True)
class FeedPage:
    """``page_number`` counts from 1, the oldest, and is 0 for the live feed; ``closed`` is how many pieces are full."""

    selection: Selection
    page_number: int
    closed: int
    teasers: tuple[Teaser, ...]
    revised: Mapping[str, datetime]
    original_slugs: Mapping[str, str]
    downloads: Mapping[str, tuple[FinishedExport, ...]]
    removals: tuple[Removal, ...]
    updated: datetime

    @cached_property
    def version(self) -> str:
        """The hash of everything that a feed of this window says, texts included by their own version."""
        said = (self.closed, self.updated, self.removals, *self.states.values())
        return fingerprint(*map(str, said))

    @cached_property
    def states(self) -> dict[str, str]:
        """By slug, what changes when the entry does: what a delta compares."""
        return {teaser.slug: self._state(teaser) for teaser in self.teasers}

    def _state(self, teaser: Teaser) -> str:
        slug = teaser.slug
        said = (slug, teaser.version, self.revised.get(slug), self.original_slugs.get(slug), self.downloads.get(slug))
        return fingerprint(*map(str, said))

    @property
    def kind(self) -> Kind:
        if self.page_number:
            return "archive"
        is_whole = not self.closed and not self.selection.query and len(self.selection.collections) == 1
        return "complete" if is_whole else "live"


def look_up(catalog: Catalog, selection: Selection, page_number: int, find_downloads: FindDownloads) -> FeedPage:
    """Raises NotFound if nothing stands there: no such tag, no such piece."""
    closed = _archive_page_count(catalog, selection)
    if page_number > closed:
        raise NotFound("piece", str(page_number))
    teasers = _archive_page(catalog, selection, page_number) if page_number else _live(catalog, selection)
    if not teasers and selection.collections != (ALL,):
        raise NotFound("feed", selection.label)
    slugs = [teaser.slug for teaser in teasers]
    revised = catalog.revised(slugs)
    removals = () if page_number else tuple(catalog.removals(WINDOW))
    moments = [*(max(t.published, t.updated) for t in teasers), *revised.values(), *(r.removed_at for r in removals)]
    return FeedPage(
        selection=selection,
        page_number=page_number,
        closed=closed,
        teasers=tuple(teasers),
        revised=revised,
        original_slugs=catalog.original_slugs(slugs),
        downloads=find_downloads(teasers),
        removals=removals,
        updated=max(moments, default=catalog.changed_at).replace(microsecond=0),
    )


def _live(catalog: Catalog, selection: Selection) -> list[Teaser]:
    """The newest, then what is older and was corrected since the oldest of them came out."""
    if selection.query:
        return [hit.teaser for hit in catalog.search(parse(selection.query), limit=WINDOW).hits]
    newest = catalog.latest(*selection.collections, limit=WINDOW)
    if len(newest) < WINDOW or len(selection.collections) > 1:
        return newest
    corrected = catalog.corrected(selection.collections[0], limit=CORRECTIONS)
    seen = catalog.revised([teaser.slug for teaser in corrected])
    again = [t for t in corrected if t not in newest and seen[t.slug] > newest[-1].published]
    return newest + sorted(again, key=lambda teaser: (teaser.published, teaser.slug), reverse=True)


def _archive_page(catalog: Catalog, selection: Selection, page_number: int) -> list[Teaser]:
    return catalog.oldest(selection.collections[0], skip=(page_number - 1) * WINDOW, limit=WINDOW)[::-1]


def _archive_page_count(catalog: Catalog, selection: Selection) -> int:
    """Only one collection has a history in pieces; of several, and of a search, the window is all there is."""
    if selection.query or len(selection.collections) > 1:
        return 0
    return catalog.count(selection.collections[0]) // WINDOW


def to_feed(
    feed_page: FeedPage, articles: Iterable[Article], site: SiteIdentity, name: str, mimetype: str, hub: str = ""
) -> Feed:
    """The feed in full; *name* and *mimetype* are the format's, *hub* is announced in the live feed."""
    selection, label = feed_page.selection, feed_page.selection.label
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
    )


def _links(feed_page: FeedPage, site: SiteIdentity, name: str, mimetype: str, hub: str) -> Iterable[Link]:
    """RFC 5005 4: each piece leads to the older one and back, and every one to the feed that is current."""

    def to_archive_page(rel: str, page_number: int) -> Link:
        return Link(rel, site.absolute(feed_page.selection.feed(name, page_number)), mimetype)

    if feed_page.page_number:
        yield to_archive_page("current", 0)
    elif hub:
        yield Link("hub", hub)
    older = feed_page.page_number - 1 if feed_page.page_number else feed_page.closed
    if older:
        yield to_archive_page("prev-archive", older)
    if feed_page.page_number and feed_page.page_number < feed_page.closed:
        yield to_archive_page("next-archive", feed_page.page_number + 1)

"""The exports that feeds and OPDS offer with an article: those that are finished, and orders for those that aren't."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..exports import EXPORTS
from ..exports.publications import of_article
from ..feeds.composing import Download
from ..model import Article, Teaser
from . import services

OFFERED = ("epub", "pdf")
"""In this order: readers that know one enclosure take the first."""


def finished_downloads(teasers: Sequence[Teaser]) -> Mapping[str, tuple[Download, ...]]:
    """By slug. One look at the catalog; a length is told only if it is the true one."""
    press = services().press
    # A teaser has all that the key of a publication is made of: names, language, version.
    keys = {(t.slug, suffix): press.key(of_article(t), suffix) for t in teasers for suffix in OFFERED}
    sizes = services().catalog.export_sizes(list(keys.values()))
    return {
        teaser.slug: tuple(
            Download(suffix, EXPORTS[suffix].MIMETYPE, sizes[keys[teaser.slug, suffix]])
            for suffix in OFFERED
            if keys[teaser.slug, suffix] in sizes
        )
        for teaser in teasers
    }


def order_missing(articles: Iterable[Article], finished: Mapping[str, tuple[Download, ...]]) -> None:
    """Asks for what is missing, newest first, as background work and only while the queue has room."""
    for article in articles:
        present = {download.suffix for download in finished.get(article.slug, ())}
        for suffix in OFFERED:
            if suffix not in present and not services().press.order_ahead(of_article(article), suffix):
                return

"""The exports that feeds and OPDS offer with an article: those that are finished. The press makes the newest itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..exports import EXPORTS
from ..exports.publications import of_article
from ..feeds.composing import Download
from ..model import Teaser
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

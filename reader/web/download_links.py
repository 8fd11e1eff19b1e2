"""What a page offers to take away: every export there is, with its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext

from ..exports import EXPORTS
from ..exports.publications import of_article
from ..feeds.entries import FinishedExport
from ..models import Publication, Teaser
from . import services
from .rendering import ExportLink

PHONE = "phone"
"""The one paper that is offered beside a format's own: the reader holds a phone. ``?page=`` knows the others."""


def export_links(publication: Publication) -> list[ExportLink]:
    """One for each format and paper; the size is None until it has been made, which is ordered if there is room."""
    export_service, base = services().export_service, publication.path.rstrip("/")
    offers = [
        (suffix, page)
        for suffix, exporter in EXPORTS.items()
        for page in ("", PHONE)
        if not page or page in exporter.PAGES
    ]
    keys = {offer: export_service.key(publication, *offer) for offer in offers}
    sizes = services().catalog.export_sizes(list(keys.values()))
    for offer in offers:
        if keys[offer] not in sizes and not export_service.prefetch(publication, *offer):
            break
    return [
        ExportLink(
            label_of(*offer), f"{base}.{offer[0]}" + (f"?page={offer[1]}" if offer[1] else ""), sizes.get(keys[offer])
        )
        for offer in offers
    ]


def label_of(suffix: str, page: str) -> str:
    label = gettext(EXPORTS[suffix].LABEL)
    return str(gettext("%(format)s for phones", format=label) if page == PHONE else label)


OFFERED = ("epub", "pdf")
"""In this order: readers that know one enclosure take the first."""


def finished_exports(teasers: Sequence[Teaser]) -> Mapping[str, tuple[FinishedExport, ...]]:
    """By slug. One look at the catalog; a length is told only if it is the true one."""
    export_service = services().export_service
    # A teaser has all that the key of a publication is made of: names, language, version.
    keys = {(t.slug, suffix): export_service.key(of_article(t), suffix) for t in teasers for suffix in OFFERED}
    sizes = services().catalog.export_sizes(list(keys.values()))
    return {
        teaser.slug: tuple(
            FinishedExport(suffix, EXPORTS[suffix].MIMETYPE, sizes[keys[teaser.slug, suffix]])
            for suffix in OFFERED
            if keys[teaser.slug, suffix] in sizes
        )
        for teaser in teasers
    }

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
    sizes = export_service.sizes_bytes([(publication, *offer) for offer in offers])
    for offer, size in zip(offers, sizes, strict=True):
        if size is None and not export_service.prefetch(publication, *offer):
            break
    return [
        ExportLink(label_of(suffix, page), f"{base}.{suffix}" + (f"?page={page}" if page else ""), size)
        for (suffix, page), size in zip(offers, sizes, strict=True)
    ]


def label_of(suffix: str, page: str) -> str:
    label = gettext(EXPORTS[suffix].LABEL)
    return str(gettext("%(format)s for phones", format=label) if page == PHONE else label)


OFFERED = ("epub", "pdf")
"""In this order: readers that know one enclosure take the first."""


def finished_exports(teasers: Sequence[Teaser]) -> Mapping[str, tuple[FinishedExport, ...]]:
    """By slug. One look at the catalog; a length is told only if it is the true one."""
    wanted = [(teaser.slug, suffix, of_article(teaser)) for teaser in teasers for suffix in OFFERED]
    sizes = services().export_service.sizes_bytes([(publication, suffix, "") for _, suffix, publication in wanted])
    found: dict[str, tuple[FinishedExport, ...]] = {teaser.slug: () for teaser in teasers}
    for (slug, suffix, _), size in zip(wanted, sizes, strict=True):
        if size is not None:
            found[slug] += (FinishedExport(suffix, EXPORTS[suffix].MIMETYPE, size),)
    return found

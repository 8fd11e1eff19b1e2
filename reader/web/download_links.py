"""What a page offers to take away: every export there is, with its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext

from ..exports import EXPORTS
from ..exports.publications import of_article
from ..feeds.entries import FinishedExport
from ..jobs.exports import PHONE, offers
from ..models import Publication, Teaser
from . import services
from .rendering import ExportLink

_OFFERS = [(suffix, page) for suffix in EXPORTS for page in ("", PHONE) if (suffix, page) in offers()]
"""In the order of the formats, each with its paper for phones."""


def export_links(publication: Publication) -> list[ExportLink]:
    """One for each format and paper; the size is None until it has been made. A page orders nothing."""
    export_service, base = services().export_service, publication.path.rstrip("/")
    sizes = export_service.sizes_bytes([(publication, *offer) for offer in _OFFERS])
    return [
        ExportLink(label_of(suffix, page), f"{base}.{suffix}" + (f"?page={page}" if page else ""), size)
        for (suffix, page), size in zip(_OFFERS, sizes, strict=True)
    ]


def label_of(suffix: str, page: str) -> str:
    label = gettext(EXPORTS[suffix].LABEL)
    return str(gettext("%(format)s for phones", format=label) if page == PHONE else label)


OFFERED = ("epub", "pdf")
"""In this order: readers that know one enclosure take the first."""


def finished_exports(teasers: Sequence[Teaser]) -> Mapping[str, tuple[FinishedExport, ...]]:
    """By slug. A length is told only if it is the true one."""
    wanted = [(teaser.slug, suffix, of_article(teaser)) for teaser in teasers for suffix in OFFERED]
    sizes = services().export_service.sizes_bytes([(publication, suffix, "") for _, suffix, publication in wanted])
    found: dict[str, tuple[FinishedExport, ...]] = {teaser.slug: () for teaser in teasers}
    for (slug, suffix, _), size in zip(wanted, sizes, strict=True):
        if size is not None:
            found[slug] += (FinishedExport(suffix, EXPORTS[suffix].MIMETYPE, size),)
    return found

"""Links to the exports of a publication, with the sizes of finished files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from flask_babel import gettext

from ..exports import EXPORTS
from ..exports.publications import of_article
from ..feeds.entries import FinishedExport
from ..jobs.export_service import PHONE, ExportService, offers
from ..models import Publication, Teaser
from . import services
from .rendering import ExportLink
from .request_context import request_context

_VARIANTS = [(suffix, page) for suffix in EXPORTS for page in ("", PHONE) if (suffix, page) in offers()]
"""In the order of the formats, each followed by its phone page size."""


def export_links(publication: Publication) -> list[ExportLink]:
    """One link per format and page size. The size is None if the file does not exist yet. Starts no jobs."""
    export_service, base = services().export_service, publication.path.rstrip("/")
    sizes = export_service.sizes_bytes([(publication, *offer) for offer in _VARIANTS])
    return [
        ExportLink(label, f"{base}.{suffix}" + (f"?page={page}" if page else ""), size)
        for label, (suffix, page), size in zip(_labels(request_context().locale), _VARIANTS, sizes, strict=True)
    ]


@lru_cache(maxsize=8)
def _labels(_locale: str) -> list[str]:
    """Of _VARIANTS, in the interface language of the current request, which is *_locale*."""
    return [label_of(suffix, page) for suffix, page in _VARIANTS]


def label_of(suffix: str, page: str) -> str:
    label = gettext(EXPORTS[suffix].LABEL)
    return str(gettext("%(format)s for phones", format=label) if page == PHONE else label)


ENCLOSED = ("epub", "pdf")
"""The formats of enclosures. Feed readers that support only one enclosure use the first."""


def finished_exports(teasers: Sequence[Teaser]) -> Mapping[str, tuple[FinishedExport, ...]]:
    """Finished exports by slug, for enclosures."""
    export_service = services().export_service
    return exports_of(teasers, export_service.sizes_of(enclosure_keys(export_service, teasers)))


def enclosure_keys(export_service: ExportService, teasers: Sequence[Teaser]) -> tuple[str, ...]:
    """The keys of the files that *teasers* would enclose, in their order, and for each in that of ENCLOSED."""
    publications = [of_article(teaser) for teaser in teasers]
    return export_service.keys([(publication, suffix, "") for publication in publications for suffix in ENCLOSED])


def exports_of(teasers: Sequence[Teaser], sizes_bytes: Sequence[int | None]) -> dict[str, tuple[FinishedExport, ...]]:
    """By slug, from the sizes of the files of ``enclosure_keys``."""
    sizes = iter(sizes_bytes)
    return {
        teaser.slug: tuple(
            FinishedExport(suffix, EXPORTS[suffix].MIMETYPE, size)
            for suffix in ENCLOSED
            if (size := next(sizes)) is not None
        )
        for teaser in teasers
    }

"""Links to the exports of a publication, with the sizes of finished files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from flask_babel import gettext

from ..exports import EXPORTS
from ..exports.publications import of_article
from ..feeds.entries import FinishedExport
from ..jobs.export_service import PHONE, offers
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
    wanted = [(teaser.slug, suffix, of_article(teaser)) for teaser in teasers for suffix in ENCLOSED]
    sizes = services().export_service.sizes_bytes([(publication, suffix, "") for _, suffix, publication in wanted])
    exports: dict[str, tuple[FinishedExport, ...]] = {teaser.slug: () for teaser in teasers}
    for (slug, suffix, _), size in zip(wanted, sizes, strict=True):
        if size is not None:
            exports[slug] += (FinishedExport(suffix, EXPORTS[suffix].MIMETYPE, size),)
    return exports

"""Links to the exports of a publication, with the sizes of finished files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ... import urls
from ...exports import exporter, speech
from ...exports.publications import of_article
from ...exports.size_estimates import estimated_bytes
from ...feeds.entries import FinishedExport
from ...jobs.export_service import PHONE, ExportService, offers
from ...models import Article, Publication, Teaser, fingerprint
from .. import services
from ..limits.bounded_cache import BoundedCache
from ..pages.rendering import ExportLink
from ..requests.request_context import gettext, request_context

FIRST = [offer for offer in (("pdf", PHONE), ("pdf", ""), ("epub", "")) if offer in offers()]
"""(suffix, page) of the files that most readers download."""

OTHERS = [offer for offer in offers() if offer not in FIRST]

MOST_ESTIMATES = 2_000
"""How many lists of estimates are stored, of some 250 bytes."""

_SCRIPT_NAMES = {"hans": "简体", "hant": "繁體"}


@dataclass(frozen=True)
class Downloads:
    """The links to the files of a publication: the page shows ``first`` and folds ``others`` below them."""

    first: list[ExportLink]
    others: list[ExportLink]


def export_links(publication: Publication, estimates: Sequence[int | None], script: str = "") -> Downloads:
    """The links to the files of *publication*, with their sizes or *estimates* (from ``estimates_of``). Starts no jobs.

    Adds links to files in *script*, one of SCRIPTS, unless it is empty.
    """
    base, offered = publication.path.rstrip("/"), [*FIRST, *OTHERS]
    has_speech = services().settings.speech and publication.path == urls.article(publication.name)
    sizes = services().export_service.sizes_bytes([(publication, *offer) for offer in offered])
    labels, guesses = _labels(request_context().locale), [*estimates, *(None for _ in OTHERS)]
    links = [
        ExportLink(label, f"{base}.{suffix}" + (f"?page={page}" if page else ""), size or guess, is_estimate=not size)
        for label, (suffix, page), size, guess in zip(labels, offered, sizes, guesses, strict=True)
    ]
    first = [*links[: len(FIRST)], *([_speech_link(publication, base)] if has_speech else [])]
    return Downloads(first, [*links[len(FIRST) :], *_more_links(base, script)])


def _speech_link(publication: Publication, base: str) -> ExportLink:
    size = services().export_service.size_bytes(publication, speech.SUFFIX)
    return ExportLink(label_of(speech.SUFFIX, ""), f"{base}.{speech.SUFFIX}", size)


def estimates_of(articles: Sequence[Article]) -> list[int | None]:
    """The approximate sizes in bytes of the FIRST files of *articles*; None for a size that cannot be estimated."""
    return _estimates.get_or_set(fingerprint(*(article.version for article in articles)), lambda: _estimated(articles))


_estimates = BoundedCache[str, list[int | None]](MOST_ESTIMATES)


def _estimated(articles: Sequence[Article]) -> list[int | None]:
    by_suffix = {suffix: estimated_bytes(articles, suffix) for suffix in dict.fromkeys(suffix for suffix, _ in FIRST)}
    return [by_suffix[suffix] for suffix, _ in FIRST]


def _more_links(base: str, script: str) -> list[ExportLink]:
    files = [("PDF A6", "pdf?page=a6"), (_large_print(request_context().locale), "pdf?page=large")]
    if script:
        files += [(f"{label} {_SCRIPT_NAMES[script]}", f"{label.lower()}?script={script}") for label in ("PDF", "EPUB")]
    return [ExportLink(label, f"{base}.{file}") for label, file in files]


@lru_cache(maxsize=8)
def _labels(_locale: str) -> list[str]:
    """The labels of FIRST and OTHERS in the interface language of the current request (*_locale*, the cache key)."""
    return [label_of(suffix, page) for suffix, page in (*FIRST, *OTHERS)]


@lru_cache(maxsize=8)
def _large_print(_locale: str) -> str:
    return str(gettext("PDF in large print"))


def label_of(suffix: str, page: str) -> str:
    """The label of a format and page size, in the language of the request."""
    label = gettext(exporter(suffix).LABEL)
    return str(gettext("%(format)s for phones", format=label) if page == PHONE else label)


ENCLOSED = ("epub", "pdf")
"""The formats of enclosures. Feed readers that support only one enclosure use the first."""


def enclosed() -> tuple[str, ...]:
    """ENCLOSED, preceded by speech if READER_SPEECH is set. Speech makes the site's feeds podcasts."""
    return (speech.SUFFIX, *ENCLOSED) if services().settings.speech else ENCLOSED


def finished_exports(teasers: Sequence[Teaser]) -> Mapping[str, tuple[FinishedExport, ...]]:
    """Finished exports by slug, for enclosures."""
    export_service = services().export_service
    return exports_of(teasers, export_service.sizes_of(enclosure_keys(export_service, teasers)))


def enclosure_keys(export_service: ExportService, teasers: Sequence[Teaser]) -> tuple[str, ...]:
    """The keys of the possible enclosures, in the order of *teasers*, for each in the order of ``enclosed()``."""
    publications = [of_article(teaser) for teaser in teasers]
    return export_service.keys([(publication, suffix, "") for publication in publications for suffix in enclosed()])


def exports_of(teasers: Sequence[Teaser], sizes_bytes: Sequence[int | None]) -> dict[str, tuple[FinishedExport, ...]]:
    """Finished exports by slug. *sizes_bytes* has a size for each of ``enclosure_keys``; None for a missing file."""
    sizes = iter(sizes_bytes)
    return {
        teaser.slug: tuple(
            FinishedExport(suffix, exporter(suffix).MIMETYPE, size)
            for suffix in enclosed()
            if (size := next(sizes)) is not None
        )
        for teaser in teasers
    }

"""The files attached to mail: formats, size limits, and the restrictions of Amazon's Send to Kindle."""

from __future__ import annotations

from ..catalog import Catalog
from ..errors import Moved
from ..exports.publications import of_article, of_issue
from ..models import Publication
from ..urls import issue_day

FORMATS = (("epub", ""), ("pdf", "phone"), ("pdf", ""))
"""(suffix, page) of the files that readers can request."""

DEVICES = ("kindle.com", "free.kindle.com", "kindle.cn", "pbsync.com")
"""The domains of e-readers (Kindle, PocketBook). They accept mail only from senders that their owner has approved."""

KINDLES = DEVICES[:3]
LARGEST_BYTES, LARGEST_ON_KINDLE = 18_000_000, 36_000_000
"""Limits of the file size. The message is a third larger: less than 25 MB, the limit of large providers, and less than
50 MB, Amazon's limit for mail (200 MB in a browser)."""

_LANGUAGES_OF_KINDLE = frozenset(
    [
        "af", "ar", "br", "ca", "co", "cy", "da", "de", "en", "es", "eu", "fi", "fr", "frr", "fy", "ga", "gd", "gl",
        "gsw", "gu", "gv", "hi", "is", "it", "ja", "kw", "lb", "ml", "mr", "nb", "nl", "nn", "no", "oc", "pl", "pt",
        "rm", "sco", "stq", "sv", "ta", "zh",
    ]
)  # fmt: skip
"""Send to Kindle rejects an EPUB with another ``dc:language``. A PDF has no such field."""


def is_device(address: str) -> bool:
    """Whether *address* belongs to an e-reader."""
    return address.rpartition("@")[2] in DEVICES


def largest_for(address: str) -> int:
    """The largest file in bytes that may be sent to *address*."""
    return LARGEST_ON_KINDLE if address.rpartition("@")[2] in KINDLES else LARGEST_BYTES


def suffix_for(address: str, suffix: str, publication: Publication) -> str:
    """*suffix*, or ``pdf`` if Kindle would reject the EPUB because of a language."""
    is_kindle = address.rpartition("@")[2] in KINDLES
    languages = {publication.language, *(chapter.language for chapter in publication.chapters)}
    is_supported = {language.partition("-")[0].lower() for language in languages} <= _LANGUAGES_OF_KINDLE
    return "pdf" if is_kindle and suffix == "epub" and not is_supported else suffix


def publication_of(catalog: Catalog, name: str) -> Publication:
    """The article with the slug *name*, or the issue of a day for ``d/2026-05-01``. Raises NotFound, TooLarge."""
    if name.startswith("d/"):
        issue = catalog.issue(issue_day(name[2:]))
        return of_issue(issue, catalog.articles([teaser.slug for teaser in issue.teasers]))
    try:
        return of_article(catalog.article(name))
    except Moved as moved:
        return of_article(catalog.article(moved.slug))

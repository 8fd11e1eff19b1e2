"""The corrections of an article, for the article page and the page of all corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..corrections import latest, time_of
from ..models import UNDATED, Article, is_dated
from .rendering import format_iso


@dataclass(frozen=True)
class ShownCorrection:
    """``iso`` and ``time`` are empty if its time is not known."""

    iso: str
    time: str
    text: str


def corrections_of(article: Article) -> list[ShownCorrection]:
    """Newest first."""
    return [
        ShownCorrection(format_iso(one.at) if is_dated(one.at) else "", time_of(one, article.published), one.text)
        for one in article.corrections
    ]


def changed_at(article: Article, seen_at: datetime | None) -> datetime | None:
    """When it was changed after it was published and after its last correction: without a note that says what.

    *seen_at* is when the history saw its last change. What an editor says of the same day counts more: the file was
    saved later than the time that stands in it.
    """
    noted, said = latest(article.corrections), article.updated
    if seen_at and seen_at > said > UNDATED and (said == article.published or seen_at.date() > said.date()):
        return seen_at
    return said if said > max(article.published, noted) else None

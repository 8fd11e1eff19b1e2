"""The corrections of an article, for the article page and the page of all corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...article_corrections import latest, time_of
from ...models import Article, is_dated
from ..pages.rendering import format_iso


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


def changed_at(article: Article) -> datetime | None:
    """When it was changed after it was published and after its last correction: without a note that says what."""
    correction = latest(article.corrections)
    return article.updated if article.updated > max(article.published, correction) else None

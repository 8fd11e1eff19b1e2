"""The corrections of an article, for the article page and the page of all corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...article_corrections import latest, time_of
from ...models import Article, is_dated
from ..pages.rendering import format_iso


@dataclass(frozen=True)
class ShownCorrection:
    """A correction as a page shows it. ``iso`` and ``time`` are empty if the time is unknown."""

    iso: str
    time: str
    text: str


def corrections_of(article: Article) -> list[ShownCorrection]:
    """The corrections of *article*, newest first."""
    return [
        ShownCorrection(format_iso(one.at) if is_dated(one.at) else "", time_of(one, article.published), one.text)
        for one in article.corrections
    ]


def changed_at(article: Article) -> datetime | None:
    """The time of the last change that no correction describes: after publication and after the last correction.

    None if there is no such change.
    """
    correction = latest(article.corrections)
    return article.updated if article.updated > max(article.published, correction) else None

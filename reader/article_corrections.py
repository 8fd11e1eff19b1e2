"""Corrections of an article after its publication, as its front matter tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from .i18n import N_
from .models import UNDATED, Article, Collection, format_minute, has_time, is_dated

CORRECTED = Collection("corrected")
"""The articles with corrections."""
LABEL = N_("Correction")


@dataclass(frozen=True)
class Correction:
    """What was changed. ``at`` is UNDATED if nobody wrote when, and aware in an Article.

    In a Draft it may be naive, and on the first day of the calendar if only the time of day is known.
    """

    at: datetime
    text: str


def to_fields(corrections: Iterable[Correction]) -> list[list[str]]:
    """For JSON: pairs of an ISO 8601 time and a text."""
    return [[correction.at.isoformat(), correction.text] for correction in corrections]


def from_fields(fields: Iterable[Sequence[str]], zone: tzinfo | None) -> tuple[Correction, ...]:
    """The inverse of ``to_fields``, with times in *zone*; without one they keep their offset."""
    read = ((datetime.fromisoformat(at), text) for at, text in fields)
    return tuple(Correction(at.astimezone(zone) if zone and is_dated(at) else at, text) for at, text in read)


def time_of(correction: Correction, published: datetime) -> str:
    """``11:30`` on the day of publication, ``2018-11-24 11:30`` on another; empty if it is not known."""
    if not is_dated(correction.at):
        return ""
    if correction.at.date() == published.date():
        return f"{correction.at:%H:%M}" if has_time(correction.at) else ""
    return format_minute(correction.at)


def line_of(correction: Correction, published: datetime, gettext: Callable[[str], str]) -> str:
    """``11:30 更正：开通时间由 6 时改为 7 时``, with the label in the language of *gettext*."""
    label = gettext(LABEL)
    between = ": " if label.isascii() else "："
    return " ".join(filter(None, (time_of(correction, published), f"{label}{between}{correction.text}")))


def latest(corrections: Iterable[Correction]) -> datetime:
    """The time of the latest one; UNDATED without any."""
    return max((correction.at for correction in corrections if is_dated(correction.at)), default=UNDATED)


def changed_at(published: datetime, updated: datetime, seen_at: datetime | None) -> datetime:
    """When an article was last changed: *seen_at*, when the history saw it, or *updated*, what its file says.

    What an editor says of the same day counts more: the file was saved later than the time that stands in it.
    """
    if seen_at and seen_at > updated > UNDATED and (updated == published or seen_at.date() > updated.date()):
        return seen_at
    return updated


def correction_comments(article: Article) -> list[dict[str, str]]:
    """As schema.org has them: CorrectionComment."""
    return [
        {"@type": "CorrectionComment", "text": one.text}
        | ({"datePublished": one.at.isoformat(timespec="minutes")} if is_dated(one.at) else {})
        for one in article.corrections
    ]

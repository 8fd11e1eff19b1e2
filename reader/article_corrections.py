"""Corrections of an article after its publication, from its front matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from .i18n import N_
from .models import UNDATED, Article, Collection, format_minute, has_time, is_dated

CORRECTED = Collection("corrected")
"""The collection of articles with corrections."""
LABEL = N_("Correction")


@dataclass(frozen=True)
class Correction:
    """One correction: its time and its text. ``at`` is UNDATED without a time.

    In an Article ``at`` is aware. In a Draft it may be naive, and its date is ``date.min`` if only the time of day is
    known.
    """

    at: datetime
    text: str


def to_fields(corrections: Iterable[Correction]) -> list[list[str]]:
    """The corrections as a value for JSON: pairs of an ISO 8601 time and a text."""
    return [[correction.at.isoformat(), correction.text] for correction in corrections]


def from_fields(fields: Iterable[Sequence[str]], zone: tzinfo | None) -> tuple[Correction, ...]:
    """The inverse of ``to_fields``. Converts times to *zone*; with None they keep their offset."""
    read = ((datetime.fromisoformat(at), text) for at, text in fields)
    return tuple(Correction(at.astimezone(zone) if zone and is_dated(at) else at, text) for at, text in read)


def time_of(correction: Correction, published: datetime) -> str:
    """The time as text: ``11:30`` on the day of publication, ``2018-11-24 11:30`` on another; empty if unknown."""
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
    """The time of the latest correction; UNDATED if no correction has a time."""
    return max((correction.at for correction in corrections if is_dated(correction.at)), default=UNDATED)


def changed_at(published: datetime, updated: datetime, seen_at: datetime | None) -> datetime:
    """The time of an article's last change: *seen_at*, the time from the publication history, or *updated*, the time
    from the file.

    On the same day, *updated* has priority: the file is always saved later than the time written in it.
    """
    if seen_at and seen_at > updated > UNDATED and (updated == published or seen_at.date() > updated.date()):
        return seen_at
    return updated


def correction_comments(article: Article) -> list[dict[str, str]]:
    """The corrections as schema.org objects of type CorrectionComment, for JSON-LD."""
    return [
        {"@type": "CorrectionComment", "text": one.text}
        | ({"datePublished": one.at.isoformat(timespec="minutes")} if is_dated(one.at) else {})
        for one in article.corrections
    ]

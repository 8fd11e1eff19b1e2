"""Which articles the mail of a day or a week holds. Days are those of the site's time zone (READER_TIMEZONE)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ..catalog import Catalog
from .mail_models import DAILY, Edition

QUIET = timedelta(seconds=60)
"""How long the catalog has not changed before an issue is mailed: a day's articles often come in a row."""

LONGEST_QUIET = timedelta(minutes=30)
"""After READER_MAIL_HOUR: where articles come every minute, the issue is mailed then. Later ones are in the next."""

FIRST_DAYS = {DAILY: 1, "weekly": 7}
MOST_DAYS = {DAILY: 7, "weekly": 14}
"""How far back the first mail of a site reaches, and any later one if the server was off."""

MOST_ISSUES = 15


def day_of_edition(frequency: str, now: datetime, hour: int) -> date | None:
    """The day of the edition that may be mailed at *now*, in the site's time zone: today from *hour* on, or this week's
    Monday from *hour* on; None before."""
    today = now.date()
    if frequency == DAILY:
        return today if now.hour >= hour else None
    monday = today - timedelta(days=today.weekday())
    return monday if today > monday or now.hour >= hour else None


def new_slugs(catalog: Catalog, frequency: str, today: date, before: Sequence[Edition]) -> list[str]:
    """The first slugs of the articles that no edition held yet, newest first; *before* are its editions, latest first.

    Each article is mailed once: what comes late on a day, or with a date of the day before, is in the next mail.
    """
    reach = MOST_DAYS if before else FIRST_DAYS
    start = today - timedelta(days=reach[frequency])
    if before:
        start = max(start, date.fromisoformat(before[0].day) - timedelta(days=1))
    mailed = {slug for edition in before for slug in edition.slugs}
    days = [day for day, _ in catalog.issues(MOST_ISSUES, before=today + timedelta(days=1)) if day >= start]
    slugs = [teaser.slug for day in days for teaser in catalog.issue(day).teasers]
    originals = catalog.original_slugs(slugs)
    return [first for slug in slugs if (first := originals.get(slug, slug)) not in mailed]

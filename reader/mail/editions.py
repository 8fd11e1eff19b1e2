"""Selects the articles of a daily or weekly mail. Days are days of the site's time zone (READER_TIMEZONE)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ..catalog import Catalog
from .mail_models import DAILY, Edition

QUIET = timedelta(seconds=60)
"""An issue is mailed after the catalog has not changed for this time, because articles of a day often arrive in a
row."""

LONGEST_QUIET = timedelta(minutes=30)
"""The longest delay after READER_MAIL_HOUR. If articles arrive every minute, the issue is mailed then; later articles
are in the next one."""

FIRST_DAYS = {DAILY: 1, "weekly": 7}
MOST_DAYS = {DAILY: 7, "weekly": 14}
"""The age in days of the oldest articles: FIRST_DAYS in the first mail of a site, MOST_DAYS in a later mail, for
example after the server was off."""

MOST_ISSUES = 15


def day_of_edition(frequency: str, now: datetime, hour: int) -> date | None:
    """The day of the edition that may be mailed at *now* (in the site's time zone).

    Daily: today, from *hour* on. Weekly: Monday of this week, from *hour* on that day. None before that time.
    """
    today = now.date()
    if frequency == DAILY:
        return today if now.hour >= hour else None
    monday = today - timedelta(days=today.weekday())
    return monday if today > monday or now.hour >= hour else None


def new_slugs(catalog: Catalog, frequency: str, today: date, before: Sequence[Edition]) -> list[str]:
    """The original slugs of the articles that no edition has contained yet, newest first.

    *before* are the earlier editions of *frequency*, latest first. Each article is mailed once: a late article, or one
    dated the day before, is in the next mail.
    """
    reach = MOST_DAYS if before else FIRST_DAYS
    start = today - timedelta(days=reach[frequency])
    if before:
        latest = min(date.fromisoformat(before[0].day), today)  # one of the future was made while the clock was wrong
        start = max(start, latest - timedelta(days=1))
    mailed = {slug for edition in before for slug in edition.slugs}
    days = [day for day, _ in catalog.issues(MOST_ISSUES, before=today + timedelta(days=1)) if day >= start]
    slugs = [teaser.slug for day in days for teaser in catalog.issue(day).teasers]
    originals = catalog.original_slugs(slugs)
    return [first for slug in slugs if (first := originals.get(slug, slug)) not in mailed]

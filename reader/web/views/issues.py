"""The e-paper (电子报): the issue of a day, and the calendar of issues."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, redirect, request
from flask_babel import format_date, get_locale
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...catalog import Catalog
from ...chinese.scripts import other_script
from ...errors import TooLarge
from ...exports.publications import of_issue, outline_of
from ...models import Article, Publication
from .. import services
from ..downloads.download_links import Downloads, estimates_of, export_links
from ..http_responses.conditional_responses import chosen_encoding, compressed
from ..limits.bounded_cache import BoundedCache
from ..pages.rendering import NavigationLink, render_page, teasers_shown
from ..requests.request_context import gettext

bp = Blueprint("issues", __name__)

PAGE_BYTES = 2_000
"""The approximate compressed size of style, head and headers of a page."""

MOST_WEIGHTS = 20_000
"""The maximum number of cached sizes of article pages, about 4 MB."""

DAYS = 60
"""The maximum number of issues on a calendar page."""


@dataclass(frozen=True)
class Day:
    """A day in the calendar. ``number`` is 0 outside of the month; ``count`` is its number of articles."""

    number: int
    count: int
    address: str


@dataclass(frozen=True)
class Month:
    label: str
    weeks: tuple[tuple[Day, ...], ...]


@bp.get("/d/<day>/")
def issue(day: str) -> Response:
    found = services().catalog.issue(urls.issue_day(day))

    def build() -> dict[str, Any]:
        contents = contents_of(services().catalog, services().catalog.revision, found.day, chosen_encoding())
        return {
            "title": format_date(found.day, "long"),
            "facts": [format_date(found.day, "EEEE"), *([_number(found.number)] if found.number else [])],
            "crumbs": [NavigationLink(gettext("E-paper"), urls.ISSUES)],
            "teasers": teasers_shown(found.teasers),
            "downloads": downloads_of(contents),
            "mail": urls.mail_file(f"d/{found.day}"),
            "save": urls.issue_file(found.day, "html"),
            "pages": " ".join([urls.issue(found.day), *(urls.article(t.slug) for t in found.teasers)]),
            "pages_bytes": contents.pages_bytes,
            "older": NavigationLink(found.older.isoformat(), urls.issue(found.older)) if found.older else None,
            "newer": NavigationLink(found.newer.isoformat(), urls.issue(found.newer)) if found.newer else None,
        }

    return render_page("issue.html", f"{services().catalog.revision} {found.version}", build)


def _number(number: int) -> str:
    return gettext("No. %(number)s", number=number)


@bp.get(urls.LATEST_ISSUE)
def latest_issue() -> WerkzeugResponse:
    """A redirect to the newest issue, cached for a minute."""
    response = redirect(urls.issue(services().catalog.latest_day()), 302)
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@bp.get(urls.ISSUES)
def issues() -> Response:
    catalog = services().catalog
    before = request.args.get("before", "")
    last = urls.issue_day(before) if before else None

    def build() -> dict[str, Any]:
        found = catalog.issues(limit=DAYS, before=last)
        older = f"{urls.ISSUES}?before={found[-1][0]}" if len(found) == DAYS else ""
        return {
            "months": months_of(found),
            "weekdays": weekdays(),
            "older": NavigationLink(gettext("Older"), older) if older else None,
            "newer": NavigationLink(gettext("Latest"), urls.ISSUES) if last else None,
        }

    return render_page("issues.html", f"{catalog.revision} {last}", build)


@dataclass(frozen=True)
class Contents:
    """The values of an issue's page that need the texts. ``outline`` is None if one file cannot contain all articles;
    ``estimates`` come from ``estimates_of``."""

    outline: Publication | None
    pages_bytes: int
    estimates: list[int | None]


@lru_cache(maxsize=256)
def contents_of(catalog: Catalog, _revision: int, day: date, encoding: str) -> Contents:
    """The contents of the issue of *day*. Cached for each revision, because it reads all articles of the day."""
    found = catalog.issue(day)
    articles = catalog.articles([teaser.slug for teaser in found.teasers])
    pages_bytes = PAGE_BYTES + sum(_weight_of(article, encoding) for article in articles)
    with suppress(TooLarge):
        return Contents(outline_of(of_issue(found, articles)), pages_bytes, estimates_of(articles))
    return Contents(None, pages_bytes, [])


def downloads_of(contents: Contents) -> Downloads | None:
    issue = contents.outline
    return export_links(issue, contents.estimates, other_script(issue.language)) if issue else None


def _weight_of(article: Article, encoding: str) -> int:
    """The approximate compressed size of the article's page in bytes, cached for each version of the article."""
    key = article.version, encoding
    return _weights.get_or_set(key, lambda: PAGE_BYTES + len(compressed(article.body.encode(), encoding)))


_weights = BoundedCache[tuple[str, str], int](MOST_WEIGHTS)


def months_of(counts: Sequence[tuple[date, int]]) -> list[Month]:
    """The months with issues, newest first."""
    return [month_of(first, dict(days)) for first, days in groupby(counts, key=lambda pair: pair[0].replace(day=1))]


def month_of(first: date, counts: dict[date, int]) -> Month:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return Month(
        label=format_date(first, "yyyy MMMM" if get_locale().language == "en" else "yyyy年M月"),
        weeks=tuple(tuple(_field(day, first.month, counts.get(day, 0)) for day in week) for week in weeks),
    )


def _field(day: date, month: int, count: int) -> Day:
    return Day(day.day if day.month == month else 0, count if day.month == month else 0, urls.issue(day))


def weekdays() -> list[str]:
    """The names of the weekdays, starting with Monday, as in China and in ISO 8601."""
    names = get_locale().days["stand-alone"]["narrow" if get_locale().language == "zh" else "abbreviated"]
    return [names[number] for number in range(7)]

"""The e-paper (电子报): the issue of a day, and the calendar of issues."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, redirect, request
from flask_babel import format_date, get_locale, gettext
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...errors import NotFound, TooLarge
from ...exports.publications import of_issue
from ...models import Article, Issue
from .. import services
from ..download_links import export_links
from ..rendering import ExportLink, NavigationLink, render_page, teasers_shown
from ..responses import chosen_encoding, compressed

bp = Blueprint("issues", __name__)

PAGE_BYTES = 2_000
"""The approximate compressed size of style, head and headers of a page."""

DAYS = 60
"""How many issues a calendar page shows."""


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
    found = services().catalog.issue(day_of(day))

    def build() -> dict[str, Any]:
        return {
            "title": format_date(found.day, "long"),
            "crumbs": [NavigationLink(gettext("E-paper"), urls.ISSUES)],
            "teasers": teasers_shown(found.teasers),
            "downloads": downloads_of_issue(found),
            "save": urls.issue_file(found.day, "html"),
            "pages": " ".join([urls.issue(found.day), *(urls.article(t.slug) for t in found.teasers)]),
            "pages_bytes": PAGE_BYTES + sum(weight_of(article) for article in articles_of(found)),
            "older": NavigationLink(found.older.isoformat(), urls.issue(found.older)) if found.older else None,
            "newer": NavigationLink(found.newer.isoformat(), urls.issue(found.newer)) if found.newer else None,
        }

    return render_page("issue.html", f"{services().catalog.revision} {found.version}", build)


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
    last = day_of(before) if before else None

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


def articles_of(found: Issue) -> list[Article]:
    return services().catalog.articles([teaser.slug for teaser in found.teasers])


def weight_of(article: Article) -> int:
    """The approximate compressed size of the article's page."""
    return PAGE_BYTES + len(compressed(article.body.encode(), chosen_encoding()))


def downloads_of_issue(found: Issue) -> list[ExportLink]:
    """Links to the exports of the issue; none if it has too many articles for one file."""
    with suppress(TooLarge):
        return export_links(of_issue(found, articles_of(found)))
    return []


def day_of(text: str) -> date:
    """Parses an ISO date. Raises NotFound."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("issue", text) from None


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
    """Names of the weekdays from Monday, as in China and in ISO 8601."""
    names = get_locale().days["stand-alone"]["narrow" if get_locale().language == "zh" else "abbreviated"]
    return [names[number] for number in range(7)]

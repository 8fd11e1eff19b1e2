"""Well-known files: sitemaps, robots.txt, icons, the web app manifest."""

from __future__ import annotations

import calendar
import io
import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby
from urllib.parse import quote

from flask import Blueprint, Response, current_app, send_file
from werkzeug.wrappers import Response as WerkzeugResponse

from ... import urls
from ...catalog import Catalog
from ...errors import NotFound, UnusablePicture
from ...exports import EXPORTS, speech
from ...feeds import FEEDS
from ...models import UNDATED, Collection, Teaser, fingerprint
from ...site_identity import SitePicture
from .. import services
from ..http_responses.conditional_responses import (
    PRIVATE,
    PUBLIC,
    Representation,
    conditional_response,
    fit_suffix_range,
    version_of,
)
from ..http_responses.share_card_responses import drawn_picture
from ..http_responses.url_prefixing import below_prefix
from ..limits.bounded_cache import BoundedCache
from ..pages.current_site import logo_pixels, shown_site
from ..pages.localized_templates import render_template
from ..requests.request_context import gettext, request_context
from .share import site_address

bp = Blueprint("sitemaps", __name__)

WEEK = "public, max-age=604800"
MIN_ICON = 144
"""The minimum size in pixels of an icon for which browsers install a site."""
SPLASH_SCREEN = 512
"""The size in pixels of the icon that an installed site shows while it starts."""
NEWS_HOURS = 48
NEWS_MOST = 1000
"""The limits of a news sitemap: two days, 1,000 URLs."""

DISALLOWED = (
    (urls.PREFERENCES, "/a/*/share", urls.SEARCH, "/selection.", "/files/")
    + tuple(f"/*.{suffix}$" for suffix in (*EXPORTS, speech.SUFFIX))
    + ("/*?page=",)
)
"""URL patterns that are expensive and need no indexing: searches, selections, exports."""

ALLOWED = tuple(f"/*{name}$" for name in FEEDS if name.rpartition(".")[2] in EXPORTS)
"""Feeds that end like an export, such as ``feed.json``. The longest matching pattern applies (RFC 9309 2.2.2)."""

MOST_UNDATED = 10_000

MOST_TRANSLATIONS = 50_000
"""The maximum number of links to translations in a sitemap: a fifth of the permitted 50 MB. A month with more has none;
its pages still link to their translations."""

PAPER = "#fdfcfa"

SITE = "\ue000"
"""The placeholder for the site's base URL in cached sitemaps, so that requests for other host names can use them."""

MOST_RENDERED = 16
"""The maximum number of cached sitemaps. Each usually has some kilobytes, at most about 5 MB."""


@bp.get(urls.SITEMAP)
def sitemap() -> Response:
    """The sitemap index: one sitemap per month, so that none exceeds 50,000 URLs, and one for pages without a date."""
    return _xml("sitemaps/sitemaps.xml", months=_months, paths=_undated)


@bp.get(urls.PAGES_SITEMAP)
def sitemap_of_pages() -> Response:
    return _xml("sitemaps/pages.xml", paths=_undated)


@bp.get("/sitemap-<int:year>-<int(fixed_digits=2):month>.xml")
def sitemap_of_month(year: int, month: int) -> Response:
    if not (1 <= month <= 12 and 1 <= year <= 9999):
        raise NotFound("sitemap", f"{year}-{month}")
    return _xml(
        "sitemaps/sitemap.xml",
        f"{year}-{month}",
        teasers=partial(_published_in, year, month),
        translations=partial(_translations_in, year, month),
    )


@bp.get(urls.NEWS_SITEMAP)
def news_sitemap() -> Response:
    since = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=NEWS_HOURS)
    return _xml("sitemaps/news.xml", since.isoformat(), teasers=partial(_published_since, since))


def _xml(template: str, name: str = "", **values: Callable[[], object]) -> Response:
    """The response with a sitemap. Without READER_BASE_URL its absolute URLs depend on the request, so it is private.

    *values* are functions that return the variables of *template*. *name* identifies these values in the cache.
    """
    site, revision, build_id = site_address(), services().catalog.revision, services().render.build_id
    representation = Representation(
        version=version_of(template, str(revision), build_id, site, name),
        changed_at=services().catalog.changed_at,
        mimetype="application/xml",
        cache_control=PUBLIC if services().settings.base_url else PRIVATE,
    )

    def build() -> str:
        key = services().catalog, revision, template, name
        return _rendered.get_or_set(key, render).replace(SITE, site)

    def render() -> str:
        return render_template(template, site=SITE, **{name: read() for name, read in values.items()})

    return conditional_response(representation, build)


_rendered = BoundedCache[tuple[Catalog, int, str, str], str](MOST_RENDERED)


def _published_since(since: datetime) -> list[Teaser]:
    return [teaser for teaser in services().catalog.latest(limit=NEWS_MOST) if teaser.published >= since]


def _undated() -> list[str]:
    """The paths of pages that are in no month: the site's own pages, and articles without a date."""
    catalog = services().catalog
    articles = catalog.latest(limit=MOST_UNDATED, before=(int(UNDATED.timestamp()), ""))
    return [*(quote(page.link) for page in catalog.site.pages), *(urls.article(teaser.slug) for teaser in articles)]


def _months() -> list[str]:
    """The months with an issue, newest first, such as ``2018-11``."""
    days = (day for day, _ in services().catalog.issues(limit=100_000))
    return [key for key, _ in groupby(f"{day:%Y-%m}" for day in days)]


def _translations_in(year: int, month: int) -> dict[str, list[tuple[str, str]]]:
    found = services().catalog.translations([teaser.slug for teaser in _published_in(year, month)])
    return found if sum(map(len, found.values())) <= MOST_TRANSLATIONS else {}


def _published_in(year: int, month: int) -> Iterable[Teaser]:
    days = (date(year, month, day) for day in range(calendar.monthrange(year, month)[1], 0, -1))
    return [t for day in days for t in services().catalog.latest(Collection("day", day.isoformat()), limit=1600)]


@bp.get("/robots.txt")
def robots() -> Response:
    """The robots.txt. Search engines read only the file at the root of a host; a site below a path can have its lines
    copied there."""
    site = site_address()
    lines = ["User-agent: *", *(f"Disallow: {below_prefix(pattern)}" for pattern in DISALLOWED)]
    lines += [*(f"Allow: {below_prefix(pattern)}" for pattern in ALLOWED), ""]
    lines += [f"Sitemap: {site}{path}" for path in (urls.SITEMAP, urls.NEWS_SITEMAP)]
    public = PUBLIC if services().settings.base_url else PRIVATE
    representation = Representation(version_of("robots", *lines), services().catalog.changed_at, "text/plain", public)
    return conditional_response(representation, lambda: "\n".join(lines) + "\n")


@bp.get(urls.MANIFEST)
def manifest() -> Response:
    site = shown_site()
    values = {
        "name": site.name,
        "short_name": site.name,
        "description": site.tagline or gettext("Lightweight news pages for reading online and offline"),
        "lang": request_context().language,
        "id": below_prefix(urls.HOME),
        "start_url": below_prefix(urls.HOME),
        "scope": below_prefix(urls.HOME),
        "display": "minimal-ui",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": _icons(site.logo),
        "shortcuts": [{"name": gettext("Saved articles"), "url": below_prefix(urls.OFFLINE)}],
    }
    content = json.dumps(values, ensure_ascii=False)
    representation = Representation(
        version_of(content),
        services().catalog.changed_at,
        "application/manifest+json",
        vary=("Accept-Language", "Cookie"),
    )
    return conditional_response(representation, lambda: content)


def _icons(logo: SitePicture | None) -> list[dict[str, str]]:
    """The icons of the manifest: the site's logo if it is square and has at least MIN_ICON pixels, else Reader's."""
    if logo and logo.width == logo.height and logo.rendition_width >= MIN_ICON:
        sizes = dict.fromkeys(logo_pixels(logo, minimum) for minimum in (MIN_ICON, SPLASH_SCREEN))
        return [_icon_entry(urls.media(logo.digest, size, "webp"), size, "image/webp", "any") for size in sizes]
    return [
        _icon_entry(static(f"icons/{size}.png"), size, "image/png", purpose)
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]


def _icon_entry(path: str, size: int, mimetype: str, purpose: str) -> dict[str, str]:
    return {"src": below_prefix(path), "sizes": f"{size}x{size}", "type": mimetype, "purpose": purpose}


def static(name: str) -> str:
    """The URL path of a file in ``static/``. It contains the build id."""
    return f"/static/{services().render.build_id}/{name}"


@bp.get("/favicon.ico")
def favicon() -> WerkzeugResponse:
    return _icon("favicon.ico", "image/x-icon")


@bp.get("/apple-touch-icon.png")
def touch_icon() -> WerkzeugResponse:
    """The site's logo, else Reader's icon."""
    logo = shown_site().logo
    try:
        return _logo_icon(logo) if logo else _icon("touch.png", "image/png")
    except (NotFound, UnusablePicture):
        return _icon("touch.png", "image/png")


def _logo_icon(logo: SitePicture) -> Response:
    """The icon drawn from *logo*. Raises NotFound, UnusablePicture, Busy, TooManyRequests."""
    file = services().image_renderer.file(logo.digest, logo.rendition_width, "webp")
    response = drawn_picture(services().catalog.changed_at, "icon", str(file))
    response.headers["Cache-Control"] = WEEK
    return response


def _icon(name: str, mimetype: str) -> WerkzeugResponse:
    """The response with Reader's icon *name*, at a path that browsers request without a link in the page."""
    content: bytes = current_app.extensions["static_files"].content(f"icons/{name}")
    fit_suffix_range(len(content))
    response = send_file(io.BytesIO(content), mimetype=mimetype, conditional=True, etag=fingerprint(content))
    response.headers["Cache-Control"] = WEEK
    return response

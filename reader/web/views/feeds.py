"""The feeds of all selections: 304 without building, deltas for clients that support them, HTML for browsers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from flask import Blueprint, Flask, Response, current_app, request

from ... import urls
from ...article_corrections import CORRECTED
from ...catalog import Catalog
from ...comments.comment_feed import with_discussions
from ...feeds import FEEDS
from ...feeds.deltas import Deltas
from ...feeds.feed_page import FeedPage, look_up, to_feed
from ...feeds.selection import Selection
from ...jobs.export_service import ExportService
from ...models import ALL, Collection
from .. import services
from ..commenting.comment_access import comment_counts, comment_store
from ..downloads.download_links import enclosure_keys, exports_of
from ..http_responses.conditional_responses import Representation, conditional_response, not_listed, version_of
from ..limits.rate_limits import client, client_limits
from ..requests.request_origin import is_through_proxy
from .feed_pages import BROWSER_FIELDS, accepts_html, feed_as_html
from .share import this_site

bp = Blueprint("feeds", __name__)

FRESH = "public, max-age=900, stale-if-error=86400"
"""Cache-Control of feeds: fresh for 15 minutes, like the ttl in the feeds; stale for a day on errors."""

ARCHIVED = "public, max-age=2592000, stale-if-error=2592000"
"""Cache-Control of archive pages: fresh for a month, because they change only with a correction."""

MOST_TAGS = 4
"""The maximum number of tags per feed; each is a join in SQL."""

DELTA_CLIENTS = re.compile(r"^newsboat/|^Liferea/")
"""User-Agents that merge deltas. Others send A-IM too (feedparser always), but treat 226 as an error."""

_FEED = f"<any({', '.join(map(repr, FEEDS))}):name>"


@bp.get(f"/{_FEED}")
def all_articles(name: str) -> Response:
    return collection_feed(name, ALL)


@bp.get(f"/s/<path:collection>/{_FEED}", defaults={"kind": "section"})
@bp.get(f"/t/<path:collection>/{_FEED}", defaults={"kind": "tag"})
@bp.get(f"/by/<path:collection>/{_FEED}", defaults={"kind": "author"})
@bp.get(f"/from/<path:collection>/{_FEED}", defaults={"kind": "source"})
def of_collection(kind: str, collection: str, name: str) -> Response:
    return collection_feed(name, Collection(kind, collection))


@bp.get(f"{urls.CORRECTIONS}{_FEED}")
def of_corrections(name: str) -> Response:
    return collection_feed(name, CORRECTED)


@bp.get(f"{urls.SEARCH}/{_FEED}")
def of_search(name: str) -> Response:
    """The newest results of ``?q=``. A search without results is an empty feed."""
    query = " ".join(request.args.get("q", "").split())
    if not query:
        return collection_feed(name, ALL)
    client_limits().spend("searches", services().settings.searches_per_minute, client())
    return not_listed(feed_response(name, _feed_page(Selection((ALL,), query), 0)))


def collection_feed(name: str, collection: Collection) -> Response:
    """The feed *name* of *collection*, narrowed by ``?tag=``; ``?piece=`` selects an archive page."""
    tags = tuple(Collection("tag", tag) for tag in request.args.getlist("tag")[:MOST_TAGS] if tag)
    if tags:  # each combination of tags has a feed, and each feed is a search
        client_limits().spend("searches", services().settings.searches_per_minute, client())
    response = feed_response(name, _feed_page(Selection((collection, *tags)), _archive_page()))
    return not_listed(response) if tags else response


def _feed_page(selection: Selection, page_number: int) -> FeedPage:
    """The cached page of a feed with its finished exports. Finished exports do not change the catalog's revision, so
    each request looks up the sizes of their files; everything else is cached until the revision changes."""
    export_service = services().export_service
    of_feed = services().catalog, export_service, services().catalog.revision, selection, page_number
    return _with_exports(of_feed, tuple(export_service.sizes_of(_enclosure_keys(*of_feed))))


FeedArguments = tuple[Catalog, ExportService, int, Selection, int]


@lru_cache(maxsize=256)
def _with_exports(of_feed: FeedArguments, sizes_bytes: tuple[int | None, ...]) -> FeedPage:
    """The page of a feed with the finished files: those of ``_enclosure_keys`` that have a size."""
    feed_page = _without_exports(*of_feed)
    return replace(feed_page, downloads=exports_of(feed_page.teasers, sizes_bytes))


@lru_cache(maxsize=256)
def _enclosure_keys(
    catalog: Catalog, export_service: ExportService, revision: int, selection: Selection, page_number: int
) -> tuple[str, ...]:
    feed_page = _without_exports(catalog, export_service, revision, selection, page_number)
    return enclosure_keys(export_service, feed_page.teasers)


@lru_cache(maxsize=256)
def _without_exports(
    catalog: Catalog, _export_service: ExportService, _revision: int, selection: Selection, page_number: int
) -> FeedPage:
    return look_up(catalog, selection, page_number, lambda _: {})


def feed_response(name: str, feed_page: FeedPage) -> Response:
    """The feed in the format *name*: HTML for browsers, a delta (226) for clients that support it, 304 or the feed."""
    if accepts_html():
        return feed_as_html(name, feed_page)
    site, hub, mimetype = this_site(), services().settings.websub_hub, FEEDS[name].MIMETYPE
    address = feed_page.selection.feed(name, feed_page.page_number)
    counts = comment_counts({slug: feed_page.original_slugs.get(slug, slug) for slug in feed_page.states})
    version = version_of(feed_page.version, services().render.build_id, address, str(site), hub, str(counts))
    states = feed_page.states
    new = _new_for_client(states)
    _deltas().remember(version, states)

    def build() -> bytes:
        articles = services().catalog.articles([slug for slug in states if new is None or slug in new])
        feed = to_feed(feed_page, articles, site, name, mimetype, hub)
        return FEEDS[name].to_bytes(with_discussions(feed, articles, counts, site) if comment_store() else feed)

    representation = Representation(
        version=version,
        changed_at=services().catalog.changed_at,
        mimetype=mimetype,
        cache_control=ARCHIVED if feed_page.page_number else FRESH,
        vary=BROWSER_FIELDS,
    )
    response = conditional_response(representation, build)
    if response.status_code == 200:
        response.headers["Link"] = ", ".join(_links(site.absolute(address), "" if feed_page.page_number else hub))
        if new is not None:
            _mark_as_delta(response)
    return response


def _new_for_client(states: Mapping[str, str]) -> frozenset[str] | None:
    """The slugs of a delta; None if the client does not ask for one, cannot merge it, or has too old a version.

    Also None behind a proxy: a cache sends the entity tag of its own copy with the client's A-IM (nginx, Varnish). A
    delta since that copy would lack entries that the client has not seen, under the tag of the whole feed.
    """
    is_requested = "feed" in re.split(r"[\s,;]+", request.headers.get("A-IM", ""))
    if not is_requested or request.method != "GET" or is_through_proxy():
        return None
    if not DELTA_CLIENTS.search(request.headers.get("User-Agent", "")):
        return None
    found = (_deltas().new_since(tag.partition("-")[0], states) for tag in request.if_none_match.as_set(True))
    return next((new for new in found if new is not None), None)


def _mark_as_delta(response: Response) -> None:
    """Makes the response a 226 (RFC 3229 10.4.1) with the entity tag of the whole feed, not cacheable."""
    response.status = "226 IM Used"
    response.headers["IM"] = "feed"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] += ", A-IM"


def _deltas() -> Deltas:
    found: Deltas = current_app.extensions["reader-deltas"]
    return found


def init_app(app: Flask) -> None:
    app.extensions["reader-deltas"] = Deltas()


@bp.after_request
def allow_cross_origin(response: Response) -> Response:
    """Allows cross-origin requests of feed readers that run in a browser (CORS).

    Also sets ``nosniff`` on a 304: feed readers store the text of a feed, not its headers.
    """
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "A-IM, If-Modified-Since, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    elif response.status_code == 200:
        response.headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Link"
    return response


def _links(address: str, hub: str) -> list[str]:
    """Link headers with the topic and its hub (WebSub 4)."""
    return [f'<{address}>; rel="self"', *([f'<{hub}>; rel="hub"'] if hub else [])]


def _archive_page() -> int:
    """The number of the archive page in ``?piece=``; 0 (the live feed) if it is absent or invalid."""
    number = request.args.get("piece", "")
    return int(number) if re.fullmatch("[0-9]{1,9}", number) else 0

"""Every feed of every collection: 304 before anything is built, full text otherwise, a page for browsers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from flask import Blueprint, Flask, Response, current_app, request

from ... import urls
from ...catalog import Catalog
from ...feeds import FEEDS
from ...feeds.deltas import Deltas
from ...feeds.feed_page import FeedPage, look_up, to_feed
from ...feeds.selection import Selection
from ...models import ALL, Collection
from .. import services
from ..client_limits import client, client_limits
from ..download_links import finished_exports
from ..responses import Representation, conditional_response, version_of
from .feed_pages import PERSON, accepts_html, show_to_people
from .share import this_site

bp = Blueprint("feeds", __name__)

FRESH = "public, max-age=900, stale-if-error=86400"
"""A quarter of an hour, as ttl and sy: say; a day when we are down."""

CLOSED = "public, max-age=2592000, stale-if-error=2592000"
"""A closed piece of history changes only by a correction: a month."""

MOST_TAGS = 4
"""That may narrow down one feed; each is a join."""

TAKE_DELTAS = re.compile(r"^newsboat/|^Liferea/")
"""Clients seen to merge a delta. Others ask by accident (feedparser always does) and take a 226 for an error."""

_FEED = f"<any({', '.join(map(repr, FEEDS))}):name>"


@bp.get(f"/{_FEED}")
def all_articles(name: str) -> Response:
    return show_feed(name, ALL)


@bp.get(f"/s/<path:collection>/{_FEED}", defaults={"kind": "section"})
@bp.get(f"/t/<path:collection>/{_FEED}", defaults={"kind": "tag"})
@bp.get(f"/by/<path:collection>/{_FEED}", defaults={"kind": "author"})
@bp.get(f"/from/<path:collection>/{_FEED}", defaults={"kind": "source"})
def of_collection(kind: str, collection: str, name: str) -> Response:
    return show_feed(name, Collection(kind, collection))


@bp.get(f"{urls.SEARCH}/{_FEED}")
def of_search(name: str) -> Response:
    """The newest that ``?q=`` finds; a search that finds nothing yet is a feed all the same."""
    query = " ".join(request.args.get("q", "").split())
    if not query:
        return show_feed(name, ALL)
    client_limits().spend("searches", services().settings.searches_per_minute, client())
    return answer_feed(name, _feed_page(Selection((ALL,), query), 0))


def show_feed(name: str, collection: Collection) -> Response:
    """The feed *name* of *collection*, narrowed down by ``?tag=``; ``?piece=`` is a piece of its history."""
    tags = tuple(Collection("tag", tag) for tag in request.args.getlist("tag")[:MOST_TAGS] if tag)
    return answer_feed(name, _feed_page(Selection((collection, *tags)), _archive_page()))


def _feed_page(selection: Selection, page_number: int) -> FeedPage:
    catalog = services().catalog
    return _looked_up(catalog, catalog.revision, selection, page_number)


@lru_cache(maxsize=256)
def _looked_up(catalog: Catalog, _revision: int, selection: Selection, page_number: int) -> FeedPage:
    """Once for each state of the catalog: every poll until the next change is answered from it."""
    return look_up(catalog, selection, page_number, finished_exports)


def answer_feed(name: str, feed_page: FeedPage) -> Response:
    if accepts_html():
        return show_to_people(name, feed_page)
    site, hub, mimetype = this_site(), services().settings.websub_hub, FEEDS[name].MIMETYPE
    address = feed_page.selection.feed(name, feed_page.page_number)
    version = version_of(feed_page.version, services().render.build_id, address, str(site), hub)
    states = feed_page.states
    new = _new_to_the_client(states)
    _deltas().remember(version, states)

    def build() -> bytes:
        articles = services().catalog.articles([slug for slug in states if new is None or slug in new])
        return FEEDS[name].to_bytes(to_feed(feed_page, articles, site, name, mimetype, hub))

    representation = Representation(
        version=version,
        changed_at=services().catalog.changed_at,
        mimetype=mimetype,
        cache_control=CLOSED if feed_page.page_number else FRESH,
        vary=PERSON,
    )
    response = conditional_response(representation, build)
    if response.status_code == 200:
        response.headers["Link"] = ", ".join(_links(site.absolute(address), "" if feed_page.page_number else hub))
        if new is not None:
            _say_it_is_a_delta(response)
    return response


def _new_to_the_client(states: Mapping[str, str]) -> frozenset[str] | None:
    """The slugs that a delta would carry; None for whoever does not ask, cannot take it, or was away for long."""
    asks = "feed" in re.split(r"[\s,;]+", request.headers.get("A-IM", ""))
    if not (asks and request.method == "GET" and TAKE_DELTAS.search(request.headers.get("User-Agent", ""))):
        return None
    found = (_deltas().new_since(tag.partition("-")[0], states) for tag in request.if_none_match.as_set(True))
    return next((new for new in found if new is not None), None)


def _say_it_is_a_delta(response: Response) -> None:
    """RFC 3229 10.4.1: the entity tag is the whole feed's, and no cache may take the part for the whole."""
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
def open_to_scripts(response: Response) -> Response:
    """Readers that run in a browser may ask from anywhere (CORS)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "A-IM, If-Modified-Since, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    elif response.status_code == 200:
        response.headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Link"
    return response


def _links(address: str, hub: str) -> list[str]:
    """WebSub 4: the topic and its hub, for subscribers that look at headers only."""
    return [f'<{address}>; rel="self"', *([f'<{hub}>; rel="hub"'] if hub else [])]


def _archive_page() -> int:
    """0 for the live feed, also for a number that cannot be one: junk in a query never costs the feed."""
    asked = request.args.get("piece", "")
    return int(asked) if re.fullmatch("[0-9]{1,9}", asked) else 0

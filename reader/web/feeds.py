"""Every feed of every shelf: 304 before anything is built, full text otherwise, a page for who comes by browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, request

from ..feeds import FEEDS
from ..feeds.composing import Download, Site
from ..feeds.selection import Selection
from ..feeds.window import Window, look_up, to_feed
from ..model import ALL, Shelf, Teaser
from . import services
from .answers import Representation, answer, version_of

bp = Blueprint("feeds", __name__)

FRESH = "public, max-age=900, stale-if-error=86400"
"""A quarter of an hour, as ttl and sy: say; a day when we are down."""

CLOSED = "public, max-age=2592000, stale-if-error=2592000"
"""A closed piece of history changes only by a correction: a month."""

_FEED = f"<any({', '.join(map(repr, FEEDS))}):name>"


@bp.get(f"/{_FEED}")
def all_articles(name: str) -> Response:
    return show_feed(name, ALL)


@bp.get(f"/s/<path:section>/{_FEED}")
def of_section(section: str, name: str) -> Response:
    return show_feed(name, Shelf("section", section))


@bp.get(f"/t/<path:tag>/{_FEED}")
def of_tag(tag: str, name: str) -> Response:
    return show_feed(name, Shelf("tag", tag))


@bp.get(f"/by/<path:author>/{_FEED}")
def of_author(author: str, name: str) -> Response:
    return show_feed(name, Shelf("author", author))


@bp.get(f"/from/<path:source>/{_FEED}")
def of_source(source: str, name: str) -> Response:
    return show_feed(name, Shelf("source", source))


def show_feed(name: str, shelf: Shelf) -> Response:
    """The feed *name* of *shelf*, narrowed down by ``?tag=``; ``?piece=`` is a piece of its history."""
    tags = tuple(Shelf("tag", tag) for tag in request.args.getlist("tag") if tag)
    window = look_up(services().catalog, Selection((shelf, *tags), ""), _piece(), finished_downloads)
    return answer_feed(name, window)


def answer_feed(name: str, window: Window) -> Response:
    site, hub, mimetype = this_site(), services().settings.websub_hub, FEEDS[name].MIMETYPE

    def build() -> bytes:
        articles = services().catalog.articles([teaser.slug for teaser in window.teasers])
        return FEEDS[name].to_bytes(to_feed(window, articles, site, name, mimetype, hub))

    address = window.selection.feed(name, window.piece)
    representation = Representation(
        version=version_of(window.version, services().render.look, address, str(site), hub),
        changed_at=services().catalog.changed_at,
        mimetype=mimetype,
        cache_control=CLOSED if window.piece else FRESH,
        vary=("Sec-Fetch-Dest",),
    )
    response = answer(representation, build)
    if response.status_code == 200:
        response.headers["Link"] = ", ".join(_links(site.absolute(address), "" if window.piece else hub))
    return response


@bp.after_request
def open_to_scripts(response: Response) -> Response:
    """Readers that run in a browser may ask from anywhere (CORS); a feed is never taken for a page or a script."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "A-IM, If-Modified-Since, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "86400"
    elif response.status_code == 200:
        response.headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified, Link"
    return response


def this_site() -> Site:
    settings = services().settings
    base_url = settings.base_url or request.host_url.rstrip("/")
    return Site(settings.site_name, settings.language, base_url, settings.feed_authority)


def finished_downloads(_teasers: Sequence[Teaser]) -> Mapping[str, tuple[Download, ...]]:
    return {}


def _links(address: str, hub: str) -> list[str]:
    """WebSub 4: the topic and its hub, for subscribers that look at headers only."""
    return [f'<{address}>; rel="self"', *([f'<{hub}>; rel="hub"'] if hub else [])]


def _piece() -> int:
    """0 for the live feed, also for a number that cannot be one: junk in a query never costs the feed."""
    asked = request.args.get("piece", "")
    return int(asked) if asked.isascii() and asked.isdigit() else 0

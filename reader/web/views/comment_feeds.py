"""Feeds of comments: of one article, and of all articles. They exist only if READER_COMMENTS is on."""

from __future__ import annotations

from flask import Blueprint, Flask, Response

from ... import urls
from ...comments.comment import OFF, Comment
from ...comments.comment_feed import comment_feed
from ...feeds import FEEDS
from ...models import Article
from .. import services
from ..commenting.comment_access import article_of, mode_of, page_of, required_store
from ..http_responses.conditional_responses import Representation, conditional_response, version_of
from .share import this_site

optional_bp = Blueprint("comment_feeds", __name__)

FRESH = "public, max-age=300, stale-if-error=86400"
MOST_ROUNDS = 10
NAMES = f"<any({', '.join(map(repr, FEEDS))}):name>"


def init_app(app: Flask) -> None:
    if mode_of(app) != OFF:
        app.register_blueprint(optional_bp)


@optional_bp.get(f"/a/<slug:slug>/comments/{NAMES}")
def feed_of_article(slug: str, name: str) -> Response:
    article = services().catalog.article(slug)
    page = page_of(slug)
    return _feed(name, required_store().newest(page), {page: article}, article)


@optional_bp.get(f"{urls.COMMENTS}{NAMES}")
def feed_of_all(name: str) -> Response:
    gone: set[str] = set()  # pages of articles that are no longer public
    for _ in range(MOST_ROUNDS):
        found = required_store().newest(excluded=gone)
        articles = {page: article_of(page) for page in {comment.page for comment in found}}
        missing = {page for page, article in articles.items() if article is None}
        gone |= missing
        if not missing:
            break
    return _feed(name, found, {page: article for page, article in articles.items() if article}, None)


def _feed(name: str, found: list[Comment], articles: dict[str, Article], of: Article | None) -> Response:
    feed = comment_feed(found, articles, this_site(), name, of, services().catalog.changed_at)
    # No Last-Modified: hiding the newest comment or approving an earlier one changes the feed, but not to a later date.
    version = version_of(services().render.build_id, name, repr(feed))
    representation = Representation(version, mimetype=FEEDS[name].MIMETYPE, cache_control=FRESH)
    return conditional_response(representation, lambda: FEEDS[name].to_bytes(feed))

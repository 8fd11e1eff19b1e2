"""Receives Webmentions (https://www.w3.org/TR/webmention/) if READER_WEBMENTION enables it; serves the IndexNow key.

This module only queues mentions. The indexing process verifies them, and an editor reviews them before publication.
"""

from __future__ import annotations

import logging
from urllib.parse import unquote, urlsplit

from flask import Blueprint, Flask, Response, request

from ... import urls
from ...errors import Busy, FetchFailed, Moved, NotFound, StateUnusable
from ...i18n import Message, translated
from ...models import Article
from ...webmentions import BOTH, RECEIVE
from ...webmentions.mention_queue import MentionQueue
from .. import services
from ..commenting.comment_access import is_closed, now, page_of
from ..commenting.webmention_endpoint import receives_mentions
from ..http_responses.conditional_responses import PUBLIC, Representation, conditional_response, version_of
from ..limits.form_limits import limit_forms
from ..limits.rate_limits import client, client_limits
from ..middleware.path_prefix import path_within
from ..requests.request_context import request_context

optional_bp = Blueprint("webmention", __name__)
limit_forms(optional_bp, largest_bytes=16_000)
log = logging.getLogger(__name__)

LONGEST_URL = 2_000
PER_MINUTE = 20


def init_app(app: Flask) -> None:
    settings = app.extensions["reader"].settings
    if receives_mentions(app):
        app.register_blueprint(optional_bp)
    elif settings.webmention in (RECEIVE, BOTH):
        log.warning("READER_WEBMENTION receives nothing without READER_BASE_URL and READER_COMMENTS")
    if settings.indexnow_key:
        app.add_url_rule(f"/{settings.indexnow_key}.txt", "indexnow_key", indexnow_key)


def indexnow_key() -> Response:
    """The IndexNow key file, which proves to search engines that the key belongs to this site."""
    key = services().settings.indexnow_key
    representation = Representation(version_of("indexnow", key), mimetype="text/plain", cache_control=PUBLIC)
    return conditional_response(representation, lambda: key)


@optional_bp.get(urls.WEBMENTION)
def explain() -> Response:
    """An explanation for people who open the endpoint (Webmention 3.2.1.1)."""
    return _answer(Message("This address receives Webmentions: send source and target by POST."), 200)


@optional_bp.post(urls.WEBMENTION)
def receive() -> Response:
    """Queues a mention: 202. Otherwise 400 with the reason, or 429 or 503 if the sender can try again later."""
    from ...http_client.client import checked_url

    source, target = request.form.get("source", ""), request.form.get("target", "")
    article = _article_at(target)
    problem = _problem(source, target, article)
    if article is None or problem:
        return _answer(problem or Message("target: not an article of this site"), 400)
    client_limits().spend("webmentions", PER_MINUTE, client())
    try:
        MentionQueue(services().state).receive(checked_url(source), target, page_of(article.slug), now())
    except (Busy, StateUnusable) as error:
        response = _answer(Message("too many mentions wait; send it again later"), 503)
        response.headers["Retry-After"] = str(error.retry_seconds)
        return response
    return _answer(Message("The mention will be verified, and read by an editor."), 202)


def _problem(source: str, target: str, article: Article | None) -> Message | None:
    from ...http_client.client import checked_url
    from ...webmentions.pages import is_same

    if max(len(source), len(target)) > LONGEST_URL:
        return Message("an address has at most %(most)s characters", most=LONGEST_URL)
    try:
        checked_url(source)
    except FetchFailed as error:
        return Message("source: %(reason)s", reason=error.reason)
    if not target.isprintable():  # in its fragment; PostgreSQL rejects NUL
        return Message("target: not an article of this site")
    if is_same(source, target):
        return Message("source and target are the same")
    parts, own = urlsplit(source), urlsplit(services().settings.base_url)
    if parts.netloc.lower() == own.netloc.lower() and (parts.path or "/").startswith(f"{own.path}/"):
        return Message("source: a page of this site")
    return Message("Comments on this article are closed.") if article and is_closed(article, now()) else None


def _article_at(target: str) -> Article | None:
    """The article at the URL *target* on this site, also by a previous slug; None if there is none."""
    try:
        parts, own = urlsplit(target), urlsplit(services().settings.base_url)
    except ValueError:
        return None
    first, _, slug = path_within(own.path, parts.path).strip("/").partition("/")
    if (
        parts.scheme not in ("http", "https")
        or parts.netloc.lower() != own.netloc.lower()
        or first != "a"
        or "/" in slug
    ):
        return None
    catalog = services().catalog
    try:
        return catalog.article(unquote(slug))
    except Moved as moved:
        return catalog.article(moved.slug)
    except NotFound:
        return None


def _answer(text: Message, status: int) -> Response:
    response = Response(translated(text, request_context().language) + "\n", status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    return response

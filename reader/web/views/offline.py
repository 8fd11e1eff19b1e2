"""Offline reading (the service worker, the page of saved articles) and bookmarks (their page and script).

Saved articles, bookmarks, highlights and notes are stored only in the reader's browser. The site receives none of them.
"""

from __future__ import annotations

from flask import Blueprint, Response

from ... import urls
from .. import services
from ..http_responses.conditional_responses import Representation, conditional_response, version_of
from ..http_responses.content_security_policy import inline_scripts
from ..pages.rendering import render_page

bp = Blueprint("offline", __name__)

POLICY = "default-src 'none';connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'"
"""The CSP of the service worker's script, which applies to the worker instead of the page's (Service Workers 4.1). It
may fetch from this site."""

REVALIDATE = "no-cache"
"""Cache-Control of the service worker, which must not be older than the pages that it caches."""


@bp.get(urls.SERVICE_WORKER)
def service_worker() -> Response:
    """The service worker's script. It contains the build id, so each build has a new worker, which fetches the offline
    page again."""
    build_id = services().render.build_id
    representation = Representation(
        version_of("sw", build_id), services().catalog.changed_at, "text/javascript", cache_control=REVALIDATE
    )
    response = conditional_response(representation, lambda: inline_scripts().source("sw"))
    if response.status_code == 200:
        response.headers["Content-Security-Policy"] = POLICY
    return response


@bp.get(urls.OFFLINE)
def offline() -> Response:
    return render_page("offline.html", "offline", dict)


@bp.get(urls.BOOKMARKS)
def bookmarks() -> Response:
    return render_page("bookmarks.html", "bookmarks", dict)


@bp.get(urls.BOOKMARKS_SCRIPT)
def bookmarks_script() -> Response:
    """The bookmarks script with texts in the interface language. An article page loads it when it is first used."""
    response = render_page("bookmarks.js", "bookmarks", lambda: {"source": _sources("bookmark_records", "bookmarks")})
    if response.status_code == 200:
        response.mimetype = "text/javascript"
    return response


def _sources(*names: str) -> str:
    return "\n".join(map(inline_scripts().source, names))

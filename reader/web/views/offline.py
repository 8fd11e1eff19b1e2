"""Offline reading, and the bookmarks, highlights and notes that a reader's browser keeps.

The service worker and the page that lists the saved articles; the page that lists bookmarks, and their script. The site
learns of none of it.
"""

from __future__ import annotations

from flask import Blueprint, Response

from ... import urls
from .. import services
from ..http_responses.content_security_policy import inline_scripts
from ..http_responses.responses import Representation, conditional_response, version_of
from ..pages.rendering import render_page

bp = Blueprint("offline", __name__)

POLICY = "default-src 'none';connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'"
"""A service worker uses the CSP of its script (Service Workers 4.1), not of the page. It may fetch from this site."""

REVALIDATE = "no-cache"
"""A service worker must not be older than the pages that it caches."""


@bp.get(urls.SERVICE_WORKER)
def service_worker() -> Response:
    """Contains the build id: a new build is a new worker, which fetches the offline page again."""
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
    """The script, with its words in the language of the interface. An article loads it when a reader first uses it."""
    response = render_page("bookmarks.js", "bookmarks", lambda: {"source": _sources("bookmark_records", "bookmarks")})
    if response.status_code == 200:
        response.mimetype = "text/javascript"
    return response


def _sources(*names: str) -> str:
    return "\n".join(map(inline_scripts().source, names))

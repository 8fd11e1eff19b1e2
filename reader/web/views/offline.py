"""FileResult without a network: the service worker, and the page that lists what it has kept."""

from __future__ import annotations

from flask import Blueprint, Response

from ... import urls
from .. import services
from ..content_security_policy import inline_scripts
from ..rendering import render_page
from ..responses import Representation, conditional_response, version_of

bp = Blueprint("offline", __name__)

POLICY = "default-src 'none';connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'"
"""A worker obeys the policy of its own script (Service Workers 4.1), not that of the page: it may ask this site."""

ASK_AGAIN = "no-cache"
"""A service worker must never be older than the pages it keeps."""


@bp.get(urls.SERVICE_WORKER)
def service_worker() -> Response:
    """Another look is another worker, which fetches the offline page anew."""
    build_id = services().render.build_id
    representation = Representation(
        version_of("sw", build_id), services().catalog.changed_at, "text/javascript", cache_control=ASK_AGAIN
    )
    response = conditional_response(representation, lambda: inline_scripts().source("sw").replace("LOOK", build_id))
    if response.status_code == 200:
        response.headers["Content-Security-Policy"] = POLICY
    return response


@bp.get(urls.OFFLINE)
def offline() -> Response:
    return render_page("offline.html", "offline", dict)

"""FileResult without a network: the service worker, and the page that lists what it has kept."""

from __future__ import annotations

from flask import Blueprint, Response

from ... import urls
from .. import services
from ..content_security_policy import inline_scripts
from ..rendering import render_page
from ..responses import Representation, conditional_response, version_of

bp = Blueprint("offline", __name__)

ASK_AGAIN = "no-cache"
"""A service worker must never be older than the pages it keeps."""


@bp.get(urls.SERVICE_WORKER)
def service_worker() -> Response:
    """Another look is another worker, which fetches the offline page anew."""
    build_id = services().render.build_id
    representation = Representation(
        version_of("sw", build_id), services().catalog.changed_at, "text/javascript", cache_control=ASK_AGAIN
    )
    return conditional_response(representation, lambda: inline_scripts().source("sw").replace("LOOK", build_id))


@bp.get(urls.OFFLINE)
def offline() -> Response:
    return render_page("offline.html", "offline", dict)

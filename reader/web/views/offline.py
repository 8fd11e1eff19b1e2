"""Reading without a network: the service worker, and the page that lists what it has kept."""

from __future__ import annotations

from flask import Blueprint, Response

from ... import urls
from .. import services
from ..assets import script
from ..rendering import show
from ..responses import Representation, answer, version_of

bp = Blueprint("offline", __name__)

ASK_AGAIN = "no-cache"
"""A service worker must never be older than the pages it keeps."""


@bp.get(urls.SERVICE_WORKER)
def service_worker() -> Response:
    """Another look is another worker, which fetches the offline page anew."""
    look = services().render.look
    representation = Representation(
        version_of("sw", look), services().catalog.changed_at, "text/javascript", cache_control=ASK_AGAIN
    )
    return answer(representation, lambda: _source("sw").replace("LOOK", look))


@bp.get(urls.OFFLINE)
def offline() -> Response:
    return show("offline.html", "offline", lambda: {"script": script(_path("offline"))})


def _source(name: str) -> str:
    return script(_path(name))


def _path(name: str):
    return services().settings.static / "js" / f"{name}.js"

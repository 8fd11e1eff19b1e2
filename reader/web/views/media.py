"""The pictures of articles, in the sizes and formats that pages name."""

from __future__ import annotations

from flask import Blueprint, Response, send_file

from ...media.images import MIMETYPES
from .. import services
from ..responses import IMMUTABLE, fit_suffix_range

bp = Blueprint("media", __name__)


@bp.get("/media/<digest>-<int:width>.<suffix>")
def picture(digest: str, width: int, suffix: str) -> Response:
    """Made on the spot if nobody asked for it before; the address is bound to the content, so it never changes."""
    path = services().image_renderer.file(digest, width, suffix)
    fit_suffix_range(path.stat().st_size)
    response = send_file(path, mimetype=MIMETYPES[suffix], etag=f"{digest}-{width}-{suffix}", conditional=True)
    response.headers["Cache-Control"] = IMMUTABLE
    return response

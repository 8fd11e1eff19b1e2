"""Renditions of the pictures in articles."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_file

from ...errors import NotFound
from ...media.images import MIMETYPES
from .. import services
from ..responses import IMMUTABLE, fit_suffix_range

bp = Blueprint("media", __name__)


@bp.get("/media/<digest>-<int:width>.<suffix>")
def picture(digest: str, width: int, suffix: str) -> Response:
    """The rendition, rendered on first request. Immutable: its URL contains the digest of the content.

    That of a draft, or of an article that was withdrawn, is not found.
    """
    check_shown(digest)
    return immutable(services().image_renderer.file(digest, width, suffix))


@bp.get("/media/<digest>-thumbnail.<suffix>")
def thumbnail(digest: str, suffix: str) -> Response:
    check_shown(digest)
    return immutable(services().image_renderer.thumbnail(digest, suffix))


def check_shown(digest: str) -> None:
    """Raises NotFound."""
    if not services().catalog.shows_picture(digest):
        raise NotFound("picture", digest)


def immutable(path: Path) -> Response:
    fit_suffix_range(path.stat().st_size)
    etag = path.name.replace(".", "-")
    response = send_file(path, mimetype=MIMETYPES[path.suffix[1:]], etag=etag, conditional=True)
    response.headers["Cache-Control"] = IMMUTABLE
    return response

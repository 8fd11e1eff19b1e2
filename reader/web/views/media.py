"""Renditions of the pictures in articles, and their sound and video."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_file

from ...errors import NotFound
from ...media.images import MIMETYPES
from ...media.sound_and_video import media_file
from ...sanitizer.media_types import MEDIA_TYPES
from .. import services
from ..responses import IMMUTABLE, fit_suffix_range, send_players_pieces

bp = Blueprint("media", __name__)


@bp.get("/media/<digest>-<int:width>.<suffix>")
def picture(digest: str, width: int, suffix: str) -> Response:
    """The rendition, rendered on first request. Immutable: its URL contains the digest of the content.

    For sound and video the number is the file's size in bytes, and the file is sent as it is.
    That of a draft, or of an article that was withdrawn, is not found.
    """
    check_shown(digest)
    if suffix in MEDIA_TYPES:
        send_players_pieces()
        return immutable(media_file(services().settings, digest, width), f"{digest}.{suffix}")
    path = services().image_renderer.file(digest, width, suffix)
    return immutable(path, path.name)


@bp.get("/media/<digest>-thumbnail.<suffix>")
def thumbnail(digest: str, suffix: str) -> Response:
    check_shown(digest)
    path = services().image_renderer.thumbnail(digest, suffix)
    return immutable(path, path.name)


def check_shown(digest: str) -> None:
    """Raises NotFound."""
    if not services().catalog.shows_picture(digest):
        raise NotFound("picture", digest)


def immutable(path: Path, name: str) -> Response:
    """The file at *path*. *name* holds its digest, and its suffix tells its type."""
    fit_suffix_range(path.stat().st_size)
    mimetype = (MIMETYPES | MEDIA_TYPES)[name.rpartition(".")[2]]
    response = send_file(path, mimetype=mimetype, etag=name.replace(".", "-"), conditional=True)
    response.headers["Cache-Control"] = IMMUTABLE
    return response

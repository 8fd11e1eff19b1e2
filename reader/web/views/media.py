"""Renditions of the pictures in articles, and their sound and video."""

from __future__ import annotations

from typing import BinaryIO

from flask import Blueprint, Response

from ...errors import NotFound
from ...media.images import MIMETYPES
from ...media.renditions import key_of, thumbnail_key
from ...media.sound_and_video import open_media_file
from ...sanitizer.media_types import MEDIA_TYPES
from .. import services
from ..http_responses.file_responses import file_response, open_found
from ..http_responses.responses import IMMUTABLE, send_players_pieces

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
        file, path = open_media_file(services().settings, digest, width)
        return immutable(file, f"{digest}.{suffix}", path.name)
    file = open_found(lambda: services().image_renderer.file(digest, width, suffix))
    return immutable(file, key_of(digest, width, suffix))


@bp.get("/media/<digest>-thumbnail.<suffix>")
def thumbnail(digest: str, suffix: str) -> Response:
    check_shown(digest)
    file = open_found(lambda: services().image_renderer.thumbnail(digest, suffix))
    return immutable(file, thumbnail_key(digest, suffix))


def check_shown(digest: str) -> None:
    """Raises NotFound."""
    if not services().catalog.shows_picture(digest):
        raise NotFound("picture", digest)


def immutable(file: BinaryIO, name: str, saved_as: str = "") -> Response:
    """The content of *file*. *name* holds its digest, and its suffix tells its type."""
    mimetype = (MIMETYPES | MEDIA_TYPES)[name.rpartition(".")[2]]
    response = file_response(file, mimetype, name.replace(".", "-"), saved_as or name)
    response.headers["Cache-Control"] = IMMUTABLE
    return response

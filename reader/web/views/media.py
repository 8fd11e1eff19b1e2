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
from ..http_responses.conditional_responses import IMMUTABLE, shorten_player_range
from ..http_responses.file_responses import file_response, open_found

bp = Blueprint("media", __name__)


@bp.get("/media/<digest>-<int:width>.<suffix>")
def picture(digest: str, width: int, suffix: str) -> Response:
    """A rendition, rendered on first request. Immutable: its URL contains the digest of the content.

    For sound and video *width* is the size in bytes, and the original file is sent. Raises NotFound for files that only
    drafts or withdrawn articles use.
    """
    check_shown(digest)
    if suffix in MEDIA_TYPES:
        shorten_player_range()
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
    """Raises NotFound unless a public article uses the picture or media file *digest*."""
    if not services().catalog.shows_picture(digest):
        raise NotFound("picture", digest)


def immutable(file: BinaryIO, name: str, saved_as: str = "") -> Response:
    """The content of *file*, cacheable permanently. *name* is its digest with the suffix that determines its type.

    *saved_as* is the name of a download.
    """
    mimetype = (MIMETYPES | MEDIA_TYPES)[name.rpartition(".")[2]]
    response = file_response(file, mimetype, name.replace(".", "-"), saved_as or name)
    response.headers["Cache-Control"] = IMMUTABLE
    return response

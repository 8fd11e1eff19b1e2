"""Serves ``static/`` with whitenoise: small files whose address contains the build id, so that caches keep them."""

from __future__ import annotations

from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.http import parse_etags
from whitenoise import WhiteNoise

from ...settings import Settings

YEAR_SECONDS = 31_536_000


class StaticFiles(WhiteNoise):  # type: ignore[misc]  # whitenoise has no types
    """Whole files only, which RFC 9110 14.2 allows: whitenoise 6 answers 416 for a range of one byte and ignores
    If-Range. It also compares If-None-Match as text, and so misses lists and ``*`` (13.1.2)."""

    @staticmethod
    def serve(static_file: Any, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        environ.pop("HTTP_RANGE", None)
        held = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
        if held.star_tag or held.contains_weak(static_file.etag.strip('"')):
            environ["HTTP_IF_NONE_MATCH"] = static_file.etag
        return WhiteNoise.serve(static_file, environ, start_response)


def with_static_files(inner: WSGIApplication, settings: Settings, build_id: str) -> StaticFiles:
    """*inner*, and the files of ``static/`` below ``/static/<build id>/``."""
    return StaticFiles(
        inner,
        root=settings.static,
        prefix=f"/static/{build_id}/",
        immutable_file_test=lambda *_: True,
        max_age=YEAR_SECONDS,
    )

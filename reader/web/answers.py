"""How everything is sent: only if the visitor does not have it yet, and as small as the visitor can take it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from wsgiref.types import WSGIEnvironment

import brotli
import zstandard
from flask import Response, request
from werkzeug.datastructures import Headers
from werkzeug.http import http_date

from ..model import fingerprint

PUBLIC = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
"""Pages: a minute old is new enough, and an old page beats none when the line is bad."""

PRIVATE = "private, no-cache"
"""What depends on a cookie: kept by this visitor only, and asked for again."""

IMMUTABLE = "public, max-age=31536000, immutable"
"""What lies at an address bound to its content."""

ENCODINGS = ("br", "zstd", "gzip")
"""In our order of liking; ties of q are decided by it."""

_SMALL_ENOUGH_TO_SQUEEZE = 65_536


@dataclass(frozen=True)
class Representation:
    """What identifies an answer before it is made.

    ``version`` names the content (encoding apart); ``changed_at`` is for clients that only know dates.
    """

    version: str
    changed_at: datetime | None = None
    mimetype: str = "text/html"
    cache_control: str = PUBLIC
    vary: tuple[str, ...] = ()


class NotModified(Response):
    """A 304 that repeats both validators: werkzeug strips Last-Modified, and some clients keep only that."""

    def __init__(self) -> None:
        super().__init__(status=304)
        del self.headers["Content-Type"]

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        if "Last-Modified" in self.headers:
            headers["Last-Modified"] = self.headers["Last-Modified"]
        return headers


def answer(representation: Representation, make: Callable[[], str | bytes]) -> Response:
    """What *make* builds, compressed; or 304 if the visitor holds it already, and then nothing is built."""
    encoding = chosen_encoding()
    etag = representation.version if encoding == "identity" else f"{representation.version}-{encoding}"
    if is_held(etag, representation.changed_at):
        response = NotModified()
    else:
        body = make()
        raw = body.encode() if isinstance(body, str) else body
        response = Response(compressed(raw, encoding), mimetype=representation.mimetype)
        if encoding != "identity":
            response.headers["Content-Encoding"] = encoding
    response.headers["ETag"] = f'"{etag}"'
    if representation.changed_at:
        response.headers["Last-Modified"] = http_date(representation.changed_at)
    response.headers["Cache-Control"] = representation.cache_control
    response.headers["Vary"] = ", ".join(("Accept-Encoding", *representation.vary))
    return response


def version_of(*parts: str) -> str:
    """The ETag of content that is made of *parts*: versions, the look, the options that shaped it."""
    return fingerprint(*parts)


def is_held(etag: str, changed_at: datetime | None) -> bool:
    """RFC 9110 13.2.2: If-None-Match decides alone where it is sent; If-Modified-Since only without it.

    Apache and nginx add ``-gzip`` or ``W/`` to the tags they pass on; both still match.
    """
    if request.method not in ("GET", "HEAD"):
        return False
    if "If-None-Match" in request.headers:
        held = request.if_none_match
        return held.star_tag or any(held.contains_weak(tag) for tag in (etag, f"{etag}-gzip", f"{etag}-gz"))
    since = request.if_modified_since
    return bool(since and changed_at and changed_at.replace(microsecond=0) <= since)


def chosen_encoding() -> str:
    """``br``, ``zstd``, ``gzip`` or ``identity``: the visitor's best by q, ties by our order (RFC 9110 12.5.3)."""
    return _chosen(request.headers.get("Accept-Encoding", ""))


@lru_cache(maxsize=256)
def _chosen(header: str) -> str:
    wanted = {name: q for name, q in _qualities(header) if q > 0}
    offered = [name for name in ENCODINGS if name in wanted]
    return max(offered, key=lambda name: (wanted[name], -ENCODINGS.index(name)), default="identity")


def _qualities(header: str) -> list[tuple[str, float]]:
    """Named codings and their q; ``*`` is left out, so that it never picks what was not asked for by name."""
    found = []
    for item in header.lower().split(","):
        name, _, parameter = item.partition(";")
        value = parameter.strip().removeprefix("q=") or "1"
        found.append((name.strip(), float(value) if value.replace(".", "", 1).isdigit() else 0.0))
    return found


def compressed(raw: bytes, encoding: str) -> bytes:
    """Brotli 11 on a page costs milliseconds, on a long feed half a second: large bodies get 5."""
    if encoding == "br":
        quality = 11 if len(raw) <= _SMALL_ENOUGH_TO_SQUEEZE else 5
        return brotli.compress(raw, mode=brotli.MODE_TEXT, quality=quality)
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=12).compress(raw)
    return gzip.compress(raw, 9, mtime=0) if encoding == "gzip" else raw

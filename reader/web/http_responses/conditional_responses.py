"""Conditional and compressed responses: ETag, Last-Modified, 304, Content-Encoding, Cache-Control."""

from __future__ import annotations

import gzip
import re
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

from ...models import fingerprint
from .url_prefixing import path_prefix

PUBLIC = "public, max-age=60, stale-while-revalidate=600, stale-if-error=86400"
"""Cache-Control of public pages: fresh for a minute, stale while revalidating or on errors."""

PRIVATE = "private, no-cache"
"""Cache-Control of pages that depend on a cookie: browser cache only, always revalidated."""

IMMUTABLE = "public, max-age=31536000, immutable"
"""Cache-Control of URLs that contain a hash of their content."""

ENCODINGS = ("br", "zstd", "gzip")
"""The supported content codings, in order of preference for equal q values."""

BEST_QUALITY_SUFFIX = "11"
"""The suffix of the entity tag of a response in brotli quality 11, whose bytes differ (RFC 9110 8.8.3)."""

_LONG = 65_536
_QVALUE = re.compile(r"[01](?:\.\d{0,3})?", re.ASCII)
"""A q value (RFC 9110 12.4.2)."""


@dataclass(frozen=True)
class Representation:
    """The metadata of a response (RFC 9110 3.2), known before its body is built.

    ``version`` is the entity tag without coding suffix; ``changed_at`` becomes Last-Modified.

    ::

        representation = Representation(version_of("robots", text), mimetype="text/plain")
        return conditional_response(representation, lambda: text)
    """

    version: str
    changed_at: datetime | None = None
    mimetype: str = "text/html"
    cache_control: str = PUBLIC
    vary: tuple[str, ...] = ()


class NotModified(Response):
    """A 304 with both ETag and Last-Modified: werkzeug removes Last-Modified, but some clients store only that."""

    def __init__(self) -> None:
        super().__init__(status=304)
        del self.headers["Content-Type"]

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        if "Last-Modified" in self.headers:
            headers["Last-Modified"] = self.headers["Last-Modified"]
        return headers


class EncodedBody(bytes):
    """The body of a response, in the content coding that ``chosen_encoding`` names."""


def conditional_response(representation: Representation, build: Callable[[], str | bytes]) -> Response:
    """The compressed result of *build*; or 304, without calling *build*, if the request's validators match."""
    encoding = _encoding_of(representation.mimetype)
    etag = representation.version if encoding == "identity" else f"{representation.version}-{encoding}"
    matched = match_etag(etag, representation.changed_at)
    response = NotModified() if matched else _built(build(), representation.mimetype)
    etag = matched or etag
    response.headers["ETag"] = f'"{etag}"'
    if representation.changed_at:
        response.headers["Last-Modified"] = http_date(representation.changed_at)
    response.headers["Cache-Control"] = representation.cache_control
    response.headers["Vary"] = ", ".join(("Accept-Encoding", *representation.vary))
    return response


def _built(body: str | bytes, mimetype: str) -> Response:
    return encoded(body.encode() if isinstance(body, str) else body, mimetype)


def encoded(raw: bytes, mimetype: str) -> Response:
    """A response with *raw* in the best content coding that the client accepts."""
    encoding = _encoding_of(mimetype)
    response = Response(raw if isinstance(raw, EncodedBody) else compressed(raw, encoding), mimetype=mimetype)
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    return response


def not_listed(response: Response) -> Response:
    """Adds ``noindex`` to *response*, for searches and files, of which there are any number of URLs."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def fit_suffix_range(size_bytes: int) -> None:
    """Maps a suffix range longer than the file to the whole file (RFC 9110 14.1.2), for which werkzeug sends 416."""
    header = request.environ.get("HTTP_RANGE", "")
    if header.startswith("bytes=-") and header[7:].isdigit() and int(header[7:]) > size_bytes > 0:
        request.environ["HTTP_RANGE"] = "bytes=0-"


PIECE_BYTES = 256 << 10
"""The size of a part of sound or video, not more than ``response_cache.AT_ONCE_BYTES``."""


def shorten_player_range() -> None:
    """Shortens the range that a browser's media player requests to PIECE_BYTES, which are sent without waiting.

    Otherwise a thread would wait while the player plays. A server may send less than the requested range (RFC 9110
    15.3.7), and players then request the rest. Download programs may not; their ranges stay.
    """
    open_range = re.fullmatch(r"bytes=(\d{1,15})-(\d{1,15})?", request.environ.get("HTTP_RANGE", ""), re.ASCII)
    if open_range is None or request.headers.get("Sec-Fetch-Dest") not in ("audio", "video"):
        return
    first = int(open_range[1])
    last = min(first + PIECE_BYTES - 1, int(open_range[2] or 10**15))
    if first <= last:
        request.environ["HTTP_RANGE"] = f"bytes={first}-{last}"


def version_of(*parts: str) -> str:
    """The ETag of content derived from *parts*: versions, build id, options. It also depends on the path prefix, which
    is part of the links in a page."""
    prefix = path_prefix()
    return fingerprint(*parts, prefix) if prefix else fingerprint(*parts)


def match_etag(etag: str, changed_at: datetime | None) -> str:
    """The entity tag for a 304 response: *etag*, or *etag* with BEST_QUALITY_SUFFIX; empty if no condition matches.

    If-Modified-Since is used only without If-None-Match (RFC 9110 13.2.2). Tags also match with the ``-gzip`` suffix
    or ``W/`` prefix that Apache and nginx add.
    """
    if request.method not in ("GET", "HEAD"):
        return ""
    if "If-None-Match" in request.headers:
        if_none_match = request.if_none_match
        if not if_none_match.star_tag and if_none_match.contains_weak(f"{etag}{BEST_QUALITY_SUFFIX}"):
            return f"{etag}{BEST_QUALITY_SUFFIX}"
        is_match = if_none_match.star_tag or any(
            if_none_match.contains_weak(tag) for tag in (etag, f"{etag}-gzip", f"{etag}-gz")
        )
        return etag if is_match else ""
    since = request.if_modified_since
    return etag if since and changed_at and changed_at.replace(microsecond=0) <= since else ""


def chosen_encoding() -> str:
    """``br``, ``zstd``, ``gzip`` or ``identity``, by the q values of Accept-Encoding (RFC 9110 12.5.3)."""
    return encoding_for(request.headers.get("Accept-Encoding", ""))


def _encoding_of(mimetype: str) -> str:
    """Like ``chosen_encoding``, but ``identity`` for PNG, which is already compressed."""
    return "identity" if mimetype == "image/png" else chosen_encoding()


@lru_cache(maxsize=256)
def accepted_codings(header: str) -> frozenset[str]:
    """The content codings in an Accept-Encoding field, without those excluded by ``;q=0``."""
    return frozenset(name for name, q in _qualities(header) if q > 0)


@lru_cache(maxsize=256)
def encoding_for(header: str) -> str:
    """The content coding for the value of an Accept-Encoding field."""
    wanted = {name: q for name, q in _qualities(header) if q > 0}
    offered = [name for name in ENCODINGS if name in wanted]
    return max(offered, key=lambda name: (wanted[name], -ENCODINGS.index(name)), default="identity")


def _qualities(header: str) -> list[tuple[str, float]]:
    """The codings and q values in *header*. ``*`` is ignored: only named codings are used."""
    found = []
    for item in header.lower().split(","):
        name, _, parameter = item.partition(";")
        value = parameter.strip().removeprefix("q=") or "1"
        found.append((name.strip(), float(value) if _QVALUE.fullmatch(value) else 0.0))
    return found


def compressed_roughly(raw: bytes, encoding: str) -> bytes:
    """*raw* compressed in a sixth of the time of ``compressed``. The ratio of both sizes is similar for all pages."""
    if encoding == "br":
        rough: bytes = brotli.compress(raw, mode=brotli.MODE_TEXT, quality=1, lgwin=16)
        return rough
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=1).compress(raw)
    return gzip.compress(raw, 1, mtime=0) if encoding == "gzip" else raw


def compressed(raw: bytes, encoding: str) -> bytes:
    """*raw* compressed fast.

    Brotli quality 7 with a 64 KB window takes 0.2 ms per page. Quality 9 takes 0.3 ms for the same size. Quality 11
    takes 7 ms and saves 7 %; the response cache recompresses pages with it in the background (``response_cache.py``).
    The mode for fonts saves 8 bytes of a page of 5 KB compared with the mode for text, in the same time. It differs
    only in how distances are encoded.
    """
    is_long = len(raw) >= _LONG
    if encoding == "br":
        quality, window = (5, 22) if is_long else (7, 16)
        smaller: bytes = brotli.compress(raw, mode=brotli.MODE_FONT, quality=quality, lgwin=window)
        return smaller
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=6 if is_long else 12).compress(raw)
    return gzip.compress(raw, 6 if is_long else 9, mtime=0) if encoding == "gzip" else raw

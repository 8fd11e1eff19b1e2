"""Compression dictionary transport (RFC 9842): compresses an article with the previously read article as dictionary.

It runs in front of the response cache and stores nothing. ``Dictionary-ID`` names the page that the browser has as
dictionary. The middleware requests that page from the inner application and compares its SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import brotli
import zstandard

from ..http_responses.conditional_responses import accepted_codings
from .path_prefix import prefix_in
from .response_cache import ONLY_IF_CACHED, NotCached

MATCH = "/a/*"
LEVEL = 19
LONGEST_BYTES = 128 << 10
"""The maximum size of a dictionary, and of a page that is compressed with one. Compressing such a page takes 16 ms at
LEVEL; a novel of 1.8 MB would take 2.6 s."""

OWN = "private, max-age=60"
"""A response compressed with one reader's dictionary must not be shared; the same page in brotli is public."""

_ARTICLE = re.compile(r"/a/[^/.]+")
_MAGIC = bytes.fromhex("5e2a4d1820000000")
"""The beginning of a dcz stream, before the dictionary's SHA-256: a skippable zstd frame (RFC 9842, 5)."""

_DCZ = "dcz"
_ID = re.compile(r'"(/a/[!#-\[\]-~]+)"')
_TAG = '-dcz"'
"""The end of the ETag of a dcz response; ``-br"`` is the same page in brotli."""

InnerResponse = tuple[str, dict[str, str], bytes]


class CompressionDictionaryMiddleware:
    """Sends articles as dcz if the browser has a valid dictionary, else offers them as dictionaries."""

    def __init__(self, inner: WSGIApplication) -> None:
        self.inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not supports_dictionaries(environ):
            return self.inner(environ, start_response)
        if ONLY_IF_CACHED in environ and "HTTP_AVAILABLE_DICTIONARY" in environ:
            raise NotCached  # the response cache has no dcz responses
        status, headers, body = self._response(environ)
        start_response(status, list(headers.items()))
        return [body]

    def _response(self, environ: WSGIEnvironment) -> InnerResponse:
        if_none_match = environ.get("HTTP_IF_NONE_MATCH", "")
        status, headers, body = self._inner_response(
            environ, HTTP_IF_NONE_MATCH=if_none_match.replace(_TAG, '-br"') or None
        )
        if status.startswith("304") and _TAG in if_none_match:
            headers["ETag"] = headers["ETag"].partition("-br")[0] + _TAG
        if "HTTP_AVAILABLE_DICTIONARY" in environ:
            headers["Vary"] = f"{headers.get('Vary', '')}, Available-Dictionary".removeprefix(", ")
        if not status.startswith("200") or headers.get("Content-Encoding") != "br":
            return status, headers, body
        dictionary = self._dictionary(environ)
        if dictionary is None or len(brotli.decompress(body)) > LONGEST_BYTES:
            headers.pop("Last-Modified", None)  # see below
            return (
                status,
                headers | {"Use-As-Dictionary": f'match="{prefix_in(environ)}{MATCH}",id="{address_of(environ)}"'},
                body,
            )
        body = recompress_with(dictionary, body)
        etag = headers["ETag"].partition("-br")[0] + _TAG
        headers |= {"Content-Encoding": _DCZ, "Content-Length": str(len(body)), "ETag": etag, "Cache-Control": OWN}
        headers.pop("Last-Modified", None)  # these browsers use ETags; saves bytes
        return status, headers, body

    def _dictionary(self, environ: WSGIEnvironment) -> bytes | None:
        """The page that the browser has as dictionary. None if it is not an article of this site or has changed, or if
        dcz is not accepted: a proxy may have removed it from Accept-Encoding, or the browser may support only dcb.
        """
        available = environ.get("HTTP_AVAILABLE_DICTIONARY", "")
        if _DCZ not in accepted_codings(environ.get("HTTP_ACCEPT_ENCODING", "")):
            return None
        dictionary_id = _ID.fullmatch(environ.get("HTTP_DICTIONARY_ID", ""))
        if not available or not dictionary_id:
            return None
        parts = urlsplit(dictionary_id[1])
        path = unquote(parts.path).encode().decode("latin-1")  # PEP 3333: the bytes of the path as latin-1
        if not _ARTICLE.fullmatch(path):
            return None
        unconditional = {"HTTP_IF_NONE_MATCH": None, "HTTP_IF_MODIFIED_SINCE": None}
        status, headers, body = self._inner_response(environ, PATH_INFO=path, QUERY_STRING=parts.query, **unconditional)
        if not status.startswith("200") or headers.get("Content-Encoding") != "br":
            return None
        page = brotli.decompress(body)
        return page if len(page) <= LONGEST_BYTES and available == digest_of(page) else None

    def _inner_response(self, environ: WSGIEnvironment, **changes: Any) -> InnerResponse:
        """The inner application's brotli response to this request with *changes* in ``environ``; None removes a key."""
        inner = environ | changes | {"HTTP_ACCEPT_ENCODING": "br", "wsgi.input": io.BytesIO()}
        inner = {name: value for name, value in inner.items() if value is not None}
        found: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Any:
            found["status"], found["headers"] = status, dict(headers)

        body = self.inner(inner, start)
        try:
            return found["status"], found["headers"], b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()


def supports_dictionaries(environ: WSGIEnvironment) -> bool:
    """Whether the request is for an article from a browser that supports dictionaries.

    A browser accepts dcz only after it has stored a dictionary. Before that, zstd in Accept-Encoding identifies a
    recent browser, and Sec-Fetch-Mode a secure context, which dictionaries require (RFC 9842, 8). Sec-Fetch-Dest is
    ``empty`` for pages that the service worker fetches: all pages after the first.
    """
    accepted = accepted_codings(environ.get("HTTP_ACCEPT_ENCODING", ""))
    if not accepted.issuperset(("zstd", "br")):
        return False
    if environ["REQUEST_METHOD"] != "GET" or not _ARTICLE.fullmatch(environ["PATH_INFO"]):
        return False
    is_page = environ.get("HTTP_SEC_FETCH_DEST") == "document" or environ.get("HTTP_SEC_FETCH_MODE") == "navigate"
    return is_page or _DCZ in accepted


def address_of(environ: WSGIEnvironment) -> str:
    """The requested path (without prefix) and query. It is the id that the browser sends back (RFC 9842, 2.1.3)."""
    path = quote(environ["PATH_INFO"].encode("latin-1"))
    return path + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")


def digest_of(page: bytes) -> str:
    """The SHA-256 in the form of Available-Dictionary: a byte sequence of structured fields (RFC 9651)."""
    return f":{base64.b64encode(hashlib.sha256(page).digest()).decode()}:"


@lru_cache(maxsize=128)
def recompress_with(dictionary: bytes, compressed: bytes) -> bytes:
    """The page in *compressed* (brotli), recompressed as dcz with *dictionary*."""
    raw = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=raw, write_content_size=False, write_checksum=False)
    stream = compressor.compress(brotli.decompress(compressed))
    return _MAGIC + hashlib.sha256(dictionary).digest() + stream

"""Compression dictionary transport (RFC 9842): an article in terms of the article read before it.

A WSGI layer in front of the table of ready answers. Nothing is stored for it: the browser says by ``Dictionary-ID``
which page it means, that page is asked for again inside, and its SHA-256 tells whether it is still the same.
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

MATCH = "/a/*"
LEVEL = 19
OWN = "private, max-age=60"
"""What is told in terms of one reader's last page is of use to nobody else; the page without it stays public."""

_ARTICLE = re.compile(r"/a/[^/.]+")
_MAGIC = bytes.fromhex("5e2a4d1820000000")
"""What a dcz stream begins with, before the dictionary's SHA-256: a skippable zstd frame (RFC 9842, 5)."""

_ASKS = re.compile(r"(?:^|,)\s*dcz\s*(?:,|$)")
_ID = re.compile(r'"(/a/[!#-\[\]-~]+)"')
_TAG = '-dcz"'
"""How the ETag of such an answer ends; ``-br"`` is the same page in brotli."""

Answer = tuple[str, dict[str, str], bytes]


class CompressionDictionaryMiddleware:
    """Answers articles as dcz where the browser has a dictionary we know; offers the others as dictionaries to come."""

    def __init__(self, inner: WSGIApplication) -> None:
        self.inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not takes_part(environ):
            return self.inner(environ, start_response)
        status, headers, body = self._answer(environ)
        start_response(status, list(headers.items()))
        return [body]

    def _answer(self, environ: WSGIEnvironment) -> Answer:
        held = environ.get("HTTP_IF_NONE_MATCH", "")
        status, headers, body = self._ask(environ, HTTP_IF_NONE_MATCH=held.replace(_TAG, '-br"') or None)
        if status.startswith("304") and _TAG in held:
            headers["ETag"] = headers["ETag"].partition("-br")[0] + _TAG
        if "HTTP_AVAILABLE_DICTIONARY" in environ:
            headers["Vary"] = f"{headers.get('Vary', '')}, Available-Dictionary".removeprefix(", ")
        if not status.startswith("200") or headers.get("Content-Encoding") != "br":
            return status, headers, body
        dictionary = self._dictionary(environ)
        if dictionary is None:
            headers.pop("Last-Modified", None)  # see below
            return status, headers | {"Use-As-Dictionary": f'match="{MATCH}",id="{address_of(environ)}"'}, body
        body = in_terms_of(dictionary, body)
        etag = headers["ETag"].partition("-br")[0] + _TAG
        headers |= {"Content-Encoding": "dcz", "Content-Length": str(len(body)), "ETag": etag, "Cache-Control": OWN}
        headers.pop("Last-Modified", None)  # who knows dictionaries knows entity tags, and every byte counts here
        return status, headers, body

    def _dictionary(self, environ: WSGIEnvironment) -> bytes | None:
        """The page that the browser offers as dictionary; None if it is not ours, or no longer what it was."""
        wanted = environ.get("HTTP_AVAILABLE_DICTIONARY", "")
        named = _ID.fullmatch(environ.get("HTTP_DICTIONARY_ID", ""))
        if not wanted or not named:
            return None
        parts = urlsplit(named[1])
        path = unquote(parts.path).encode().decode("latin-1")  # PEP 3333: bytes of the path, as latin-1
        if not _ARTICLE.fullmatch(path):
            return None
        unconditional = {"HTTP_IF_NONE_MATCH": None, "HTTP_IF_MODIFIED_SINCE": None}
        status, headers, body = self._ask(environ, PATH_INFO=path, QUERY_STRING=parts.query, **unconditional)
        if not status.startswith("200") or headers.get("Content-Encoding") != "br":
            return None
        page = brotli.decompress(body)
        return page if wanted == digest_of(page) else None

    def _ask(self, environ: WSGIEnvironment, **changes: Any) -> Answer:
        """What the layers below answer, in brotli, to this request with *changes*; None takes a field away."""
        asked = environ | changes | {"HTTP_ACCEPT_ENCODING": "br", "wsgi.input": io.BytesIO()}
        asked = {name: value for name, value in asked.items() if value is not None}
        found: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Any:
            found["status"], found["headers"] = status, dict(headers)

        body = self.inner(asked, start)
        try:
            return found["status"], found["headers"], b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()


def takes_part(environ: WSGIEnvironment) -> bool:
    """A browser that knows dictionaries and may use them: it has one, or it opens an article over a trusted line.

    dcz is only named by who has a dictionary already. Before that, zstd tells a browser of these years, and
    Sec-Fetch-Dest a secure context, without which no browser keeps a dictionary (RFC 9842, 8).
    """
    if environ["REQUEST_METHOD"] != "GET" or not _ARTICLE.fullmatch(environ["PATH_INFO"]):
        return False
    accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
    if "br" not in accepted or "zstd" not in accepted:
        return False
    return environ.get("HTTP_SEC_FETCH_DEST") == "document" or _ASKS.search(accepted) is not None


def address_of(environ: WSGIEnvironment) -> str:
    """The path and query as they were asked for: a name that the browser repeats (RFC 9842, 2.1.3)."""
    path = quote(environ["PATH_INFO"].encode("latin-1"))
    return path + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")


def digest_of(page: bytes) -> str:
    """As in Available-Dictionary: a structured field's byte sequence."""
    return f":{base64.b64encode(hashlib.sha256(page).digest()).decode()}:"


@lru_cache(maxsize=512)
def in_terms_of(dictionary: bytes, compressed: bytes) -> bytes:
    """The page that *compressed* holds in brotli, as dcz."""
    raw = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=raw, write_content_size=False, write_checksum=False)
    stream = compressor.compress(brotli.decompress(compressed))
    return _MAGIC + hashlib.sha256(dictionary).digest() + stream

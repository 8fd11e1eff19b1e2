"""An in-memory HTTP cache (RFC 9111) in front of Flask, one per web process.

It stores only responses that any shared cache could store: public, without Set-Cookie, selected by the fields in
Vary. It is stricter in two ways: a new catalog revision invalidates everything, and requests with ranges, deltas,
authorization or unclear conditions go to Flask. A hit takes about a tenth of the time of a view.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import brotli

from ..responses import BEST_QUALITY_SUFFIX

Headers = list[tuple[str, str]]
StoredResponse = tuple[str, Headers, bytes]
Key = tuple[str, str, str, str]
VaryField = tuple[str, Callable[[str], Hashable]]

_CACHEABLE_TYPES = re.compile(r"text/|application/(?:[\w.-]+\+)?(?:xml|json)\b|application/(?:javascript|manifest)")
_LARGEST_BYTES = 1 << 20
_OVERHEAD_BYTES = 2_000
_MOST_QUEUED = 64
"""At brotli's 7 ms a page, half a second of work."""

_LONGEST_SECONDS = 60
"""Pages and feeds list finished exports, and no revision tells that one was finished: they learn of it in a minute."""

_MAX_AGE = re.compile(r"(?:^|,)\s*max-age=(\d+)")
_ONE_TAG = re.compile(r'(?:W/)?"([^",-]+)[^",]*"')


@dataclass
class CachedVariant:
    """The stored response for one combination of Vary fields. ``ready`` is None if only a 304 is stored."""

    etag: str
    modified: str
    fresh_until: float = 0.0
    ready: StoredResponse | None = None
    unchanged: dict[str, StoredResponse] = field(default_factory=dict)
    """Stored 304 responses by If-None-Match (RFC 9110 13.1.2: with or without ``W/``); the empty key is for dates."""
    may_recompress: bool = False

    def response_for(self, environ: WSGIEnvironment) -> StoredResponse | None:
        """The stored 200 or 304 for the request's conditions; None if the request must go to Flask."""
        held = environ.get("HTTP_IF_NONE_MATCH")
        if held is not None:
            found = self.unchanged.get(held)
            return found or (self.ready if self._is_another(held) else None)
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        if since is None:
            return self.ready
        return self.unchanged.get("") if since == self.modified else None

    def _is_another(self, held: str) -> bool:
        """Whether If-None-Match is a single entity tag of another version of the content."""
        return _version_in(held) not in ("", _version_in(self.etag))


@dataclass
class CacheEntry:
    """The variants of one URL; ``fields`` are the request fields of its Vary: WSGI name, and function to normalize."""

    fields: tuple[VaryField, ...]
    variants: dict[tuple[Hashable, ...], CachedVariant] = field(default_factory=dict)
    size_bytes: int = 0


class ResponseCache:
    """The WSGI middleware. *revision* returns the catalog's revision; it is called for every request.

    *normal* maps WSGI names of request fields to functions that normalize their values for the cache key. Other fields
    are used unchanged.

    ::

        app.wsgi_app = ResponseCache(
            app.wsgi_app,
            revision=lambda: catalog.revision,
            limit_bytes=16 << 20,
            normal={"HTTP_ACCEPT_ENCODING": encoding_for},
        )
    """

    def __init__(
        self,
        inner: WSGIApplication,
        revision: Callable[[], int],
        limit_bytes: int,
        normal: Mapping[str, Callable[[str], Hashable]],
    ) -> None:
        self.inner = inner
        self.hits: dict[str, int] = {}
        """The number of hits by status line, since the process started. It is not reset: a hit counted while
        another thread resets it would bring all the others back."""
        self.collected: dict[str, int] = {}
        """The part of ``hits`` that the metrics have."""
        self._revision, self._normal, self._limit_bytes = revision, normal, limit_bytes
        self._pages: dict[Key, CacheEntry] = {}
        self._older: dict[Key, CacheEntry] = {}
        self._state, self._size_bytes = -1, 0
        self._recompressor = Recompressor()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self.inner(environ, start_response)
        state = self._revision()
        variant = self._find(environ, state)
        ready = variant.response_for(environ) if variant else None
        if ready is None or "HTTP_RANGE" in environ or "HTTP_A_IM" in environ or "HTTP_AUTHORIZATION" in environ:
            return self._fetch(environ, start_response, state)
        self.hits[ready[0]] = self.hits.get(ready[0], 0) + 1
        if variant and variant.may_recompress:
            self._recompressor.submit(variant)
        start_response(ready[0], ready[1])
        return [ready[2]] if method == "GET" else []

    def _find(self, environ: WSGIEnvironment, state: int) -> CachedVariant | None:
        if state != self._state:
            self._pages, self._older, self._size_bytes, self._state = {}, {}, 0, state
        key = _key(environ)
        entry = self._pages.get(key) or self._promoted(key)
        if entry is None:
            return None
        variant = entry.variants.get(_variant_key(entry.fields, environ))
        return variant if variant is not None and variant.fresh_until > time.monotonic() else None

    def _promoted(self, key: Key) -> CacheEntry | None:
        """An entry of the old generation, moved to the new one."""
        entry = self._older.pop(key, None)
        if entry is not None:
            self._pages[key] = entry
            self._evict(entry.size_bytes)
        return entry

    def _fetch(self, environ: WSGIEnvironment, start_response: StartResponse, state: int) -> Iterable[bytes]:
        """The response of Flask. It is stored if cacheable and if the catalog's revision has not changed meanwhile."""
        response = _Response()
        body = self.inner(environ, response.start)
        if not (response.is_cacheable() and environ["REQUEST_METHOD"] == "GET"):
            start_response(response.status, response.headers)
            return body
        content = _read(body)
        if self._revision() == state == self._state:
            self._store(environ, response, content)
        start_response(response.status, response.headers)
        return [content]

    def _store(self, environ: WSGIEnvironment, response: _Response, content: bytes) -> None:
        fields = tuple((name, self._normal.get(name, str)) for name in response.vary_fields())
        entry = self._pages.get(_key(environ))
        if entry is None or entry.fields != fields:
            entry = self._pages[_key(environ)] = CacheEntry(fields)
        variant_key = _variant_key(fields, environ)
        variant = entry.variants.get(variant_key)
        if variant is None or not same_version(variant.etag, response.etag):
            variant = entry.variants[variant_key] = CachedVariant(response.etag, response.modified)
        response.store_in(variant, content)
        size_bytes = _stored_bytes(content, _key(environ), variant_key)
        entry.size_bytes += size_bytes
        self._evict(size_bytes)

    def _evict(self, more_bytes: int) -> None:
        """Evicts by generations: when the new generation is full it becomes the old one, and the old one is dropped."""
        self._size_bytes += more_bytes
        if self._size_bytes > self._limit_bytes // 2:
            self._older, self._pages, self._size_bytes = self._pages, {}, 0


def _stored_bytes(content: bytes, key: Key, variant_key: tuple[Hashable, ...]) -> int:
    """Memory of an entry. Clients choose the address and the header fields, which may be longer than the page."""
    names = (text for text in (*key, *variant_key) if isinstance(text, str))
    return len(content) + _OVERHEAD_BYTES + sum(map(len, names))


class _Response:
    """The status line and headers of Flask's response."""

    def __init__(self) -> None:
        self.status, self.headers = "", Headers()

    def start(self, status: str, headers: Headers, _exc_info: object = None) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        self._named = {name.lower(): value for name, value in headers}
        return _no_write

    @property
    def etag(self) -> str:
        return self._named.get("etag", "")

    @property
    def modified(self) -> str:
        return self._named.get("last-modified", "")

    def is_cacheable(self) -> bool:
        named = self._named
        return (
            self.status[:3] in ("200", "304")
            and "public" in named.get("cache-control", "")
            and _version_in(self.etag) != ""
            and "set-cookie" not in named
            and "*" not in named.get("vary", "")
            and (self.status[:3] == "304" or _CACHEABLE_TYPES.match(named.get("content-type", "")) is not None)
            and int(named.get("content-length", 0)) <= _LARGEST_BYTES
        )

    def vary_fields(self) -> tuple[str, ...]:
        names = (name.strip() for name in self._named.get("vary", "").split(","))
        return tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in names if name)

    def max_age_seconds(self) -> int:
        found = _MAX_AGE.search(self._named["cache-control"])
        return min(int(found[1]), _LONGEST_SECONDS) if found else _LONGEST_SECONDS

    def store_in(self, variant: CachedVariant, content: bytes) -> None:
        """Stores the response in *variant*. An existing body, perhaps recompressed, stays and is fresh again."""
        variant.fresh_until = time.monotonic() + self.max_age_seconds()
        ready = (self.status, self.headers, content)
        if self.status.startswith("304"):
            variant.unchanged |= {self.etag: ready, f"W/{self.etag}": ready, "": ready}
        elif variant.ready is None:
            variant.ready, variant.may_recompress = ready, self._named.get("content-encoding") == "br"


class Recompressor:
    """Recompresses responses with brotli quality 11 in a background thread, after their first hit.

    A client can submit faster than brotli works, so the queue is bounded; the rest is submitted again at a later hit.
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[CachedVariant] = queue.Queue(_MOST_QUEUED)
        self._thread: threading.Thread | None = None

    def submit(self, variant: CachedVariant) -> None:
        with suppress(queue.Full):
            self._queue.put_nowait(variant)
            variant.may_recompress = False
        if self._thread is None:  # started late, because threads do not survive a fork
            self._thread = threading.Thread(target=self._work, name="recompressor", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            variant = self._queue.get()
            if variant.ready:
                variant.ready = recompressed(variant.ready)


def recompressed(ready: StoredResponse) -> StoredResponse:
    """The response in brotli quality 11, with another entity tag, because strong tags identify bytes."""
    status, headers, body = ready
    smaller = brotli.compress(brotli.decompress(body), mode=brotli.MODE_TEXT, quality=11)
    if len(smaller) >= len(body):
        return ready
    return status, [(name, _recompressed_header(name.lower(), value, len(smaller))) for name, value in headers], smaller


def _recompressed_header(name: str, value: str, size_bytes: int) -> str:
    if name == "content-length":
        return str(size_bytes)
    return f'{value[:-1]}{BEST_QUALITY_SUFFIX}"' if name == "etag" else value


def _key(environ: WSGIEnvironment) -> Key:
    """The parts of the URL (RFC 9111 4): feeds and catalogues contain the scheme and host they were requested by."""
    query, host = environ.get("QUERY_STRING", ""), environ.get("HTTP_HOST", "")
    return environ["PATH_INFO"], query, host, environ.get("wsgi.url_scheme", "")


def _variant_key(fields: tuple[VaryField, ...], environ: WSGIEnvironment) -> tuple[Hashable, ...]:
    return tuple([normalize(environ.get(name, "")) for name, normalize in fields])


def same_version(etag: str, other: str) -> bool:
    """Whether both tags name the same content in the same coding, in any brotli quality."""
    return etag.replace(f'{BEST_QUALITY_SUFFIX}"', '"') == other.replace(f'{BEST_QUALITY_SUFFIX}"', '"')


def _version_in(etag: str) -> str:
    """``x`` of ``"x"``, ``"x-br"`` or ``W/"x-gzip"``; empty for lists, ``*`` and other forms."""
    match = _ONE_TAG.fullmatch(etag)
    return match[1] if match else ""


def _read(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()


def _no_write(_chunk: bytes) -> None:
    raise NotImplementedError("PEP 3333's write() is for frameworks that cannot return their body; ours can")

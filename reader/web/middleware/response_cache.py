"""An in-memory HTTP cache (RFC 9111) in front of Flask, one per web process.

It stores only responses that any shared cache could store: public, without Set-Cookie, selected by the fields in
Vary. It is stricter in two ways: a new catalog revision makes every stored response stale, and requests with ranges,
deltas, authorization or unclear conditions go to Flask. A hit takes about a tenth of the time of a view.

Flask validates a stale response (RFC 9111 4.3): the request gets its entity tag, and after a 304 the stored body is
sent again, often in the best quality of brotli. So a new article does not cost the rendering and the compression of
all pages that do not show it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from .background_compression import Recompressor
from .origin_response import OriginResponse
from .stored_responses import CachedVariant, Headers, StoredResponse, confirmed, etag_of

Key = tuple[str, str, str, str, str]
VaryField = tuple[str, Callable[[str], Hashable], Hashable]
"""A request field in Vary: WSGI name, function to normalize its value, and the normalized value of a missing field."""

_OVERHEAD_BYTES = 2_000

ONLY_IF_CACHED = "reader.only_if_cached"
"""The key in ``environ`` whose value is a revision. Then the cache returns a stored response of this revision or raises
NotCached. Named after the directive of RFC 9111 5.2.1.7. No middleware may block such a request: no lock, disk or
database."""

STORED = "reader.stored"
"""The key in ``environ`` where the cache stores the CachedVariant and StoredResponse of a request with ONLY_IF_CACHED.
"""

MISSED = "missed"
"""The key of misses in ``collected``."""

AT_ONCE_BYTES = 256 << 10
"""The maximum size of a response to such a request. The event loop buffers it as a whole for a slow client."""

_METHODS = frozenset(("GET", "HEAD"))
_TO_FLASK = frozenset(("HTTP_RANGE", "HTTP_A_IM", "HTTP_AUTHORIZATION"))
_CONDITIONS = _TO_FLASK | {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"}


class NotCached(Exception):
    """A request with ONLY_IF_CACHED needs Flask, or its response is too large."""


class Revision(Protocol):
    """The revision of the content that responses are built from."""

    def __call__(self) -> int: ...

    def cached(self) -> int | None:
        """Returns the revision without waiting; None if no recent one is cached."""


@dataclass
class CacheEntry:
    """The variants of one URL; ``fields`` are the request fields of its Vary."""

    fields: tuple[VaryField, ...]
    variants: dict[tuple[Hashable, ...], CachedVariant] = field(default_factory=dict)
    size_bytes: int = 0


@dataclass
class Generations:
    """The entries, by when they were last used: ``_evict`` makes the newer ones the older ones."""

    pages: dict[Key, CacheEntry] = field(default_factory=dict)
    older: dict[Key, CacheEntry] = field(default_factory=dict)
    size_bytes: int = 0
    """The size of ``pages``."""


class ResponseCache:
    """The WSGI middleware. *revision* returns the catalog's revision; it is called for every request.

    *normal* maps WSGI names of request fields to functions that normalize their values for the cache key. The values of
    other fields are used unchanged.

    ::

        app.wsgi_app = ResponseCache(
            app.wsgi_app,
            revision=CatalogRevision(catalog),
            limit_bytes=16 << 20,
            normal={"HTTP_ACCEPT_ENCODING": encoding_for},
        )
    """

    def __init__(
        self,
        inner: WSGIApplication,
        revision: Revision,
        limit_bytes: int,
        normal: Mapping[str, Callable[[str], Hashable]],
    ) -> None:
        self.inner = inner
        self.hits: dict[str, int] = {}
        """The number of hits by status line since the process started. It is never reset: a concurrent hit would
        restore the old number."""
        self.misses = 0
        """The number of cacheable responses that Flask had to build or confirm since the process started."""
        self.collected: dict[str, int] = {}
        """The part of ``hits``, and of ``misses`` under MISSED, that the metrics already include."""
        self.revision, self._normal, self._limit_bytes = revision, normal, limit_bytes
        self.generation = 0
        """Incremented whenever responses are dropped or stale. Other caches of these responses are then invalid."""
        self._current, self._state = Generations(), -1
        self._drops = 0
        self._recompressor = Recompressor()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if ONLY_IF_CACHED in environ:
            return self._send_stored(environ, start_response)
        if environ["REQUEST_METHOD"] not in _METHODS:
            return self.inner(environ, start_response)
        state = self.revision()
        _, ready = self._stored(environ, state)
        return self._send(ready, environ, start_response) if ready else self._fetch(environ, start_response, state)

    def _send_stored(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in _METHODS:
            raise NotCached
        variant, ready = self._stored(environ, environ[ONLY_IF_CACHED])
        if ready is None or len(ready[2]) > AT_ONCE_BYTES:
            raise NotCached
        environ[STORED] = (variant, ready)
        return self._send(ready, environ, start_response)

    def _stored(self, environ: WSGIEnvironment, state: int) -> tuple[CachedVariant | None, StoredResponse | None]:
        """The stored response for the request; (None or the variant, None) if the request must go to Flask."""
        variant = self._find(environ, state)
        if variant is None or not _TO_FLASK.isdisjoint(environ):
            return None, None
        ready = variant.response_for(environ)
        if ready and variant.may_recompress:
            self._recompressor.submit(variant)
        return variant, ready

    def _send(self, ready: StoredResponse, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.count_hit(ready)
        start_response(ready[0], ready[1])
        return [ready[2]] if environ["REQUEST_METHOD"] == "GET" else []

    def count_hit(self, ready: StoredResponse) -> None:
        self.hits[ready[0]] = self.hits.get(ready[0], 0) + 1

    def _find(self, environ: WSGIEnvironment, state: int) -> CachedVariant | None:
        if self._state != state:
            self._state = state
            self.generation += 1
        variant = self._variant(environ)
        return variant if variant is not None and variant.is_fresh(state) else None

    def _variant(self, environ: WSGIEnvironment) -> CachedVariant | None:
        """The stored variant, which may be stale."""
        current = self._current
        entry = current.pages.get(key := _key(environ)) or self._promoted(current, key)
        return entry.variants.get(_variant_key(entry.fields, environ)) if entry is not None else None

    def _promoted(self, current: Generations, key: Key) -> CacheEntry | None:
        """Moves an entry of the old generation to the new one and returns it; None if there is none."""
        entry = current.older.pop(key, None)
        if entry is not None:
            current.pages[key] = entry
            self._evict(current, entry.size_bytes)
        return entry

    def _fetch(self, environ: WSGIEnvironment, start_response: StartResponse, state: int) -> Iterable[bytes]:
        """The response of Flask. Stores it if it is cacheable and the catalog's revision has not changed meanwhile."""
        response, drops = OriginResponse(), self._drops
        body = self._call_flask(environ, response)
        if not (response.is_cacheable() and environ["REQUEST_METHOD"] == "GET"):
            start_response(response.status, response.headers)
            return body
        self.misses += 1
        content = _read(body)
        if self.revision() == state == self._state and self._drops == drops:
            self._store(environ, response, content, state)
            if self._drops != drops:  # the stored response may be one of the dropped ones
                self._current.pages.pop(_key(environ), None)
        start_response(response.status, response.headers)
        return [content]

    def _call_flask(self, environ: WSGIEnvironment, response: OriginResponse) -> Iterable[bytes]:
        """Flask's response. If Flask confirms a stale one, *response* becomes that one."""
        stale = self._stale(environ)
        if stale is None:
            return self.inner(environ, response.start)
        environ["HTTP_IF_NONE_MATCH"] = etag_of(stale)
        try:
            body = self.inner(environ, response.start)
        finally:
            del environ["HTTP_IF_NONE_MATCH"]
        if not response.is_not_modified():
            return body
        _read(body)
        response.start(*confirmed(stale, response.headers)[:2])
        return [stale[2]]

    def _stale(self, environ: WSGIEnvironment) -> StoredResponse | None:
        """The stored response that Flask may confirm. None if there is none, or the request has its own conditions."""
        if environ["REQUEST_METHOD"] != "GET" or not _CONDITIONS.isdisjoint(environ):
            return None
        variant = self._variant(environ)
        return variant.ready if variant is not None else None

    def _store(self, environ: WSGIEnvironment, response: OriginResponse, content: bytes, state: int) -> None:
        current = self._current
        fields = tuple(self._vary_field(name) for name in vary_fields(response.headers))
        entry = current.pages.get(_key(environ))
        if entry is None or entry.fields != fields:
            entry = current.pages[_key(environ)] = CacheEntry(fields)
        variant_key = _variant_key(fields, environ)
        known = entry.variants.get(variant_key)
        variant = entry.variants[variant_key] = response.variant(known, state)
        response.store_in(variant, content)
        replaced_bytes = known.size_bytes if known is not None and variant is not known else 0
        size_bytes = _stored_bytes(variant.ready[2] if variant.ready else b"", _key(environ), variant_key)
        variant.size_bytes += size_bytes
        entry.size_bytes += size_bytes - replaced_bytes
        self._evict(current, size_bytes - replaced_bytes)

    def drop(self, is_changed: Callable[[str], bool]) -> None:
        """Drops the responses at the paths for which *is_changed* is true. Responses in progress are not stored."""
        self._drops += 1  # first: a thread that stores a response compares it afterwards
        self.generation += 1
        current = self._current
        for pages in (current.older, current.pages):  # an entry may be moved from the first to the second meanwhile
            for key in list(pages):
                if is_changed(key[0].encode("latin-1").decode("utf-8", "replace")):
                    pages.pop(key, None)

    def _vary_field(self, name: str) -> VaryField:
        normalize = self._normal.get(name, str)
        return name, normalize, normalize("")

    def _evict(self, current: Generations, more_bytes: int) -> None:
        """Evicts by generations: when the new generation is full it becomes the old one, and the old one is dropped."""
        current.size_bytes += more_bytes
        if current.size_bytes > self._limit_bytes // 2:
            current.older, current.pages, current.size_bytes = current.pages, {}, 0
            self.generation += 1


def _stored_bytes(content: bytes, key: Key, variant_key: tuple[Hashable, ...]) -> int:
    """The memory of an entry. It includes the URL and header fields, which clients can make longer than the page."""
    names = (text for text in (*key, *variant_key) if isinstance(text, str))
    return len(content) + _OVERHEAD_BYTES + sum(map(len, names))


def vary_fields(headers: Headers) -> tuple[str, ...]:
    """The WSGI names of the request fields in Vary."""
    vary = next((value for name, value in headers if name.lower() == "vary"), "")
    names = (name.strip() for name in vary.split(","))
    return tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in names if name)


def _key(environ: WSGIEnvironment) -> Key:
    """The parts of the URL (RFC 9111 4). Feeds and catalogues contain the scheme and host of the request."""
    query, host = environ.get("QUERY_STRING", ""), environ.get("HTTP_HOST", "")
    return environ["PATH_INFO"], query, host, environ.get("wsgi.url_scheme", ""), environ.get("SCRIPT_NAME", "")


def _variant_key(fields: tuple[VaryField, ...], environ: WSGIEnvironment) -> tuple[Hashable, ...]:
    return tuple([normalize(environ[name]) if name in environ else missing for name, normalize, missing in fields])


def _read(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()

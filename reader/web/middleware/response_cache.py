"""Public answers kept ready as bytes, in front of Flask: a look-up in a table costs a tenth of a view.

It is an HTTP cache (RFC 9111) inside each web process, filled by the first request through Flask, and it keeps only
what any shared cache might: answers that are public, without cookies, told apart by the request fields that their
own Vary names. In two things it is stricter: all is forgotten as soon as the catalog moves on, and a request that
it is not sure about goes to Flask.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import brotli

from ..responses import BEST

Headers = list[tuple[str, str]]
Ready = tuple[str, Headers, bytes]
Key = tuple[str, str, str]

_KEPT_TYPES = re.compile(r"text/|application/(?:[\w.-]+\+)?(?:xml|json)\b|application/(?:javascript|manifest)")
_LARGEST_BYTES = 1 << 20
_OVERHEAD_BYTES = 2_000
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age=(\d+)")
_ONE_TAG = re.compile(r'(?:W/)?"([^",-]+)[^",]*"')


@dataclass
class CachedVariant:
    """One answer in one variant. ``ready`` is None while only its 304 has been asked for."""

    etag: str
    modified: str
    fresh_until: float = 0.0
    ready: Ready | None = None
    unchanged: dict[str, Ready] = field(default_factory=dict)
    """The 304s, by the entity tag that the visitor holds (RFC 9110 13.1.2: with or without ``W/``)."""
    may_recompress: bool = False

    def answer_to(self, environ: WSGIEnvironment) -> Ready | None:
        """None if Flask has to say."""
        held = environ.get("HTTP_IF_NONE_MATCH")
        if held is not None:
            found = self.unchanged.get(held)
            return found or (self.ready if self._is_another(held) else None)
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        if since is None:
            return self.ready
        return self.unchanged.get("") if since == self.modified else None

    def _is_another(self, held: str) -> bool:
        """Whether the visitor certainly holds another version: one tag, of our form, of other content."""
        return _version_in(held) not in ("", _version_in(self.etag))


@dataclass
class CacheEntry:
    """The variants of one address; ``fields`` are the request fields that tell them apart."""

    fields: tuple[str, ...]
    variants: dict[tuple[Hashable, ...], CachedVariant] = field(default_factory=dict)
    size_bytes: int = 0


class ResponseCache:
    """The WSGI layer. ``revision`` says which state of the catalog is current; it is asked at every request.

    ``normal`` says what a request field comes down to for our answers: a thousand ways of saying ``br`` are one.
    Fields that it does not name count as they are.
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
        """Answers since somebody last took the count away, by status line."""
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
        kept = self._find(environ, state)
        ready = kept.answer_to(environ) if kept else None
        if ready is None or "HTTP_RANGE" in environ or "HTTP_A_IM" in environ or "HTTP_AUTHORIZATION" in environ:
            return self._ask(environ, start_response, state)
        self.hits[ready[0]] = self.hits.get(ready[0], 0) + 1
        if kept and kept.may_recompress:
            self._recompressor.order(kept)
        start_response(ready[0], ready[1])
        return [ready[2]] if method == "GET" else []

    def _find(self, environ: WSGIEnvironment, state: int) -> CachedVariant | None:
        if state != self._state:
            self._pages, self._older, self._size_bytes, self._state = {}, {}, 0, state
        key = _key(environ)
        page = self._pages.get(key) or self._revived(key)
        if page is None:
            return None
        kept = page.variants.get(self._variant(page.fields, environ))
        return kept if kept is not None and kept.fresh_until > time.monotonic() else None

    def _revived(self, key: Key) -> CacheEntry | None:
        """A page of the older half of the table, moved to the younger one."""
        page = self._older.pop(key, None)
        if page is not None:
            self._pages[key] = page
            self._make_room(page.size_bytes)
        return page

    def _variant(self, fields: tuple[str, ...], environ: WSGIEnvironment) -> tuple[Hashable, ...]:
        normal = self._normal
        return tuple(
            normal[name](environ.get(name, "")) if name in normal else environ.get(name, "") for name in fields
        )

    def _ask(self, environ: WSGIEnvironment, start_response: StartResponse, state: int) -> Iterable[bytes]:
        """Flask's answer, kept if it may be and the catalog has stood still meanwhile, here and in other threads."""
        answer = _Answer()
        body = self.inner(environ, answer.start)
        if not (answer.may_be_kept() and environ["REQUEST_METHOD"] == "GET"):
            start_response(answer.status, answer.headers)
            return body
        content = _read(body)
        if self._revision() == state == self._state:
            self._keep(environ, answer, content)
        start_response(answer.status, answer.headers)
        return [content]

    def _keep(self, environ: WSGIEnvironment, answer: _Answer, content: bytes) -> None:
        fields = answer.varies_by()
        page = self._pages.get(_key(environ))
        if page is None or page.fields != fields:
            page = self._pages[_key(environ)] = CacheEntry(fields)
        variant = self._variant(fields, environ)
        kept = page.variants.get(variant)
        if kept is None or not same_version(kept.etag, answer.etag):
            kept = page.variants[variant] = CachedVariant(answer.etag, answer.modified)
        answer.fill(kept, content)
        page.size_bytes += len(content) + _OVERHEAD_BYTES
        self._make_room(len(content) + _OVERHEAD_BYTES)

    def _make_room(self, more_bytes: int) -> None:
        """Two halves: when the younger is full the older is dropped, and with it what nobody has asked for since."""
        self._size_bytes += more_bytes
        if self._size_bytes > self._limit_bytes // 2:
            self._older, self._pages, self._size_bytes = self._pages, {}, 0


class _Answer:
    """What Flask said."""

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

    def may_be_kept(self) -> bool:
        named = self._named
        return (
            self.status[:3] in ("200", "304")
            and "public" in named.get("cache-control", "")
            and _version_in(self.etag) != ""
            and "set-cookie" not in named
            and "*" not in named.get("vary", "")
            and (self.status[:3] == "304" or _KEPT_TYPES.match(named.get("content-type", "")) is not None)
            and int(named.get("content-length", 0)) <= _LARGEST_BYTES
        )

    def varies_by(self) -> tuple[str, ...]:
        names = (name.strip() for name in self._named.get("vary", "").split(","))
        return tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in names if name)

    def max_age_seconds(self) -> int:
        found = _MAX_AGE.search(self._named["cache-control"])
        return int(found[1]) if found else 60

    def fill(self, kept: CachedVariant, content: bytes) -> None:
        """The answer goes to its place in *kept*; what stands there already, perhaps improved, is good for longer."""
        kept.fresh_until = time.monotonic() + self.max_age_seconds()
        ready = (self.status, self.headers, content)
        if self.status.startswith("304"):
            kept.unchanged |= {self.etag: ready, f"W/{self.etag}": ready, "": ready}
        elif kept.ready is None:
            kept.ready, kept.may_recompress = ready, self._named.get("content-encoding") == "br"


class Recompressor:
    """Squeezes what is asked for again as small as brotli can, in a thread of its own."""

    def __init__(self) -> None:
        self._orders: queue.SimpleQueue[CachedVariant] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def order(self, kept: CachedVariant) -> None:
        kept.may_recompress = False
        self._orders.put(kept)
        if self._thread is None:  # only now: a server forks before the first request, and threads do not survive that
            self._thread = threading.Thread(target=self._work, name="improver", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            kept = self._orders.get()
            if kept.ready:
                kept.ready = recompressed(kept.ready)


def recompressed(ready: Ready) -> Ready:
    """The same answer at brotli's best, under an entity tag of its own: other bytes, so no strong tag in common."""
    status, headers, body = ready
    smaller = brotli.compress(brotli.decompress(body), mode=brotli.MODE_TEXT, quality=11)
    if len(smaller) >= len(body):
        return ready
    return status, [(name, _recompressed_header(name.lower(), value, len(smaller))) for name, value in headers], smaller


def _recompressed_header(name: str, value: str, size_bytes: int) -> str:
    if name == "content-length":
        return str(size_bytes)
    return f'{value[:-1]}{BEST}"' if name == "etag" else value


def _key(environ: WSGIEnvironment) -> Key:
    return environ["PATH_INFO"], environ.get("QUERY_STRING", ""), environ.get("HTTP_HOST", "")


def same_version(etag: str, other: str) -> bool:
    """Whether they name the same content in the same encoding, however well squeezed."""
    return etag.replace(f'{BEST}"', '"') == other.replace(f'{BEST}"', '"')


def _version_in(etag: str) -> str:
    """``x`` of ``"x"``, ``"x-br"`` or ``W/"x-gzip"``; empty for lists, ``*`` and tags of another form."""
    match = _ONE_TAG.fullmatch(etag)
    return match[1] if match else ""


def _read(body: Iterable[bytes]) -> bytes:
    try:
        return b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()


def _no_write(_chunk: bytes) -> None:
    raise NotImplementedError("PEP 3333's write() is for frameworks that cannot return their body; ours can")

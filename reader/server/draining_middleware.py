"""The outermost WSGI middleware: limits threads that wait for slow clients, and closes connections while draining."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

from ..web.middleware.forwarded import CLIENT
from ..web.middleware.response_cache import AT_ONCE_BYTES
from ..web.middleware.security_headers import with_security_headers
from .large_response_slots import LargeResponseSlots, Slot
from .request_body import BodyRefused, RequestBodies, is_unread

SMALL_BYTES = AT_ONCE_BYTES
"""A response up to this size is passed to the event loop as a whole. The loop copies it, so no thread waits for a slow
client."""

COPIED_BYTES, COPIED_SECONDS = 32 << 20, 60.0
"""Larger responses up to MAX_WHOLE_BYTES are also passed as a whole, in total at most COPIED_BYTES in COPIED_SECONDS:
granian does not report when a copy has been sent."""

MAX_WHOLE_BYTES = 8 << 20

CHUNK_BYTES = 32 << 10
"""All other responses are passed in chunks of this size. The event loop accepts about twenty (0.7 MB) before the thread
waits."""

LARGE_RESPONSES, LARGE_RESPONSES_OF_CLIENT, LARGE_RESPONSES_OF_NETWORK = 64, 8, 16
"""The maximum number of responses sent in chunks at a time: in total, to one client, and to one network. Each has its
own thread besides those for requests (``web_process.py``), and costs about a megabyte."""

ENDING_RESPONSES = 16
"""The maximum number of responses that have lost their slot and have not ended yet."""

FEW_LARGE_RESPONSES, FEW_LARGE_RESPONSES_OF_CLIENT = 5, 3
"""The same if few files may be open, and for responses to requests with a body, which use the thread of the request."""

LINGER_SECONDS = 20.0
"""The time for which an unused body is received after the response. ``ConnectionWatch`` ends longer or larger ones."""

LINGERING = 2
"""The maximum number of such bodies at a time. Each occupies a thread, at most until ``ConnectionWatch`` ends it."""

LINGER_CHUNK_BYTES = 65536

Headers = list[tuple[str, str]]


class DrainingMiddleware:
    """The WSGI middleware. *large_responses* limits the responses that are sent in chunks.

    While ``draining`` is true, each response has ``Connection: close`` (RFC 9112 9.6). The response to a chunked
    request always has it.
    """

    def __init__(self, inner: WSGIApplication, bodies: RequestBodies, large_responses: int = LARGE_RESPONSES) -> None:
        self._inner, self.bodies, self.draining = inner, bodies, False
        few = min(large_responses, FEW_LARGE_RESPONSES)
        self._large_to_bodies = LargeResponseSlots(few, min(few, FEW_LARGE_RESPONSES_OF_CLIENT), few)
        is_usual = large_responses >= LARGE_RESPONSES
        shares = LARGE_RESPONSES_OF_CLIENT, LARGE_RESPONSES_OF_NETWORK
        usual = LargeResponseSlots(large_responses, *shares, ending=ENDING_RESPONSES)
        self._large = usual if is_usual else self._large_to_bodies
        self._copied = RecentBytes(COPIED_BYTES, COPIED_SECONDS)
        self._lingering = threading.BoundedSemaphore(LINGERING)

    def is_crowded(self) -> bool:
        """Whether more than half of the slots for large responses are used."""
        return self._large.is_half_used

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.draining or "HTTP_TRANSFER_ENCODING" in environ:  # RFC 9112 6.1, 9.3: request smuggling
            start_response = _last_on_connection(start_response)
        sent = environ["wsgi.input"]
        try:
            self.bodies.receive(environ)
        except BodyRefused as refusal:
            return self._with_linger(_refuse(start_response, refusal.status), environ, sent)
        length_check = ContentLengthCheck(start_response)
        body = self._inner(environ, length_check)
        body = self._without_waiting(body, environ, length_check)
        if isinstance(body, list) and is_unread(environ):
            return self._with_linger(body, environ, sent)
        return body

    def _with_linger(self, body: list[bytes], environ: WSGIEnvironment, sent: InputStream) -> Iterable[bytes]:
        """The response *body*. After it, the request body *sent* is received and dropped for a while (RFC 9112 9.6).

        A socket that is closed while bytes arrive is reset, and a client that is still sending could not read the
        response. A client that sent ``Expect`` reads it before it sends a body.
        """
        if "HTTP_EXPECT" in environ or not self._lingering.acquire(blocking=False):
            return body
        return LargeResponse(body, _dropped(sent), self._lingering.release)

    def _without_waiting(
        self, body: Iterable[bytes], environ: WSGIEnvironment, start_response: ContentLengthCheck
    ) -> Iterable[bytes]:
        """The response *body* as a list with one item if it is passed as a whole, else as a LargeResponse with a slot.

        A 503 response if no slot is free.
        """
        chunks, size_bytes, rest = [], 0, iter(body)
        with ExitStack() as resources:
            resources.callback(partial(_close, body))
            for chunk in rest:
                chunks.append(chunk)
                size_bytes += len(chunk)
                if size_bytes > MAX_WHOLE_BYTES or (size_bytes > SMALL_BYTES and not self._copied.add(len(chunk))):
                    break
            else:
                return [b"".join(chunks)]
            slots = self._large_to_bodies if has_body(environ) else self._large
            slot = resources.enter_context(slots.acquire(environ.get(CLIENT, "")))
            if slot is None:
                return _refuse(start_response, "503 Service Unavailable")
            slot.has_content_length = start_response.has_content_length
            return LargeResponse(chunks, rest, resources.pop_all().close, slot)


def has_body(environ: Mapping[str, Any]) -> bool:
    """Whether the request has a body, by its header fields."""
    return "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ


class ContentLengthCheck:
    """A ``start_response`` that records whether the response has a Content-Length. Without one, a client cannot detect
    that the body was cut off."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start, self.has_content_length = start_response, False

    def __call__(self, status: str, headers: Headers, *rest: Any) -> Callable[[bytes], object]:
        self.has_content_length = any(name.lower() == "content-length" for name, _ in headers)
        return self._start(status, headers, *rest)


class RecentBytes:
    """Limits a number of bytes to *most* in *seconds*."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._added: deque[tuple[float, int]] = deque()
        self._total, self._lock = 0, threading.Lock()

    def add(self, size_bytes: int) -> bool:
        """Counts *size_bytes* if the sum stays within the limit. Returns whether it does."""
        now = time.monotonic()
        with self._lock:
            while self._added and now - self._added[0][0] > self._seconds:
                self._total -= self._added.popleft()[1]
            if self._total + size_bytes > self._most:
                return False
            self._added.append((now, size_bytes))
            self._total += size_bytes
            return True


class LargeResponse:
    """A response body: the chunks in *start*, then *rest*. The server calls ``close`` once (PEP 3333).

    It ends early when its *slot* is lost. The client detects that by the Content-Length.
    """

    def __init__(
        self, start: list[bytes], rest: Iterator[bytes], close: Callable[[], object], slot: Slot | None = None
    ) -> None:
        self._start, self._rest, self._close, self._slot = start, rest, close, slot

    def __iter__(self) -> Iterator[bytes]:
        start, self._start = self._start, []
        yield from self._while_slot_lasts(_in_chunks(start))
        del start
        yield from self._while_slot_lasts(_in_chunks(self._rest))

    def _while_slot_lasts(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._slot:
                if self._slot.is_lost:
                    return
                self._slot.sent_bytes += len(chunk)
            yield chunk

    def close(self) -> None:
        close, self._close = self._close, lambda: None
        close()


def _in_chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """*parts*, joined and split into chunks of CHUNK_BYTES; the last one may be shorter."""
    waiting = b""
    for part in parts:
        waiting = waiting + part if waiting else part
        if len(waiting) >= CHUNK_BYTES:
            whole = len(waiting) - len(waiting) % CHUNK_BYTES
            yield from (waiting[at : at + CHUNK_BYTES] for at in range(0, whole, CHUNK_BYTES))
            waiting = waiting[whole:]
    if waiting:
        yield waiting


def _dropped(sent: InputStream) -> Iterator[bytes]:
    """Receives and drops the body for LINGER_SECONDS or until its end. Yields nothing."""
    deadline = time.monotonic() + LINGER_SECONDS
    with suppress(OSError):
        while time.monotonic() < deadline and sent.read(LINGER_CHUNK_BYTES):
            pass
    yield from ()


def _last_on_connection(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: Headers, *rest: object) -> object:
        return start_response(status, [*headers, ("Connection", "close")], *rest)  # type: ignore[arg-type]

    return start  # type: ignore[return-value]


def _refuse(start_response: StartResponse, status: str) -> list[bytes]:
    body = f"{status}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    headers += [("Connection", "close"), ("Retry-After", "5"), ("Cache-Control", "no-store")]
    start_response(status, with_security_headers(status, headers))
    return [body]


def _close(body: Iterable[bytes]) -> None:
    getattr(body, "close", lambda: None)()

"""The outermost WSGI middleware: limits what waits for slow clients, and closes connections while draining."""

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
from .large_response_slots import LargeAnswerPlaces, Place
from .request_body import BodyRefused, RequestBodies, is_unread

SMALL_BYTES = AT_ONCE_BYTES
"""A response up to this size is handed to the event loop whole, which copies it: no thread waits for a slow client."""

COPIED_BYTES, COPIED_SECONDS = 32 << 20, 60.0
"""So are larger ones up to READ_AT_ONCE_BYTES, at most so much in so long: nobody says when a copy has been sent."""

READ_AT_ONCE_BYTES = 8 << 20

CHUNK_BYTES = 32 << 10
"""All others are handed over in such chunks. The event loop takes some twenty (0.7 MB) before the thread waits."""

LARGE_ANSWERS, LARGE_ANSWERS_OF_CLIENT, LARGE_ANSWERS_OF_NETWORK = 64, 8, 16
"""The number of responses sent in chunks at a time, in all, to one client and to one network. Each has a thread of its
own, outside of those that take requests (``web_process.py``), and costs about a megabyte."""

ENDING_ANSWERS = 16
"""How many that lost their place to others may not have noticed it yet."""

FEW_LARGE_ANSWERS, FEW_LARGE_ANSWERS_OF_CLIENT = 5, 3
"""The same where files are few, and of responses to requests with a body, which stay in the thread of the request."""

LINGER_SECONDS = 20.0
"""How long a body that nobody wants is received after the answer. ``ConnectionWatch`` ends longer or larger ones."""

LINGERING = 2
"""How many such bodies are received at a time. Each occupies a thread, at most until ``ConnectionWatch`` ends it."""

LINGER_CHUNK_BYTES = 65536

Headers = list[tuple[str, str]]


class DrainingMiddleware:
    """While ``draining`` is true, each response has ``Connection: close`` (RFC 9112 9.6), and always one to chunks."""

    def __init__(self, inner: WSGIApplication, bodies: RequestBodies, large_answers: int = LARGE_ANSWERS) -> None:
        self._inner, self.bodies, self.draining = inner, bodies, False
        few = min(large_answers, FEW_LARGE_ANSWERS)
        self._large_to_bodies = LargeAnswerPlaces(few, min(few, FEW_LARGE_ANSWERS_OF_CLIENT), few)
        is_usual = large_answers >= LARGE_ANSWERS
        shares = LARGE_ANSWERS_OF_CLIENT, LARGE_ANSWERS_OF_NETWORK
        usual = LargeAnswerPlaces(large_answers, *shares, ending=ENDING_ANSWERS)
        self._large = usual if is_usual else self._large_to_bodies
        self._copied = RecentBytes(COPIED_BYTES, COPIED_SECONDS)
        self._lingering = threading.BoundedSemaphore(LINGERING)

    def is_crowded(self) -> bool:
        """Whether more than half of the places for large responses are taken."""
        return self._large.is_half_taken

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.draining or "HTTP_TRANSFER_ENCODING" in environ:  # RFC 9112 6.1, 9.3: what follows may be smuggled
            start_response = _last_on_connection(start_response)
        sent = environ["wsgi.input"]
        try:
            self.bodies.receive(environ)
        except BodyRefused as refusal:
            return self._and_linger(_refuse(start_response, refusal.status), environ, sent)
        response_length = ToldLength(start_response)
        answer = self._inner(environ, response_length)
        answer = self._sent_without_waiting(answer, environ, response_length)
        if isinstance(answer, list) and is_unread(environ):
            return self._and_linger(answer, environ, sent)
        return answer

    def _and_linger(self, answer: list[bytes], environ: WSGIEnvironment, sent: InputStream) -> Iterable[bytes]:
        """*answer*, after which the body that was *sent* is received and dropped for a while (RFC 9112 9.6).

        A socket that is closed while bytes arrive is reset, and a client that still sends never reads the answer. One
        that sent ``Expect`` reads it before it sends a body.
        """
        if "HTTP_EXPECT" in environ or not self._lingering.acquire(blocking=False):
            return answer
        return LargeAnswer(answer, _dropped(sent), self._lingering.release)

    def _sent_without_waiting(
        self, answer: Iterable[bytes], environ: WSGIEnvironment, start_response: ToldLength
    ) -> Iterable[bytes]:
        chunks, size_bytes, rest = [], 0, iter(answer)
        with ExitStack() as resources:
            resources.callback(partial(_close, answer))
            for chunk in rest:
                chunks.append(chunk)
                size_bytes += len(chunk)
                if size_bytes > READ_AT_ONCE_BYTES or (size_bytes > SMALL_BYTES and not self._copied.take(len(chunk))):
                    break
            else:
                return [b"".join(chunks)]
            places = self._large_to_bodies if has_body(environ) else self._large
            place = resources.enter_context(places.taken(environ.get(CLIENT, "")))
            if place is None:
                return _refuse(start_response, "503 Service Unavailable")
            place.is_whole_told = start_response.is_told
            return LargeAnswer(chunks, rest, resources.pop_all().close, place)


def has_body(environ: Mapping[str, Any]) -> bool:
    return "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ


class ToldLength:
    """A ``start_response`` that records whether the response has a Content-Length. Without one, a client takes a part
    of the body for the whole."""

    def __init__(self, start_response: StartResponse) -> None:
        self._start, self.is_told = start_response, False

    def __call__(self, status: str, headers: Headers, *rest: Any) -> Callable[[bytes], object]:
        self.is_told = any(name.lower() == "content-length" for name, _ in headers)
        return self._start(status, headers, *rest)


class RecentBytes:
    """Counts bytes: at most *most* in *seconds*."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._taken: deque[tuple[float, int]] = deque()
        self._total, self._lock = 0, threading.Lock()

    def take(self, size_bytes: int) -> bool:
        """Whether *size_bytes* more are within the limit; they are counted then."""
        now = time.monotonic()
        with self._lock:
            while self._taken and now - self._taken[0][0] > self._seconds:
                self._total -= self._taken.popleft()[1]
            if self._total + size_bytes > self._most:
                return False
            self._taken.append((now, size_bytes))
            self._total += size_bytes
            return True


class LargeAnswer:
    """A response body: chunks read already, then the rest. The server calls ``close`` once (PEP 3333).

    It ends when its *place* is lost; being shorter than its Content-Length, it is known to be cut off.
    """

    def __init__(
        self, begun: list[bytes], rest: Iterator[bytes], close: Callable[[], object], place: Place | None = None
    ) -> None:
        self._begun, self._rest, self._close, self._place = begun, rest, close, place

    def __iter__(self) -> Iterator[bytes]:
        begun, self._begun = self._begun, []
        yield from self._while_in_place(_in_chunks(begun))
        del begun
        yield from self._while_in_place(_in_chunks(self._rest))

    def _while_in_place(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self._place:
                if self._place.is_lost:
                    return
                self._place.sent_bytes += len(chunk)
            yield chunk

    def close(self) -> None:
        close, self._close = self._close, lambda: None
        close()


def _in_chunks(parts: Iterable[bytes]) -> Iterator[bytes]:
    """*parts*, joined and cut to CHUNK_BYTES."""
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
    """Receives the body for LINGER_SECONDS or to its end. Yields nothing."""
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


def _close(answer: Iterable[bytes]) -> None:
    getattr(answer, "close", lambda: None)()

"""The outermost WSGI middleware: hands small responses over whole, and closes connections while draining."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from wsgiref.types import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

from ..web.middleware.security_headers import with_security_headers
from .request_body import BodyRefused, RequestBodies, is_unread

READ_AT_ONCE_BYTES = 8 << 20
"""A response up to this size is handed to the event loop at once, so that no thread waits for a slow client."""

LARGE_ANSWERS = 2
"""The number of larger responses sent at a time. Each occupies a thread."""

LINGER_SECONDS = 20.0
"""How long a body that nobody wants is received after the answer. ``ConnectionWatch`` ends longer or larger ones."""

LINGERING = 3
"""How many such bodies are received at a time. Each occupies a thread, at most until ``ConnectionWatch`` ends it."""

LINGER_CHUNK_BYTES = 65536

Headers = list[tuple[str, str]]


class DrainingMiddleware:
    """While ``draining`` is true, each response has ``Connection: close`` (RFC 9112 9.6), and always one to chunks."""

    def __init__(self, inner: WSGIApplication, bodies: RequestBodies) -> None:
        self._inner, self.bodies, self.draining = inner, bodies, False
        self._large = threading.BoundedSemaphore(LARGE_ANSWERS)
        self._lingering = threading.BoundedSemaphore(LINGERING)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self.draining or "HTTP_TRANSFER_ENCODING" in environ:  # RFC 9112 6.1, 9.3: what follows may be smuggled
            start_response = _last_on_connection(start_response)
        sent = environ["wsgi.input"]
        try:
            self.bodies.receive(environ)
        except BodyRefused as refusal:
            return self._and_linger(_refuse(start_response, refusal.status), environ, sent)
        answer = self._inner(environ, start_response)
        if not isinstance(answer, list):
            answer = self._sent_without_waiting(answer, start_response)
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

    def _sent_without_waiting(self, answer: Iterable[bytes], start_response: StartResponse) -> Iterable[bytes]:
        chunks, size_bytes, rest = [], 0, iter(answer)
        for chunk in rest:
            chunks.append(chunk)
            size_bytes += len(chunk)
            if size_bytes > READ_AT_ONCE_BYTES:
                break
        else:
            _close(answer)
            return [b"".join(chunks)]
        if not self._large.acquire(blocking=False):
            _close(answer)
            return _refuse(start_response, "503 Service Unavailable")
        return LargeAnswer(chunks, rest, partial(self._finish, answer))

    def _finish(self, answer: Iterable[bytes]) -> None:
        self._large.release()
        _close(answer)


class LargeAnswer:
    """A response body: chunks read already, then the rest. The server calls ``close`` once (PEP 3333)."""

    def __init__(self, begun: list[bytes], rest: Iterator[bytes], close: Callable[[], object]) -> None:
        self._begun, self._rest, self._close = begun, rest, close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._begun
        yield from self._rest

    def close(self) -> None:
        close, self._close = self._close, lambda: None
        close()


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

"""Receives the whole request body before the application runs, for a limited number of requests at a time.

granian reads a body with a blocking call that has no timeout, and ends only with the connection. So a body that is too
slow while others wait has its connection shut down (``ConnectionWatch``).
"""

from __future__ import annotations

import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

PLACES = 8
"""How many request bodies are received at a time."""

WAITING = 3
"""How many requests wait for a place. Further requests with a body get 503 at once."""

SPARED = 2
"""Of the places, how many one address leaves to others, and of those that wait, one. A proxy loses little by it."""

WAIT_SECONDS = 8.0

FAIR_SECONDS = 3.0
"""How long a body may keep a place while other requests wait for one. A form usually takes well under a second."""

MOST_BYTES = 8 << 20


class BodyRefused(Exception):
    """``status`` is the response's status line."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, eq=False)
class ReceivedBody:
    """A request body that is being received: from which client address, when its request came, and since when it has a
    place (monotonic seconds)."""

    address: str
    came: float
    since: float


class _Unread(io.BytesIO):
    """In the place of a body that was not received."""


def is_unread(environ: WSGIEnvironment) -> bool:
    """Whether the request has a body that was left with the client."""
    return isinstance(environ["wsgi.input"], _Unread)


class RequestBodies:
    """One instance per web process. Bodies are received only at paths for which *are_taken_at* returns True."""

    def __init__(self, are_taken_at: Callable[[str], bool], places: int = PLACES) -> None:
        self._are_taken_at = are_taken_at
        self._places, self._places_of_one = places, max(1, places - SPARED)
        self._queue, self._queue_of_one = min(WAITING, places), max(1, min(WAITING, places) - 1)
        self._changed, self._received, self._waiting = threading.Condition(), set[ReceivedBody](), Counter[str]()

    def receive(self, environ: WSGIEnvironment) -> None:
        """Replaces ``wsgi.input`` by the received body. Raises BodyRefused.

        Of a body above MOST_BYTES only the length is passed on, for which the view answers 413 with its own page.
        """
        length = environ.get("CONTENT_LENGTH") or ""
        if length == "0" or not (length or environ.get("HTTP_TRANSFER_ENCODING")):
            return
        if environ["REQUEST_METHOD"] != "POST" or not self._are_taken_at(environ["PATH_INFO"]):
            environ["wsgi.input"] = _Unread()
            return
        if length.isascii() and length.isdigit() and int(length) > MOST_BYTES:
            _leave_out(environ)
            return
        with self._place(environ.get("REMOTE_ADDR", "")):
            body = _of_known_length(environ, length) if length else _of_chunks(environ)
        if len(body) > MOST_BYTES:
            _leave_out(environ)
            return
        environ["wsgi.input"] = io.BytesIO(body)

    def slowest(self) -> ReceivedBody | None:
        """The body received longest, if it exceeds FAIR_SECONDS while requests wait for its place; else None."""
        with self._changed:
            is_full = self._waiting and len(self._received) >= self._places
            wanted = [body for body in self._received if is_full or body.address in self._waiting]
            oldest = min(wanted, key=lambda body: body.since, default=None)
            return oldest if oldest and time.monotonic() - oldest.since > FAIR_SECONDS else None

    @contextmanager
    def _place(self, address: str) -> Iterator[None]:
        came = time.monotonic()
        with self._changed:
            if not self._has_place(address):
                self._wait(address)
            body = ReceivedBody(address, came, time.monotonic())
            self._received.add(body)
        try:
            yield
        finally:
            with self._changed:
                self._received.remove(body)
                self._changed.notify_all()

    def _has_place(self, address: str) -> bool:
        of_one = sum(body.address == address for body in self._received)
        return len(self._received) < self._places and of_one < self._places_of_one

    def _wait(self, address: str) -> None:
        if self._waiting.total() >= self._queue or self._waiting[address] >= self._queue_of_one:
            raise BodyRefused("503 Service Unavailable")
        self._waiting[address] += 1
        try:
            if not self._changed.wait_for(lambda: self._has_place(address), WAIT_SECONDS):
                raise BodyRefused("503 Service Unavailable")
        finally:
            self._waiting[address] -= 1
            self._waiting = +self._waiting


def _leave_out(environ: WSGIEnvironment) -> None:
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(MOST_BYTES + 1)
    environ["wsgi.input"] = _Unread()


def _of_known_length(environ: WSGIEnvironment, length: str) -> bytes:
    if not (length.isascii() and length.isdigit()):
        raise BodyRefused("400 Bad Request")
    body: bytes = environ["wsgi.input"].read(MOST_BYTES + 1)
    if len(body) < int(length):
        raise BodyRefused("400 Bad Request")
    return body


def _of_chunks(environ: WSGIEnvironment) -> bytes:
    """The body of a request with Transfer-Encoding. Raises BodyRefused if it is malformed, cut off or empty.

    granian hides the errors of chunks: ``read(size)`` gives what came before one, ``read()`` nothing. So what is empty
    is refused: no form is. ``ConnectionWatch`` limits what is received, as ``read()`` has no limit.
    """
    codings = [coding.strip().lower() for coding in environ["HTTP_TRANSFER_ENCODING"].split(",")]
    if codings.count("chunked") != 1:
        raise BodyRefused("400 Bad Request")
    if codings != ["chunked"]:
        raise BodyRefused("501 Not Implemented")  # RFC 9112 6.1
    body: bytes = environ["wsgi.input"].read()
    if not body:
        raise BodyRefused("400 Bad Request")
    return body

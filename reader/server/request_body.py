"""Receives the whole request body before the application runs, for a limited number of requests at a time.

granian reads a body with a blocking call that has no timeout and ends only with the connection. Therefore the
connection of a body that is too slow is shut down if other requests wait (``ConnectionWatch``).
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

SLOTS = 8
"""The maximum number of request bodies that are received at a time."""

WAITING = 3
"""The maximum number of requests that wait for a slot. Further requests with a body get 503 immediately."""

RESERVED_SLOTS = 2
"""The number of slots that one address leaves to others. It also leaves one of WAITING. This hardly limits a proxy."""

WAIT_SECONDS = 8.0

FAIR_SECONDS = 3.0
"""The time for which a body may use a slot while other requests wait. A form usually takes well under a second."""

MOST_BYTES = 8 << 20


class BodyRefused(Exception):
    """The request body is invalid, or no slot is free. ``status`` is the status line of the response."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, eq=False)
class ReceivedBody:
    """A request body that is being received: the client's address, and the monotonic times in seconds at which the
    request arrived and got its slot."""

    address: str
    requested_at: float
    since: float


class _Unread(io.BytesIO):
    """The ``wsgi.input`` of a request whose body was not received."""


def is_unread(environ: WSGIEnvironment) -> bool:
    """Whether the request has a body that was not received."""
    return isinstance(environ["wsgi.input"], _Unread)


class RequestBodies:
    """Receives request bodies; one instance per web process.

    *accepts_body* returns whether the view at a path reads a body. Other bodies are not received.
    """

    def __init__(self, accepts_body: Callable[[str], bool], slots: int = SLOTS) -> None:
        self._accepts_body = accepts_body
        self._slots, self._slots_per_address = slots, max(1, slots - RESERVED_SLOTS)
        self._queue, self._queue_per_address = min(WAITING, slots), max(1, min(WAITING, slots) - 1)
        self._changed, self._received, self._waiting = threading.Condition(), set[ReceivedBody](), Counter[str]()

    def receive(self, environ: WSGIEnvironment) -> None:
        """Replaces ``wsgi.input`` by the received body. Raises BodyRefused.

        For a body above MOST_BYTES only the length is passed on, so that the view can answer 413 with its own page.
        """
        length = environ.get("CONTENT_LENGTH") or ""
        if length == "0" or not (length or environ.get("HTTP_TRANSFER_ENCODING")):
            return
        if environ["REQUEST_METHOD"] != "POST" or not self._accepts_body(environ["PATH_INFO"]):
            environ["wsgi.input"] = _Unread()
            return
        if length.isascii() and length.isdigit() and int(length) > MOST_BYTES:
            _omit_body(environ)
            return
        with self._slot(environ.get("REMOTE_ADDR", "")):
            body = _of_known_length(environ, length) if length else _of_chunks(environ)
        if len(body) > MOST_BYTES:
            _omit_body(environ)
            return
        environ["wsgi.input"] = io.BytesIO(body)

    def slowest(self) -> ReceivedBody | None:
        """The body with the longest time in a slot, if that exceeds FAIR_SECONDS and requests wait; else None."""
        with self._changed:
            is_full = self._waiting and len(self._received) >= self._slots
            blocking = [body for body in self._received if is_full or body.address in self._waiting]
            oldest = min(blocking, key=lambda body: body.since, default=None)
            return oldest if oldest and time.monotonic() - oldest.since > FAIR_SECONDS else None

    @contextmanager
    def _slot(self, address: str) -> Iterator[None]:
        requested_at = time.monotonic()
        with self._changed:
            if not self._has_slot(address):
                self._wait(address)
            body = ReceivedBody(address, requested_at, time.monotonic())
            self._received.add(body)
        try:
            yield
        finally:
            with self._changed:
                self._received.remove(body)
                self._changed.notify_all()

    def _has_slot(self, address: str) -> bool:
        of_address = sum(body.address == address for body in self._received)
        return len(self._received) < self._slots and of_address < self._slots_per_address

    def _wait(self, address: str) -> None:
        if self._waiting.total() >= self._queue or self._waiting[address] >= self._queue_per_address:
            raise BodyRefused("503 Service Unavailable")
        self._waiting[address] += 1
        try:
            if not self._changed.wait_for(lambda: self._has_slot(address), WAIT_SECONDS):
                raise BodyRefused("503 Service Unavailable")
        finally:
            self._waiting[address] -= 1
            self._waiting = +self._waiting


def _omit_body(environ: WSGIEnvironment) -> None:
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

    granian hides errors in chunks: ``read(size)`` returns the bytes before the error, ``read()`` returns no bytes. An
    empty body is therefore rejected; no form is empty. ``ConnectionWatch`` limits the size; ``read()`` does not.
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

"""Bodies of requests, received whole before the application runs, and only as long as the client keeps sending.

A thread that reads a body cannot be interrupted; so a thread of its own reads, and the one that answers gives up on
it in time. It ends when the connection is closed, which the refusal does.
"""

from __future__ import annotations

import io
import threading
from typing import Any, cast
from wsgiref.types import WSGIEnvironment

AT_ONCE_SECONDS = 0.2
"""A body that is here by then takes no place among the slow ones."""

SLOW_SECONDS = 10.0
"""A body that is not whole by then is refused."""

AT_ONCE, SLOW = 4, 2
"""So many requests may wait for their bodies at a time; further ones are refused at once."""

MOST_BYTES = 64 << 20

_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")


class BodyRefused(Exception):
    """``status`` is the answer's status line."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class RequestBodies:
    """For one web process."""

    def __init__(self) -> None:
        self._at_once, self._slow = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(SLOW)

    def receive(self, environ: WSGIEnvironment) -> None:
        """Puts the whole body in the place of the stream. Raises BodyRefused."""
        if environ["REQUEST_METHOD"] in _WITHOUT_BODY:
            return
        length = environ.get("CONTENT_LENGTH") or ""
        if length == "0" or not (length or environ.get("HTTP_TRANSFER_ENCODING")):
            return
        if length.isdigit() and int(length) > MOST_BYTES:
            raise BodyRefused("413 Content Too Large")
        body = self._whole(_Reading(environ["wsgi.input"]))
        if len(body) > MOST_BYTES:
            raise BodyRefused("413 Content Too Large")
        if length.isdigit() and len(body) < int(length):
            raise BodyRefused("400 Bad Request")
        environ["wsgi.input"] = io.BytesIO(body)

    def _whole(self, reading: _Reading) -> bytes:
        for places, seconds in ((self._at_once, AT_ONCE_SECONDS), (self._slow, SLOW_SECONDS)):
            if not places.acquire(blocking=False):
                raise BodyRefused("503 Service Unavailable")
            try:
                if reading.done.wait(seconds):
                    return reading.body
            finally:
                places.release()
        raise BodyRefused("408 Request Timeout")


class _Reading:
    """A body on its way in."""

    def __init__(self, stream: Any) -> None:
        self.body, self.done = b"", threading.Event()
        threading.Thread(target=self._read, args=(stream,), name="body", daemon=True).start()

    def _read(self, stream: Any) -> None:
        try:
            self.body = cast("bytes", stream.read(MOST_BYTES + 1))
        finally:
            self.done.set()

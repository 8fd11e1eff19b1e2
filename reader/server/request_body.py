"""Bodies of requests, received whole before the application runs, by a few threads at a time."""

from __future__ import annotations

import io
import threading
from wsgiref.types import WSGIEnvironment

PLACES = 2
"""So many requests may wait for their bodies at a time; further ones are refused at once."""

MOST_BYTES = 64 << 20

_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")


class BodyRefused(Exception):
    """``status`` is the answer's status line."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class RequestBodies:
    """For one web process. A body that stands still is ended by ``ConnectionWatch``, which frees its place."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(PLACES)

    def receive(self, environ: WSGIEnvironment) -> None:
        """Puts the whole body in the place of the stream. Raises BodyRefused."""
        if environ["REQUEST_METHOD"] in _WITHOUT_BODY:
            return
        length = environ.get("CONTENT_LENGTH") or ""
        if length == "0" or not (length or environ.get("HTTP_TRANSFER_ENCODING")):
            return
        if length.isdigit() and int(length) > MOST_BYTES:
            raise BodyRefused("413 Content Too Large")
        if not self._places.acquire(blocking=False):
            raise BodyRefused("503 Service Unavailable")
        try:
            body = environ["wsgi.input"].read(MOST_BYTES + 1)
        finally:
            self._places.release()
        if length.isdigit() and len(body) < int(length):
            raise BodyRefused("400 Bad Request")
        environ["wsgi.input"] = io.BytesIO(body)

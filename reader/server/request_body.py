"""Receives the whole request body before the application runs, for a limited number of requests at a time."""

from __future__ import annotations

import io
import threading
from wsgiref.types import WSGIEnvironment

PLACES = 2
"""How many request bodies are received at a time. Further requests with a body get 503."""

MOST_BYTES = 64 << 20

_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")


class BodyRefused(Exception):
    """``status`` is the response's status line."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class RequestBodies:
    """One instance per web process. ``ConnectionWatch`` shuts down a stalled upload, which frees its place."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(PLACES)

    def receive(self, environ: WSGIEnvironment) -> None:
        """Replaces ``wsgi.input`` by the received body. Raises BodyRefused."""
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

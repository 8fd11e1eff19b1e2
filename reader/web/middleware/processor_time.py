"""Limits the processor time that one client can use while other requests run.

A request is processed even if its client has disconnected: granian queues it and does not report the disconnection. The
slot of its connection is free immediately, so the limit of connections does not help. A client that sent a request and
disconnected 2,000 times a second blocked all others, and as long again after it had ended. Therefore rejecting a
request must cost almost nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.exceptions import TooManyRequests

from ..limits.rate_limits import ClientLimits
from .forwarded import CLIENT
from .response_cache import ONLY_IF_CACHED
from .security_headers import Headers, with_security_headers

MOST_SECONDS_PER_MINUTE = 3
"""The limit of a client in each web process; a network has the share of NETWORK_SHARES clients. Sixty people behind one
address, each with two uncached pages in ten seconds, stay below it. Pages from the response cache do not count."""

BUSY = 4
"""No request is refused while fewer than this many run at the same time."""

TEXTS = "texts"
TEXTS_PER_MINUTE = 10
"""The number of POST requests per minute that a client above the limit may still send. After a 503 response, a browser
shows an empty form, and all people of an office may share one address."""

WORK = "microseconds of a processor"


class ProcessorTimeLimit:
    """The WSGI middleware. It limits clients only while *busy* requests run.

    *clock* returns the processor time of the current thread in seconds.
    """

    def __init__(self, inner: WSGIApplication, busy: int = BUSY, clock: Callable[[], float] = time.thread_time) -> None:
        self._inner, self._busy, self._clock, self._limits = inner, busy, clock, ClientLimits()
        self._running, self._lock = 0, threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Requests for cached responses are not measured, but are rejected, too: most of their cost arises before the
        cache is read."""
        client = environ.get(CLIENT, "")
        seconds = self._seconds_until_allowed(client) if self._running >= self._busy else 0
        if seconds and not self._may_submit(environ["REQUEST_METHOD"], client):
            return _refuse(start_response, f"{seconds}")
        if ONLY_IF_CACHED in environ:
            return self._inner(environ, start_response)
        begun = self._clock()
        self._count(1)
        try:
            return self._inner(environ, start_response)
        finally:
            self._count(-1)
            self._limits.note(WORK, client, round((self._clock() - begun) * 1_000_000))

    def _seconds_until_allowed(self, client: str) -> int:
        try:
            self._limits.check(WORK, MOST_SECONDS_PER_MINUTE * 1_000_000, client)
        except TooManyRequests as refusal:
            return int(str(refusal.retry_after))
        return 0

    def _may_submit(self, method: str, client: str) -> bool:
        """Whether the request is a POST within TEXTS_PER_MINUTE. Counts it."""
        if method != "POST":
            return False
        try:
            self._limits.spend(TEXTS, TEXTS_PER_MINUTE, client)
        except TooManyRequests:
            return False
        return True

    def _count(self, more: int) -> None:
        with self._lock:
            self._running += more


def _refuse(start_response: StartResponse, retry_after: str) -> Iterable[bytes]:
    status = "503 Service Unavailable"
    body = f"{status}\n".encode()
    headers: Headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    headers += [("Retry-After", retry_after), ("Cache-Control", "no-store")]
    start_response(status, with_security_headers(status, headers))
    return [body]

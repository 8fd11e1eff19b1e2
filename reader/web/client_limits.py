"""Rate limits per client for expensive requests.

Requests are counted in the memory of each web process, by a keyed hash of the IP address; the key is never stored.
Behind a proxy that is not trusted the client is unknown and not counted (``middleware/forwarded.py``).
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from .middleware.forwarded import CLIENT, address_in

EVERYBODY = "everybody"
"""The client of a limit that all clients share."""


class ClientLimits:
    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, work: str, per_minute: int, client: str) -> None:
        """Counts a request for *work*. Raises TooManyRequests with Retry-After above *per_minute*."""
        limit, key = RateLimitItemPerMinute(per_minute), self._pseudonym(client)
        if client and not self._limiter.hit(limit, work, key):
            raise TooManyRequests(retry_after=self._seconds_left(limit, work, key))

    def check(self, work: str, per_minute: int, client: str) -> None:
        """Like ``spend``, without counting."""
        limit, key = RateLimitItemPerMinute(per_minute), self._pseudonym(client)
        if client and not self._limiter.test(limit, work, key):
            raise TooManyRequests(retry_after=self._seconds_left(limit, work, key))

    def _seconds_left(self, limit: RateLimitItem, work: str, key: str) -> int:
        return max(1, int(self._limiter.get_window_stats(limit, work, key).reset_time - time.time()) + 1)

    def _pseudonym(self, client: str) -> str:
        return hashlib.blake2b(_counted_as(client).encode(), key=self._key, digest_size=16).hexdigest()


def _counted_as(client: str) -> str:
    """The IP address without port; for IPv6 its /64 network, which usually belongs to one household.

    A dual-stack socket reports IPv4 clients as ``::ffff:1.2.3.4`` (RFC 4291 2.5.5.2), which count as IPv4.
    """
    address = address_in(client)
    if address is None:
        return client
    return str(ipaddress.ip_network((int(address), 64), strict=False) if address.version == 6 else address)


def client() -> str:
    """The client's IP address; empty if unknown."""
    return str(request.environ.get(CLIENT, ""))


def client_limits() -> ClientLimits:
    found: ClientLimits = current_app.extensions["reader-limits"]
    return found


def init_app(app: Flask) -> None:
    app.extensions["reader-limits"] = ClientLimits()

"""A fair share of work for each client, so that one cannot shut a service for the others.

Counted in the memory of each web process, by a keyed hash of the address whose key is never written down. Where an
unnamed proxy stands between, the client is not known and is not counted (``middleware/forwarded.py``).
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
"""The client of a limit that all share."""


class ClientLimits:
    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, work: str, per_minute: int, client: str) -> None:
        """Counts one piece of *work*. Raises TooManyRequests with Retry-After when the minute's share is used up."""
        limit, key = RateLimitItemPerMinute(per_minute), self._pseudonym(client)
        if client and not self._limiter.hit(limit, work, key):
            raise TooManyRequests(retry_after=self._seconds_left(limit, work, key))

    def check(self, work: str, per_minute: int, client: str) -> None:
        """As ``spend``, without counting."""
        limit, key = RateLimitItemPerMinute(per_minute), self._pseudonym(client)
        if client and not self._limiter.test(limit, work, key):
            raise TooManyRequests(retry_after=self._seconds_left(limit, work, key))

    def _seconds_left(self, limit: RateLimitItem, work: str, key: str) -> int:
        return max(1, int(self._limiter.get_window_stats(limit, work, key).reset_time - time.time()) + 1)

    def _pseudonym(self, client: str) -> str:
        return hashlib.blake2b(_counted_as(client).encode(), key=self._key, digest_size=16).hexdigest()


def _counted_as(client: str) -> str:
    """The address without port; of IPv6 the /64, which one household has to itself.

    A socket that listens on ``::`` names an IPv4 client ``::ffff:1.2.3.4`` (RFC 4291 2.5.5.2), which is no household.
    """
    address = address_in(client)
    if address is None:
        return client
    return str(ipaddress.ip_network((int(address), 64), strict=False) if address.version == 6 else address)


def client() -> str:
    """Whose request this is; empty if not known."""
    return str(request.environ.get(CLIENT, ""))


def client_limits() -> ClientLimits:
    found: ClientLimits = current_app.extensions["reader-limits"]
    return found


def init_app(app: Flask) -> None:
    app.extensions["reader-limits"] = ClientLimits()

"""Rate limits per client for expensive requests.

Requests are counted in the memory of each web process, by a keyed hash of the IP address; the key is never stored.
A network (IPv4 /24, IPv6 /48) has the share of NETWORK_SHARES clients: whoever rents one has all of its addresses.
Behind a proxy that is not trusted the client is unknown and not counted (``middleware/forwarded.py``).
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from .middleware.forwarded import CLIENT, address_in

EVERYBODY = "everybody"
"""The client of a limit that all clients share."""


NETWORK_SHARES = 16
"""So many clients of one network are counted separately; a school behind several addresses has as many shares."""


class ClientLimits:
    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, work: str, per_minute: int, client: str, cost: int = 1) -> None:
        """Counts a request for *work* as *cost* requests, at most as *per_minute*.

        Raises TooManyRequests with Retry-After above *per_minute*.
        """
        cost = min(cost, per_minute)
        self.check(work, per_minute, client, cost)
        for limit, key in self._shares(per_minute, client):
            if not self._limiter.hit(limit, work, key, cost=cost):
                raise TooManyRequests(retry_after=self._seconds_left(limit, work, key))

    def check(self, work: str, per_minute: int, client: str, cost: int = 1) -> None:
        """Like ``spend``, without counting."""
        for limit, key in self._shares(per_minute, client):
            if not self._limiter.test(limit, work, key, cost=cost):
                raise TooManyRequests(retry_after=self._seconds_left(limit, work, key))

    def is_untouched(self, work: str, per_minute: int, client: str) -> bool:
        """Whether the client is known and has spent nothing in the last minute, whatever others of its network did."""
        own = self._shares(per_minute, client)[:1]
        return any(self._limiter.get_window_stats(limit, work, key).remaining == per_minute for limit, key in own)

    def _shares(self, per_minute: int, client: str) -> list[tuple[RateLimitItem, str]]:
        """The limits of a client and of its network; none for an unknown client."""
        if not client:
            return []
        name, network = _counted_as(client)
        shares: list[tuple[RateLimitItem, str]] = [(RateLimitItemPerMinute(per_minute), self._pseudonym(name))]
        if network:
            shares.append((RateLimitItemPerMinute(per_minute * NETWORK_SHARES), self._pseudonym(network)))
        return shares

    def _seconds_left(self, limit: RateLimitItem, work: str, key: str) -> int:
        return max(1, int(self._limiter.get_window_stats(limit, work, key).reset_time - time.time()) + 1)

    def _pseudonym(self, name: str) -> str:
        return hashlib.blake2b(name.encode(), key=self._key, digest_size=16).hexdigest()


class WaitingPlaces:
    """How many requests can wait at a time, in all and for each client. Unknown clients have only the first limit."""

    def __init__(self, total: int, per_client: int) -> None:
        self.total, self.per_client = total, per_client
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, client: str) -> Iterator[bool]:
        """Whether a place was free; it is given back at the end of the block."""
        name = _counted_as(client)[0] if client else ""
        with self._lock:
            is_free = self._taken.total() < self.total and (not name or self._taken[name] < self.per_client)
            self._taken[name] += is_free
        try:
            yield is_free
        finally:
            with self._lock:
                self._taken[name] -= is_free
                self._taken = +self._taken


def _counted_as(client: str) -> tuple[str, str]:
    """The client and its network. An IPv4 client is its address without port; an IPv6 client its /64 network, which
    usually belongs to one household. The network is empty for text that is no address.

    A dual-stack socket reports IPv4 clients as ``::ffff:1.2.3.4`` (RFC 4291 2.5.5.2), which count as IPv4.
    """
    address = address_in(client)
    if address is None:
        return client, ""
    if address.version == 4:
        return str(address), _network(address, 24)
    return _network(address, 64), _network(address, 48)


def _network(address: ipaddress.IPv4Address | ipaddress.IPv6Address, length: int) -> str:
    return str(ipaddress.ip_network((address.packed, length), strict=False))


def client() -> str:
    """The client's IP address; empty if unknown."""
    return str(request.environ.get(CLIENT, ""))


def client_limits() -> ClientLimits:
    found: ClientLimits = current_app.extensions["reader-limits"]
    return found


def init_app(app: Flask) -> None:
    app.extensions["reader-limits"] = ClientLimits()

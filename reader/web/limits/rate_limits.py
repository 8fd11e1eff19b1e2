"""Rate limits per client for expensive requests.

Requests are counted in the memory of each web process, or in Redis for all machines (``shared_counts.py``), by a keyed
hash of the IP address; the key is never stored.
A network (IPv4 /24, IPv6 /48) has the share of NETWORK_SHARES clients, because one owner can use all its addresses.
Behind an untrusted proxy the client is unknown and not counted (``middleware/forwarded.py``).
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app, request
from werkzeug.exceptions import TooManyRequests

from ..middleware.forwarded import CLIENT, address_in
from .client_counts import ClientCounts, LocalCounts, Share
from .shared_counts import SharedCounts, shared_secret

EVERYBODY = "everybody"
"""The client of a limit that all clients share."""

NETWORK_SHARES = 16
"""The limit of a network is this many times the limit of a client. A school may use several addresses."""

RESERVED_SLOTS = 2
"""The number of WaitingSlots that one network leaves to others."""


class ClientLimits:
    """Counts requests per client and network, for each kind of work. An unknown client ("") is not counted.

    ::

        client_limits().spend("covers", 120, client())  # raises TooManyRequests for the 121st within a minute
    """

    def __init__(self, counts: ClientCounts | None = None, secret: bytes = b"") -> None:
        """*secret* is the key of the hash, the same for all who share *counts*; empty: a random one."""
        self._counts, self._secret = counts or LocalCounts(), secret or secrets.token_bytes(32)

    def spend(self, work: str, per_minute: int, client: str, cost: int = 1) -> None:
        """Counts a request for *work* as *cost* requests, at most as *per_minute*.

        Raises TooManyRequests with Retry-After if the sum of a minute would exceed *per_minute*.
        """
        shares = self._shares(per_minute, client)
        _refuse_for(self._counts.spend(work, shares, min(cost, per_minute)) if shares else 0.0)

    def check(self, work: str, per_minute: int, client: str) -> None:
        """Like ``spend``, without counting."""
        shares = self._shares(per_minute, client)
        _refuse_for(self._counts.wait_seconds(work, shares) if shares else 0.0)

    def note(self, work: str, client: str, cost: int) -> None:
        """Counts *cost* without checking a limit."""
        if shares := self._shares(0, client) if cost else []:
            self._counts.add(work, shares, cost)

    def is_untouched(self, work: str, per_minute: int, client: str) -> bool:
        """Whether the client is known and spent nothing in the last minute. Others in its network do not count."""
        own = self._shares(per_minute, client)[:1]
        return any(self._counts.count(work, share) == 0 for share in own)

    def _shares(self, per_minute: int, client: str) -> list[Share]:
        """The shares of a client and of its network; empty for an unknown client."""
        if not client:
            return []
        name, network = counted_as(client)
        shares = [Share(self._pseudonym(name), per_minute)]
        return [*shares, Share(self._pseudonym(network), per_minute * NETWORK_SHARES)] if network else shares

    def _pseudonym(self, name: str) -> bytes:
        return hashlib.blake2b(name.encode(), key=self._secret, digest_size=16).digest()


def _refuse_for(wait_seconds: float) -> None:
    if wait_seconds:
        raise TooManyRequests(retry_after=math.ceil(wait_seconds))


class WaitingSlots:
    """Limits the requests that wait at the same time: in total, per client and per network.

    The default of *per_network* leaves RESERVED_SLOTS to other networks, if the rest is more than a client's limit.
    Only the first limit applies to unknown clients.
    """

    def __init__(self, total: int, per_client: int, per_network: int = 0) -> None:
        self.total, self.per_client = total, per_client
        self.per_network = per_network or (total - RESERVED_SLOTS if total - RESERVED_SLOTS > per_client else total)
        self._used: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def acquire(self, client: str) -> Iterator[bool]:
        """Takes a slot for the block and yields True; yields False if no slot is free for *client*. Does not wait."""
        names = counted_as(client) if client else ("", "")
        limits = dict(zip(names, (self.per_client, self.per_network), strict=True))
        with self._lock:
            is_free = self._used[""] < self.total and all(self._used[n] < most for n, most in limits.items() if n)
            self._used += Counter(dict.fromkeys({*names, ""}, int(is_free)))
        try:
            yield is_free
        finally:
            with self._lock:
                self._used -= Counter(dict.fromkeys({*names, ""}, int(is_free)))


def counted_as(client: str) -> tuple[str, str]:
    """The keys under which a client and its network are counted.

    An IPv4 client is its address without the port; an IPv6 client is its /64 network, which usually belongs to one
    household. The network is empty if *client* is not an IP address.

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


def counted_client() -> str:
    """The key of the current client: its address, or the /64 network of an IPv6 address; empty if unknown."""
    return counted_as(found)[0] if (found := client()) else ""


def counted_network() -> str:
    """The network that the client shares with others (IPv4 /24, IPv6 /48); empty if unknown."""
    return counted_as(found)[1] if (found := client()) else ""


def client_limits() -> ClientLimits:
    found: ClientLimits = current_app.extensions["reader-limits"]
    return found


def init_app(app: Flask) -> None:
    url = app.extensions["reader"].settings.redis_url
    limits = ClientLimits(SharedCounts(url), shared_secret(url)) if url else ClientLimits()
    app.extensions["reader-limits"] = limits

"""A limited number of slots for large responses, shared fairly among networks.

The rule is the same as for pending comments (``comments/pending_limits.py``); it also applies to the clients of one
network. If all slots are used, the slowest download of the largest share loses its slot; the client can resume it. No
slot is taken for a client or network that would then have as many.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from ..web.limits.rate_limits import counted_as

BEGINNING_SECONDS = 5.0
"""The time until the speed of a client is known."""


class Slot:
    """The slot of one response. ``sent_bytes`` is the number of bytes sent to the client."""

    def __init__(self, client: str, network: str) -> None:
        self.client, self.network, self.started = client, network, time.monotonic()
        self.sent_bytes, self.has_content_length, self.is_lost = 0, False, False

    def priority(self, now: float) -> tuple[bool, float]:
        """The order in which slots are kept: new responses first, then by bytes per second."""
        seconds = now - self.started
        return seconds < BEGINNING_SECONDS, self.sent_bytes / max(seconds, BEGINNING_SECONDS)


class LargeResponseSlots:
    """Limits large responses: in total, per client and per network. Only the first limit applies to unknown clients.

    A response that lost its slot ends when its client reads the next chunk, or when ``ConnectionWatch`` ends it. Until
    then it counts for its client and network. At most *ending* responses may be in this state; with 0, no response
    loses its slot.
    """

    def __init__(self, total: int, per_client: int, per_network: int, ending: int = 0) -> None:
        self._total, self._per_client, self._per_network, self._ending = total, per_client, per_network, ending
        self._slots: list[Slot] = []
        self._lock = threading.Lock()

    @property
    def is_half_used(self) -> bool:
        with self._lock:
            return len(self._slots) * 2 > self._total

    @contextmanager
    def acquire(self, client: str) -> Iterator[Slot | None]:
        """Yields a slot, released at the end of the block; None if no slot is free for *client*. Does not wait."""
        slot = Slot(*(counted_as(client) if client else ("", "")))
        with self._lock:
            is_free = self._is_free_for(slot)
            if is_free:
                self._slots.append(slot)
        try:
            yield slot if is_free else None
        finally:
            if is_free:
                with self._lock:
                    self._slots.remove(slot)

    def _is_free_for(self, new: Slot) -> bool:
        """Whether a slot is free for *new*. If necessary, takes one from the largest share."""
        of_network = [slot for slot in self._slots if new.network and slot.network == new.network]
        if new.client and sum(slot.client == new.client for slot in self._slots) >= self._per_client:
            return False
        if len(of_network) >= self._per_network:
            return self._take_from_largest(of_network, new, lambda slot: slot.client)
        if sum(not slot.is_lost for slot in self._slots) < self._total:
            return True
        return bool(new.network) and self._take_from_largest(self._slots, new, lambda slot: slot.network)

    def _take_from_largest(self, slots: list[Slot], new: Slot, share: Callable[[Slot], Hashable]) -> bool:
        """Takes one of *slots* from the share with most of them. Returns False if none may be taken for *new*.

        Unknown clients have no share.
        """
        if sum(slot.is_lost for slot in self._slots) >= self._ending:
            return False
        counts = Counter(share(slot) for slot in slots if share(slot) and not slot.is_lost)
        [(largest, count)] = counts.most_common(1) or [(None, 0)]
        if count <= sum(share(slot) == share(new) for slot in slots) + 1:
            return False
        now = time.monotonic()
        candidates = [one for one in slots if share(one) == largest and one.has_content_length and not one.is_lost]
        if not candidates:
            return False
        min(candidates, key=lambda one: one.priority(now)).is_lost = True
        return True

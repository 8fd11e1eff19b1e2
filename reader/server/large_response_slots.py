"""A limited number of slots for large responses, shared fairly among networks.

The same rule as for comments that wait (``comments/pending_limits.py``), and it holds within a network too. The slowest
download of the greatest share is cut off, and can be resumed; nobody gives a place to who would have as many.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

from ..web.limits.rate_limits import counted_as

BEGINNING_SECONDS = 5.0
"""How long nobody knows how fast a client is."""


class Place:
    """That of one response. ``sent_bytes`` is what its client has been sent."""

    def __init__(self, client: str, network: str) -> None:
        self.client, self.network, self.begun = client, network, time.monotonic()
        self.sent_bytes, self.is_whole_told, self.is_lost = 0, False, False

    def worth(self, now: float) -> tuple[bool, float]:
        """Greater for who just begins, then for who takes more bytes in a second."""
        seconds = now - self.begun
        return seconds < BEGINNING_SECONDS, self.sent_bytes / max(seconds, BEGINNING_SECONDS)


class LargeAnswerPlaces:
    """Places in all, for each client, and for its network. Unknown clients have only the first limit.

    A response that lost its place ends when its client takes the next piece, or when ``ConnectionWatch`` ends it. Until
    then it counts for its client and network. At most *ending* may do so at a time; 0: nobody loses a place.
    """

    def __init__(self, total: int, per_client: int, per_network: int, ending: int = 0) -> None:
        self._total, self._per_client, self._per_network, self._ending = total, per_client, per_network, ending
        self._places: list[Place] = []
        self._lock = threading.Lock()

    @property
    def is_half_taken(self) -> bool:
        with self._lock:
            return len(self._places) * 2 > self._total

    @contextmanager
    def taken(self, client: str) -> Iterator[Place | None]:
        """A place, given back at the end of the block; None if there is none."""
        place = Place(*(counted_as(client) if client else ("", "")))
        with self._lock:
            is_free = self._is_free_for(place)
            if is_free:
                self._places.append(place)
        try:
            yield place if is_free else None
        finally:
            if is_free:
                with self._lock:
                    self._places.remove(place)

    def _is_free_for(self, new: Place) -> bool:
        """Whether there is a place; takes one from the greatest share if need be."""
        of_network = [place for place in self._places if new.network and place.network == new.network]
        if new.client and sum(place.client == new.client for place in self._places) >= self._per_client:
            return False
        if len(of_network) >= self._per_network:
            return self._take_from_greatest(of_network, new, lambda place: place.client)
        if sum(not place.is_lost for place in self._places) < self._total:
            return True
        return bool(new.network) and self._take_from_greatest(self._places, new, lambda place: place.network)

    def _take_from_greatest(self, places: list[Place], new: Place, share: Callable[[Place], Hashable]) -> bool:
        """Whether one of *places* was taken, of the share that has most of them. An unknown client has none."""
        if sum(place.is_lost for place in self._places) >= self._ending:
            return False
        counts = Counter(share(place) for place in places if share(place) and not place.is_lost)
        [(greatest, count)] = counts.most_common(1) or [(None, 0)]
        if count <= sum(share(place) == share(new) for place in places) + 1:
            return False
        now = time.monotonic()
        yielding = [one for one in places if share(one) == greatest and one.is_whole_told and not one.is_lost]
        if not yielding:
            return False
        min(yielding, key=lambda one: one.worth(now)).is_lost = True
        return True

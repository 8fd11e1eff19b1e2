"""What clients spent in the last minute, for each kind of work: the contract, and the counts of one process."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from .recent_counts import RecentCounts


@dataclass(frozen=True)
class Share:
    """The limit of a client or a network per minute; ``key`` is its pseudonym."""

    key: bytes
    per_minute: int


class ClientCounts(Protocol):
    """Each call is atomic: of two requests for the last share of a minute, one gets it. *shares* is never empty."""

    def spend(self, work: str, shares: list[Share], cost: int) -> float:
        """Adds *cost* to all *shares* and returns 0, or adds nothing and returns the seconds until it would fit."""
        ...

    def wait_seconds(self, work: str, shares: list[Share]) -> float:
        """What ``spend`` would return for a cost of 1."""
        ...

    def add(self, work: str, shares: list[Share], cost: int) -> None:
        """Adds *cost* without a limit."""
        ...

    def count(self, work: str, share: Share) -> float:
        """The sum of the last minute."""
        ...


class LocalCounts:
    """Counts in memory."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, RecentCounts] = defaultdict(RecentCounts)
        self._lock = threading.Lock()

    def spend(self, work: str, shares: list[Share], cost: int) -> float:
        with self._lock:
            wait_seconds = self._wait_seconds(work, shares, cost)
            if not wait_seconds:
                self._add(work, shares, cost)
            return wait_seconds

    def wait_seconds(self, work: str, shares: list[Share]) -> float:
        with self._lock:
            return self._wait_seconds(work, shares, 1)

    def add(self, work: str, shares: list[Share], cost: int) -> None:
        with self._lock:
            self._add(work, shares, cost)

    def count(self, work: str, share: Share) -> float:
        with self._lock:
            return self._counts[work].count(share.key)

    def _wait_seconds(self, work: str, shares: list[Share], cost: int) -> float:
        counts = self._counts[work]
        return max(counts.seconds_until(share.key, share.per_minute - cost) for share in shares)

    def _add(self, work: str, shares: list[Share], cost: int) -> None:
        for share in shares:
            self._counts[work].add(share.key, cost)

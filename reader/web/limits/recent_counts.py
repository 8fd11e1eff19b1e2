"""Counts by key over the last minute, with bounded memory and constant time: the sliding window counter.

Two windows of fixed length are stored. The weight of the previous window decreases while the current one passes. Older
windows are dropped as a whole, without a search for keys.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

WINDOW_SECONDS = 60.0

MOST_KEYS = 65_536
"""The maximum number of keys in each window: some 10 MB. With more keys a new window begins early, and counts are
dropped sooner. A client with that many addresses has a share for each address in any case."""


class RecentCounts:
    """The counts of one kind of work. *clock* must be monotonic: after a wall clock is set back, limits would apply for
    hours.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_keys: int = MOST_KEYS) -> None:
        self._clock, self._most_keys = clock, most_keys
        self._current: dict[bytes, int] = {}
        self._former: dict[bytes, int] = {}
        self._begun = clock()

    def __len__(self) -> int:
        return len(self._current) + len(self._former)

    def add(self, key: bytes, cost: int) -> None:
        self._advance_window()
        if len(self._current) >= self._most_keys and key not in self._current:
            self._former, self._current, self._begun = self._current, {}, self._clock()
        self._current[key] = self._current.get(key, 0) + cost

    def count(self, key: bytes) -> float:
        """The sum of the last WINDOW_SECONDS. The part in the former window is an estimate."""
        passed = self._advance_window()
        return self._current.get(key, 0) + self._former.get(key, 0) * (1 - passed / WINDOW_SECONDS)

    def seconds_until(self, key: bytes, most: int) -> float:
        """The seconds until ``count`` is at most *most*, if nothing is added; 0 if it already is."""
        passed = self._advance_window()
        return seconds_until(self._current.get(key, 0), self._former.get(key, 0), passed, most)

    def _advance_window(self) -> float:
        """Starts a new window if the current one is over. Returns the seconds since the start of the current one."""
        windows = math.floor((self._clock() - self._begun) / WINDOW_SECONDS)
        if windows:
            self._former, self._current = (self._current if windows == 1 else {}), {}
            self._begun += windows * WINDOW_SECONDS
        return self._clock() - self._begun


def seconds_until(current: int, former: int, passed: float, most: int) -> float:
    """The seconds until the sum is at most *most*: of the *current* window, which began *passed* seconds ago, and of
    the rest of the *former* one."""
    if current > most:
        return WINDOW_SECONDS - passed + WINDOW_SECONDS * (1 - most / current)
    if current + former * (1 - passed / WINDOW_SECONDS) <= most:
        return 0.0
    return WINDOW_SECONDS * (1 - (most - current) / former) - passed

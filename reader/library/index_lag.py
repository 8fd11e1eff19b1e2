"""Measures the time between the change of a file and its indexing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable


class IndexLag:
    """Measures only files that changed after this object was created; for older files nobody waits."""

    def __init__(self) -> None:
        self._began = time.time()
        self.observe: Callable[[float], None] = lambda _: None
        """A callback for each file: the seconds between its change and its indexing."""

    def were_seen(self, stamps: Iterable[str]) -> None:
        """Measures the files with these *stamps*, which are in the catalog now. The last part of a stamp is the ctime
        in nanoseconds."""
        now = time.time()
        for stamp in stamps:
            if (changed_at := int(stamp.rpartition(":")[2]) / 1e9) > self._began:
                self.observe(max(0.0, now - changed_at))

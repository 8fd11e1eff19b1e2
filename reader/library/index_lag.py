"""Measures how long changes of files wait until they are indexed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable


class IndexLag:
    """Of the files that changed since it was made: what was there before is no change that anybody waits for."""

    def __init__(self) -> None:
        self._began = time.time()
        self.observe: Callable[[float], None] = lambda _: None
        """Called with the seconds between the change of a file and now."""

    def were_seen(self, stamps: Iterable[str]) -> None:
        """*stamps* of files whose articles are in the catalog now. Their last part is the ctime, in nanoseconds."""
        now = time.time()
        for stamp in stamps:
            if (changed_at := int(stamp.rpartition(":")[2]) / 1e9) > self._began:
                self.observe(max(0.0, now - changed_at))

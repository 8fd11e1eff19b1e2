"""Files of which only inode or ctime changed: decides when to read them again.

Usually their content changed too: a program that sets the modification time back cannot set the ctime. But some
network file systems report another inode or ctime at every look, and a file that cannot be read (EIO, ESTALE) may be
readable later although nothing about it changes. Reading all of these in every pass would never end.
"""

from __future__ import annotations

import time

from ..catalog import Comparison
from .directory_walk import of_content

SHORTEST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0


class TouchedFiles:
    """Reads them in vain at growing intervals: after 5 s, 10 s, 20 s … 300 s. New content ends the pause.

    A path that the operating system reported as changed is always read.
    """

    def __init__(self) -> None:
        self._pause, self._next = 0.0, 0.0  # monotonic time

    def to_read(self, comparison: Comparison, *, reported: bool) -> dict[str, str]:
        """The changed files to read in this pass, as path to stamp. *reported* is false for a pass over the folder."""
        touched = _touched(comparison)
        if reported:
            return comparison.changed
        if not touched:
            self._pause = self._next = 0.0
        if time.monotonic() >= self._next:
            return comparison.changed
        return {path: stamp for path, stamp in comparison.changed.items() if path not in touched}

    def were_read(self, comparison: Comparison, digests: dict[str, str]) -> None:
        """Takes the *digests* of the files that were read. Only files with nothing but a new inode or ctime count."""
        read = _touched(comparison) & digests.keys()
        if any(digests[path] != comparison.known[path][1] for path in read):
            self._pause = self._next = 0.0
        elif read:
            self._pause = min(max(SHORTEST_PAUSE_SECONDS, 2 * self._pause), LONGEST_PAUSE_SECONDS)
            self._next = time.monotonic() + self._pause


def _touched(comparison: Comparison) -> set[str]:
    known = comparison.known.items()
    return {path for path, (stamp, _) in known if of_content(stamp) == of_content(comparison.changed[path])}

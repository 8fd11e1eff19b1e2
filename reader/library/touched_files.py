"""Decides when to read files again of which only inode or ctime changed.

Usually their content changed too: a program that resets the modification time cannot set the ctime. But some network
file systems report another inode or ctime at every access, and a file that cannot be read (EIO, ESTALE) may become
readable without any change. If every scan read all of these files, reading would never end.
"""

from __future__ import annotations

import time

from ..catalog import Comparison
from .directory_walk import of_content

SHORTEST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 300.0


class TouchedFiles:
    """Increases the pause while such files have no new content: 5 s, 10 s, 20 s … 300 s. New content ends the pause.

    A path that the operating system reported as changed is always read.
    """

    def __init__(self) -> None:
        self._pause, self._next = 0.0, 0.0  # monotonic time

    def to_read(self, comparison: Comparison, *, reported: bool) -> dict[str, str]:
        """The changed files to read in this scan, as path to stamp. *reported* is false for a scan of the whole
        folder."""
        touched = _touched(comparison)
        if reported:
            return comparison.changed
        if not touched:
            self._pause = self._next = 0.0
        if time.monotonic() >= self._next:
            return comparison.changed
        return {path: stamp for path, stamp in comparison.changed.items() if path not in touched}

    def were_read(self, comparison: Comparison, digests: dict[str, str]) -> None:
        """Sets the pause by the *digests* of the files that were read. Only files with merely a new inode or ctime
        count."""
        read = _touched(comparison) & digests.keys()
        if any(digests[path] != comparison.known[path][1] for path in read):
            self._pause = self._next = 0.0
        elif read:
            self._pause = min(max(SHORTEST_PAUSE_SECONDS, 2 * self._pause), LONGEST_PAUSE_SECONDS)
            self._next = time.monotonic() + self._pause


def _touched(comparison: Comparison) -> set[str]:
    known = comparison.known.items()
    return {path for path, (stamp, _) in known if of_content(stamp) == of_content(comparison.changed[path])}

"""Lines that are read block by block, from ``at`` on: the base of the readers of AsciiDoc and Org."""

from __future__ import annotations

import re
from collections.abc import Callable


class LineReader:
    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at = lines, 0

    def until(self, is_end: Callable[[str], object]) -> list[str]:
        """The lines up to the first for which *is_end* holds, which is taken too; all that are left if none does."""
        start = self.at
        stop = next((at for at in range(start, len(self.lines)) if is_end(self.lines[at])), len(self.lines))
        self.at = stop + 1
        return self.lines[start:stop]

    def following(self, pattern: str) -> list[str]:
        """The lines that *pattern* matches, up to the first that it doesn't."""
        start = self.at
        while self.at < len(self.lines) and re.match(pattern, self.lines[self.at]):
            self.at += 1
        return self.lines[start : self.at]

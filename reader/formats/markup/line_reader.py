"""The base class of the readers of AsciiDoc and Org, which read lines block by block."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...patterns import lazy_pattern

_FORMULA = lazy_pattern(r"[ \t]*(?:\\\[|\$\$|\\begin\{([a-z]+\*?)\})(?!.*(?:\\\]|\S\$\$|\\end\{))")
_LONGEST_FORMULA = 100


class LineReader:
    """Reads ``lines``. ``at`` is the index of the next line. ``is_endless`` is set by ``until``."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.at, self.is_endless = lines, 0, False

    def until(self, is_end: Callable[[str], object]) -> list[str]:
        """Reads the lines before the first one for which *is_end* is true, and skips that one.

        Without such a line, returns all remaining lines and sets ``is_endless``.
        """
        start = self.at
        stop = next((at for at in range(start, len(self.lines)) if is_end(self.lines[at])), len(self.lines))
        self.at, self.is_endless = stop + 1, stop == len(self.lines)
        return self.lines[start:stop]

    def following(self, pattern: str) -> list[str]:
        """Reads the lines before the first one that does not begin with *pattern*."""
        start = self.at
        while self.at < len(self.lines) and re.match(pattern, self.lines[self.at]):
            self.at += 1
        return self.lines[start : self.at]

    def formula(self, line: str) -> list[str]:
        """The lines of a displayed formula that begins on *line* and ends on a later one, unchanged except for their
        indent. Empty if *line* does not begin one."""
        begins = _FORMULA.match(line)
        if not begins:
            return []
        end = {"\\[": "\\]", "$$": "$$"}.get(begins[0].strip(), f"\\end{{{begins[1]}}}")
        for at in range(self.at, min(len(self.lines), self.at + _LONGEST_FORMULA)):
            if end in self.lines[at]:
                lines, self.at = [line, *self.lines[self.at : at + 1]], at + 1
                return [part.strip() for part in lines]
            if not self.lines[at].strip():
                return []
        return []

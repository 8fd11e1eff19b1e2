"""Logs the new problems of a pass over the articles folder in a bounded number of lines."""

from __future__ import annotations

import logging

from ..models import Problem

MOST_LINES = 20
"""The number of problems of one pass that get a line each. The others are counted in one line."""


class ProblemLog:
    """Call ``add`` for each new problem of a pass, and ``close`` when it ends. ``check`` lists every problem."""

    def __init__(self, log: logging.Logger) -> None:
        self._log, self._count = log, 0

    def add(self, problem: Problem) -> None:
        self._count += 1
        if self._count <= MOST_LINES:
            self._log.warning("%s", problem)

    def close(self) -> None:
        more, self._count = self._count - MOST_LINES, 0
        if more > 0:
            what = "problem" if more == 1 else "problems"
            self._log.warning("… and %s more %s; `python -m reader check` lists all", f"{more:,}", what)

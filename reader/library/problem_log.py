"""Logs the new problems of a pass over the articles folder in a bounded number of lines.

A line names the file, the line, the field and the fix. It quotes nothing of the file, which may be a draft: only
`python -m reader check` and the desk do that.
"""

from __future__ import annotations

import logging

from ..i18n import redacted
from ..models import Problem, escaped

MOST_LINES = 20
"""The number of problems of one pass that get a line each. The others are counted in one line."""


class ProblemLog:
    """Call ``add`` for each new problem of a pass, and ``close`` when it ends. ``check`` lists every problem."""

    def __init__(self, log: logging.Logger) -> None:
        self._log, self._count = log, 0

    def add(self, problem: Problem) -> None:
        self._count += 1
        if self._count <= MOST_LINES:
            self._log.warning("%s", _line(problem))

    def close(self) -> None:
        more, self._count = self._count - MOST_LINES, 0
        if more > 0:
            what = "problem" if more == 1 else "problems"
            self._log.warning("… and %s more %s; `python -m reader check` lists all", f"{more:,}", what)


def _line(problem: Problem) -> str:
    where = f"{escaped(problem.path)}:{problem.line}" if problem.line else escaped(problem.path)
    cause, hint = redacted(problem.cause), redacted(problem.hint)
    return f"{where}: {cause} ({hint})" if hint else f"{where}: {cause}"

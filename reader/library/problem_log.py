"""Logs the new problems of a scan in a limited number of lines.

A log line contains the file, the line, the field and the fix. It quotes no text of the file, which may be a draft; only
`python -m reader check` and the editor pages do that.
"""

from __future__ import annotations

import logging

from ..i18n import redacted
from ..models import Problem, escaped

MOST_LINES = 20
"""How many problems of one scan get a line each. One more line has the number of the others."""


class ProblemLog:
    """Call ``add`` for each new problem of a scan, and ``close`` at its end. ``check`` lists every problem."""

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

"""The form of log lines on standard error. What a path or a title holds cannot forge a line or drive a terminal."""

from __future__ import annotations

import logging

from ..models import escaped


class LineFormatter(logging.Formatter):
    """One line for each record, with control characters escaped; a traceback below it keeps its lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return escaped(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        lines = super().formatException(ei).split("\n")  # type: ignore[arg-type]
        return "\n".join(map(escaped, lines))


def start_logging() -> None:
    """Sends the log of this process to standard error, unless that was done before."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])

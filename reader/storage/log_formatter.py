"""The form of log lines on standard error.

What a path or a title holds cannot forge a line or drive a terminal. Errors are logged without what they may quote: a
draft's text, a mail address, a comment, the words of a search, a secret link.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator

from ..errors import ReaderError, UnreadableArticle
from ..i18n import unquoted
from ..models import escaped
from ..urls import PREVIEW

_OF_PYTHON = (TypeError, NameError, AttributeError, ImportError, RecursionError, MemoryError, NotImplementedError)
"""Errors whose messages name types and names of the program."""

_QUERY_TEXT = re.compile(r'near ".*|(?<=no such column: ).*|(?<=unterminated string).*', re.DOTALL)
"""The part of SQLite's messages that is a query's text: with FTS5 it may be the words of a search."""

_SECRET_LINK = re.compile(rf"(?<={re.escape(PREVIEW)}/)(?:media/)?[^/\s\"']+")


def described(error: BaseException) -> str:
    """``KeyError``, ``OSError: [Errno 28] No space left on device: '/x'``: without what the message may quote."""
    name, text = type(error).__name__, ""
    if isinstance(error, UnreadableArticle):
        text = unquoted(error.message)
    elif any(kind.__module__ == "sqlite3" for kind in type(error).__mro__):  # not imported: most processes have none
        text = _QUERY_TEXT.sub("…", str(error))
    elif isinstance(error, (ReaderError, *_OF_PYTHON)) or (isinstance(error, OSError) and error.strerror):
        text = str(error)
    return f"{name}: {text}" if text else name


def traceback_lines(error: BaseException) -> Iterator[str]:
    """As Python prints it, with the errors it came from, without the text that messages quote."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier:
        yield from traceback_lines(earlier)
        yield "It led to:"
    yield "Traceback (most recent call last):"
    for frame in traceback.format_tb(error.__traceback__):
        yield from frame.rstrip("\n").split("\n")
    yield described(error)


class LineFormatter(logging.Formatter):
    """One line for each record, with control characters escaped; a traceback below it keeps its lines."""

    def format(self, record: logging.LogRecord) -> str:
        """As ``logging`` does, with errors among the arguments as ``_printable`` writes them."""
        record = logging.makeLogRecord(vars(record) | {"exc_text": None})  # that of another handler's formatter
        if isinstance(record.args, tuple):
            record.args = tuple(map(_printable, record.args))
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return _SECRET_LINK.sub("…", escaped(super().formatMessage(record)))

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        error = ei[1] if isinstance(ei, tuple) else None
        lines = traceback_lines(error) if isinstance(error, BaseException) else ()
        return "\n".join(map(escaped, lines))


def _printable(value: object) -> object:
    """An error as the words of a sentence: its message if that quotes nothing, else its type."""
    if not isinstance(value, BaseException):
        return value
    return described(value).removeprefix(f"{type(value).__name__}: ")


def start_logging() -> None:
    """Sends the log of this process to standard error, unless that was done before."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])


def log_uncaught_errors() -> None:
    """An error that ends this process or one of its threads is written to standard error as one in the log is."""
    sys.excepthook = _write_uncaught
    threading.excepthook = lambda thread: _write_uncaught(thread.exc_type, thread.exc_value, thread.exc_traceback)


def _write_uncaught(_kind: type[BaseException], error: BaseException | None, _trace: object = None) -> None:
    if error and not isinstance(error, SystemExit):
        sys.stderr.write("\n".join(map(escaped, traceback_lines(error))) + "\n")

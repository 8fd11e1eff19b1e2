"""The format of log lines on standard error.

Control characters are escaped, so a path or a title cannot forge a log line or send terminal commands. Text that an
error message may quote is left out: a draft's text, a mail address, a comment, a search query, a secret link.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator

from ..errors import ReaderError, UnreadableArticle
from ..i18n import redacted
from ..models import escaped
from ..urls import PREVIEW

_OF_PYTHON = (TypeError, NameError, AttributeError, ImportError, RecursionError, MemoryError, NotImplementedError)
"""Errors whose messages contain only types and names of the program, so they are logged in full."""

_QUERY_TEXT = re.compile(r'near ".*|(?<=no such column: ).*|(?<=unterminated string).*', re.DOTALL)
"""The part of SQLite's messages that quotes a query: with FTS5 it may contain a reader's search terms."""

_SECRET_LINK = re.compile(rf"(?<={re.escape(PREVIEW)}/)(?:media/)?[^/\s\"']+")

_USER_OF_URL = re.compile(r"(?<=://)[^/\s\"'@]*@")
"""The user name and password in a URL, such as that of a proxy or a bucket that a library's message quotes."""

_LONGEST_REASON = 300


def described(error: BaseException) -> str:
    """The type and message of *error*, or only the type if the message may quote private text.

    Examples: ``KeyError``, ``OSError: [Errno 28] No space left on device: '/x'``.
    """
    name, text = type(error).__name__, ""
    if isinstance(error, UnreadableArticle):
        text = redacted(error.message)
    elif any(kind.__module__ == "sqlite3" for kind in type(error).__mro__):  # not imported: most processes have none
        text = _QUERY_TEXT.sub("…", str(error))
    elif isinstance(error, (ReaderError, *_OF_PYTHON)) or (isinstance(error, OSError) and error.strerror):
        text = str(error)
    return f"{name}: {text}" if text else name


def traceback_lines(error: BaseException) -> Iterator[str]:
    """The lines of the traceback as Python prints it, with the causes of *error*; messages as in ``described``."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier:
        yield from traceback_lines(earlier)
        yield "It led to:"
    yield "Traceback (most recent call last):"
    for frame in traceback.format_tb(error.__traceback__):
        yield from frame.rstrip("\n").split("\n")
    yield described(error)


def first_line(error: Exception) -> str:
    """The message of another program's *error*: its first line, at most _LONGEST_REASON characters, without the user
    names and passwords of URLs."""
    return _USER_OF_URL.sub("", str(error).strip().partition("\n")[0][: 2 * _LONGEST_REASON])[:_LONGEST_REASON]


class LineFormatter(logging.Formatter):
    """Formats each record as one line with control characters escaped, followed by the lines of its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Like ``logging.Formatter.format``, with errors among the arguments replaced by ``_printable``."""
        record = logging.makeLogRecord(vars(record) | {"exc_text": None})  # cached by another handler's formatter
        if isinstance(record.args, tuple):
            record.args = tuple(map(_printable, record.args))
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return _USER_OF_URL.sub("", _SECRET_LINK.sub("…", escaped(super().formatMessage(record))))

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        error = ei[1] if isinstance(ei, tuple) else None
        lines = traceback_lines(error) if isinstance(error, BaseException) else ()
        return "\n".join(map(escaped, lines))


def _printable(value: object) -> object:
    """An error as part of a sentence: its message if that quotes no private text, else its type. Other values as they
    are."""
    if not isinstance(value, BaseException):
        return value
    return described(value).removeprefix(f"{type(value).__name__}: ")


def start_logging() -> None:
    """Sends the log of this process to standard error. Does nothing if the root logger already has a handler."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler])


def log_uncaught_errors() -> None:
    """Installs hooks that write an uncaught error of this process or a thread to standard error, as in the log."""
    sys.excepthook = _write_uncaught
    threading.excepthook = lambda thread: _write_uncaught(thread.exc_type, thread.exc_value, thread.exc_traceback)


def _write_uncaught(_kind: type[BaseException], error: BaseException | None, _trace: object = None) -> None:
    if error and not isinstance(error, SystemExit):
        sys.stderr.write("\n".join(map(escaped, traceback_lines(error))) + "\n")

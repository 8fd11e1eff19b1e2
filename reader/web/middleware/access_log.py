"""The access log: one line of JSON per request, without IP address, browser, cookie, query, referrer or secret
link."""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from ...models import escaped_in_json
from ...urls import PREVIEW

log = logging.getLogger("reader.access")
log_of_server = logging.getLogger(__name__)


class AccessLog:
    """Writes a line for each request. It is the outermost middleware, so that it measures the whole response time."""

    def __init__(self, inner: WSGIApplication, write: Callable[[str], None]) -> None:
        self._inner, self._write = inner, write
        self._is_writable, self.lost = True, 0
        """The number of lines that could not be written since the metrics were last collected."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        status_and_length = ("", "")

        def start(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
            lengths = [value for name, value in headers if name.lower() == "content-length"]
            nonlocal status_and_length
            status_and_length = (status[:3], lengths[0] if lengths else "")
            return start_response(status, headers, *rest)  # type: ignore[arg-type]

        body = self._inner(environ, start)  # type: ignore[arg-type]
        try:
            self._write(line(environ, *status_and_length, time.perf_counter() - started))
        except OSError as error:  # on a full disk the line is lost, but not the response
            self._count_lost(error)
        else:
            self._is_writable = True
        return body

    def _count_lost(self, error: OSError) -> None:
        """Counts a lost line. Logs a warning once until writing works again."""
        self.lost += 1
        if self._is_writable:
            log_of_server.warning("the access log cannot be written: %s", error)
        self._is_writable = False


def line(environ: WSGIEnvironment, status: str, length: str, seconds: float) -> str:
    """The JSON of one request, without a line end. *length* is Content-Length; empty if unknown."""
    record = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": environ["REQUEST_METHOD"],
        "path": _decoded(environ.get("SCRIPT_NAME", "")) + _without_secret(_decoded(environ["PATH_INFO"])),
        "status": int(status),
        "bytes": int(length or 0),
        "ms": round(1000 * seconds, 3),
    }
    return escaped_in_json(json.dumps(record, ensure_ascii=False))


def _decoded(path: str) -> str:
    """A readable path from a WSGI one, whose bytes are decoded as latin-1 (PEP 3333)."""
    return path.encode("latin-1").decode("utf-8", "replace")


def _without_secret(path: str) -> str:
    """*path* without the token of a preview and without a query.

    The token of a preview gives access to an unpublished article; ``//preview`` redirects to ``/preview``. A query
    whose ``?`` a program has percent-encoded is part of the path. It can contain the login token of the editor.
    """
    address, question_mark, _ = path.partition("?")
    if f"/{address.lstrip('/')}".startswith(f"{PREVIEW}/"):
        return f"{PREVIEW}/…"
    return f"{address}?…" if question_mark else path


def writer_to(path: str) -> Callable[[str], None]:
    """Returns a function that appends lines to the file *path*, reopened after logrotate; ``-`` is standard error.

    The file is opened for the first line. The function raises OSError if a line cannot be written.
    """
    handler: logging.Handler = logging.StreamHandler()
    if path != "-":
        handler = logging.handlers.WatchedFileHandler(path, encoding="utf-8", delay=True)
    handler.handleError = _raise_again  # type: ignore[assignment,method-assign]
    handler.setFormatter(logging.Formatter("%(message)s"))
    for former in log.handlers:
        former.close()
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
    return log.info


def _raise_again(_record: logging.LogRecord) -> None:
    """Replaces the handler of ``logging`` that prints a traceback for each record that cannot be written."""
    error = sys.exc_info()[1]
    if error is not None:
        raise error

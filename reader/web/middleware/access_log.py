"""One line of JSON a request, without personal data: no address, no browser, no cookie, no query, no referrer."""

from __future__ import annotations

import json
import logging
import logging.handlers
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("reader.access")


class AccessLog:
    """The WSGI layer; outermost, so that its times are the visitor's."""

    def __init__(self, inner: WSGIApplication, write: Callable[[str], None]) -> None:
        self._inner, self._write = inner, write

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        status_and_length = ("", "")

        def start(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
            lengths = [value for name, value in headers if name.lower() == "content-length"]
            nonlocal status_and_length
            status_and_length = (status[:3], lengths[0] if lengths else "")
            return start_response(status, headers, *rest)  # type: ignore[arg-type]

        body = self._inner(environ, start)  # type: ignore[arg-type]
        with suppress(OSError):  # a full disk costs the line, not the answer
            self._write(line(environ, *status_and_length, time.perf_counter() - started))
        return body


def line(environ: WSGIEnvironment, status: str, length: str, seconds: float) -> str:
    record = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "method": environ["REQUEST_METHOD"],
        "path": environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        "status": int(status),
        "bytes": int(length or 0),
        "ms": round(1000 * seconds, 3),
    }
    return json.dumps(record, ensure_ascii=False)


def writer_to(place: str) -> Callable[[str], None]:
    """Appends lines to the file *place*, also after logrotate has moved it away; ``-`` is standard error."""
    handler: logging.Handler = logging.StreamHandler()
    if place != "-":
        handler = logging.handlers.WatchedFileHandler(place, encoding="utf-8")
    handler.handleError = lambda _record: None  # type: ignore[assignment,method-assign]  # else a traceback for each request
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)
    return log.info

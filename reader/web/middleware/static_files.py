"""Serves ``static/`` with whitenoise. URLs contain the build id, so caches can store the files permanently.

All files are read when the process starts, because an update can replace them later. Pages of another build (in a
cache, or from another process during a reload) link to URLs of that build. These URLs return the file of this process.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.http import parse_etags
from whitenoise import WhiteNoise

YEAR_SECONDS = 31_536_000

OF_ANOTHER_BUILD = "public, max-age=300"
_BUILD = re.compile(r"/static/[0-9a-f]{16}/")


class StaticFiles(WhiteNoise):  # type: ignore[misc]  # whitenoise has no types
    """The WSGI middleware for the files in the folder *root*, below ``/static/<build id>/``.

    Ignores Range, as RFC 9110 14.2 allows: whitenoise 6 answers 416 for a range of one byte and ignores If-Range.
    Compares If-None-Match itself: whitenoise compares it as text and does not support lists and ``*`` (13.1.2).
    """

    def __init__(self, inner: WSGIApplication, root: Path, build_id: str) -> None:
        self._prefix = prefix = f"/static/{build_id}/"
        super().__init__(inner, root=root, prefix=prefix, immutable_file_test=lambda *_: True, max_age=YEAR_SECONDS)
        self._contents = {
            path: Path(path).read_bytes() for file in self.files.values() for _, path, _ in file.alternatives
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        path = environ.get("PATH_INFO", "")
        found = _BUILD.match(path)
        if found and found[0] != self._prefix:
            environ["PATH_INFO"] = self._prefix + path[found.end() :]
            start_response = _with_short_lifetime(start_response)
        return super().__call__(environ, start_response)

    def content(self, name: str) -> bytes:
        """The content of the file *name*, a path below ``static/``. Raises KeyError."""
        return self._contents[self.files[self._prefix + name].alternatives[-1][1]]

    def serve(self, static_file: Any, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        environ.pop("HTTP_RANGE", None)
        if_none_match = parse_etags(environ.get("HTTP_IF_NONE_MATCH"))
        if if_none_match.star_tag or if_none_match.contains_weak(static_file.etag.strip('"')):
            environ["HTTP_IF_NONE_MATCH"] = static_file.etag
        method = environ["REQUEST_METHOD"]
        response = static_file.get_response("HEAD" if method == "GET" else method, environ)  # opens no file
        start_response(f"{response.status} {response.status.phrase}", list(response.headers))
        if method != "GET" or response.status != HTTPStatus.OK:
            return []
        return [self._contents[static_file.get_path_and_headers(environ)[0]]]


def _with_short_lifetime(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
        if status.startswith(("200", "304")):
            headers = [(name, OF_ANOTHER_BUILD if name == "Cache-Control" else value) for name, value in headers]
        return start_response(status, headers, *rest)  # type: ignore[arg-type]

    return start  # type: ignore[return-value]

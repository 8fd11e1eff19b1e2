"""Serves ``static/`` with whitenoise: small files whose address contains the build id, so that caches keep them.

All are read when the process starts: an update replaces them while it serves. Pages of another build, in a cache or of
another process during a reload, name that build's addresses: they get the file that this process has.
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
    """Whole files only, which RFC 9110 14.2 allows: whitenoise 6 answers 416 for a range of one byte and ignores
    If-Range. It also compares If-None-Match as text, and so misses lists and ``*`` (13.1.2).

    They are those of *root*, below ``/static/<build id>/``.
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
            start_response = _not_for_long(start_response)
        return super().__call__(environ, start_response)

    def content(self, name: str) -> bytes:
        """The file at *name* below ``static/``."""
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


def _not_for_long(start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
        if status.startswith(("200", "304")):
            headers = [(name, OF_ANOTHER_BUILD if name == "Cache-Control" else value) for name, value in headers]
        return start_response(status, headers, *rest)  # type: ignore[arg-type]

    return start  # type: ignore[return-value]

"""Serves the site below a path, as https://news.example/news, whether or not the proxy in front strips the path.

It moves the path into SCRIPT_NAME (PEP 3333), so that routes and caches see the paths of a site at the root.
``web/http_responses/url_prefixing.py`` adds it to the addresses in responses.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class PathPrefixMiddleware:
    """*prefix* is that of READER_BASE_URL, percent-encoded. If it is empty, the WSGI server's SCRIPT_NAME counts."""

    def __init__(self, inner: WSGIApplication, prefix: str) -> None:
        self._inner, self._prefix = inner, in_environ(prefix)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        prefix = self._prefix or _with_one_slash(environ.get("SCRIPT_NAME", ""))
        if prefix:
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, path_within(prefix, environ["PATH_INFO"])
        return self._inner(environ, start_response)


def _with_one_slash(name: str) -> str:
    """A browser takes the second part of ``//news/a/rain`` for a host. gunicorn believes a field ``SCRIPT_NAME`` of a
    request that comes from this machine, and some proxies pass on that of a visitor."""
    path = name.strip("/")
    return f"/{path}" if path else ""


def in_environ(path: str) -> str:
    """A percent-encoded path as WSGI has it: its bytes as latin-1 (PEP 3333)."""
    return unquote(path).encode().decode("latin-1")


def path_within(prefix: str, path: str) -> str:
    """*path* without *prefix*; unchanged if a proxy has stripped that. Empty for the prefix without a slash."""
    return path[len(prefix) :] if prefix and (path + "/").startswith(prefix + "/") else path


def prefix_in(environ: WSGIEnvironment) -> str:
    """The path that the site is below, percent-encoded."""
    return quote(environ.get("SCRIPT_NAME", ""), safe="/~", encoding="latin-1")

"""Serves the site below a path, such as https://news.example/news. The proxy may strip the path or pass it on.

The middleware moves the prefix into SCRIPT_NAME (PEP 3333). Routes and caches then see the paths of a site at the root.
``web/http_responses/url_prefixing.py`` adds the prefix to the addresses in responses.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class PathPrefixMiddleware:
    """The WSGI middleware. *prefix* is the path of READER_BASE_URL, percent-encoded.

    If it is empty, the SCRIPT_NAME of the WSGI server is used.
    """

    def __init__(self, inner: WSGIApplication, prefix: str) -> None:
        self._inner, self._prefix = inner, in_environ(prefix)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        prefix = self._prefix or _with_one_slash(environ.get("SCRIPT_NAME", ""))
        if prefix:
            environ["SCRIPT_NAME"], environ["PATH_INFO"] = prefix, path_within(prefix, environ["PATH_INFO"])
        return self._inner(environ, start_response)


def _with_one_slash(name: str) -> str:
    """*name* with exactly one leading slash; a browser would read ``news`` in ``//news/a/rain`` as a host.

    A visitor can choose the value: gunicorn accepts a field ``SCRIPT_NAME`` from this machine, and some proxies pass
    on the visitor's.
    """
    path = name.strip("/")
    return f"/{path}" if path else ""


def in_environ(path: str) -> str:
    """A percent-encoded path in the form of WSGI: its bytes decoded as latin-1 (PEP 3333)."""
    return unquote(path).encode().decode("latin-1")


def path_within(prefix: str, path: str) -> str:
    """*path* without *prefix*; unchanged if a proxy has stripped it. Empty if *path* equals *prefix*."""
    return path[len(prefix) :] if prefix and (path + "/").startswith(prefix + "/") else path


def prefix_in(environ: WSGIEnvironment) -> str:
    """The path prefix of the site, percent-encoded; empty at the root."""
    return quote(environ.get("SCRIPT_NAME", ""), safe="/~", encoding="latin-1")

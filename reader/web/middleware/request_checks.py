"""Validates and normalizes requests: rejects malformed ones, drops unusable fields, sorts query parameters.

Normalization keeps the number of entries in the response cache small.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.urls import uri_to_iri

from ...urls import with_prefix
from .path_prefix import prefix_in
from .query_parameters import canonical_query
from .security_headers import Headers, with_security_headers

LONGEST_PATH = 4_096
LONGEST_QUERY = 65_536
LONGEST_FIELDS = {
    "HTTP_ACCEPT": 1_024, "HTTP_ACCEPT_ENCODING": 512, "HTTP_ACCEPT_LANGUAGE": 512, "HTTP_COOKIE": 8_192,
    "HTTP_IF_NONE_MATCH": 8_192, "HTTP_IF_MATCH": 8_192, "HTTP_RANGE": 1_024, "HTTP_REFERER": 4_096,
    "HTTP_SAVE_DATA": 64, "HTTP_SEC_FETCH_DEST": 64, "HTTP_SEC_FETCH_MODE": 64, "HTTP_UPGRADE_INSECURE_REQUESTS": 16,
    "HTTP_USER_AGENT": 1_024,
}  # fmt: skip
"""The maximum length of request fields in characters. A longer field is dropped; all are optional (RFC 9110)."""

_LONGEST_FIELDS = tuple(LONGEST_FIELDS.items())
_ONE_RANGE = re.compile(r"bytes=(?:(\d+)-(\d*)|-0*[1-9]\d*)", re.ASCII)
"""The supported form of Range. Others are ignored and the whole file is sent, as RFC 9110 14.2 allows."""

_STRONG_VALIDATOR = re.compile(r'"[^"]*"|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT')
"""Valid values of If-Range (RFC 9110 13.1.5): a strong entity tag or a date."""

_HOST = re.compile(r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d{1,3}){3}|\[::1\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_ANY_HOST = ("/healthz", "/readyz")
"""Paths that load balancers request by IP address or without Host."""


class RequestChecks:
    """The WSGI middleware. *hosts* are the names of this site without port; empty to accept any name.

    A request for another Host gets 421 if *refuses_others* is true, else the usual response with ``no-store``.
    """

    def __init__(self, inner: WSGIApplication, hosts: frozenset[str], refuses_others: bool) -> None:
        self._inner, self._hosts, self._refuses_others = inner, hosts, refuses_others

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in _ANY_HOST and not environ.get("HTTP_HOST") and _is_http_1_0(environ):
            environ["HTTP_HOST"] = "localhost"
        if status := _fault(environ):
            return _refusal(status, start_response)
        for name, longest in _LONGEST_FIELDS:
            if name in environ and len(environ[name]) > longest:
                del environ[name]
        if "HTTP_RANGE" in environ and not _is_valid_range(environ):
            del environ["HTTP_RANGE"]
        if environ.get("QUERY_STRING"):
            environ["QUERY_STRING"] = canonical_query(path, environ["QUERY_STRING"])
        if path.startswith("//") or (not path and environ.get("SCRIPT_NAME")):
            return _to_one_slash(environ, start_response)
        if self._is_ours(environ["HTTP_HOST"]) or path in _ANY_HOST:
            return self._inner(environ, start_response)
        if self._refuses_others:
            return _refusal("421 Misdirected Request", start_response)
        environ["HTTP_CACHE_CONTROL"] = "no-store"
        return self._inner(environ, _without_caching(start_response))  # type: ignore[arg-type]

    def _is_ours(self, host: str) -> bool:
        if not self._hosts:
            return True
        name = host_name(host)
        return name in self._hosts or _LOOPBACK.fullmatch(name) is not None


def _is_http_1_0(environ: WSGIEnvironment) -> bool:
    """Whether the request is in HTTP/1.0, which needs no Host (RFC 9110 7.2); load balancers use it.

    granian names this version HTTP/1.
    """
    return environ.get("SERVER_PROTOCOL") in ("HTTP/1.0", "HTTP/1")


def _fault(environ: WSGIEnvironment) -> str:
    """The status line for a malformed request (RFC 9112 3.2: exactly one valid Host) or too long a URL; else empty.

    Methods are case-sensitive (RFC 9110 9.1), but werkzeug would accept ``get`` as GET.
    """
    method = environ["REQUEST_METHOD"]
    if method != method.upper():
        return "501 Not Implemented"
    if not is_host(environ.get("HTTP_HOST", "")):
        return "400 Bad Request"
    path = environ["PATH_INFO"]
    if len(path) > LONGEST_PATH or len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
        return "414 URI Too Long"
    return "400 Bad Request" if _CONTROL.search(path) else ""


@lru_cache(maxsize=1024)
def is_host(field: str) -> bool:
    """Whether *field* is a valid Host that werkzeug can decode. URLs are built from it."""
    try:
        return _HOST.fullmatch(field) is not None and bool(uri_to_iri(f"http://{field}/"))
    except ValueError:  # an invalid IPv6 address or invalid Punycode (RFC 3492)
        return False


def _is_valid_range(environ: WSGIEnvironment) -> bool:
    """Whether Range is a single valid range, and If-Range is valid or absent."""
    found = _ONE_RANGE.fullmatch(environ["HTTP_RANGE"].strip())
    if not found or not _STRONG_VALIDATOR.fullmatch(environ.get("HTTP_IF_RANGE", '""')):
        return False
    return not found[2] or int(found[1]) <= int(found[2])


@lru_cache(maxsize=1024)
def host_name(host: str) -> str:
    """The host name in a Host field: lower case, without port and final dot."""
    name = host.lower() if host.endswith("]") else re.sub(r":\d+$", "", host.lower())
    return name.rstrip(".")


def _to_one_slash(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Redirects ``//a/rain`` to ``/a/rain``, and ``/news`` to ``/news/``, the home page below a path.

    werkzeug treats them as the same page. A proxy that blocks ``/metrics`` may not block ``//metrics``, and the cache
    would store a copy for each number of slashes.
    """
    path = quote("/" + environ["PATH_INFO"].lstrip("/"), safe="/:@!$&'()*+,;=~", encoding="latin-1")
    path, query = with_prefix(prefix_in(environ), path), environ.get("QUERY_STRING", "")
    return _refusal("308 Permanent Redirect", start_response, ("Location", path + (f"?{query}" if query else "")))


def _refusal(status: str, start_response: StartResponse, *more: tuple[str, str]) -> Iterable[bytes]:
    body = f"{status[4:]}\n".encode()
    headers: Headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *more]
    start_response(status, with_security_headers(status, [*headers, ("Cache-Control", "no-store")]))
    return [body]


def _without_caching(start_response: StartResponse) -> Callable[..., object]:
    def start(status: str, headers: Headers, *rest: object) -> object:
        others = [(name, value) for name, value in headers if name.lower() not in ("cache-control", "expires")]
        return start_response(status, [*others, ("Cache-Control", "private, no-store")], *rest)  # type: ignore[arg-type]

    return start

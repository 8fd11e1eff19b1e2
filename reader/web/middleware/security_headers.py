"""Adds default security headers to every response, including static files and errors, unless a view has set them.

``content_security_policy.py`` sets the policy of pages with scripts. A 304 response has none of these fields: the
stored response keeps its own (RFC 9111 4.3.4), and a default policy would replace the page's policy (3.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]

POLICY = "default-src 'none';style-src 'unsafe-inline';base-uri 'none';form-action 'none';frame-ancestors 'none'"
"""The policy of files and pictures. Browsers display them in built-in pages with inline styles."""

POLICY_OF_XML = f"img-src data:;{POLICY}"
"""Chromium's XML viewer uses ``data:`` pictures."""

SECURITY_HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=()"),
)
"""``same-origin``: other sites receive no referrer. Permissions-Policy names only geolocation, because only our own
scripts run; each further feature would make every response longer."""


def with_security_headers(status: str, headers: Headers) -> Headers:
    """*headers* with the missing fields of SECURITY_HEADERS."""
    if status.startswith("304"):
        return headers
    names, defaults = {name.lower() for name, _ in headers}, SECURITY_HEADERS
    if "xml" in next((value for name, value in headers if name == "Content-Type"), ""):
        defaults = (("Content-Security-Policy", POLICY_OF_XML), *SECURITY_HEADERS[1:])
    return [*headers, *(field for field in defaults if field[0].lower() not in names)]


class SecurityHeadersMiddleware:
    """Wraps Flask and the static files inside the response cache, so that the added headers are cached too."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, *rest: object) -> object:
            return start_response(status, with_security_headers(status, headers), *rest)  # type: ignore[arg-type]

        return self._inner(environ, start)  # type: ignore[arg-type]

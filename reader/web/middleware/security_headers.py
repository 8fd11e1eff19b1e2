"""Adds default security headers to every response, including static files and errors, unless a view has set them.

``content_security_policy.py`` sets the policy of pages with scripts. A 304 carries only ``nosniff``: caches update the
stored response with its fields (RFC 9111 3.2), so a default policy here would replace that of the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]

POLICY = "default-src 'none';style-src 'unsafe-inline';base-uri 'none';form-action 'none';frame-ancestors 'none'"
"""The policy of files and pictures. Browsers display these in built-in pages with inline styles."""

POLICY_OF_XML = f"img-src data:;{POLICY}"
"""Chromium's XML viewer uses ``data:`` pictures."""

NOSNIFF = ("X-Content-Type-Options", "nosniff")
SECURITY_HEADERS = (
    ("Content-Security-Policy", POLICY),
    NOSNIFF,
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=()"),
)
"""``same-origin``: other sites get no referrer. Permissions-Policy names only geolocation, because only our own script
runs; each further feature would make every response longer."""


def with_security_headers(status: str, headers: Headers) -> Headers:
    """*headers* with the missing fields of SECURITY_HEADERS."""
    named = {name.lower() for name, _ in headers}
    wanted = (NOSNIFF,) if status.startswith("304") else SECURITY_HEADERS
    if wanted is SECURITY_HEADERS and "xml" in next((value for name, value in headers if name == "Content-Type"), ""):
        wanted = (("Content-Security-Policy", POLICY_OF_XML), *SECURITY_HEADERS[1:])
    return [*headers, *(field for field in wanted if field[0].lower() not in named)]


class SecurityHeadersMiddleware:
    """Wraps Flask and the static files inside the response cache, so that the added headers are cached too."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, *rest: object) -> object:
            return start_response(status, with_security_headers(status, headers), *rest)  # type: ignore[arg-type]

        return self._inner(environ, start)  # type: ignore[arg-type]

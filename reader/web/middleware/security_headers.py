"""The security header fields of every answer: what no view has set is added here, also to static files and errors.

A page's own policy, with the hash of its script, comes from ``content_security_policy.py``; this is the default for
everything that runs no script. A 304 carries only ``nosniff``: a cache joins its fields with those of the stored
answer (RFC 9111 3.2), so the policy of the page stays in force and a shorter one here would replace it.
"""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]

POLICY = "default-src 'none';style-src 'unsafe-inline';base-uri 'none';form-action 'none';frame-ancestors 'none'"
"""For files and pictures. Browsers show these in pages of their own, which have inline styles."""

POLICY_OF_XML = f"img-src data:;{POLICY}"
"""Chromium's own view of XML has small pictures in its style."""

NOSNIFF = ("X-Content-Type-Options", "nosniff")
SECURITY_HEADERS = (
    ("Content-Security-Policy", POLICY),
    NOSNIFF,
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=()"),
)
"""``same-origin``: no other site learns what is read here. A policy for geolocation alone is enough, since no frame
and no script but ours runs; each further feature would cost its name in every answer."""


def with_security_headers(status: str, headers: Headers) -> Headers:
    """*headers* and those of SECURITY_HEADERS that are missing."""
    named = {name.lower() for name, _ in headers}
    wanted = (NOSNIFF,) if status.startswith("304") else SECURITY_HEADERS
    if wanted is SECURITY_HEADERS and "xml" in next((value for name, value in headers if name == "Content-Type"), ""):
        wanted = (("Content-Security-Policy", POLICY_OF_XML), *SECURITY_HEADERS[1:])
    return [*headers, *(field for field in wanted if field[0].lower() not in named)]


class SecurityHeadersMiddleware:
    """Stands directly around Flask and the static files, so that the response cache keeps what is added."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, *rest: object) -> object:
            return start_response(status, with_security_headers(status, headers), *rest)  # type: ignore[arg-type]

        return self._inner(environ, start)  # type: ignore[arg-type]

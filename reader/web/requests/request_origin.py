"""The origin of a request, as the browser states it: HTTPS or not, same site or another."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from .. import services
from ..middleware.forwarded import PASSED_ON, address_in
from ..middleware.request_checks import host_name


def is_https() -> bool:
    """Whether the visitor's browser uses HTTPS, so that a cookie may be ``Secure``.

    A proxy that is not trusted cannot tell it. Then the browser's own Origin does (Fetch standard 3.2: sent with each
    POST), or READER_BASE_URL if the request came under its name or through a proxy.
    """
    if request.is_secure or request.headers.get("Origin", "").startswith("https://"):
        return True
    base = urlsplit(services().settings.base_url)
    is_proxied = bool(request.environ.get(PASSED_ON))
    return base.scheme == "https" and (is_proxied or base.netloc == request.host)


def is_from_this_site() -> bool:
    """Whether a form was sent by a page of this site or by the visitor.

    Over HTTPS browsers say so in Sec-Fetch-Site. Over HTTP their Origin does, or the Referer of old ones (Fetch
    standard 3.2); a request with neither is not a browser's. ``null`` is the Origin of a page that hides its own.
    """
    if relation := request.headers.get("Sec-Fetch-Site"):
        return relation in ("same-origin", "none")
    return not _is_name_known() or is_surely_from_this_site()


def is_surely_from_this_site() -> bool:
    """As ``is_from_this_site``; False too if a proxy that put its own name into Host leaves it unknown."""
    if relation := request.headers.get("Sec-Fetch-Site"):
        return relation in ("same-origin", "none")
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return source is None or _host_of(source) in _own_names()


def _own_names() -> set[str]:
    settings = services().settings
    return {*settings.known_hosts, _host_of(settings.base_url), host_name(request.host)} - {""}


def _is_name_known() -> bool:
    """Whether Host is what the browser asked for: a proxy that is not trusted may have put its own there, such as
    ``127.0.0.1:8000`` or ``reader:8000``."""
    if request.environ.get(PASSED_ON):
        return False
    name = host_name(request.host)
    address = address_in(name)
    return not address.is_loopback if address else "." in name


def _host_of(source: str) -> str:
    """The name in a URL, as ``host_name`` gives it for a Host: an IPv6 address in brackets, no final dot."""
    try:
        name = urlsplit(source).hostname or ""
    except ValueError:
        return ""
    return host_name(f"[{name}]" if ":" in name else name)

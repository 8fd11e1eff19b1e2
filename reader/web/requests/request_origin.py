"""The origin of a request: HTTPS or not, this site or another, through a proxy or not."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from .. import services
from ..middleware.forwarded import PASSED_ON, address_in
from ..middleware.request_checks import host_name


def is_https() -> bool:
    """Whether the visitor's browser uses HTTPS, so that a cookie may be ``Secure``.

    The header fields of an untrusted proxy are ignored. Then the browser's Origin decides (Fetch standard 3.2: it is
    sent with each POST), or READER_BASE_URL if the request has its host name or came through a proxy.
    """
    if request.is_secure or request.headers.get("Origin", "").startswith("https://"):
        return True
    base = urlsplit(services().settings.base_url)
    is_proxied = bool(request.environ.get(PASSED_ON))
    return base.scheme == "https" and (is_proxied or base.netloc == request.host)


def is_through_proxy() -> bool:
    """Whether a proxy, trusted or not, names itself in the request. Its cache may have replaced the conditions."""
    environ = request.environ
    return bool(environ.get(PASSED_ON)) or "werkzeug.proxy_fix.orig" in environ or "HTTP_VIA" in environ


def is_from_this_site() -> bool:
    """Whether the request was started by a page of this site or by the visitor, not by another site.

    Over HTTPS browsers send Sec-Fetch-Site. Over HTTP they send Origin, old ones only Referer (Fetch standard 3.2). A
    request without these fields does not come from a browser. ``null`` is the Origin of a page that hides its own.
    Returns True if the site's own name is unknown.
    """
    if relation := request.headers.get("Sec-Fetch-Site"):
        return relation in ("same-origin", "none")
    return not _is_name_known() or is_surely_from_this_site()


def is_surely_from_this_site() -> bool:
    """Like ``is_from_this_site``, but returns False if the site's own name is unknown: a proxy replaced Host."""
    if relation := request.headers.get("Sec-Fetch-Site"):
        return relation in ("same-origin", "none")
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return source is None or _host_of(source) in _own_names()


def _own_names() -> set[str]:
    settings = services().settings
    return {*settings.known_hosts, _host_of(settings.base_url), host_name(request.host)} - {""}


def _is_name_known() -> bool:
    """Whether Host is the name that the browser requested. An untrusted proxy may have replaced it by its own, such as
    ``127.0.0.1:8000`` or ``reader:8000``."""
    if request.environ.get(PASSED_ON):
        return False
    name = host_name(request.host)
    address = address_in(name)
    return not address.is_loopback if address else "." in name


def _host_of(source: str) -> str:
    """The host name in a URL, in the form of ``host_name``: an IPv6 address in brackets, no final dot."""
    try:
        name = urlsplit(source).hostname or ""
    except ValueError:
        return ""
    return host_name(f"[{name}]" if ":" in name else name)

"""What a browser says of where a request comes from: over HTTPS or not, from a page of this site or of another."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from . import services
from .middleware.forwarded import PASSED_ON


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
    """Whether a form was sent by a page of this site or by the visitor. Browsers send the field over HTTPS only."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")

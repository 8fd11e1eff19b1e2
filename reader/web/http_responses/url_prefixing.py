"""Adds the site's path prefix to the addresses in responses: links, forms, styles, redirects, cookies.

The rest of the application (``reader/urls.py``) and the bodies in the catalog use addresses without the prefix.
"""

from __future__ import annotations

import re
from functools import partial

from flask import Flask, Response, has_request_context, request

from ... import urls
from ..middleware.path_prefix import prefix_in

_TAG = re.compile(r"""<(script|style)\b[^>]*>.*?</\1>|<[a-zA-Z](?:[^"'>]|"[^"]*"|'[^']*')*>""", re.DOTALL)
"""A tag, or a whole script or style sheet. In our pages each ``<`` in text is escaped."""

_ATTRIBUTE = re.compile(r"""(\s[a-z-]+=)("[^"]*"|'[^']*'|[^\s"'>]+)""")
_IN_STYLE = re.compile(r"(?<=url\()/(?!/)")
_IN_LINK_FIELD = re.compile(r"(?<=<)(/[^>]*)(?=>)")
_IN_COOKIE = re.compile(r"(?<=; Path=)[^;]+")

_ONE = frozenset(("href", "src", "action", "formaction", "poster", "cite"))
_LISTS = frozenset(("srcset", "imagesrcset", "data-pages"))
"""Attributes with one address, and attributes with several, separated by spaces or commas."""


def path_prefix() -> str:
    """The path prefix of the current request, such as ``/news``; empty at the root of the host."""
    return prefix_in(request.environ) if has_request_context() and request.environ.get("SCRIPT_NAME") else ""


def below_prefix(address: str) -> str:
    """*address* with the path prefix of the current request."""
    return urls.with_prefix(path_prefix(), address)


def with_prefix(page: str) -> str:
    """The HTML *page* of this site, or a part of one, with the path prefix of the current request in its addresses."""
    prefix = path_prefix()
    return _TAG.sub(partial(_tag, prefix), page) if prefix else page


def _tag(prefix: str, found: re.Match[str]) -> str:
    if found[1] == "style":
        return _IN_STYLE.sub(f"{prefix}/", found[0])
    return found[0] if found[1] else _ATTRIBUTE.sub(partial(_attribute, prefix), found[0])


def _attribute(prefix: str, found: re.Match[str]) -> str:
    name, value = found[1][1:-1], found[2]
    quote_mark = value[0] if value[0] in "\"'" else ""
    if name in _ONE:
        address = urls.with_prefix(prefix, value.strip(quote_mark) if quote_mark else value)
        return f"{found[1]}{quote_mark}{address}{quote_mark}"
    if name in _LISTS:
        return found[1] + re.sub(r"[^\s,\"']+", lambda one: urls.with_prefix(prefix, one[0]), value)
    return found[0]


def init_app(app: Flask) -> None:
    app.after_request(add_prefix)


def add_prefix(response: Response) -> Response:
    """Adds the prefix to the addresses in the header: Location, Content-Location, Link and the paths of cookies."""
    prefix = path_prefix()
    if not prefix:
        return response
    headers = response.headers
    for name in ("Location", "Content-Location"):
        if name in headers:
            headers[name] = urls.with_prefix(prefix, headers[name])
    if "Location" in headers and response.mimetype == "text/html" and not response.is_streamed:
        response.set_data(with_prefix(response.get_data(as_text=True)))
    if "Link" in headers:
        headers["Link"] = _IN_LINK_FIELD.sub(lambda found: urls.with_prefix(prefix, found[0]), headers["Link"])
    if cookies := headers.getlist("Set-Cookie"):
        headers.setlist(
            "Set-Cookie", [_IN_COOKIE.sub(lambda found: urls.with_prefix(prefix, found[0]), one) for one in cookies]
        )
    return response

"""Links between the files of a static site that work from any folder, also from ``file://``: relative ones.

``/a/rain`` on the page ``d/2026-05-01/index.html`` becomes ``../../a/rain/index.html``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import quote, urlsplit

_TAG = re.compile(
    r"""<(script|style)\b([^<>]*)>.*?</\1>|<[a-z](?:"[^"]*"|'[^']*'|[^"'>])*>""", re.DOTALL | re.IGNORECASE
)
"""A start tag, or an element of which only the start tag has addresses."""
_ATTRIBUTE = re.compile(
    r"""(\s(?:href|src|action|poster|(srcset|imagesrcset))=)("[^"]*"|'[^']*'|[^\s"'>]+)|"[^"]*"|'[^']*'"""
)
"""An attribute with addresses, or the value of another one, whose text may look like one: ``alt="x src=/a/y z"``."""
_REFRESH = re.compile(r'(content=")(0;url=)([^"]*)')
_SRCSET_ADDRESS = re.compile(r"(?:^|(?<=[,\s]))/[^\s,]+")
_ASCII = re.compile(r"[\x00-\x7f]+")


def with_relative_links(page: str, html: str, file_of: Callable[[str], str]) -> str:
    """*html*, the content of the file *page*, with relative links to the files of the site.

    ``file_of("/a/rain")`` is the name of the file with that percent-encoded path, ``a/rain/index.html``; empty if there
    is none: the link stays.
    """
    folder = posixpath.dirname(page)

    def relative(address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or not parts.path.startswith("/"):
            return address
        name = file_of(parts.path)
        if not name:
            return address
        path = _ASCII.sub(lambda found: quote(found[0]), posixpath.relpath(name, folder or "."))
        query, fragment = (f"?{parts.query}" if parts.query else ""), (f"#{parts.fragment}" if parts.fragment else "")
        return f"{path}{query}{fragment}"

    def changed(address: str) -> str:
        plain = unescape(address)
        try:
            return address if (found := relative(plain)) == plain else escape(found)
        except ValueError:  # http://[…
            return address

    def attribute(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        quoted = found[3][0] in "\"'"
        mark, value = (found[3][0], found[3][1:-1]) if quoted else ('"', found[3])
        several = found[2] is not None
        new = _SRCSET_ADDRESS.sub(lambda part: changed(part[0]), value) if several else changed(value)
        return found[0] if new == value else f"{found[1]}{mark}{new}{mark}"

    def tag(found: re.Match[str]) -> str:
        end = found[0].index(">") + 1 if found[1] else len(found[0])
        start = _ATTRIBUTE.sub(attribute, found[0][:end])
        start = _REFRESH.sub(lambda part: f"{part[1]}{part[2]}{changed(part[3])}", start)
        return start + found[0][end:]

    return _TAG.sub(tag, html)

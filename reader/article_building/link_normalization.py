"""Links of an article to other files of the folder, written so that the catalog can tell which article they mean.

``./2026/rain.md#x`` is a path from the articles folder, whatever the article's own folder; ``.//posts/rain/`` is one
that began with ``/``. Reader's own addresses (``/a/rain``) stay. The other articles aren't known here.
"""

from __future__ import annotations

import html
import posixpath
import re
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from ..sanitizer import Token, attributes_of, escaped, to_text

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\\\|#|\?|\./(?=/)")
_OWN = re.compile(
    r"/(?:[astd]|by|from|media|files|feeds|search|preferences|sections)(?:/|\?|$)|/(?:[\w-]+\.(?:xml|json|opml))?$"
)
_SAFE = "/!$&'()*+,;=:@~"


def mark_links(parts: list[Token], folder: PurePosixPath) -> None:
    """Rewrites, in place, the links of an article in *folder*."""
    for part in parts:
        if part.name == "a" and part.attributes:
            attributes = attributes_of(part.attributes)
            href = catalog_link(html.unescape(attributes.get("href", "")), folder)
            if href:
                part.attributes = to_text(attributes | {"href": escaped(href)})


def catalog_link(address: str, folder: PurePosixPath) -> str:
    """The link as the catalog reads it; empty for one that stays as it is."""
    if not address or _SCHEME.match(address) or _OWN.match(address):
        return ""
    path, hash_sign, fragment = address.partition("#")
    target = unquote(path.partition("?")[0]).replace("\\", "/")
    if target.startswith("/"):
        whole = "." + "/" + posixpath.normpath("/" + target.lstrip("/"))
    else:
        whole = "." + posixpath.normpath(posixpath.join("/", str(folder), target))
    return quote(whole, safe=_SAFE) + hash_sign + fragment

"""Normalizes links to other files of the articles folder, so that the catalog can resolve them to articles.

``./2026/rain.md#x`` is a path from the articles folder, in any article. ``.//posts/rain/`` is a path that began with
``/``. Reader's own URLs (``/a/rain``) are unchanged. The links are resolved later, because the other articles are not
known here.
"""

from __future__ import annotations

import html
import posixpath
import re
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from ..sanitizer import Token, attributes_of, escaped, to_text

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\\\|#|\?|\./(?=/)")
_OWN_URLS = re.compile(
    r"/(?:[astd]|by|from|media|files|feeds|search|preferences|sections)(?:/|\?|$)|/(?:[\w-]+\.(?:xml|json|opml))?$"
)
_SAFE = "/!$&'()*+,;=:@~"


_PICTURE = re.compile(r"[^?#]*\.(?:jpe?g|png|gif|webp|avif|bmp|svg|tiff?)(?:[?#].*)?", re.IGNORECASE)


def normalize_links(parts: list[Token], folder: PurePosixPath) -> None:
    """Normalizes the links of an article in *folder*, in place. A link from a picture to a larger file of it in the
    articles folder is removed: no page shows that file."""
    to_pictures = [at for at in range(len(parts) - 2) if _is_picture_in_link(parts[at : at + 3])]
    for at in reversed(to_pictures):
        del parts[at + 2], parts[at]
    for part in parts:
        if part.name == "a" and part.attributes:
            attributes = attributes_of(part.attributes)
            href = catalog_link(html.unescape(attributes.get("href", "")), folder)
            if href:
                part.attributes = to_text(attributes | {"href": escaped(href)})


def _is_picture_in_link(parts: list[Token]) -> bool:
    link, picture, end = parts
    if not (link.name == end.name == "a" and end.end and picture.name == "img"):
        return False
    href = html.unescape(attributes_of(link.attributes).get("href", ""))
    return _PICTURE.fullmatch(href) is not None and not (_SCHEME.match(href) or _OWN_URLS.match(href))


def catalog_link(address: str, folder: PurePosixPath) -> str:
    """The normalized link; empty for a link that stays unchanged, such as one to another site."""
    if not address or _SCHEME.match(address) or _OWN_URLS.match(address):
        return ""
    path, hash_sign, fragment = address.partition("#")
    target = unquote(path.partition("?")[0]).replace("\\", "/")
    if target.startswith("/"):
        whole = "." + "/" + posixpath.normpath("/" + target.lstrip("/"))
    else:
        whole = "." + posixpath.normpath(posixpath.join("/", str(folder), target))
    return quote(whole, safe=_SAFE) + hash_sign + fragment

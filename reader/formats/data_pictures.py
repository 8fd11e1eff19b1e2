"""Extracts pictures that a file contains as ``data:`` URLs (RFC 2397), as SingleFile and Google Docs write them."""

from __future__ import annotations

import base64
import binascii
import re

from ..urls import DATA_PICTURES, data_picture_name

HOST = DATA_PICTURES
_ESCAPES = ((b"%2B", b"+"), (b"%2b", b"+"), (b"%2F", b"/"), (b"%2f", b"/"), (b"%3D", b"="), (b"%3d", b"="))
_HEADER = rb"data:image/(png|jpe?g|gif|webp|avif|svg\+xml)(?:;[\w=-]+)*;base64,"
_DATA = _HEADER + rb"([A-Za-z0-9+/=_%-]+)"
"""One character class, with ``%`` for escapes: alternatives would take 200 times the memory of the picture."""
_QUOTED = re.compile(
    rb"""((?:\b(?:src|poster)|data-[\w-]+)\s*=\s*["']\s*)""" + _HEADER + rb"([A-Za-z0-9+/=_%\s-]+)",
    re.IGNORECASE,
)
"""A quoted URL may contain line breaks."""
_BARE = re.compile(
    rb"((?:\b(?:src|poster)|data-[\w-]+)\s*=\s*|\]\(\s*<?|^\[[^\]\n]+\]:\s*<?)" + _DATA, re.MULTILINE | re.IGNORECASE
)
_SHARED = re.compile(rb"""(--sf-img-\d+)\s*:\s*url\(\s*["']?""" + _DATA, re.IGNORECASE)
"""SingleFile writes a picture that appears twice on the page into a style sheet."""
_IMAGE = re.compile(rb"""<img\b(?:"[^"]*"|'[^']*'|[^>"'])*>""", re.IGNORECASE)
_USES_SHARED = re.compile(rb"var\((--sf-img-\d+)\)")
_SAME = re.compile(rb"""(\bsrc\s*=\s*["'])data:,([0-9a-f]{16}\.\w+)(?=["'])""")
"""A picture that the file contains elsewhere, as the HTML export writes it."""

_SOURCE = re.compile(rb"""\ssrc\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)


def take_data_pictures(content: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Replaces the ``data:`` URLs of *content*, HTML or Markdown, by URLs below ``HOST``.

    Returns the new content and the pictures by their new URLs.
    """
    if b"data:image/" not in content or content.startswith(b"PK"):
        return content, {}
    pictures: dict[str, bytes] = {}
    shared = {found[1]: _store(found[2], found[3], pictures) for found in _SHARED.finditer(content)}

    def with_source(tag: re.Match[bytes]) -> bytes:
        used = _USES_SHARED.search(tag[0])
        address = shared.get(used[1], b"") if used else b""
        return _SOURCE.sub(b"", tag[0], count=1)[:-1].rstrip(b"/") + b' src="' + address + b'">' if address else tag[0]

    def replace_url(found: re.Match[bytes]) -> bytes:
        return found[1] + (_store(found[2], found[3], pictures) or b"data:")

    content = _IMAGE.sub(with_source, content) if shared else content
    content = _BARE.sub(replace_url, _QUOTED.sub(replace_url, content))
    return _SAME.sub(rb"\1%s\2" % HOST.encode(), content), pictures


def _store(kind: bytes, encoded: bytes, pictures: dict[str, bytes]) -> bytes:
    """Adds the picture to *pictures* and returns its new URL; empty if it cannot be decoded."""
    plain = encoded.translate(None, b" \t\n\r\f\v")
    for escape, sign in _ESCAPES:
        plain = plain.replace(escape, sign)
    plain = plain.replace(b"-", b"+").replace(b"_", b"/").rstrip(b"=")
    try:
        picture = base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:
        return b""
    address = HOST + data_picture_name(picture, kind.decode().lower().removesuffix("+xml"))
    pictures[address] = picture
    return address.encode()

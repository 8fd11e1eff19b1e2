"""Addresses that may stand in a page, judged as a browser reads them, on the very string that is written.

A browser strips C0 controls and spaces from both ends of an address and drops tabs and line breaks within it before it
looks for a scheme (WHATWG URL, 4.4, "basic URL parser", steps 1 to 3). Here all of that goes first, with every other
control and white space at the ends, and only then is the scheme judged: nothing may be taken away afterwards.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .tags import SCHEMES

WEB_SCHEMES = frozenset({"http", "https"})
_NEVER = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
"""Controls, bidi controls (they show another address than the one that is opened) and non-characters."""
_AT_THE_ENDS = "\u200b\u2060\ufeff"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SPACE = re.compile(r"\s")


def safe_address(address: str, schemes: frozenset[str] = SCHEMES) -> str:
    """*address* (plain, not escaped) as it may be written, empty if it may not be.

    Relative addresses and those of a scheme in *schemes* may; white space within is percent-encoded (RFC 3986, 2).
    Addresses that no parser takes (``http://[``) may not: whoever joins or splits them later would fail.
    """
    clean = _SPACE.sub("%20", _stripped(_NEVER.sub("", address)))
    scheme = _SCHEME.match(clean)
    if scheme and scheme[1].lower() not in schemes:
        return ""
    try:
        _ = urlsplit(clean).hostname
    except ValueError:
        return ""
    return clean


def _stripped(text: str) -> str:
    while text != (shorter := text.strip().strip(_AT_THE_ENDS)):
        text = shorter
    return text

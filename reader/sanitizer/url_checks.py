"""Checks URLs as a browser parses them, on the exact string that is output.

A browser strips C0 controls and spaces from both ends of a URL and removes tabs and line breaks within it before it
parses the scheme (WHATWG URL, 4.4, "basic URL parser", steps 1 to 3). ``safe_address`` first removes all of these,
every other control character, and white space at the ends, and then checks the scheme. No code may remove a character
after the check.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .allowlist import SCHEMES

WEB_SCHEMES = frozenset({"http", "https"})
_REMOVED_CHARACTERS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, bidi controls (which disguise the URL that is opened) and non-characters."""
_STRIPPED_CHARACTERS = "\u200b\u2060\ufeff"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_LINK_SCHEME = re.compile(r"""<a\s[^<>]*?\bhref\s*=\s*["']?([a-z][a-z0-9+.-]*):""", re.IGNORECASE)
_SPACE = re.compile(r"\s")


def safe_address(address: str, schemes: frozenset[str] = SCHEMES) -> str:
    """The URL to output for *address* (not escaped); empty if it is not allowed.

    Relative URLs and URLs with a scheme in *schemes* are allowed. White space is percent-encoded (RFC 3986, 2).
    URLs that no parser accepts (``http://[``) are not allowed: code that joins or splits them later would fail.
    """
    clean = _SPACE.sub("%20", _strip(_REMOVED_CHARACTERS.sub("", address)))
    scheme = _SCHEME.match(clean)
    if scheme and scheme[1].lower() not in schemes:
        return ""
    try:
        _ = urlsplit(clean).hostname
    except ValueError:
        return ""
    return clean


def refused_schemes(html: str) -> list[str]:
    """The schemes of links in *html* that ``safe_address`` rejects, such as ``gemini``: sorted, in lower case."""
    return sorted({scheme.lower() for scheme in _LINK_SCHEME.findall(html)} - SCHEMES)


def _strip(text: str) -> str:
    while text != (shorter := text.strip().strip(_STRIPPED_CHARACTERS)):
        text = shorter
    return text

"""The text of a comment as HTML: paragraphs, line breaks and links. Chinese punctuation as in articles."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from ..chinese import punctuate
from ..patterns import lazy_pattern

_LINK = lazy_pattern(r"https?://[\w.-]+(?::\d+)?(?:[/?#][\w./?#@!$&'()*+,;=:%~\[\]-]*)?", re.IGNORECASE | re.ASCII)
_TRAILING = ".,;:!?'*"
_NO_LINK = "nofollow ugc noopener"
"""Search engines should not follow the link or count it as the site's own (HTML 4.6.7.19, Google's ``ugc``)."""

SHOWN_LINK = 60
"""The largest number of characters of an address that is displayed."""


def to_html(text: str) -> Markup:
    """The HTML of *text*, which must come from ``clean_text``. All of it is escaped."""
    paragraphs = (_lines(paragraph) for paragraph in text.split("\n\n") if paragraph.strip())
    return Markup("").join(Markup("<p dir=auto>{}</p>").format(paragraph) for paragraph in paragraphs)


def has_link(text: str) -> bool:
    return _LINK.search(text) is not None


def _lines(paragraph: str) -> Markup:
    return Markup("<br>").join(map(_line, filter(None, paragraph.split("\n"))))


def _line(text: str) -> Markup:
    html, end = Markup(""), 0
    for found in _LINK.finditer(text):
        address = _trimmed_address(found[0])
        if _is_address(address):
            html += escape(punctuate(text[end : found.start()])) + _link(address)
            end = found.start() + len(address)
    return html + escape(punctuate(text[end:]))


def _trimmed_address(found: str) -> str:
    """The address without punctuation that ends the sentence, and without a closing bracket that was opened before
    it."""
    address = found.rstrip(_TRAILING)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(_TRAILING)
    return address


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _link(address: str) -> Markup:
    text = address if len(address) <= SHOWN_LINK else f"{address[:SHOWN_LINK]}…"
    return Markup('<a href="{}" rel="{}">{}</a>').format(address, _NO_LINK, text)

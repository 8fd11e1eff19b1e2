"""Recognizes e-readers, which show an error for 503: they wait for a book."""

from __future__ import annotations

import re

from flask import request

_E_READER_AGENT = re.compile(
    r"(?i)koreader|kobo|kindle|pocketbook|librera|moon\+? ?reader|fbreader|aldiko|foliate|readest|thorium|calibre|opds"
    r"|coolreader|crengine|cantook|tolino|onyx|boox|marvin|bookfusion|yomu"
)


def is_e_reader() -> bool:
    """Whether the client is an e-reader, by User-Agent or by an Accept field with EPUB but without HTML."""
    if _E_READER_AGENT.search(request.headers.get("User-Agent", "")):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/epub" in accepted and "text/html" not in accepted

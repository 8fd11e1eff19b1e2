"""Recognizes e-readers. They show an error for a 503 response, so their requests wait until the book is generated."""

from __future__ import annotations

import re

from flask import request

_E_READER_AGENT = re.compile(
    r"(?i)koreader|kobo|kindle|pocketbook|librera|moon\+? ?reader|fbreader|aldiko|foliate|readest|thorium|calibre|opds"
    r"|coolreader|crengine|cantook|tolino|onyx|boox|marvin|bookfusion|yomu"
)


def is_e_reader() -> bool:
    """Whether the client is an e-reader, by its User-Agent or an Accept field that has EPUB and no HTML."""
    if _E_READER_AGENT.search(request.headers.get("User-Agent", "")):
        return True
    accepted = request.headers.get("Accept", "")
    return "application/epub" in accepted and "text/html" not in accepted

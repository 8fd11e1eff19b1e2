"""The stored responses of the response cache, by the version and content coding in their entity tags."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from wsgiref.types import WSGIEnvironment

from ..http_responses.conditional_responses import BEST_QUALITY_SUFFIX

Headers = list[tuple[str, str]]
StoredResponse = tuple[str, Headers, bytes]
"""Status line, headers, body."""

_ONE_TAG = re.compile(r'(?:W/)?"([^",-]+)[^",]*"')


@dataclass
class CachedVariant:
    """The stored response for one combination of Vary fields. ``ready`` is None if only a 304 is stored."""

    etag: str
    modified: str
    fresh_until: float = 0.0
    ready: StoredResponse | None = None
    unchanged: dict[str, StoredResponse] = field(default_factory=dict)
    """Stored 304 responses by If-None-Match (RFC 9110 13.1.2: with or without ``W/``); the empty key is for dates."""
    may_recompress: bool = False

    def response_for(self, environ: WSGIEnvironment) -> StoredResponse | None:
        """The stored 200 or 304 for the request's conditions; None if the request must go to Flask."""
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match is not None:
            found = self.unchanged.get(if_none_match)
            return found or (self.ready if self._is_another(if_none_match) else None)
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        if since is None:
            return self.ready
        return self.unchanged.get("") if since == self.modified else None

    def _is_another(self, if_none_match: str) -> bool:
        """Whether If-None-Match is a single entity tag of another version of the content."""
        return version_in(if_none_match) not in ("", version_in(self.etag))


def same_version(etag: str, other: str) -> bool:
    """Whether both tags name the same content in the same coding, in any brotli quality."""
    return etag.replace(f'{BEST_QUALITY_SUFFIX}"', '"') == other.replace(f'{BEST_QUALITY_SUFFIX}"', '"')


def version_in(etag: str) -> str:
    """``x`` of ``"x"``, ``"x-br"`` or ``W/"x-gzip"``; empty for lists, ``*`` and other forms."""
    match = _ONE_TAG.fullmatch(etag)
    return match[1] if match else ""

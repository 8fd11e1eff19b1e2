"""The stored responses of the response cache, by the version and content coding in their entity tags."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from wsgiref.types import WSGIEnvironment

from ..http_responses.conditional_responses import BEST_QUALITY_SUFFIX

_OF_THE_BODY = frozenset(("content-encoding", "content-length", "content-range", "content-type", "etag"))
"""The fields that a 304 does not change. Its entity tag may be that of another brotli quality."""

Headers = list[tuple[str, str]]
StoredResponse = tuple[str, Headers, bytes]
"""Status line, headers, body."""

_ONE_TAG = re.compile(r'(?:W/)?"([^",-]+)[^",]*"')


@dataclass
class CachedVariant:
    """The stored response for one combination of Vary fields. ``ready`` is None if only a 304 is stored."""

    etag: str
    modified: str
    revision: int
    """The catalog's revision from which the response was built, or at which Flask confirmed it."""
    fresh_until: float = 0.0
    ready: StoredResponse | None = None
    unchanged: dict[str, StoredResponse] = field(default_factory=dict)
    """Stored 304 responses by If-None-Match (RFC 9110 13.1.2: with or without ``W/``); the empty key is for dates."""
    may_recompress: bool = False
    size_bytes: int = 0

    def is_fresh(self, revision: int) -> bool:
        """Whether the response may be sent without asking Flask, at this *revision*."""
        return self.revision == revision and self.fresh_until > time.monotonic()

    def store(self, ready: StoredResponse) -> None:
        is_brotli = _field(ready, "content-encoding") == "br"
        self.ready, self.may_recompress = ready, is_brotli and not etag_of(ready).endswith(f'{BEST_QUALITY_SUFFIX}"')

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


def confirmed(ready: StoredResponse, fields: Headers) -> StoredResponse:
    """*ready* after a 304 with *fields*, which replace those of the same names (RFC 9111 3.2)."""
    status, headers, body = ready
    renewed = {name.lower(): (name, value) for name, value in fields if name.lower() not in _OF_THE_BODY}
    kept = [renewed.pop(name.lower(), (name, value)) for name, value in headers]
    return status, [*kept, *renewed.values()], body


def etag_of(ready: StoredResponse) -> str:
    return _field(ready, "etag")


def _field(ready: StoredResponse, wanted: str) -> str:
    return next((value for name, value in ready[1] if name.lower() == wanted), "")


def same_version(etag: str, other: str) -> bool:
    """Whether both tags name the same content in the same coding, in any brotli quality."""
    return etag.replace(f'{BEST_QUALITY_SUFFIX}"', '"') == other.replace(f'{BEST_QUALITY_SUFFIX}"', '"')


def version_in(etag: str) -> str:
    """``x`` of ``"x"``, ``"x-br"`` or ``W/"x-gzip"``; empty for lists, ``*`` and other forms."""
    match = _ONE_TAG.fullmatch(etag)
    return match[1] if match else ""

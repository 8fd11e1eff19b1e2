"""Answers requests from the response cache on granian's event loop thread, which must never block.

Many requests are equal in all fields on which a stored response depends. Such a request gets the response that was
prepared for an earlier one, without running middleware. That takes a third of the processor time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication

from granian.wsgi import Response

from ..web.middleware.response_cache import ONLY_IF_CACHED, STORED, NotCached, ResponseCache, vary_fields
from ..web.middleware.stored_responses import CachedVariant, Headers, StoredResponse

SentResponse = tuple[int, Headers, bytes]
"""A response in granian's form: status, headers, body."""
Scope = dict[str, Any]
"""The part of ``environ`` that is specific to a request, in granian's form."""

_FORWARDED = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")
_BODY = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")

KEY_FIELDS = (
    *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "wsgi.url_scheme", "HTTP_HOST", *_FORWARDED),
    *("HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE", "HTTP_SAVE_DATA"),
    *("HTTP_SEC_FETCH_DEST", "HTTP_SEC_FETCH_MODE"),
    *("HTTP_UPGRADE_INSECURE_REQUESTS", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_AVAILABLE_DICTIONARY"),
    *("HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_A_IM", "HTTP_AUTHORIZATION", *_BODY),
)
"""All fields that the response cache and the middleware in front of it read. They also read REMOTE_ADDR, but it changes
a response only if it decides whether scheme and host come from the forwarded fields."""

MOST_PREPARED, LONGEST_KEY = 1_024, 2_000
"""The maximum number of prepared responses, and of characters in the fields of one, which clients can choose."""


@dataclass(frozen=True)
class _Prepared:
    """The prepared ``response``, built from ``stored``, a response of ``variant`` at ``revision``."""

    revision: int
    variant: CachedVariant
    stored: StoredResponse
    response: SentResponse

    def is_valid(self, scope: Scope, revision: int) -> bool:
        return (
            self.revision == revision
            and self.variant.fresh_until > time.monotonic()
            and self.variant.response_for(scope) is self.stored
        )


class CachedResponses:
    """Finds cached responses for granian's requests, without blocking.

    *application* contains *cache*. *basic* is the part of ``environ`` that is the same in all requests. *may_prepare*
    must be False if *application* has to process every request, for example to log it.
    """

    def __init__(
        self, application: WSGIApplication, cache: ResponseCache, basic: Mapping[str, Any], may_prepare: bool
    ) -> None:
        self._application, self._cache, self._basic, self._may_prepare = application, cache, dict(basic), may_prepare
        self._prepared: dict[tuple[str | None, ...], _Prepared] = {}
        self._generation = 0

    def find(self, scope: Scope) -> SentResponse | None:
        """The cached response. None if none is stored, or if checking its validity would block."""
        revision = self._cache.revision.cached()
        if revision is None:
            return None
        if self._generation != self._cache.generation or len(self._prepared) >= MOST_PREPARED:
            self._prepared, self._generation = {}, self._cache.generation
        key = _key(scope)
        prepared = self._prepared.get(key)
        if prepared is None or not prepared.is_valid(scope, revision):
            return self._call_app(scope, key, revision)
        self._cache.count_hit(prepared.stored)
        return prepared.response

    def _call_app(self, scope: Scope, key: tuple[str | None, ...], revision: int) -> SentResponse | None:
        if not scope.keys().isdisjoint(_BODY):
            return None
        environ = self._basic | scope | {ONLY_IF_CACHED: revision}
        start_response = Response()  # type: ignore[no-untyped-call]
        try:
            body = b"".join(self._application(environ, start_response))
        except NotCached:
            return None
        response = (start_response.status, start_response.headers, body)
        if self._may_prepare and STORED in environ:
            variant, stored = environ[STORED]
            self._store(key, _Prepared(revision, variant, stored, response))
        return response

    def _store(self, key: tuple[str | None, ...], prepared: _Prepared) -> None:
        """Stores *prepared*, unless a hit must submit the response for recompression or depends on other fields."""
        is_short = sum(len(value) for value in key if value) <= LONGEST_KEY
        if is_short and not prepared.variant.may_recompress and set(vary_fields(prepared.stored[1])) <= set(KEY_FIELDS):
            self._prepared[key] = prepared


def _key(scope: Scope) -> tuple[str | None, ...]:
    fields = tuple(map(scope.get, KEY_FIELDS))
    is_forwarded = _FORWARDED[0] in scope or _FORWARDED[1] in scope
    return (*fields, scope.get("REMOTE_ADDR")) if is_forwarded else fields

"""Answers requests from the response cache on granian's event loop thread, which must never block.

Most requests that come in numbers are equal in all fields that a stored response depends on. Such a request gets the
response prepared for the one before it and passes no middleware, which takes a third of the processor time.
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

Answer = tuple[int, Headers, bytes]
Scope = dict[str, Any]
"""What granian knows of a request: the part of ``environ`` that differs from request to request."""

_FORWARDED = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST")
_BODY = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING")

KEY_FIELDS = (
    *("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_PROTOCOL", "wsgi.url_scheme", "HTTP_HOST", *_FORWARDED),
    *("HTTP_ACCEPT_ENCODING", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE", "HTTP_SAVE_DATA"),
    *("HTTP_SEC_FETCH_DEST", "HTTP_SEC_FETCH_MODE"),
    *("HTTP_UPGRADE_INSECURE_REQUESTS", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_AVAILABLE_DICTIONARY"),
    *("HTTP_RANGE", "HTTP_IF_RANGE", "HTTP_A_IM", "HTTP_AUTHORIZATION", *_BODY),
)
"""All that the middleware down to the response cache reads to answer from it. REMOTE_ADDR is read too, but changes a
response only if it decides whether scheme and host are those of the forwarded fields."""

MOST_PREPARED, LONGEST_KEY = 1_024, 2_000
"""How many responses are prepared, and for how many characters of fields: clients choose these."""


@dataclass(frozen=True)
class _Prepared:
    """The *answer* made of *stored*, which is one of *variant* at *revision*."""

    revision: int
    variant: CachedVariant
    stored: StoredResponse
    answer: Answer

    def is_valid(self, scope: Scope, revision: int) -> bool:
        return (
            self.revision == revision
            and self.variant.fresh_until > time.monotonic()
            and self.variant.response_for(scope) is self.stored
        )


class CachedResponses:
    """*application* contains *cache*; *basic* is the part of ``environ`` that is the same in all requests.

    *may_prepare* is false if *application* must see every request, to log it.
    """

    def __init__(
        self, application: WSGIApplication, cache: ResponseCache, basic: Mapping[str, Any], may_prepare: bool
    ) -> None:
        self._application, self._cache, self._basic, self._may_prepare = application, cache, dict(basic), may_prepare
        self._prepared: dict[tuple[str | None, ...], _Prepared] = {}
        self._generation = 0

    def find(self, scope: Scope) -> Answer | None:
        """The response; None if it is not stored, or nobody knows whether it still counts."""
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
        return prepared.answer

    def _call_app(self, scope: Scope, key: tuple[str | None, ...], revision: int) -> Answer | None:
        if not scope.keys().isdisjoint(_BODY):
            return None
        environ = self._basic | scope | {ONLY_IF_CACHED: revision}
        response = Response()  # type: ignore[no-untyped-call]
        try:
            body = b"".join(self._application(environ, response))
        except NotCached:
            return None
        answer = (response.status, response.headers, body)
        if self._may_prepare and STORED in environ:
            variant, stored = environ[STORED]
            self._prepare(key, _Prepared(revision, variant, stored, answer))
        return answer

    def _prepare(self, key: tuple[str | None, ...], prepared: _Prepared) -> None:
        """Keeps it, unless a later hit has something to do or to look at that is not in the key."""
        is_short = sum(len(value) for value in key if value) <= LONGEST_KEY
        if is_short and not prepared.variant.may_recompress and set(vary_fields(prepared.stored[1])) <= set(KEY_FIELDS):
            self._prepared[key] = prepared


def _key(scope: Scope) -> tuple[str | None, ...]:
    fields = tuple(map(scope.get, KEY_FIELDS))
    is_forwarded = _FORWARDED[0] in scope or _FORWARDED[1] in scope
    return (*fields, scope.get("REMOTE_ADDR")) if is_forwarded else fields

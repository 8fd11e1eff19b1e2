"""A response of Flask, as the response cache looks at it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from .stored_responses import CachedVariant, Headers, confirmed, same_version, version_in

_CACHEABLE_TYPES = re.compile(r"text/|application/(?:[\w.-]+\+)?(?:xml|json)\b|application/(?:javascript|manifest)")
_LARGEST_BYTES = 1 << 20
_LONGEST_SECONDS = 60
"""The maximum age of a stored response. Pages and feeds list finished exports, and a finished export does not change
the revision."""
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age=(\d+)")


class OriginResponse:
    """The status line and headers of Flask's response."""

    def __init__(self) -> None:
        self.status, self.headers = "", Headers()

    def start(self, status: str, headers: Headers, _exc_info: object = None) -> Callable[[bytes], object]:
        self.status, self.headers = status, headers
        self._fields = {name.lower(): value for name, value in headers}
        return _no_write

    @property
    def etag(self) -> str:
        return self._fields.get("etag", "")

    @property
    def modified(self) -> str:
        return self._fields.get("last-modified", "")

    def is_cacheable(self) -> bool:
        fields = self._fields
        return (
            self.status[:3] in ("200", "304")
            and "public" in fields.get("cache-control", "")
            and version_in(self.etag) != ""
            and "set-cookie" not in fields
            and "*" not in fields.get("vary", "")
            and (self.status[:3] == "304" or _CACHEABLE_TYPES.match(fields.get("content-type", "")) is not None)
            and int(fields.get("content-length", 0)) <= _LARGEST_BYTES
        )

    def is_not_modified(self) -> bool:
        return self.status.startswith("304")

    def max_age_seconds(self) -> int:
        found = _MAX_AGE.search(self._fields["cache-control"])
        return min(int(found[1]), _LONGEST_SECONDS) if found else _LONGEST_SECONDS

    def variant(self, known: CachedVariant | None, revision: int) -> CachedVariant:
        """The variant in which the response belongs: *known* if it is of the same version and revision, else a new one.

        A 304 confirms the body of *known*.
        """
        is_same = known is not None and same_version(known.etag, self.etag)
        if known is not None and is_same and known.revision == revision:
            return known
        variant = CachedVariant(self.etag, self.modified, revision)
        if known is not None and is_same and known.ready is not None and self.is_not_modified():
            variant.store(confirmed(known.ready, self.headers))
        return variant

    def store_in(self, variant: CachedVariant, content: bytes) -> None:
        """Stores the response in *variant*. An existing body, which may be recompressed, stays and is fresh again."""
        variant.fresh_until = time.monotonic() + self.max_age_seconds()
        ready = (self.status, self.headers, content)
        if self.is_not_modified():
            variant.unchanged |= {self.etag: ready, f"W/{self.etag}": ready, "": ready}
        elif variant.ready is None:
            variant.store(ready)


def _no_write(_chunk: bytes) -> None:
    raise NotImplementedError("PEP 3333's write() is for frameworks that cannot return their body; ours can")

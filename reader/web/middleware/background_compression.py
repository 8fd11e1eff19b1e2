"""Compresses stored responses further, in the background."""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

import brotli

from ..http_responses.conditional_responses import BEST_QUALITY_SUFFIX
from .stored_responses import CachedVariant, StoredResponse

_MOST_QUEUED = 64
"""Half a second of work: brotli takes 7 ms per page."""


class Recompressor:
    """Recompresses responses with brotli quality 11 in a background thread, after their first hit.

    The queue is bounded, because clients can cause submissions faster than brotli compresses. A response that finds the
    queue full is submitted again at a later hit.
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[CachedVariant] = queue.Queue(_MOST_QUEUED)
        self._thread: threading.Thread | None = None

    def submit(self, variant: CachedVariant) -> None:
        with suppress(queue.Full):
            self._queue.put_nowait(variant)
            variant.may_recompress = False
        if self._thread is None or not self._thread.is_alive():  # started late, as threads do not survive a fork
            thread = threading.Thread(target=self._work, name="recompressor", daemon=True)
            with suppress(RuntimeError):  # the limit of threads is reached: the next response tries again
                thread.start()
                self._thread = thread

    def _work(self) -> None:
        while True:
            variant = self._queue.get()
            if variant.ready:
                variant.ready = recompressed(variant.ready)


def recompressed(ready: StoredResponse) -> StoredResponse:
    """The response in brotli quality 11, with another entity tag, because strong tags identify bytes."""
    status, headers, body = ready
    smaller = brotli.compress(brotli.decompress(body), mode=brotli.MODE_TEXT, quality=11)
    if len(smaller) >= len(body):
        return ready
    return status, [(name, _recompressed_header(name.lower(), value, len(smaller))) for name, value in headers], smaller


def _recompressed_header(name: str, value: str, size_bytes: int) -> str:
    if name == "content-length":
        return str(size_bytes)
    return f'{value[:-1]}{BEST_QUALITY_SUFFIX}"' if name == "etag" else value

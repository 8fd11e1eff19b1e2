"""The results of reading, in batches that are written soon, so that slow files keep no others waiting."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from .file_reader_pool import FileResult

SOON_SECONDS = 1.0
"""What has been read is written after this time, however few files it is."""

SLOW_SECONDS, SLOW_FILE_SECONDS = 5.0, 0.25
"""A pass of so many seconds is slow if each file took so long on average. A good file takes milliseconds."""


def batched(results: Iterable[FileResult], most: int) -> Iterator[list[FileResult]]:
    """At most *most* results at a time, and those of at most ``SOON_SECONDS``."""
    batch: list[FileResult] = []
    began = time.monotonic()
    for result in results:
        batch.append(result)
        if len(batch) >= most or time.monotonic() > began + SOON_SECONDS:
            yield batch
            batch, began = [], time.monotonic()
    if batch:
        yield batch


def until_slow(results: Iterable[FileResult]) -> Iterator[FileResult]:
    """The results until the pass turns out to be slow. The other files are left for the next pass."""
    began = time.monotonic()
    for number, result in enumerate(results, 1):
        yield result
        if time.monotonic() - began > max(SLOW_SECONDS, number * SLOW_FILE_SECONDS):
            return

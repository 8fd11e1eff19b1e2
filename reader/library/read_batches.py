"""Groups the results of reading into batches that are written soon, so that slow files do not delay others."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from .file_reader_pool import FileResult

SOON_SECONDS = 1.0
"""A batch ends after this time, even if it has few files."""

SLOW_SECONDS, SLOW_FILE_SECONDS = 5.0, 0.25
"""A scan is slow if it has taken SLOW_SECONDS and on average SLOW_FILE_SECONDS per file. A usual file takes
milliseconds."""


def batched(results: Iterable[FileResult], most: int) -> Iterator[list[FileResult]]:
    """Yields *results* in lists: a list ends at *most* results or after ``SOON_SECONDS``."""
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
    """Yields *results* until the scan is slow. The next scan reads the other files."""
    began = time.monotonic()
    for number, result in enumerate(results, 1):
        yield result
        if time.monotonic() - began > max(SLOW_SECONDS, number * SLOW_FILE_SECONDS):
            return

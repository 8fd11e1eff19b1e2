"""Limits the memory of a block within this process, where a child process would cost too much."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def limited_memory(more_mb: int) -> Iterator[None]:
    """During the block, an allocation raises MemoryError once the address space has grown by *more_mb* megabytes.

    The limit applies to all threads of this process. A lower limit that is already set remains.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _address_bytes() + more_mb * 1_000_000
    if soft == resource.RLIM_INFINITY or limit < soft:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_bytes() -> int:
    """The size of the address space (proc(5): the first field of /proc/self/statm, in pages)."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()

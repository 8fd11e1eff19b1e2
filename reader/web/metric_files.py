"""The files in which prometheus_client stores the metrics of all web processes.

prometheus_client maps sparse files into memory: on a full disk, counting a request would kill the process (SIGBUS).
So disk blocks are allocated in advance. If that fails, each process counts in its own memory.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

LOG = logging.getLogger(__name__)
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus_client reads it when it is first imported."""

KINDS = ("counter", "histogram")
FILE_BYTES = 1 << 18
"""Enough for all views and statuses at about 150 bytes per entry. More entries would extend the file sparsely."""


def use_metric_files(folder: Path) -> None:
    """Call it before prometheus_client is imported."""
    if VARIABLE in os.environ and os.environ[VARIABLE] != str(folder):  # set by the operator
        return
    try:
        os.environ[VARIABLE] = str(folder)
        restore_metric_files()
    except OSError as error:
        os.environ.pop(VARIABLE, None)
        LOG.warning("figures of this process only: no room for %s (%s)", folder, error.strerror)


def restore_metric_files() -> None:
    """Makes the files of this process, again if their folder was deleted. Raises OSError if that fails."""
    folder = Path(os.environ[VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        _allocate_blocks(folder / f"{kind}_{os.getpid()}.db")


def _allocate_blocks(path: Path) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.posix_fallocate(handle, 0, FILE_BYTES)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(handle)

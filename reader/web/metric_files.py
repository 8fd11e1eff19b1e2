"""The files in which prometheus_client keeps the figures of all web processes; only luxury, so never in the way.

prometheus_client maps sparse files into memory: when the disk is full, counting a request would end the process with
SIGBUS. So their blocks are taken from the disk beforehand; where that fails each process counts in its own memory.
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
"""Room for all views and statuses: an entry takes some 150 bytes. What does not fit would be taken sparsely."""


def use_metric_files(folder: Path) -> None:
    """To be called before prometheus_client is imported."""
    if VARIABLE in os.environ and os.environ[VARIABLE] != str(folder):  # the operator's own
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            _take_blocks(folder / f"{kind}_{os.getpid()}.db")
        os.environ[VARIABLE] = str(folder)
    except OSError as error:
        os.environ.pop(VARIABLE, None)
        LOG.warning("figures of this process only: no room for %s (%s)", folder, error.strerror)


def _take_blocks(path: Path) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.posix_fallocate(handle, 0, FILE_BYTES)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(handle)

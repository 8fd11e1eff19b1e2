"""The files in which prometheus_client stores the metrics of all web processes.

prometheus_client maps sparse files into memory: on a full disk, counting a request would kill the process (SIGBUS).
Therefore disk blocks are allocated in advance. If that fails, each process counts in its own memory.

A new process adds up the files of processes that have ended, so that restarts leave one file of each kind.
"""

from __future__ import annotations

import logging
import os
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from ...storage.locks import waiting_lock
from ...storage.private_files import FOLDER_MODE

LOG = logging.getLogger(__name__)
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable with the folder. prometheus_client reads it when it is first imported."""

KINDS = ("counter", "histogram")
ENDED = "ended"
"""Replaces the process id in the name of the file with the sums of all processes that have ended."""

FILE_BYTES = 1 << 18
"""Sufficient for all views and statuses at about 150 bytes per entry. More entries would extend the file sparsely."""


def use_metric_files(folder: Path) -> None:
    """Stores metrics in *folder*, unless the operator has set VARIABLE. Call it before prometheus_client is imported.

    Logs a warning if the disk is full; then this process counts in memory.
    """
    if VARIABLE in os.environ and os.environ[VARIABLE] != str(folder):  # set by the operator
        return
    try:
        os.environ[VARIABLE] = str(folder)
        restore_metric_files()
        add_up_ended()
    except OSError as error:
        os.environ.pop(VARIABLE, None)
        LOG.warning("metrics cover this process only: no disk space for %s (%s)", folder, error.strerror)


def restore_metric_files() -> None:
    """Creates the files of this process, if necessary with their folder. Raises OSError if that fails."""
    folder = Path(os.environ[VARIABLE])
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    for kind in KINDS:
        _allocate_blocks(folder / f"{kind}_{os.getpid()}.db")


def has_metric_files() -> bool:
    """Whether the files of this process exist. If they were deleted, it counts only in memory."""
    folder = os.environ.get(VARIABLE, "")
    return folder != "" and all(Path(folder, f"{kind}_{os.getpid()}.db").exists() for kind in KINDS)


def _allocate_blocks(path: Path) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.posix_fallocate(handle, 0, FILE_BYTES)
    except OSError:
        path.unlink()
        raise
    finally:
        os.close(handle)


@contextmanager
def unchanged_files() -> Iterator[None]:
    """Prevents other processes from adding up files during the block. On a full disk there is no lock, and no process
    adds up files."""
    with ExitStack() as files:
        with suppress(OSError, KeyError):
            files.enter_context(waiting_lock(Path(os.environ[VARIABLE]) / "sums.lock"))
        yield


def add_up_ended() -> None:
    """Replaces the files of ended processes by one file of each kind with their sums."""
    folder = Path(os.environ[VARIABLE])
    with unchanged_files(), suppress(OSError):  # disk full: the next process tries again
        for kind in KINDS:
            ended = [path for path in folder.glob(f"{kind}_*.db") if _has_ended(path)]
            if ended:
                _add_up(folder / f"{kind}_{ENDED}.db", ended)


def _has_ended(path: Path) -> bool:
    """Not by ``/proc``, where a service manager may hide the other processes (``ProtectProc=invisible``)."""
    process_id = path.stem.partition("_")[2]
    if not process_id.isdigit():
        return False
    try:
        os.kill(int(process_id), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # a later process of another user
        return False
    return False


def _add_up(sums: Path, ended: list[Path]) -> None:
    from prometheus_client.mmap_dict import MmapedDict  # not before VARIABLE is set

    totals: Counter[str] = Counter()
    for path in filter(Path.exists, (sums, *ended)):
        with suppress(RuntimeError, ValueError, struct.error):  # a truncated file
            for key, value, *_ in MmapedDict.read_all_values_from_file(path):  # type: ignore[no-untyped-call]
                totals[key] += value
    part = sums.with_suffix(".part")
    part.unlink(missing_ok=True)
    _allocate_blocks(part)
    values = MmapedDict(str(part))  # type: ignore[no-untyped-call]
    for key, total in totals.items():
        values.write_value(key, total, 0.0)  # type: ignore[no-untyped-call]
    values.close()  # type: ignore[no-untyped-call]
    part.replace(sums)
    for path in ended:
        path.unlink(missing_ok=True)

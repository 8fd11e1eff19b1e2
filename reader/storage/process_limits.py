"""Checks of the resource limits (getrlimit(2)) that a server needs, for ``serve`` at the start and for ``doctor``."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path

from ..errors import LimitTooLow
from ..settings import Settings

LEAST_FILES = 64
"""The minimum of RLIMIT_NOFILE (open files)."""

LEAST_FILE_KB = 1 << 20
"""The minimum of RLIMIT_FSIZE: the catalog of 100,000 articles fits."""

LEAST_ADDRESS_KB = 2 << 20
"""The minimum of RLIMIT_AS: a web process reserves 1.3 GB for its threads, of which it uses 0.1 GB."""

TASKS_OF_WEB_PROCESS = 64
"""Threads to allow for each web process: it has 39 under load; the server also has a file reader and an export
worker."""

PRIVILEGED_USER = 0
"""The user id of root, to which RLIMIT_NPROC does not apply."""


def check_process_limits(settings: Settings, web_processes: int) -> None:
    """Raises LimitTooLow for the first limit that is too low.

    Checks the hard limit of open files, because the soft limit is raised to it later; the soft limits of the others.
    """
    address_kb = max(LEAST_ADDRESS_KB, max(settings.export_memory_mb, settings.read_memory_mb) * 1000)
    _check("-n", "LimitNOFILE", resource.getrlimit(resource.RLIMIT_NOFILE)[1], LEAST_FILES)
    _check("-f", "LimitFSIZE", resource.getrlimit(resource.RLIMIT_FSIZE)[0], LEAST_FILE_KB, 1024)
    _check("-v", "LimitAS", resource.getrlimit(resource.RLIMIT_AS)[0], address_kb, 1024)
    if os.geteuid() != PRIVILEGED_USER:
        tasks = _tasks_of(os.getuid()) + TASKS_OF_WEB_PROCESS * web_processes
        _check("-u", "LimitNPROC", resource.getrlimit(resource.RLIMIT_NPROC)[0], tasks)


def _check(option: str, directive: str, found: int, least: int, unit: int = 1) -> None:
    """Raises LimitTooLow if *found* is less than *least* units. *unit* is the unit of ``ulimit``, in bytes."""
    if found != resource.RLIM_INFINITY and found < least * unit:
        raise LimitTooLow(option, directive, found // unit, least)


def _tasks_of(user: int) -> int:
    """The number of threads of all processes of *user*, which RLIMIT_NPROC counts."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            count += sum(1 for _ in (process / "task").iterdir()) if process.stat().st_uid == user else 0
    return count

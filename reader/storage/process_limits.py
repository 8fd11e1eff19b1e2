"""The limits of resources (getrlimit(2)) that a server needs, checked by ``serve`` at the start and by ``doctor``."""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path

from ..errors import LimitTooLow
from ..settings import Settings

LEAST_FILES = 64
LEAST_FILE_KB = 1 << 20
"""The catalog of 100,000 articles."""

LEAST_ADDRESS_KB = 2 << 20
"""A web process reserves 1.3 GB for its threads, of which it uses 0.1 GB."""

TASKS_OF_WEB_PROCESS = 64
"""A web process has 39 threads under load, and a reading process and an export worker for each server."""

PRIVILEGED_USER = 0
"""RLIMIT_NPROC does not apply to it."""


def check_process_limits(settings: Settings, web_processes: int) -> None:
    """Raises LimitTooLow. The soft limit of files is raised to the hard one later."""
    address_kb = max(LEAST_ADDRESS_KB, max(settings.export_memory_mb, settings.read_memory_mb) * 1000)
    _check("-n", "LimitNOFILE", resource.getrlimit(resource.RLIMIT_NOFILE)[1], LEAST_FILES)
    _check("-f", "LimitFSIZE", resource.getrlimit(resource.RLIMIT_FSIZE)[0], LEAST_FILE_KB, 1024)
    _check("-v", "LimitAS", resource.getrlimit(resource.RLIMIT_AS)[0], address_kb, 1024)
    if os.geteuid() != PRIVILEGED_USER:
        tasks = _tasks_of(os.getuid()) + TASKS_OF_WEB_PROCESS * web_processes
        _check("-u", "LimitNPROC", resource.getrlimit(resource.RLIMIT_NPROC)[0], tasks)


def _check(option: str, directive: str, found: int, least: int, unit: int = 1) -> None:
    """*unit* is that of ``ulimit``, in bytes."""
    if found != resource.RLIM_INFINITY and found < least * unit:
        raise LimitTooLow(option, directive, found // unit, least)


def _tasks_of(user: int) -> int:
    """The number of threads of all processes of *user*, which RLIMIT_NPROC counts."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            count += sum(1 for _ in (process / "task").iterdir()) if process.stat().st_uid == user else 0
    return count

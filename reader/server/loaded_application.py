"""Loads the web application in the main process, once for all web processes that are forked from it.

Loading takes half a second of processor time; the rest of a web process's start takes a quarter of that. Only modules
are loaded: no thread is started, and no database or other file stays open.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from ..child_process.kept_code import keep_code
from ..settings import PACKAGE, Settings
from . import spawn_web_process
from .spawn_web_process import Arguments, Process

_NOT_BEFORE_A_FORK = ("reader.web.views.prometheus_metrics",)
"""Modules that import prometheus_client, which opens the files of its process during the import."""

_CACHE_FOLDERS = ("__pycache__", "cache")


class LoadedApplication:
    """The loaded modules, and the state of their files at that time."""

    def __init__(self, settings: Settings) -> None:
        self._folders = (PACKAGE, settings.templates, settings.static)
        self._files = set(_files(self._folders))
        gc.disable()  # saves a tenth of the time: imports create few cycles
        from .. import web  # only now: after the state of the files was recorded, and without collections
        from ..library.file_reader_pool import code_fingerprint
        from . import web_process

        for name in web.module_names():
            if name not in _NOT_BEFORE_A_FORK:
                import_module(name)
        code_fingerprint()  # before ``keep_code``: files that change between the two are read again after a reload
        keep_code()
        self._run = web_process.run
        gc.freeze()  # a collection would write to memory pages that the processes share
        gc.enable()

    def is_current(self) -> bool:
        """Whether all files are unchanged since they were loaded. Otherwise a web process must load all of them."""
        return set(_files(self._folders)) == self._files

    def fork(self, arguments: Arguments, settings: dict[str, str]) -> Process:
        """Forks a web process, with *settings* added to its environment."""
        return spawn_web_process.fork(self._run, arguments, settings)


def _files(folders: tuple[Path, ...]) -> Iterator[tuple[str, int, int, int]]:
    """(path, inode, size in bytes, modification time in nanoseconds) of each file in *folders*."""
    for folder in folders:
        for above, inside, names in os.walk(folder):
            inside[:] = [name for name in inside if name not in _CACHE_FOLDERS]
            for name in names:
                path = f"{above}/{name}"
                with suppress(OSError):  # it was deleted meanwhile
                    found = os.stat(path)  # noqa: PTH116  700 of them: a Path costs as much as the call
                    yield path, found.st_ino, found.st_size, found.st_mtime_ns

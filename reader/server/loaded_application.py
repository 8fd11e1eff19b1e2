"""The web application as the main process loads it, once for all web processes that are forked from it.

Loading takes half a second of processor time, the rest of a web process's start a quarter of that. Only modules are
loaded: no thread is started, no database and no other file stays open.
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

_NOT_BEFORE_A_FORK = ("reader.web.views.monitoring",)
"""Imports prometheus_client, which opens the files of a process when it is imported."""

_MADE_ON_USE = ("__pycache__", "cache")


class LoadedApplication:
    """What this process loaded of the files that are there now."""

    def __init__(self, settings: Settings) -> None:
        self._folders = (PACKAGE, settings.templates, settings.static)
        self._files = set(_files(self._folders))
        gc.disable()  # a tenth of the time: imports make few cycles
        from .. import web  # here, after the stamps of the files and without collections
        from ..library.file_reader_pool import code_fingerprint
        from . import web_process

        for name in web.module_names():
            if name not in _NOT_BEFORE_A_FORK:
                import_module(name)
        code_fingerprint()  # before the code is kept: what is older than that is read again after a reload
        keep_code()
        self._run = web_process.run
        gc.freeze()  # a collection would write into the pages of memory that the processes share
        gc.enable()

    def is_current(self) -> bool:
        """Whether the files are still those that were loaded: a web process that loads others needs them all."""
        return set(_files(self._folders)) == self._files

    def fork(self, arguments: Arguments, settings: dict[str, str]) -> Process:
        """A web process, with *settings* added to its environment."""
        return spawn_web_process.fork(self._run, arguments, settings)


def _files(folders: tuple[Path, ...]) -> Iterator[tuple[str, int, int, int]]:
    """Path, inode, size in bytes and time of the last change of each file."""
    for folder in folders:
        for above, inside, names in os.walk(folder):
            inside[:] = [name for name in inside if name not in _MADE_ON_USE]
            for name in names:
                path = f"{above}/{name}"
                with suppress(OSError):  # it vanishes in this moment
                    found = os.stat(path)  # noqa: PTH116  700 of them: a Path costs as much as the call
                    yield path, found.st_ino, found.st_size, found.st_mtime_ns

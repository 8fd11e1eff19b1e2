"""Keeps the source of Reader's modules as of the start of the process, for itself and its child processes.

Many modules are imported by the first request that needs them, or by the first file of its kind, and child processes
start when there is work. An update may have replaced the files by then, and new ones don't fit the old ones that run.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress

from ..settings import PACKAGE
from .kept_modules import Finder, KeptFile

_kept: dict[str, KeptFile] = {}
"""By path; empty in a process that does not keep its code, such as a command."""

_archive = -1
"""A file in memory (memfd_create) of this process with what is kept, made for the first child."""

_PROGRAM = "import pickle, sys; kept = pickle.load(open(sys.argv[1], 'rb')); exec(kept[0])"
"""One line, because it stands in lists of processes. What it runs is _START."""

_START = """
import runpy
_, root, own, files = kept
scope = {"__name__": "kept_modules"}
exec(compile(own, "kept_modules", "exec"), scope)
sys.meta_path.insert(0, scope["Finder"](root, files))
module = sys.argv[2]
del sys.argv[1:3]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def keep_code() -> None:
    """Reads the files of all modules, and the tables that some have beside them: 2.4 megabytes."""
    imported = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    _kept.update(_files())
    to_come = {path: file for path, file in _kept.items() if path not in imported}
    sys.meta_path.insert(0, Finder(str(PACKAGE.parent), to_come))


def with_kept_code(command: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The command that runs a module of Reader (``python -m module``) as it was, and the descriptors that it inherits.

    *command* itself for other programs, and of a process that does not keep its code.
    """
    if not _kept or tuple(command[:2]) != (sys.executable, "-m"):
        return tuple(command), ()
    archive = _open_archive()
    return (sys.executable, "-c", _PROGRAM, f"/proc/self/fd/{archive}", *command[2:]), (archive,)


def _open_archive() -> int:
    global _archive
    if _archive < 0:
        archive = os.memfd_create("kept-code")
        own, _ = _kept[str(PACKAGE / "child_process" / "kept_modules.py")]
        with open(archive, "wb", closefd=False) as file:
            pickle.dump((_START, str(PACKAGE.parent), own, _kept), file)
        _archive = archive
    return _archive


def _forget_archive() -> None:
    global _archive  # a forked process closes it
    _archive = -1


os.register_at_fork(after_in_child=_forget_archive)


def _files() -> Iterator[tuple[str, KeptFile]]:
    for pattern in ("*.py", "*.txt"):
        for path in PACKAGE.rglob(pattern):
            with suppress(OSError):
                yield str(path), (path.read_bytes(), path.stat().st_mtime)

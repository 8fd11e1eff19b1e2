"""The modules of Reader as their files were when the process started, for itself and for its child processes.

Many modules are imported by the first request that needs them, and child processes start when there is work. An update
may have replaced the files by then, and new ones don't fit the old ones that run.
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
"""A file in memory (memfd_create) of this process with what is kept, made when the first child needs it."""

_PROGRAM = """
import pickle, runpy, sys
descriptor, module = sys.argv[1:3]
del sys.argv[1:3]
with open(f"/proc/self/fd/{descriptor}", "rb") as archive:
    root, own, files = pickle.load(archive)
scope = {"__name__": "kept_modules"}
exec(compile(own, "kept_modules", "exec"), scope)
sys.meta_path.insert(0, scope["Finder"](root, files))
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""


def keep_code() -> None:
    """Reads the files of all modules: 2.4 megabytes."""
    imported = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    _kept.update(_files())
    to_come = {path: file for path, file in _kept.items() if path not in imported}
    sys.meta_path.insert(0, Finder(str(PACKAGE.parent), to_come))


def with_kept_code(command: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The command that runs a module of Reader (``python -m module``) as it was, and the descriptors that it inherits.

    *command* itself while the files are as they were, and for other programs.
    """
    if not _kept or tuple(command[:2]) != (sys.executable, "-m") or _is_current():
        return tuple(command), ()
    archive = _open_archive()
    return (sys.executable, "-c", _PROGRAM, str(archive), *command[2:]), (archive,)


def _is_current() -> bool:
    try:
        return all(_is_as_kept(os.stat(path), file) for path, file in _kept.items())  # noqa: PTH116  hundreds of them
    except OSError:
        return False


def _is_as_kept(found: os.stat_result, file: KeptFile) -> bool:
    source, modified = file
    return (found.st_size, found.st_mtime) == (len(source), modified)


def _open_archive() -> int:
    global _archive
    if _archive < 0:
        archive = os.memfd_create("kept-code")
        own, _ = _kept[str(PACKAGE / "child_process" / "kept_modules.py")]
        with open(archive, "wb", closefd=False) as file:
            pickle.dump((str(PACKAGE.parent), own, _kept), file)
        _archive = archive
    return _archive


def _forget_archive() -> None:
    global _archive  # a forked process closes it
    _archive = -1


os.register_at_fork(after_in_child=_forget_archive)


def _files() -> Iterator[tuple[str, KeptFile]]:
    for path in PACKAGE.rglob("*.py"):
        with suppress(OSError):
            yield str(path), (path.read_bytes(), path.stat().st_mtime)

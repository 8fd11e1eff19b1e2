"""Holds the source code of Reader's modules in memory, as it was when the process started, for this process and its
children.

Many modules are imported only by the first request or file that needs them, and child processes start when there is
work. By then an update may have replaced the files, and new modules are not compatible with the old ones in memory.
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
"""The files by path; empty in a process that did not call ``keep_code``, such as a command."""

_archive = -1
"""The descriptor of a file in memory (memfd_create) with the pickled files, created for the first child; -1 before."""

_PROGRAM = "import pickle, sys; kept = pickle.load(open(sys.argv[1], 'rb')); exec(kept[0])"
"""The program of ``python -c``. It is one short line because lists of processes show it. It executes _START."""

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
    """Reads the source files (.py) and tables (.txt) of the package into memory, 2.4 MB, and imports later modules from
    there."""
    imported = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    _kept.update(_files())
    not_imported = {path: file for path, file in _kept.items() if path not in imported}
    sys.meta_path.insert(0, Finder(str(PACKAGE.parent), not_imported))


def with_kept_code(command: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The command that runs a module of Reader (``python -m module``) from the source in memory, and the descriptors
    that the child must inherit.

    Returns *command* itself and no descriptors for other programs, and if ``keep_code`` was not called.
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

"""Writes the output file of a command atomically."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from ..i18n import Message
from .click_localization import localized

UNFINISHED = ".reader-export-"
"""The prefix of temporary folders in which output files are written."""

ABANDONED_SECONDS = 60.0
"""Younger folders are never removed: their process may not have locked them yet."""


class OutputPath(click.Path):
    """The value of ``--output``. An empty one, such as from an unset shell variable, is an error, not ``.``."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, context: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if not os.fspath(value):
            self.fail(localized(Message("the name of the file or folder is empty")), param, context)
        return super().convert(value, param, context)


@contextmanager
def replacement_for(path: Path) -> Iterator[Path]:
    """A temporary path to write to. At the end, the file is renamed to *path*; after an error it is deleted.

    For a device, a FIFO or a folder, returns the path itself. An OSError has *path* as its file name, unless another
    file caused it, such as one that was read.
    """
    target = Path(os.path.realpath(path))
    source_error: OSError | None = None
    try:
        with _replacement_for(target) as part:
            try:
                yield part
            except OSError as error:
                writable = part if part == target else part.parent
                if isinstance(name := error.filename, str | bytes) and writable not in _with_parents(name):
                    source_error = error
                raise
    except OSError as error:
        if error is source_error:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _with_parents(name: str | bytes) -> tuple[Path, ...]:
    path = Path(os.fsdecode(name))
    return path, *path.parents


@contextmanager
def _replacement_for(target: Path) -> Iterator[Path]:
    if target.exists() and not target.is_file():
        yield target
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target.parent)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=target.parent))
    try:
        with _locked(folder):
            yield folder / target.name
            (folder / target.name).replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Locks the folder until the block ends or this process is killed. Yields whether it could be locked."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        is_locked = False
        with suppress(OSError):  # another process has locked it, or the file system has no locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_locked = True
        yield is_locked
    finally:
        os.close(handle)


def _remove_abandoned(parent: Path) -> None:
    """Removes the folders of killed commands. Otherwise a daily backup that is always killed would fill the disk."""
    for folder in parent.glob(UNFINISHED + "?" * len("abcd1234")):  # as mkdtemp names them
        with suppress(OSError):
            if folder.lstat().st_mtime < time.time() - ABANDONED_SECONDS:
                with _locked(folder) as is_abandoned:
                    if is_abandoned:
                        shutil.rmtree(folder, ignore_errors=True)

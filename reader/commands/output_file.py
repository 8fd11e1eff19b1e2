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
"""How the folders begin in which files are written."""

ABANDONED_SECONDS = 60.0


class OutputPath(click.Path):
    """The value of ``--output``. An empty one, as of a shell variable that is not set, is an error, not ``.``."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, context: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if not os.fspath(value):
            self.fail(localized(Message("the name of the file or folder is empty")), param, context)
        return super().convert(value, param, context)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to. The file there takes the place of *path* at the end; after an error nothing of it is left.

    A device, a FIFO or a folder is given as it is. An OSError has *path* as its file name, unless it names another
    file, such as one that was read.
    """
    target = Path(os.path.realpath(path))
    of_other: OSError | None = None
    try:
        with _replacing(target) as part:
            try:
                yield part
            except OSError as error:
                writable = part if part == target else part.parent
                if isinstance(name := error.filename, str | bytes) and writable not in _with_parents(name):
                    of_other = error
                raise
    except OSError as error:
        if error is of_other:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _with_parents(name: str | bytes) -> tuple[Path, ...]:
    path = Path(os.fsdecode(name))
    return path, *path.parents


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
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
    """Whether the folder could be locked: for the block, or until this process is killed."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        is_held = False
        with suppress(OSError):  # another process has it, or the file system has no such locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_held = True
        yield is_held
    finally:
        os.close(handle)


def _remove_abandoned(parent: Path) -> None:
    """Removes what commands that were killed left behind: a daily backup that is killed each time would fill the disk.

    A younger one may not be locked yet.
    """
    for folder in parent.glob(UNFINISHED + "?" * len("abcd1234")):  # as mkdtemp names them
        with suppress(OSError):
            if folder.lstat().st_mtime < time.time() - ABANDONED_SECONDS:
                with _locked(folder) as is_abandoned:
                    if is_abandoned:
                        shutil.rmtree(folder, ignore_errors=True)

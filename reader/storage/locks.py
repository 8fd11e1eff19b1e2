"""Lock files between processes (flock(2)). The kernel releases a lock when its process ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .private_files import FOLDER_MODE


class FileLock:
    """The result of ``file_lock``; true if this process holds the lock."""

    def __init__(self, path: Path, file: BinaryIO, *, is_held: bool) -> None:
        self._path, self._file, self._is_held = path, file, is_held

    def __bool__(self) -> bool:
        return self._is_held

    def is_in_place(self) -> bool:
        """Whether the path still names the locked file. If not, another process can lock a new file at the path."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self._path.stat())
        except OSError:
            return False


@contextmanager
def file_lock(path: Path) -> Iterator[FileLock]:
    """Tries to lock the file for the block, without waiting. Raises OSError if the file cannot be created.

    ::

        with file_lock(instance / "watcher.lock") as lock:
            if lock:  # False: another process holds it
                watch()
    """
    path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield FileLock(path, file, is_held=False)
            return
        yield FileLock(path, file, is_held=True)


@contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Locks the file for the block; waits while another process holds it. Raises OSError if the file cannot be
    created."""
    while True:
        path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not FileLock(path, file, is_held=True).is_in_place():  # deleted while this process waited
                continue
            yield
            return


def is_locked(path: Path) -> bool:
    """Whether another process holds the lock; False if the file cannot be read.

    Takes a shared lock for an instant, so an attempt of another process to lock the file may fail: use it only for
    locks that are tried again.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False

"""Permissions of files that other users of the machine may not read: data derived from drafts, and the state database.

Folders are created with mode 0700, databases with 0600. Looser permissions of existing files are removed at the start.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
_OTHERS = 0o077
INSTANCE_FILES = ("catalog.sqlite3*", "jobs.sqlite3*", "session.key", "sessions", "imported.json")


def make_private(folder: Path) -> None:
    """Creates the instance *folder*, or removes the permissions of other users on it and on INSTANCE_FILES.

    Raises OSError if it cannot be created.
    """
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    if os.path.realpath(folder) != os.path.realpath(Path.home()):
        _tighten(folder)
    tighten(folder, INSTANCE_FILES)


def tighten(folder: Path, names: Iterable[str]) -> None:
    """Removes the permissions of other users on the files in *folder* that match *names* (globs) and belong to this
    user."""
    for name in names:
        for path in folder.glob(name):
            _tighten(path)


def create_private(path: Path) -> None:
    """Creates an empty file that only this user can read. Raises FileExistsError, or another OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))


def _tighten(path: Path) -> None:
    """Does not change a folder that all users share (sticky bit, such as ``/tmp``), a symbolic link, or a file of
    another user."""
    with suppress(OSError):
        status = path.lstat()
        is_ours = status.st_uid == os.geteuid() and not status.st_mode & stat.S_ISVTX
        if is_ours and status.st_mode & _OTHERS and not stat.S_ISLNK(status.st_mode):
            path.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)

"""Files that other users of the machine may not read: what is derived from drafts, and the state with its secrets.

Folders are made with mode 0700, databases with 0600. What was left readable is tightened at the start.
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
    """Makes the instance *folder*, or takes away the rights of others to it. Raises OSError if it can't be made."""
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    if os.path.realpath(folder) != os.path.realpath(Path.home()):
        _tighten(folder)
    tighten(folder, INSTANCE_FILES)


def tighten(folder: Path, names: Iterable[str]) -> None:
    """Takes away the rights of others to the files of these *names* (globs) in *folder* that belong to this user."""
    for name in names:
        for path in folder.glob(name):
            _tighten(path)


def create_private(path: Path) -> None:
    """Makes an empty file that only this user can read. Raises FileExistsError, or another OSError."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))


def _tighten(path: Path) -> None:
    """A folder that all users share, such as ``/tmp``, and what isn't ours stay as they are."""
    with suppress(OSError):
        status = path.lstat()
        is_ours = status.st_uid == os.geteuid() and not status.st_mode & stat.S_ISVTX
        if is_ours and status.st_mode & _OTHERS and not stat.S_ISLNK(status.st_mode):
            path.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)

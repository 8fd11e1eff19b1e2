"""Writes a whole file or nothing: into a temporary file beside it, which then gets its name."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE, PUBLIC = 0o600, 0o644
UNFINISHED = ".part"
"""The ending of temporary files. One stays behind only if the process is killed."""


def replace_file(path: Path, content: bytes, mode: int = PRIVATE, owner: tuple[int, int] | None = None) -> None:
    """Puts *content* into the place of what *path* names. *owner* is (user, group). Raises OSError; nothing has changed
    then."""
    with _temporary_file(path, content, mode, owner) as temporary:
        temporary.replace(path)
    sync_folder(path.parent)


def replace_derived_file(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """As ``replace_file``, but does not wait for the disk: for what can be made again."""
    with _temporary_file(path, content, mode, waits=False) as temporary:
        temporary.replace(path)


def create_file(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Raises FileExistsError instead of replacing a file, and OSError."""
    with _temporary_file(path, content, mode) as temporary:
        _take_name(temporary, path)
    sync_folder(path.parent)


def _take_name(temporary: Path, path: Path) -> None:
    """Unlike a rename, a link fails if the name is taken. Without hard links (FAT) the name is created first."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        path.touch(exist_ok=False)
        temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """A change of names in *folder* is on the disk. Some file systems can't tell."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _temporary_file(
    path: Path, content: bytes, mode: int, owner: tuple[int, int] | None = None, *, waits: bool = True
) -> Iterator[Path]:
    """A hidden file beside *path*, which the folder of articles and its watcher ignore. It is gone afterwards."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            if owner is not None and owner != (os.geteuid(), os.getegid()):
                with suppress(OSError):  # only root may give files away
                    os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)  # after fchown, which takes away set-user-ID
            if waits:
                file.flush()
                os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)

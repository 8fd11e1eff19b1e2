"""Atomic file writes: the content goes into a temporary file in the same folder, which is then renamed or linked."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PRIVATE, PUBLIC = 0o600, 0o644
UNFINISHED = ".part"
"""The suffix of temporary files. A temporary file remains only if the process is killed."""


def replace_file(
    path: Path, content: bytes | Iterable[bytes], mode: int = PRIVATE, owner: tuple[int, int] | None = None
) -> None:
    """Creates or replaces the file at *path* and waits until it is on the disk. *owner* is (user id, group id).

    Raises OSError; the old file is unchanged then.
    """
    with _temporary_file(path, content, mode, owner) as temporary:
        temporary.replace(path)
    sync_folder(path.parent)


def replace_derived_file(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Like ``replace_file``, but without fsync: for derived files, which can be generated again."""
    with _temporary_file(path, content, mode, syncs=False) as temporary:
        temporary.replace(path)


def create_file(path: Path, content: bytes, mode: int = PRIVATE) -> None:
    """Creates a file and waits until it is on the disk. Raises FileExistsError if *path* exists, and OSError."""
    with _temporary_file(path, content, mode) as temporary:
        _take_name(temporary, path)
    sync_folder(path.parent)


def _take_name(temporary: Path, path: Path) -> None:
    """Uses a hard link, which fails if the name exists; a rename does not. Without hard links (FAT) an empty file
    reserves the name first."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        path.touch(exist_ok=False)
        temporary.replace(path)


def sync_folder(folder: Path) -> None:
    """Waits until created, renamed and deleted names in *folder* are on the disk. Ignores errors: some file systems do
    not support fsync of a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _temporary_file(
    path: Path,
    content: bytes | Iterable[bytes],
    mode: int,
    owner: tuple[int, int] | None = None,
    *,
    syncs: bool = True,
) -> Iterator[Path]:
    """A hidden file beside *path*, which the scanner and the watcher of the articles folder ignore. Deleted after the
    block."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=UNFINISHED, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines((content,) if isinstance(content, bytes) else content)
            if owner is not None and owner != (os.geteuid(), os.getegid()):
                with suppress(OSError):  # only root may change the owner of a file
                    os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)  # after fchown, which clears the set-user-ID bit
            if syncs:
                file.flush()
                os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)

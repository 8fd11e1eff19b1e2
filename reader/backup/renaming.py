"""Renames files and folders for a restore, and renames them back if a later step fails."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from ..errors import HalfRestored
from ..i18n import N_, Message

ASIDE = ".before-"
"""The prefix of the hidden folder in an articles folder that a restore moves the previous files into."""

_NOT_PUT_BACK = N_(
    "the restore failed (%(cause)s), and %(path)s could not be put back (%(reason)s): it is at %(aside)s; "
    "move it by hand"
)


@contextmanager
def moved_aside(paths: list[Path], inside: Path | None) -> Iterator[list[Path]]:
    """Renames *paths*. Files in the folder *inside* move into a hidden folder there. Yields the new paths.

    Renames everything back if the block raises an exception.
    """
    folder, new_names = _free_names(paths, inside)
    moved: dict[Path, Path] = {}
    try:
        for path, aside in new_names.items():
            if aside.parent == folder:
                folder.mkdir(0o700, exist_ok=True)
            path.rename(aside)
            moved[path] = aside
        folders = [folder] if folder and folder in {aside.parent for aside in moved.values()} else []
        yield folders + [aside for path, aside in moved.items() if path in paths and aside.parent != folder]
    except BaseException as error:
        _put_back(moved, error)
        if folder and folder.is_dir():
            folder.rmdir()
        raise


def _free_names(paths: list[Path], inside: Path | None) -> tuple[Path | None, dict[Path, Path]]:
    """The hidden folder, and the new name of each of *paths* that exists, with its ``-wal`` and ``-shm`` files, which
    end so afterwards, too: SQLite reads a database only together with its ``-wal`` file.

    None of the names exists yet: a restore that was killed may have started in the same second, and renaming would
    replace the files that it moved aside.
    """
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    candidates = {Path(f"{path}{suffix}"): (path, suffix) for path in paths for suffix in ("", "-wal", "-shm")}
    for stamp in chain([now], (f"{now}-{number}" for number in count(2))):
        folder = inside / f"{ASIDE}{stamp}" if inside else None
        new_names = {
            path: folder / path.name
            if folder and path.parent == inside
            else first.with_name(f"{first.name}.before-{stamp}{suffix}")
            for path, (first, suffix) in candidates.items()
            if path.exists() or path.is_symlink()
        }
        if not any(
            aside.exists() or aside.is_symlink() for aside in (*new_names.values(), *([folder] if folder else []))
        ):
            break
    return folder, new_names


@contextmanager
def moved_into_place(unpacked: dict[Path, Path], empty: Path | None) -> Iterator[None]:
    """Renames each key of *unpacked* to its value. One value may be the *empty* folder, which is removed first.

    Renames everything back if the block raises an exception.
    """
    done: dict[Path, Path] = {}
    mode = stat.S_IMODE(empty.stat().st_mode) if empty and empty.exists() else None
    try:
        if empty and mode is not None:
            empty.rmdir()
        for new, path in unpacked.items():
            new.rename(path)
            done[new] = path
        yield
    except BaseException as error:
        _put_back(done, error)
        if empty and mode is not None:
            empty.mkdir(mode, exist_ok=True)
        raise


def _put_back(moved: dict[Path, Path], cause: BaseException) -> None:
    """Renames each value back to its key. Raises HalfRestored for the first path that cannot be moved, after trying the
    others."""
    failed: HalfRestored | None = None
    for path, aside in moved.items():
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            aside.replace(path)
        except OSError as error:
            reason = error.strerror or str(error)
            values = {"cause": str(cause), "path": str(path), "aside": str(aside), "reason": reason}
            failed = failed or HalfRestored(Message(_NOT_PUT_BACK, **values))
    if failed:
        raise failed from cause

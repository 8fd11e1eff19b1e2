"""Deleted article files. They are stored in ``articles/.trash/``, which no scan reads, and can be restored.

The path is ``<time>-<random>/<path>``, so that deleting and restoring are one rename on the same file system.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..errors import NotFound, NotImported
from ..i18n import Message
from ..library.skipped_names import printable
from ..settings import Settings
from ..storage.atomic_files import sync_folder
from .article_files import ArticleFile, FileChanged, digest_of, find_file, read_file, writing_lock

FOLDER = ".trash"
_ID = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{16}")
_DEEPEST = 2_000
"""The largest number of folders that fit in the longest path (4,096 bytes)."""


@dataclass(frozen=True)
class DeletedFile:
    """A deleted file. ``id`` is its folder in the trash, ``path`` its previous path."""

    id: str
    path: str
    deleted_at: datetime


def delete(settings: Settings, file: ArticleFile, digest: str) -> DeletedFile:
    """Moves the file whose content has the *digest* into the trash. Raises FileChanged, NotFound or OSError."""
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(8)}"
    with writing_lock(settings):
        current_file = find_file(settings, file.path)
        path, content = current_file.real_path, read_file(settings, current_file)
        if digest_of(content) != digest:
            raise FileChanged(content)
        target = _trash(settings) / name / file.path
        target.parent.mkdir(parents=True)
        path.rename(target)
        _remove_link(settings.articles / file.path)
        sync_folder(target.parent)
        sync_folder(path.parent)
    return DeletedFile(name, file.path, now)


def deleted_files(settings: Settings, limit: int = 500) -> list[DeletedFile]:
    """The deleted files, latest first. Raises NotFound if the trash is a link."""
    names = sorted((name for name in _names_in(_trash(settings)) if _is_id(name)), reverse=True)
    found = (DeletedFile(name, path, _time_of(name)) for name in names[:limit] if (path := _path_in(settings, name)))
    return list(found)


def restore(settings: Settings, deleted_id: str) -> str:
    """Moves the file back. Returns its path. Raises NotFound, or NotImported if the path is occupied."""
    if not _is_id(deleted_id):
        raise NotFound("file", deleted_id[:200])
    with writing_lock(settings):
        path = _path_in(settings, deleted_id)
        if not path:
            raise NotFound("file", deleted_id)
        source, target = _trash(settings) / deleted_id / path, settings.articles / path
        _refuse_links(settings, target.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            _move(source, target)
        except FileExistsError as error:
            raise NotImported("", Message("a file or folder is in the way: %(path)s", path=path)) from error
        sync_folder(target.parent)
        _remove_empty(source.parent, _trash(settings))
    return path


def _remove_link(path: Path) -> None:
    """Removes a link that pointed to the file, because it would prevent restoring."""
    if path.is_symlink():
        path.unlink()


def _move(source: Path, target: Path) -> None:
    """Moves the file without replacing another. Raises FileExistsError.

    On a file system without hard links, a rename is used; the lock excludes other writers.
    """
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def _refuse_links(settings: Settings, folder: Path) -> None:
    """Raises NotFound if *folder* is outside of the articles folder."""
    if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(settings.articles)):
        raise NotFound("file", str(folder))


def _trash(settings: Settings) -> Path:
    """The trash folder. Raises NotFound if it is a link."""
    folder = Path(os.path.realpath(settings.articles)) / FOLDER
    if folder.is_symlink():
        raise NotFound("file", FOLDER)
    return folder


def _path_in(settings: Settings, name: str) -> str:
    """The path of the single file in the folder *name* of the trash; empty if there is none. Follows no links.

    Names that are not UTF-8 are ignored, because no article has one.
    """
    top = path = _trash(settings) / name
    for _ in range(_DEEPEST):
        if path.is_symlink() or not path.is_dir():
            break
        names = _names_in(path)
        if len(names) != 1 or printable(names[0]) != names[0]:
            return ""
        path /= names[0]
    return path.relative_to(top).as_posix() if path.is_file() and not path.is_symlink() else ""


def _names_in(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _is_id(name: str) -> bool:
    try:
        return bool(_ID.fullmatch(name) and _time_of(name))
    except ValueError:  # not a date, such as the 32nd of a month
        return False


def _time_of(name: str) -> datetime:
    return datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _remove_empty(folder: Path, end: Path) -> None:
    for each in _parents(folder, end):
        with suppress(OSError):
            each.rmdir()


def _parents(folder: Path, end: Path) -> Iterator[Path]:
    while folder != end and folder.is_relative_to(end):
        yield folder
        folder = folder.parent

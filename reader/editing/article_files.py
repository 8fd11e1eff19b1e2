"""Finds, reads and replaces article files. A file is replaced only if it has not changed since the editor opened it.

A path from a form must name a file that the scan of the folder would read: no ``..``, no hidden name, no link out of
the folder. A file is replaced by renaming a complete new file, so that a crash leaves the old or the new version.
Concurrent saves wait for each other; the later one fails with FileChanged.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import NotFound, ReaderError
from ..formats import PICTURE_FORMATS
from ..i18n import Message
from ..importing.new_files import create_picture
from ..library.directory_walk import EntryKind, find_root, walk
from ..settings import Settings
from ..storage import atomic_files
from ..storage.locks import waiting_lock
from ..storage.regular_files import read_real

LONGEST_PATH = 4000


class FileChanged(ReaderError):
    """The file has changed since the editor opened it. ``content`` is its current content."""

    def __init__(self, content: bytes) -> None:
        super().__init__(Message("the file has changed since you opened it"))
        self.content = content


@dataclass(frozen=True)
class ArticleFile:
    """A file of the articles folder. ``path`` is relative to the folder, ``real_path`` is resolved and can be
    opened."""

    path: str
    real_path: Path

    @property
    def suffix(self) -> str:
        """The suffix in lower case, such as ``.md``."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def is_text(self) -> bool:
        """Whether it can be edited as text."""
        return self.suffix not in PICTURE_FORMATS


def find_file(settings: Settings, path: str) -> ArticleFile:
    """The file at *path*. Raises NotFound unless a scan would read it."""
    parts = path.split("/")
    if len(path) > LONGEST_PATH or not path or "\0" in path or {"", ".", ".."} & set(parts):
        raise NotFound("file", path[:200])
    try:
        entry = next(walk(find_root(settings.articles), path), None)
    except OSError as error:
        raise NotFound("file", path) from error
    if entry is None or entry.kind is not EntryKind.FILE:
        raise NotFound("file", path)
    return ArticleFile(path, Path(entry.real_path))


def read_file(settings: Settings, file: ArticleFile) -> bytes:
    """The content. Raises OSError; its number is EFBIG above the size limit of articles."""
    limit_mb = settings.article_limit_mb if file.is_text else settings.picture_limit_mb
    return read_real(file.real_path, limit_mb * 1_000_000)


def add_picture(file: ArticleFile, suffix: str, content: bytes) -> str:
    """Writes a picture into the picture folder of the article. Returns its path relative to the article.

    Reuses an equal picture. Raises OSError.
    """
    folder = PurePosixPath(file.path).stem
    target = file.real_path.parent / folder
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(target))
    name = f"{digest_of(content)[:12]}.{suffix}"
    create_picture(target / name, content)
    return f"{folder}/{name}"


def digest_of(content: bytes) -> str:
    """The SHA-256 of *content* as hexadecimal text."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def writing_lock(settings: Settings) -> Iterator[None]:
    """Waits until no other process of this site writes into the folder. Raises OSError."""
    with waiting_lock(settings.instance / "editing.lock"):
        yield


def replace_file(settings: Settings, file: ArticleFile, digest: str, content: bytes) -> None:
    """Replaces the file whose content has the *digest* by *content*. Mode and owner remain the same.

    Raises FileChanged, NotFound if it was deleted, or OSError; then nothing has changed.
    """
    with writing_lock(settings):
        current_file = find_file(settings, file.path)  # a link in its path may have changed
        try:
            current_content = read_file(settings, current_file)
        except FileNotFoundError as error:
            raise NotFound("file", file.path) from error
        if digest_of(current_content) != digest:
            raise FileChanged(current_content)
        if current_content != content:
            _replace(current_file.real_path, content)


def _replace(path: Path, content: bytes) -> None:
    status = path.stat()
    atomic_files.replace_file(path, content, status.st_mode & 0o7777, (status.st_uid, status.st_gid))

"""Finds, reads and replaces article files. A file is replaced only if it is still as the editor opened it.

A path that comes from a form names a file that the scan of the folder would read: no ``..``, no hidden name, no link
out of the folder. A file is replaced by renaming a whole new one to its name, so that a crash leaves the old or the new
one. Editors that save at once wait for each other; the later one is told that the file has changed.
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
from ..formats import HOLD_PICTURES
from ..i18n import Message
from ..importing.new_files import put_picture
from ..library.directory_walk import EntryKind, find_root, walk
from ..settings import Settings
from ..storage import atomic_files
from ..storage.locks import waiting_lock
from ..storage.regular_files import read_real

LONGEST_PATH = 4000


class Changed(ReaderError):
    """The file is another one than the editor opened; ``content`` is what it holds now."""

    def __init__(self, content: bytes) -> None:
        super().__init__(Message("the file has changed since you opened it"))
        self.content = content


@dataclass(frozen=True)
class ArticleFile:
    """A file of the articles folder: ``path`` is relative to it, ``place`` can be opened."""

    path: str
    place: Path

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.path).suffix.lower()

    @property
    def is_text(self) -> bool:
        """Whether it can be edited as text."""
        return self.suffix not in HOLD_PICTURES


def find_file(settings: Settings, path: str) -> ArticleFile:
    """Raises NotFound unless a scan would read the file."""
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
    """Raises OSError, EFBIG for one above the limit of articles."""
    limit_mb = settings.article_limit_mb if file.is_text else settings.picture_limit_mb
    return read_real(file.place, limit_mb * 1_000_000)


def create_beside(file: ArticleFile, suffix: str, content: bytes) -> str:
    """Writes a picture into the folder of the article's own pictures. Returns its path as the article names it.

    An equal one that is there already is used again. Raises OSError.
    """
    folder = PurePosixPath(file.path).stem
    target = file.place.parent / folder
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(target))
    name = f"{digest_of(content)[:12]}.{suffix}"
    put_picture(target / name, content)
    return f"{folder}/{name}"


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@contextmanager
def writing_lock(settings: Settings) -> Iterator[None]:
    """One process of this site writes into the folder at a time. Raises OSError."""
    with waiting_lock(settings.instance / "editing.lock"):
        yield


def replace_file(settings: Settings, file: ArticleFile, digest: str, content: bytes) -> None:
    """Puts *content* into the place of the file whose content has the *digest*. Mode and owner stay.

    Raises Changed, NotFound if it was deleted, or OSError; nothing has changed then.
    """
    with writing_lock(settings):
        now_there = find_file(settings, file.path)  # a link above it may lead elsewhere by now
        try:
            now = read_file(settings, now_there)
        except FileNotFoundError as error:
            raise NotFound("file", file.path) from error
        if digest_of(now) != digest:
            raise Changed(now)
        if now != content:
            _replace(now_there.place, content)


def _replace(path: Path, content: bytes) -> None:
    status = path.stat()
    atomic_files.replace_file(path, content, status.st_mode & 0o7777, (status.st_uid, status.st_gid))

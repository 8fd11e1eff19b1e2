"""A file cache: immutable files by key, evicted least recently used first (LRU)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from .atomic_files import UNFINISHED, replace_file
from .private_files import FOLDER_MODE

_KEY = re.compile(r"[a-z0-9-]+\.[a-z0-9]+")
SPARE = 0.9
"""Eviction stops at this fraction of the limit, so that the next file does not cause another eviction."""
WRITING_SECONDS = 3600
"""A temporary file without writes for this time belongs to a process that was killed. It may be evicted."""


class FileCache:
    """Files under *folder* with a total size of at most *limit_bytes*, shared by processes.

    A key matches ``[a-z0-9-]+.suffix``; methods raise ValueError for another one.

    ::

        store = FileCache(instance / "exports", limit_bytes=2_000_000_000)
        store.put("3f2a.pdf", content)
        path = store.find("3f2a.pdf")  # None once it has been evicted
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder, self.limit_bytes = folder, limit_bytes

    def find(self, key: str) -> Path | None:
        """The path of the file; None if it cannot be found. Sets its access time to now, for LRU eviction."""
        path = self._path(key)
        try:
            modified = path.stat().st_mtime_ns
        except OSError:  # also a file or a link in place of the folder
            return None
        try:
            os.utime(path, ns=(time.time_ns(), modified))  # mtime is unchanged: it is Last-Modified
        except FileNotFoundError:
            return None
        except OSError:  # a full or read-only disk: the file can still be read
            return path
        return path

    def open(self, key: str) -> BinaryIO | None:
        """The open file; None if it cannot be read. It can be read to its end even if it is evicted meanwhile.

        Sets its access time to now. The caller closes it.
        """
        path = self.find(key)
        with suppress(OSError):
            return path.open("rb") if path else None
        return None

    def sizes(self, keys: Iterable[str]) -> dict[str, int]:
        """The size in bytes of each file that exists, by key. Does not change access times."""
        found, folder = {}, os.fspath(self.folder)
        for key in keys:
            _check(key)
            try:
                found[key] = os.stat(f"{folder}/{key[:2]}/{key}").st_size  # noqa: PTH116 (strings: this runs for each file of a feed)
            except OSError:
                continue
        return found

    def put(self, key: str, content: bytes) -> Path:
        """Like ``put_here``; a cache that machines share (``shared_file_cache``) gives the file to the others, too."""
        return self.put_here(key, content)

    def put_here(self, key: str, content: bytes | Iterable[bytes]) -> Path:
        """Writes the file atomically, even on power failure: temporary file, fsync, rename, fsync of the folder.

        Returns its path. Evicts other files if the limit is exceeded. Raises OSError.
        """
        path = self._path(key)
        path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
        replace_file(path, content)
        self.prune()
        return path

    def prune(self) -> list[str]:
        """Evicts the least recently used files if the limit is exceeded, down to SPARE of it. Returns their keys."""
        files = sorted(self._files())
        excess = sum(size for _, size, _ in files) - self.limit_bytes
        if excess <= 0:
            return []
        excess += int(self.limit_bytes * (1 - SPARE))
        removed = []
        for _, size, path in files:
            if excess <= 0:
                break
            with suppress(FileNotFoundError):
                path.unlink()
            excess -= size
            removed.append(path.name)
        return removed

    def _files(self) -> list[tuple[float, int, Path]]:
        """(access time, size in bytes, path) of each file, except files that another process is writing or deleting."""
        found = []
        for path in self.folder.glob("*/*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                if path.suffix != UNFINISHED or time.time() - status.st_mtime > WRITING_SECONDS:
                    found.append((status.st_atime, status.st_size, path))
        return found

    def _path(self, key: str) -> Path:
        _check(key)
        return self.folder / key[:2] / key


def _check(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key: {key!r}")

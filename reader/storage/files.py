"""Finished files by their content's key: written once, never changed, dropped when room is short."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SPARE = 0.9
"""Pruning stops at this part of the limit, so that it isn't needed again for the next file."""


class Store:
    """Files under *folder*, shared by processes. Keys are ``[a-z0-9-]+.suffix`` and never come from a visitor."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder, self.limit_bytes = folder, limit_bytes

    def find(self, key: str) -> Path | None:
        """The finished file, marked as just used; None if it isn't here (any more)."""
        path = self._path(key)
        try:
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))  # mtime stays: it is sent as Last-Modified
        except FileNotFoundError:
            return None
        except OSError:  # a full or read-only disk: the file can be read all the same
            return path
        return path

    def sizes(self, keys: Iterable[str]) -> dict[str, int]:
        """Bytes of those that are finished and still here; the others are left out. Marks none as used."""
        found = {}
        for key in keys:
            with suppress(OSError):
                found[key] = self._path(key).stat().st_size
        return found

    def put(self, key: str, content: bytes) -> Path:
        """Whole or not at all, even when the power fails: temporary file, fsync, rename, fsync of the folder."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        self.prune()
        return path

    def prune(self) -> list[str]:
        """Removes the files unused for longest until the rest fits; says which."""
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
        """(last use, bytes, path) of each; a file that another process removes meanwhile is left out."""
        found = []
        for path in self.folder.glob("*/*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                found.append((status.st_atime, status.st_size, path))
        return found

    def _path(self, key: str) -> Path:
        if not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9]+", key):
            raise ValueError(f"not a key: {key!r}")
        return self.folder / key[:2] / key


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

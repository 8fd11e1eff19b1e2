"""Creates files in the articles folder: atomically, and never over another file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def put(path: Path, content: bytes) -> None:
    """Creates *path* atomically with its *content*. Raises FileExistsError instead of replacing a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".import-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        _take_name(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _take_name(temporary: str, path: Path) -> None:
    """Unlike rename, link fails if the name is taken. On file systems without hard links the name is created first."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        path.touch(exist_ok=False)
        Path(temporary).replace(path)


def put_picture(path: Path, content: bytes) -> None:
    """As ``put``, but an identical file, left by a deleted article, is reused."""
    if not (path.is_file() and path.read_bytes() == content):
        put(path, content)

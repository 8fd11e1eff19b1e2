"""Creates files in the articles folder: atomically, and never over another file."""

from __future__ import annotations

from pathlib import Path

from ..storage.atomic_files import PUBLIC, create_file


def put(path: Path, content: bytes) -> None:
    """Creates *path* atomically with its *content*. Raises FileExistsError instead of replacing a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    create_file(path, content, PUBLIC)


def put_picture(path: Path, content: bytes) -> None:
    """As ``put``, but an identical file, left by a deleted article, is reused."""
    if not (path.is_file() and path.read_bytes() == content):
        put(path, content)

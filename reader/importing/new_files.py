"""Creates files in the articles folder: atomically, and never over another file."""

from __future__ import annotations

from pathlib import Path

from ..storage.atomic_files import PUBLIC, create_file


def create(path: Path, content: bytes) -> None:
    """Creates *path* atomically with its *content*. Raises FileExistsError instead of replacing a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    create_file(path, content, PUBLIC)


def create_picture(path: Path, content: bytes) -> None:
    """Like ``create``, but reuses an identical file that a deleted article has left."""
    if not (path.is_file() and path.read_bytes() == content):
        create(path, content)

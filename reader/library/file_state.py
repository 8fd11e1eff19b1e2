"""The current state of single files of the articles folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .directory_walk import EntryKind, Root, article_files, of_content, stamp_of, walk

SETTLED_SECONDS = 0.2
"""A file that was modified less than this time ago may be incomplete; the next scan reads it."""


def fresh_among(stamps: Mapping[str, str], now: float) -> set[str]:
    """The files that may be incomplete. *now* must be the time after the walk that found *stamps*.

    With the time before the walk, a file that is written during the walk would have a modification time in the future;
    such files are read, because the clock of the file system may be ahead.
    """
    return {path for path, stamp in stamps.items() if is_fresh(stamp, now)}


def is_fresh(stamp: str, now: float) -> bool:
    """Whether the file may be incomplete: its modification time is less than SETTLED_SECONDS before *now*."""
    return 0 <= now - int(stamp.split(":", 1)[0]) / 1e9 < SETTLED_SECONDS


def is_same_content(root: Root, path: str, stamp: str) -> bool:
    """Whether the file has not been written since *stamp*. Ignores inode and ctime; the next scan compares them.

    Only if the complete stamp differs, the walk looks for the file again, which takes ten times as long.
    """
    with suppress(OSError):
        if stamp_of(os.stat(f"{root.path}/{path}")) == stamp:  # noqa: PTH116 (a Path costs as much as the call)
            return True
    now = next((entry.stamp for entry in article_files(root, path)), "")
    return of_content(now) == of_content(stamp)


def is_there(root: Root, path: str) -> bool:
    """Whether a file exists at *path*, or may exist because a folder above it cannot be read."""
    kinds = (entry.kind for entry in walk(root, path) if entry.path == path or entry.kind is EntryKind.PROBLEM)
    return any(kind in (EntryKind.FILE, EntryKind.PROBLEM) for kind in kinds)


def has_folder(root: Root, path: str) -> bool:
    """Whether the parent folder of *path* exists."""
    return Path(root.path, path).parent.is_dir()

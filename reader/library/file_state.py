"""The current state of single files of the articles folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .directory_walk import EntryKind, Root, article_files, of_content, stamp_of, walk

SETTLED_SECONDS = 0.2
"""A file modified more recently than this may be incomplete; the next pass reads it."""


def fresh_among(stamps: Mapping[str, str], now: float) -> set[str]:
    """The files that may be incomplete. *now* is the time after the walk that found *stamps*: by that before it, a file
    written during the walk would be younger than now, as are files of a clock that is ahead, which are read.
    """
    return {path for path, stamp in stamps.items() if is_fresh(stamp, now)}


def is_fresh(stamp: str, now: float) -> bool:
    return 0 <= now - int(stamp.split(":", 1)[0]) / 1e9 < SETTLED_SECONDS


def is_same_content(root: Root, path: str, stamp: str) -> bool:
    """Whether the file has not been written since *stamp*. Inode and ctime don't count: the next pass compares them.

    Only a file that is not the same by all of its stamp is looked for again: that takes ten times as long.
    """
    with suppress(OSError):
        if stamp_of(os.stat(f"{root.path}/{path}")) == stamp:  # noqa: PTH116 (a Path costs as much as the call)
            return True
    now = next((entry.stamp for entry in article_files(root, path)), "")
    return of_content(now) == of_content(stamp)


def is_there(root: Root, path: str) -> bool:
    """Whether a file exists at *path*, or may exist, because a folder above it cannot be looked into."""
    kinds = (entry.kind for entry in walk(root, path) if entry.path == path or entry.kind is EntryKind.PROBLEM)
    return any(kind in (EntryKind.FILE, EntryKind.PROBLEM) for kind in kinds)


def has_folder(root: Root, path: str) -> bool:
    return Path(root.path, path).parent.is_dir()

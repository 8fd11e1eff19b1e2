"""Detects file systems that are mounted below the articles folder."""

from __future__ import annotations

import os
from pathlib import Path

from .directory_walk import FolderEntry, Root


def is_mounted(root: Root, entry: FolderEntry) -> bool:
    """Whether the folder is on another file system than the root, such as a mounted volume or share."""
    try:
        return Path(entry.real_path).stat().st_dev != root.device
    except OSError:
        return False


def mounts_below(root: Root) -> frozenset[bytes]:
    """The lines about mounts below the folder in the kernel's list (proc(5), mountinfo); empty without such a list."""
    path = os.fsencode(root.path)
    for character in (b"\\", b" ", b"\t", b"\n"):
        path = path.replace(character, b"\\%03o" % ord(character))
    try:
        lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    except OSError:
        return frozenset()
    return frozenset(line for line in lines if line.split(b" ", 5)[4].startswith(path + b"/"))


def is_below(path: str, folders: list[str]) -> bool:
    """Whether *path* is inside one of *folders*."""
    return any(path.startswith(f"{folder}/") for folder in folders)

"""Reads a file that the walk of the articles folder found. Does not follow a link that was put there afterwards."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..i18n import Message
from ..site_identity import FOLDER
from ..storage.regular_files import read_real


def read_content_of(articles: Path, path: str, limit_bytes: int) -> bytes:
    """The content of *path*, which is relative to the folder *articles*.

    Raises OSError as ``read_real``. ELOOP is temporary: the next walk finds the file, or the problem of the link.
    """
    try:
        return read_real(articles / path, limit_bytes)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    return read_real(Path(_real_path(articles, path)), limit_bytes)


def _real_path(articles: Path, path: str) -> str:
    """*path* with its links resolved by the rules of the walk. Raises OSError if the walk would not read the file."""
    from .directory_walk import ARTICLE_NAMES, EntryKind, NameRules, find_root, walk

    folder, names = articles, ARTICLE_NAMES
    if path.startswith(f"{FOLDER}/"):
        folder, path = articles / FOLDER, path.removeprefix(f"{FOLDER}/")
        names = NameRules(is_wanted=bool, reason_to_skip=lambda _: "")
    root = find_root(folder, names)
    entry = next(walk(root, path), None)
    is_inside = Path(root.path).is_relative_to(os.path.realpath(articles))
    if not is_inside or entry is None or entry.kind is not EntryKind.FILE:
        raise OSError(errno.ELOOP, Message("a link was put in its place"))
    return entry.real_path

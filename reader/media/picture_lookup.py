"""Finds the file of a picture that an article refers to: beside the article, in an assets folder, or below the folder
that another tool uses as the site root.

Hexo stores the pictures of ``rain.md`` in ``rain/``, Typora in ``rain.assets/``; ``/images/a.png`` is in ``static/``
(Hugo, Zola), ``source/`` (Hexo), ``public/`` or ``assets/``; Obsidian finds attachments by name. Only files inside the
articles folder are found.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import quote

SITE_ROOTS = ("static", "source", "public", "assets", "content", "docs", ".vuepress/public", "docs/.vuepress/public")
"""Folders whose content other tools publish at ``/``."""
ATTACHMENTS = ("attachments", "assets", "images", "img", "media", "_resources", "附件", "图片")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}-(?=.)")


class PictureFinder:
    """Finds the pictures of the article in *file*, a path relative to *articles*. Lists each folder once.

    ::

        PictureFinder(articles, PurePosixPath("2018/rain.md")).find("2018/rain.jpg")  # a Path, or None
    """

    def __init__(self, articles: Path, file: PurePosixPath) -> None:
        self._folder = os.path.realpath(articles)
        self._root = Path(self._folder)
        self._file = file
        self._listings: dict[str, dict[str, str]] = {}

    def find(self, path: str) -> Path | None:
        """The real path of the picture at *path* (relative to the articles folder), or at the first of its
        ``candidates`` that exists; None if none does.

        Compares names exactly first, then ignoring case and Unicode normalization.
        """
        names = list(dict.fromkeys(candidates(path, self._file)))
        for find in (self._exact, self._similar):
            for name in names:
                if (found := find(name)) and found.is_relative_to(self._root):
                    return found
        return None

    def _exact(self, name: str) -> Path | None:
        try:
            path = os.path.join(self._folder, name)  # noqa: PTH118 (strings: this runs for each candidate)
            return Path(os.path.realpath(path)) if os.path.isfile(path) else None  # noqa: PTH113
        except (OSError, ValueError):
            return None

    def _similar(self, name: str) -> Path | None:
        path = self._folder
        for part in name.split("/"):
            entry = self._listing(path).get(_folded(part))
            if entry is None:
                return None
            path = f"{path}/{entry}"
        return self._exact(path)

    def _listing(self, folder: str) -> dict[str, str]:
        """The names in *folder* by their normalized form; empty if it cannot be read."""
        if folder not in self._listings:
            try:
                self._listings[folder] = _names_in(folder, os.stat(folder).st_mtime_ns)  # noqa: PTH116 (as above)
            except OSError:
                self._listings[folder] = {}
        return self._listings[folder]


@lru_cache(maxsize=32)
def _names_in(folder: str, _modified_ns: int) -> dict[str, str]:
    """The names in *folder* by their normalized form. Cached for all articles until a name is added or removed, which
    changes the modification time."""
    return {_folded(name): name for name in sorted(os.listdir(folder))}  # noqa: PTH208


def candidates(path: str, file: PurePosixPath) -> Iterator[str]:
    """The possible paths of the picture, most likely first, relative to the articles folder."""
    folder = "" if str(file.parent) == "." else f"{file.parent}/"
    beside = path.removeprefix(folder)
    yield path
    yield quote(path)  # a file whose name on the disk is percent-encoded
    for name in dict.fromkeys((file.stem, _DATE.sub("", file.stem), f"{file.stem}.assets")):
        yield f"{folder}{name}/{beside}"
    for above in _folders_above(folder):
        for root in ("", *(f"{root}/" for root in SITE_ROOTS)):
            yield f"{above}{root}{path}"
            yield f"{above}{root}{beside}"
        for attachments in ATTACHMENTS:
            yield f"{above}{attachments}/{beside.rpartition('/')[2]}"


def _folders_above(folder: str) -> Iterator[str]:
    """*folder* and its parents, nearest first, each with a trailing ``/``; the articles folder is the empty string."""
    yield folder
    while folder:
        folder = folder.rstrip("/").rpartition("/")[0]
        folder = f"{folder}/" if folder else ""
        yield folder


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

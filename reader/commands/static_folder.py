"""The folder of a static site. A later export replaces and removes the files of earlier ones, and no others.

``.reader-export`` in the folder lists what exports wrote: a line of digest and path for each file, before the file.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path

from ..i18n import N_, Message
from ..models import fingerprint
from ..storage.atomic_files import PUBLIC, replace_derived_file

RECORD = ".reader-export"
STATIC = "static/"
"""Files below it are addressed by content; those of an earlier export may still be in use by a page in a cache."""

_NOT_OURS = Message(N_("a file that no export wrote is in the way; it was kept"))
_LINK = Message(N_("a link out of the folder is in the way"))


class StaticFolder:
    """Raises OSError if the folder cannot be made or written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._root = folder, os.path.realpath(folder)
        self._earlier = _read(folder / RECORD)
        self._written: dict[str, str] = {}

    def write(self, name: str, content: bytes) -> None:
        """Writes a file atomically. Raises OSError, also for a name that leads out and for a file of somebody else."""
        path = self._folder / name
        if ".." in path.relative_to(self._folder).parts or name == RECORD:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        digest = fingerprint(content)
        if self._is_out(path.parent):
            raise OSError(errno.ELOOP, _LINK)
        if name not in self._earlier and name not in self._written and not _may_be_replaced(path, digest):
            raise OSError(errno.EEXIST, _NOT_OURS)
        path.parent.mkdir(parents=True, exist_ok=True)
        with (self._folder / RECORD).open("a", encoding="utf-8", errors="surrogateescape") as record:
            record.write(_line(name, digest))
        replace_derived_file(path, content, PUBLIC)
        self._written[name] = digest

    def remove_earlier(self, kept: Iterable[str]) -> None:
        """Removes the files of earlier exports that this one did not write, but for those that were changed since.

        *kept* are names of files that could not be made this time.
        """
        stale = self._earlier.keys() - self._written.keys() - set(kept)
        for name in sorted(stale):
            path = self._folder / name
            if not name.startswith(STATIC) and not self._is_out(path.parent) and _digest(path) == self._earlier[name]:
                path.unlink()
                self._remove_empty(path.parent)
        current = {name: digest for name, digest in self._earlier.items() if name not in stale} | self._written
        lines = "".join(_line(*one) for one in sorted(current.items()))
        replace_derived_file(self._folder / RECORD, lines.encode(), PUBLIC)

    def _is_out(self, path: Path) -> bool:
        return not Path(os.path.realpath(path)).is_relative_to(self._root)

    def _remove_empty(self, path: Path) -> None:
        while path != self._folder and not any(path.iterdir()):
            path.rmdir()
            path = path.parent


def _line(name: str, digest: str) -> str:
    return f"{digest} {name}\n"


def _read(record: Path) -> dict[str, str]:
    """Digest by name; the last line of a name counts."""
    if record.is_symlink() or not record.is_file():
        return {}
    lines = record.read_text("utf-8", errors="surrogateescape").split("\n")
    parts = (line.partition(" ") for line in lines)
    return {name: digest for digest, _, name in parts if name and ".." not in Path(name).parts and name[0] != "/"}


def _may_be_replaced(path: Path, digest: str) -> bool:
    """Whether nothing is there, or the same already."""
    return not os.path.lexists(path) or _digest(path) == digest


def _digest(path: Path) -> str:
    """Empty for what is no regular file."""
    return fingerprint(path.read_bytes()) if path.is_file() and not path.is_symlink() else ""

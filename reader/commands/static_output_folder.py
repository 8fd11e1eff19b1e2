"""The folder of a static site. An export replaces and removes the files of earlier exports, and no other files.

``.reader-export`` in the folder records the written files. A line with digest and path is appended before each file.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ..i18n import N_, Message
from ..models import fingerprint
from ..storage.atomic_files import PUBLIC, replace_derived_file

RECORD = ".reader-export"
STATIC = "static/"
"""Files below it have a content hash in their URL. Cached pages may still use those of an earlier export."""

_FOREIGN_FILE = Message(N_("a file that no export wrote is in the way; it was kept"))
_TAKEN = Message(N_("another page of this site takes its name; rename the section that one of them shows"))
_LINK = Message(N_("a link out of the folder is in the way"))


class StaticFolder:
    """Writes the files of one export. Raises OSError if the folder cannot be created or written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._root = folder, os.path.realpath(folder)
        self._record("")
        self._earlier = _read_record(folder / RECORD)
        self._written: dict[str, str] = {}
        self._folders = set[PurePosixPath]()

    def write(self, name: str, content: bytes) -> None:
        """Writes a file atomically. Raises OSError, also for a path outside of the folder and for a file that no export
        wrote."""
        path = self._folder / name
        if ".." in path.relative_to(self._folder).parts or name == RECORD:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        digest, folders = fingerprint(content), PurePosixPath(name).parents
        if PurePosixPath(name) in self._folders or any(str(one) in self._written for one in folders):
            raise OSError(errno.EEXIST, _TAKEN)
        if self._is_outside(path.parent):
            raise OSError(errno.ELOOP, _LINK)
        if name not in self._earlier and name not in self._written and not _may_be_replaced(path, digest):
            raise OSError(errno.EEXIST, _FOREIGN_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._record(_line(name, digest))
        replace_derived_file(path, content, PUBLIC)
        self._written[name] = digest
        self._folders.update(folders)

    def _record(self, line: str) -> None:
        path = self._folder / RECORD
        if path.is_symlink():
            raise OSError(errno.ELOOP, _LINK, str(path))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        record = os.open(path, flags, PUBLIC)
        with open(record, "a", encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 a descriptor
            file.write(line)

    @property
    def names(self) -> list[str]:
        """The files that this export wrote."""
        return list(self._written)

    def read(self, name: str) -> bytes:
        """The content of a file that this export wrote. Raises OSError."""
        return (self._folder / name).read_bytes()

    def remove_earlier(self, excluded: Iterable[str]) -> None:
        """Removes files of earlier exports that this export did not write, unless they were changed since.

        *excluded* are names of files that could not be generated this time; they are not removed.
        """
        obsolete = self._earlier.keys() - self._written.keys() - set(excluded)
        for name in sorted(obsolete):
            path = self._folder / name
            if (
                not name.startswith(STATIC)
                and not self._is_outside(path.parent)
                and _digest(path) == self._earlier[name]
            ):
                path.unlink()
                self._remove_empty(path.parent)
        current = {name: digest for name, digest in self._earlier.items() if name not in obsolete} | self._written
        lines = "".join(_line(*item) for item in sorted(current.items()))
        replace_derived_file(self._folder / RECORD, lines.encode(), PUBLIC)

    def _is_outside(self, path: Path) -> bool:
        return not Path(os.path.realpath(path)).is_relative_to(self._root)

    def _remove_empty(self, path: Path) -> None:
        while path != self._folder and not any(path.iterdir()):
            path.rmdir()
            path = path.parent


def _line(name: str, digest: str) -> str:
    return f"{digest} {name}\n"


def _read_record(record: Path) -> dict[str, str]:
    """The digest by name. The last line of a name is valid."""
    if record.is_symlink() or not record.is_file():
        return {}
    lines = record.read_text("utf-8", errors="surrogateescape").split("\n")
    parts = (line.partition(" ") for line in lines)
    return {name: digest for digest, _, name in parts if name and ".." not in Path(name).parts and name[0] != "/"}


def _may_be_replaced(path: Path, digest: str) -> bool:
    """Whether the path is free, or has the same content."""
    return not os.path.lexists(path) or _digest(path) == digest


def _digest(path: Path) -> str:
    """The digest of a regular file; empty for anything else."""
    return fingerprint(path.read_bytes()) if path.is_file() and not path.is_symlink() else ""

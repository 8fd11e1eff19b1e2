"""Exports of one site in several files, in a folder or zip file. Some files contain fields of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .http import Fetched
from .items import Found, ReadSibling


@dataclass(frozen=True)
class MultiFileExport:
    """The files of a folder or zip file. ``paths`` are relative to it; ``read`` raises NotImported.

    ``read_sibling(path)`` returns a ReadSibling for the file at *path*.
    """

    name: str
    paths: Sequence[str]
    read: Callable[[str], bytes]
    read_sibling: Callable[[str], ReadSibling]

    def name_of(self, path: str) -> str:
        """The name of the file at *path* in reports."""
        return f"{self.name}: {path}"

    def fetched(self, path: str) -> Fetched:
        """The content of the file at *path*. Raises NotImported."""
        return Fetched("", self.read(path))


@dataclass(frozen=True)
class MultiFileKind:
    """A kind of export. ``items`` yields the articles of an export that contains only the files that ``recognises``
    accepts."""

    name: str
    recognises: Callable[[str], bool]
    """Whether a file with this path belongs to such an export."""
    items: Callable[[MultiFileExport], Iterator[Found]]
    is_certain: bool = False
    """Whether a path that ``recognises`` accepts cannot be anything else, regardless of other files."""

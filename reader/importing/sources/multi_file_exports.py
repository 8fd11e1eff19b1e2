"""Exports of one site in several files, in a folder or zip file: some files hold the fields of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .http import Fetched
from .items import Found, ReadSibling


@dataclass(frozen=True)
class MultiFileExport:
    """The files of a folder or zip file. ``paths`` are relative to it; ``read`` raises NotImported.

    ``read_sibling(path)`` reads what the file at *path* refers to.
    """

    name: str
    paths: Sequence[str]
    read: Callable[[str], bytes]
    read_sibling: Callable[[str], ReadSibling]

    def name_of(self, path: str) -> str:
        """How reports name the file at *path*."""
        return f"{self.name}: {path}"

    def fetched(self, path: str) -> Fetched:
        return Fetched("", self.read(path))


@dataclass(frozen=True)
class MultiFileKind:
    """``items`` yields the articles of all files that ``recognises`` knows; it is given them alone."""

    name: str
    recognises: Callable[[str], bool]
    """Whether a file with this path is one of such an export."""
    items: Callable[[MultiFileExport], Iterator[Found]]
    is_certain: bool = False
    """Whether a path that ``recognises`` knows can be nothing else, whatever lies beside it."""

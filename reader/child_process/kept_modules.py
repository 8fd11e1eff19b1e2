"""Imports modules from source code in memory. It imports no module of Reader, because a child process runs it first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

KeptFile = tuple[bytes, float]
"""The content of a file, and its modification time in seconds since 1970."""


class _Loader(SourceFileLoader):
    """Python's loader of source files, with the source from memory: the file may have changed since. It uses cached
    bytecode that matches the source in memory."""

    def __init__(self, name: str, path: str, files: Mapping[str, KeptFile]) -> None:
        super().__init__(name, path)
        self._source, self._modified = files[path]
        self._files = files

    def path_stats(self, path: str) -> dict[str, float]:  # noqa: ARG002
        return {"mtime": self._modified, "size": len(self._source)}

    def get_data(self, path: str) -> bytes:
        """The bytes of the module's source, of a file for ``pkgutil.get_data``, or of cached bytecode (from the
        disk)."""
        file = self._files.get(path)
        return file[0] if file else super().get_data(path)

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Stores cached bytecode, unless the file on the disk has changed since its source was read."""
        with suppress(OSError):
            if Path(self.path).stat().st_mtime == self._modified:
                super().set_data(path, data, _mode=_mode)


class Finder(MetaPathFinder):
    """Finds modules among *files* (content by path), which are below the folder *root*."""

    def __init__(self, root: str, files: Mapping[str, KeptFile]) -> None:
        self._root, self._files = root, files

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        base = f"{self._root}/{fullname.replace('.', '/')}"
        for file in (f"{base}.py", f"{base}/__init__.py"):
            if file in self._files:
                return spec_from_file_location(fullname, file, loader=_Loader(fullname, file, self._files))
        return None

"""The modules of Reader that are imported later, as their files were when the process started.

Many modules are imported by the first request that needs them. An update may have replaced their files by then, and
new ones don't fit the old ones that run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from ..settings import PACKAGE


@dataclass(frozen=True)
class _File:
    source: bytes
    modified: float
    """Seconds since 1970."""


class _Loader(SourceFileLoader):
    """Python's own, for a file that may be another by now. Compiled code that fits the kept source is used."""

    def __init__(self, name: str, path: str, kept: _File) -> None:
        super().__init__(name, path)
        self._kept = kept

    def path_stats(self, path: str) -> dict[str, float]:  # noqa: ARG002
        return {"mtime": self._kept.modified, "size": len(self._kept.source)}

    def get_data(self, path: str) -> bytes:
        return self._kept.source if path == self.path else super().get_data(path)

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Stores compiled code, unless it is that of a former version."""
        with suppress(OSError):
            if Path(self.path).stat().st_mtime == self._kept.modified:
                super().set_data(path, data, _mode=_mode)


class _Finder(MetaPathFinder):
    def __init__(self, files: dict[str, _File]) -> None:
        self._files = files

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        base = f"{PACKAGE.parent}/{fullname.replace('.', '/')}"
        for file in (f"{base}.py", f"{base}/__init__.py"):
            if kept := self._files.get(file):
                return spec_from_file_location(fullname, file, loader=_Loader(fullname, file, kept))
        return None


def keep_code() -> None:
    """Reads the files of all modules that this process has not imported: a megabyte, in ten milliseconds."""
    sys.meta_path.insert(0, _Finder(dict(_files_to_come())))


def _files_to_come() -> Iterator[tuple[str, _File]]:
    imported = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    for path in PACKAGE.rglob("*.py"):
        if str(path) not in imported:
            with suppress(OSError):
                yield str(path), _File(path.read_bytes(), path.stat().st_mtime)

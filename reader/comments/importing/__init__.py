"""Reads comments from the exports of other programs. Each program is one module, discovered automatically.

A module defines

``NAME``       the program's name.
``is_export``  ``is_export(shape: Shape) -> bool``: whether a file with this structure may be an export of the program.
``read``       ``read(path: Path) -> Iterator[ImportedComment]``: all comments, in any order. Raises NotImported for a
               file that cannot be read, and no other error, for any content.

``imported_comment.py`` has the shared functions, ``file_structure.py`` the structure of a file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

from ...errors import NotImported
from ...i18n import Message
from .file_structure import Shape, shape_of
from .imported_comment import ImportedComment


class Program(Protocol):
    """The attributes of a module in this package."""

    NAME: str

    def is_export(self, shape: Shape) -> bool: ...

    def read(self, path: Path) -> Iterator[ImportedComment]: ...


def programs() -> list[Program]:
    """All modules in this package that define NAME."""
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return [cast("Program", module) for module in modules if hasattr(module, "NAME")]


def program_of(path: Path, name: str = "") -> Program:
    """The program called *name*, or the one that wrote the file. Raises NotImported and OSError."""
    known = {program.NAME.lower(): program for program in programs()}
    names = ", ".join(program.NAME for program in known.values())
    if name:
        if name.lower() not in known:
            raise NotImported(
                str(path), Message("no format is called %(name)s; known: %(names)s", name=name, names=names)
            )
        return known[name.lower()]
    shape = shape_of(path)
    found = [program for program in known.values() if program.is_export(shape)]
    if not found:
        raise NotImported(str(path), Message("not an export that is known: %(names)s", names=names))
    if len(found) > 1:
        several = ", ".join(program.NAME for program in found)
        raise NotImported(
            str(path),
            Message("may be an export of %(names)s; say which: --format %(name)s", names=several, name=found[0].NAME),
        )
    return found[0]

"""Comments that other programs kept, from their exports. Each program is one module, found when it is needed.

A module defines

``NAME``       the program's name.
``is_export``  ``is_export(start: bytes) -> bool`` tells by the first START_BYTES of a file whether it is one of it.
``read``       ``read(path: Path) -> Iterator[ImportedComment]``: all comments, in any order. Raises NotImported for a
               file that cannot be read, and no other error, whatever is in it.

``imported_comment.py`` has what they share.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, cast

from ...errors import NotImported
from ...i18n import Message
from .imported_comment import ImportedComment

START_BYTES = 20_000


class Program(Protocol):
    """What a module here defines."""

    NAME: str

    def is_export(self, start: bytes) -> bool: ...

    def read(self, path: Path) -> Iterator[ImportedComment]: ...


def programs() -> list[Program]:
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return [cast("Program", module) for module in modules if hasattr(module, "NAME")]


def program_of(path: Path) -> Program:
    """The program whose export the file is. Raises NotImported and OSError."""
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    found = next((program for program in programs() if program.is_export(start)), None)
    if found is None:
        names = ", ".join(program.NAME for program in programs())
        raise NotImported(str(path), Message("not an export that is known: %(names)s", names=names))
    return found

"""The file that a command writes: complete, or as it was before."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ..i18n import Message
from .click_localization import localized


class OutputPath(click.Path):
    """The value of ``--output``. An empty one, as of a shell variable that is not set, is an error, not ``.``."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, context: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        if not os.fspath(value):
            self.fail(localized(Message("the name of the file or folder is empty")), param, context)
        return super().convert(value, param, context)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to. The file there takes the place of *path* at the end; after an error nothing of it is left.

    A device, a FIFO or a folder is given as it is. An OSError has *path* as its file name, unless it names another
    file, such as one that was read.
    """
    target = Path(os.path.realpath(path))
    of_other: OSError | None = None
    try:
        with _replacing(target) as place:
            try:
                yield place
            except OSError as error:
                written = place if place == target else place.parent
                if isinstance(name := error.filename, str | bytes) and written not in _with_parents(name):
                    of_other = error
                raise
    except OSError as error:
        if error is of_other:
            raise
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _with_parents(name: str | bytes) -> tuple[Path, ...]:
    path = Path(os.fsdecode(name))
    return path, *path.parents


@contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    if target.exists() and not target.is_file():
        yield target
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".reader-export-", dir=target.parent))
    try:
        yield folder / target.name
        (folder / target.name).replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""Renders Jinja templates, and computes the build id: the hash of all code and files that affect the output."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape

from . import urls
from .models import fingerprint_of

PACKAGE = Path(__file__).resolve().parent
LIBRARIES = ("weasyprint", "pydyf", "fonttools", "tinycss2", "pillow", "jinja2", "nh3", "comrak", "segno", "Babel")
"""The libraries whose versions are part of the build id, because another version can change pages or pictures."""

FONT_HEAD_BYTES = 4096
"""The size of a font file's head: its table directory contains a checksum of each table (OpenType 1.9, font file)."""

COMPILED = ".mo"
"""The suffix of compiled catalogues. They are left out of the build id: they are generated and may be missing."""
EXCLUDED_FOLDERS = ("__pycache__", "cache", "templates", "static")
"""Folders under ``reader/`` that are generated at run time or exist only in an installed package."""


class Renderer:
    """Renders templates for feeds and exports, with autoescaping. An undefined variable is an error.

    ::

        renderer = Renderer(settings.templates, settings.static)
        css = renderer.render("export/epub/style.css")
    """

    def __init__(self, templates: Path, static: Path) -> None:
        self._folders = (templates, static, PACKAGE)
        self.loader = loader_of(templates)
        self._environment = Environment(
            loader=self.loader,
            autoescape=select_autoescape(
                enabled_extensions=("html", "xhtml", "xml", "opf", "ncx", "svg"), default=False
            ),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["address"] = urls
        self._environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}

    def render(self, template: str, **context: Any) -> str:
        """The text of *template*, a path below the templates folder. Raises TemplateNotFound and UndefinedError."""
        return self._environment.get_template(template).render(context)

    @property
    def build_id(self) -> str:
        """16 hex digits; equal on machines with the same checkout, packages and built fonts."""
        return _build_id(self._folders)


def loader_of(templates: Path) -> FunctionLoader:
    """A loader that reads all templates now: files of a later update would not fit the code of the running process."""
    paths = {path.relative_to(templates).as_posix(): path for path in templates.rglob("*") if path.is_file()}
    contents = {name: path.read_bytes() for name, path in paths.items()}

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        return (contents[name].decode(), str(paths[name]), lambda: True) if name in contents else None

    return FunctionLoader(load)


@cache
def _build_id(folders: tuple[Path, ...]) -> str:
    """The build id of the files at the first call. Cached: the process keeps running the code that it loaded."""
    return fingerprint_of(chain(_versions(), _contents(folders)))


def _versions() -> list[str]:
    return [f"{name} {version(name)}" for name in LIBRARIES]


def _contents(folders: tuple[Path, ...]) -> Iterator[str | bytes]:
    """The name, content and size of each file, sorted by name. Of a font file only the head, not the whole content."""
    for folder in folders:
        for name in sorted(_names(folder)):
            yield name
            with (folder / name).open("rb") as file:
                yield file.read(FONT_HEAD_BYTES if name.endswith(".ttf") else -1)
                yield str(os.fstat(file.fileno()).st_size)


def _names(folder: Path) -> Iterator[str]:
    """Paths of all files relative to *folder*, with ``/``."""
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in EXCLUDED_FOLDERS]
        inside = os.path.relpath(path, folder)
        yield from (f"{inside}/{name}" for name in names if not name.endswith(COMPILED))

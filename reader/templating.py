"""Renders Jinja templates, and computes the build id: the hash of all code and files that affect the output."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from . import urls
from .models import fingerprint

PACKAGE = Path(__file__).resolve().parent
LIBRARIES = ("weasyprint", "pydyf", "fonttools", "tinycss2", "pillow", "jinja2", "nh3", "comrak", "segno", "Babel")
"""Libraries whose versions are part of the build id, because another version can change pages or pictures."""

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
        self._environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=select_autoescape(enabled_extensions=("html", "xhtml", "xml", "opf", "svg"), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["address"] = urls

    def render(self, template: str, **context: Any) -> str:
        return self._environment.get_template(template).render(context)

    @cached_property
    def build_id(self) -> str:
        """16 hex digits; equal on machines with the same checkout, packages and built fonts."""
        return fingerprint(*self._versions(), *self._contents())

    def _versions(self) -> list[str]:
        return [f"{name} {version(name)}" for name in LIBRARIES]

    def _contents(self) -> Iterator[str | bytes]:
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder)
                if path.is_file() and not set(name.parts) & set(EXCLUDED_FOLDERS):
                    yield name.as_posix()
                    yield path.read_bytes()

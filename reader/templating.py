"""Templates to text, and the *look*: the hash of everything that shapes what we hand out."""

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
SHAPING = ("weasyprint", "pydyf", "fonttools", "tinycss2", "pillow", "jinja2", "nh3", "comrak", "segno", "Babel")
"""The libraries whose version is part of the look: another one may set a page, or cut a picture, otherwise."""

UNSHAPING = ("__pycache__", "cache", "templates", "static")
"""Folders under ``reader/`` that are made at run time, or that only an installed package has there."""


class Renderer:
    """Renders templates for feeds and exports. Autoescaped; an unknown name in a template is an error."""

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
        """16 hex digits; the same on every machine with the same checkout, packages and built fonts."""
        return fingerprint(*self._versions(), *self._contents())

    def _versions(self) -> list[str]:
        return [f"{name} {version(name)}" for name in SHAPING]

    def _contents(self) -> Iterator[str | bytes]:
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                name = path.relative_to(folder)
                if path.is_file() and not set(name.parts) & set(UNSHAPING):
                    yield name.as_posix()
                    yield path.read_bytes()

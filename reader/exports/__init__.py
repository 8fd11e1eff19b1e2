"""Exports: a Publication to the bytes of a file.

    to_<format>.py   one file each: SUFFIX, MIMETYPE, LABEL, PAGES and export(publication, options, render) -> bytes
    publications.py  what can be exported: an article, an issue, a collection, a selection
    press.py         ExportService: orders, finished files, sizes; what the rest of Reader talks to
    jobs.py          the queue all processes share       crew.py, worker.py   who does the work

A new format is a new ``to_*.py`` file here; addresses, buttons, cache and contract tests find it by themselves.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Protocol

from ..errors import BadOption, UnknownFormat
from ..models import Publication
from .options import Options, Render


class Exporter(Protocol):
    """What a ``to_*.py`` file defines. Importer it must be cheap: heavy libraries load when it first exports."""

    SUFFIX: str
    MIMETYPE: str
    LABEL: str
    """A msgid."""
    PAGES: tuple[str, ...]
    """What ``?page=`` may say, the default first; empty where pages mean nothing."""

    def export(self, publication: Publication, options: Options, render: Render) -> bytes: ...


def _found() -> dict[str, Exporter]:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name.startswith("to_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.SUFFIX: module for module in modules}


EXPORTS: dict[str, Exporter] = _found()
"""By suffix. Filled from the files in this folder."""


def exporter(suffix: str) -> Exporter:
    """Raises UnknownFormat."""
    if suffix not in EXPORTS:
        raise UnknownFormat(suffix, list(EXPORTS))
    return EXPORTS[suffix]


def page_of(suffix: str, page: str = "") -> str:
    """The page that is meant: the format's first if *page* is empty. Raises UnknownFormat, BadOption."""
    pages = exporter(suffix).PAGES
    if not pages or not page:
        return pages[0] if pages else ""
    if page not in pages:
        raise BadOption("page", page, list(pages))
    return page

"""The web application. Each module in ``views/`` and its folders is a page, registered automatically. ``middleware/``
is WSGI.

The other folders contain what the pages share: ``requests/`` what a request states, ``limits/`` what a client may use,
``pages/`` the rendering of templates, ``article_page/`` the parts of an article, ``commenting/``, ``editor/`` and
``downloads/`` what these pages share, ``http_responses/`` the responses, and ``metrics/``.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

from flask import Flask, current_app
from werkzeug.routing import BaseConverter, PathConverter

from ..feeds import FEEDS
from ..models import SLUG_PATTERN
from ..services import Services

_NOT_SHARED = {"middleware", "views"}


class SlugConverter(BaseConverter):
    """A slug contains no dot and no slash, so that a suffix can follow it."""

    regex = SLUG_PATTERN


class CollectionConverter(PathConverter):
    """A collection's name before a suffix. Excludes names of feeds: ``/s/河北/feed.json`` is a feed, not an export."""

    regex = rf"(?!.*/(?:{'|'.join(map(re.escape, FEEDS))})$)" + PathConverter.regex


def services() -> Services:
    found: Services = current_app.extensions["reader"]
    return found


def init_app(app: Flask) -> None:
    app.url_map.converters |= {"slug": SlugConverter, "collection": CollectionConverter}
    for name in module_names():
        module = importlib.import_module(name)
        if hasattr(module, "init_app"):
            module.init_app(app)
        if hasattr(module, "bp"):
            app.register_blueprint(module.bp)


def module_names() -> list[str]:
    """The modules that ``init_app`` imports: those of all folders except ``middleware/``; the views are last.

    The order of the other modules is that of their own names, whatever folder they are in: Flask calls functions that
    are registered by ``before_request`` in this order, and those of ``after_request`` in the reverse order.
    """
    folders = [info.name for info in pkgutil.iter_modules(__path__) if info.ispkg and info.name not in _NOT_SHARED]
    shared = [name for folder in folders for name in _modules(folder)]
    return [name for names in (shared, _modules("views")) for name in sorted(names, key=_own_name)]


def _modules(folder: str) -> Iterator[str]:
    """The modules in *folder* and in the folders below it."""
    for info in pkgutil.iter_modules([f"{path}/{folder}" for path in __path__]):
        if info.ispkg:
            yield from _modules(f"{folder}/{info.name}")
        else:
            yield f"{__name__}.{folder.replace('/', '.')}.{info.name}"


def _own_name(module: str) -> str:
    return module.rpartition(".")[2]

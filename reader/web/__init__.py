"""The web application. Each module in ``views/`` is a page, registered automatically; ``middleware/`` is WSGI."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable

from flask import Flask, current_app
from werkzeug.routing import BaseConverter, PathConverter

from ..feeds import FEEDS
from ..models import SLUG_PATTERN
from ..services import Services
from . import views


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
    """The modules that ``init_app`` imports: those of this package, then the views."""
    return [*_modules(__path__, __name__), *_modules(views.__path__, views.__name__)]


def _modules(path: Iterable[str], package: str) -> list[str]:
    return sorted(f"{package}.{info.name}" for info in pkgutil.iter_modules(path) if not info.ispkg)

"""HTTP in, HTTP out; decides nothing. Each module here with a ``bp`` is one blueprint; adding one is adding a file."""

from __future__ import annotations

import importlib
import pkgutil
import re

from flask import Flask, current_app
from werkzeug.routing import BaseConverter, PathConverter

from ..feeds import FEEDS
from ..model import SLUG_PATTERN
from ..services import Services


class SlugConverter(BaseConverter):
    """A slug holds no dot and no slash, so that a suffix can follow it and no path can be spelt."""

    regex = SLUG_PATTERN


class ShelfConverter(PathConverter):
    """The name of a shelf where a suffix follows: ``/s/河北/feed.json`` is a feed, no export of a shelf ``feed``."""

    regex = rf"(?!.*/(?:{'|'.join(map(re.escape, FEEDS))})$)" + PathConverter.regex


def services() -> Services:
    found: Services = current_app.extensions["reader"]
    return found


def init_app(app: Flask) -> None:
    app.url_map.converters |= {"slug": SlugConverter, "shelf": ShelfConverter}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "init_app"):
            module.init_app(app)
        if hasattr(module, "bp"):
            app.register_blueprint(module.bp)

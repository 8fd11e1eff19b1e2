"""The parts, wired together once; knows no Flask."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial

from . import i18n
from .catalog import Catalog, prepare, record_export
from .feeds import FEEDS
from .feeds.websub import Herald
from .jobs.exports import Press
from .library.scanner import Library
from .library.watcher import keep
from .media.renditions import Darkroom
from .settings import Settings
from .templating import Renderer


@dataclass(frozen=True)
class Services:
    """What the front doors work with."""

    settings: Settings
    catalog: Catalog
    library: Library
    render: Renderer
    press: Press
    darkroom: Darkroom


def open_services(settings: Settings) -> Services:
    """The parts at rest: nothing is read or watched until asked for."""
    settings.articles.mkdir(parents=True, exist_ok=True)
    prepare(settings.catalog)
    i18n.compile_catalogues(settings.instance / "translations")
    catalog = Catalog(settings.catalog, settings.timezone)
    render = Renderer(settings.templates, settings.static)
    darkroom = Darkroom(settings, partial(record_export, settings.catalog))
    return Services(settings, catalog, Library(settings), render, Press(settings, catalog, render.look), darkroom)


def start_services(settings: Settings) -> Services:
    """The parts at work: returns once the catalog is in step with the folder, and keeps it so."""
    services = open_services(settings)
    ready, stop, changed = threading.Event(), threading.Event(), threading.Event()
    arguments = (settings, services.library, stop, ready, changed)
    threading.Thread(target=keep, args=arguments, name="keeper", daemon=True).start()
    if settings.websub_hub:
        herald = Herald(services.catalog, settings.base_url, settings.websub_hub, tuple(FEEDS))
        threading.Thread(target=herald.run, args=(changed, stop), name="herald", daemon=True).start()
    ready.wait()
    threading.Thread(target=services.press.keep, args=(threading.Event(),), name="press", daemon=True).start()
    return services

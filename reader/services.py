"""The parts, wired together once; knows no Flask."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass

from . import i18n
from .catalog import Catalog, is_filled, prepare
from .feeds import FEEDS
from .feeds.websub import WebSubPublisher
from .jobs.exports import ExportService
from .library.scanner import Library
from .library.watcher import watch_and_index
from .media.renditions import ImageRenderer
from .settings import Settings
from .templating import Renderer


@dataclass(frozen=True)
class Services:
    """What the front doors work with."""

    settings: Settings
    catalog: Catalog
    library: Library
    render: Renderer
    export_service: ExportService
    image_renderer: ImageRenderer


def build_services(settings: Settings) -> Services:
    """The parts at rest: nothing is read or watched until asked for.

    The articles folder is made for a new site only: one that has vanished is a fault, and stays visible as one.
    """
    prepare(settings.catalog)
    if not is_filled(settings.catalog):
        with suppress(OSError):  # a folder that cannot be made is reported by the first pass
            settings.articles.mkdir(parents=True, exist_ok=True)
    i18n.compile_catalogues(settings.instance / "translations")
    catalog = Catalog(settings.catalog, settings.timezone)
    render = Renderer(settings.templates, settings.static)
    image_renderer = ImageRenderer(settings)
    return Services(
        settings, catalog, Library(settings), render, ExportService(settings, catalog, render.build_id), image_renderer
    )


def start_background(settings: Settings, stop: threading.Event | None = None) -> Services:
    """The parts at work until *stop*: returns once the catalog is in step with the folder, and keeps it so."""
    services = build_services(settings)
    stop = stop or threading.Event()
    ready, changed = threading.Event(), threading.Event()
    arguments = (settings, services.library, stop, ready, changed)
    threading.Thread(target=watch_and_index, args=arguments, name="indexer", daemon=True).start()
    if settings.websub_hub:
        publisher = WebSubPublisher(services.catalog, settings.base_url, settings.websub_hub, tuple(FEEDS))
        threading.Thread(target=publisher.run, args=(changed, stop), name="websub", daemon=True).start()
    ready.wait()
    threading.Thread(target=services.export_service.run_workers, args=(stop,), name="exports", daemon=True).start()
    return services

"""The composition root: builds the service objects once. Does not import Flask."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from . import i18n
from .catalog import Catalog, is_filled, prepare
from .editing.access_token import FILE as TOKEN_FILE
from .feeds import FEEDS
from .feeds.websub import WebSubPublisher
from .jobs.export_service import ExportService
from .jobs.share_cards_and_covers import Drawings
from .library.catalog_settings import refuse_other_settings
from .library.heartbeat import Heartbeat
from .library.scanner import Library
from .library.watcher import lock_of, watch_and_index
from .media.renditions import ImageRenderer
from .settings import Settings
from .state import State
from .storage.folder_checks import check_folders, check_writable
from .storage.private_files import make_private, tighten
from .templating import Renderer

FILLING_SECONDS = 10.0
"""How long ``start_background`` waits until a new catalog is filled. Requests wait meanwhile and then get their page.
gunicorn kills a worker after 30 s.
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """The objects that the web application and the commands use.

    ::

        services = build_services(Settings.from_environ())  # start_background(…) also watches the folder
        for teaser in services.catalog.latest(limit=20):
            print(teaser.published, teaser.title)
    """

    settings: Settings
    catalog: Catalog
    library: Library
    render: Renderer
    export_service: ExportService
    image_renderer: ImageRenderer
    drawings: Drawings
    heartbeat: Heartbeat
    state: State


def build_services(settings: Settings, must_be_complete: bool = True) -> Services:
    """Builds the services without starting threads. Nothing is scanned yet.

    Creates the articles folder for a new site only. If the folder disappears later, that is an error.
    *must_be_complete* is passed to the Catalog. Raises BadSetting.
    """
    check_folders(settings)
    check_writable(settings)
    _make_private(settings)
    prepare(settings.catalog)
    if not is_filled(settings.catalog):
        with suppress(OSError):  # it exists, or the first scan reports that it cannot be created
            settings.articles.mkdir(parents=True)
            log.warning(
                "%s did not exist and was created: if this is no new site, correct READER_ARTICLES", settings.articles
            )
    i18n.compile_catalogues(settings.instance / "translations")
    catalog = Catalog(settings.catalog, settings.timezone, must_be_complete)
    render = Renderer(settings.templates, settings.static)
    state = State(settings.state_url)
    exports, images = ExportService(settings, catalog, render.build_id, state), ImageRenderer(settings)
    drawings, heartbeat = Drawings(settings), Heartbeat(lock_of(settings))
    return Services(settings, catalog, Library(settings), render, exports, images, drawings, heartbeat, state)


def _make_private(settings: Settings) -> None:
    """Restricts permissions to this user: of the data derived from drafts, of the state database and of its secrets."""
    state = State(settings.state_url).path
    make_private(settings.instance)
    tighten(settings.data, (TOKEN_FILE, *([f"{state.name}*"] if state else [])))


def build_command_services(settings: Settings) -> Services:
    """``build_services`` for a command that scans the folder.

    Raises BadSetting also if a running server uses the same catalog with other settings.
    """
    refuse_other_settings(lock_of(settings), settings)
    return build_services(settings, must_be_complete=False)


def start_background(
    settings: Settings, stop: threading.Event | None = None, serving: threading.Event | None = None
) -> Services:
    """Builds the services and starts watcher, export workers, publishers and mail, which run until *stop* is set.

    Returns when the catalog is complete, or after FILLING_SECONDS: pages then return 503 until it is complete.
    The start of the export workers takes a second of processor time. With *serving*, the workers and the first scan of
    an already indexed folder wait until it is set, so that the first page is not delayed. Raises BadSetting.
    """
    services = build_services(settings)
    stop = stop or threading.Event()
    ready, changed = threading.Event(), Announcements()
    arguments = (settings, services.library, stop, ready, changed, serving)
    threading.Thread(target=watch_and_index, args=arguments, name="indexer", daemon=True).start()
    threading.Thread(target=services.heartbeat.watch, args=(stop,), name="heartbeat", daemon=True).start()
    for name, run in publishers(services).items():
        threading.Thread(target=run, args=(changed.subscribe(), stop), name=name, daemon=True).start()
    if settings.smtp_url:
        threading.Thread(target=_send_mail, args=(services, stop), name="mail", daemon=True).start()
    ready.wait(FILLING_SECONDS)
    exports = (services.export_service, stop, serving)
    threading.Thread(target=_export, args=exports, name="exports", daemon=True).start()
    return services


class Announcements(threading.Event):
    """An event set when articles may have changed. Each waiting thread has an event of its own and clears it."""

    def __init__(self) -> None:
        super().__init__()
        self._events: list[threading.Event] = []

    def subscribe(self) -> threading.Event:
        """A new event for one waiting thread. It is already set if a change was announced before."""
        self._events.append(event := threading.Event())
        if self.is_set():  # the first scan ended before this call
            event.set()
        return event

    def set(self) -> None:
        """Announces a change to all subscribers."""
        super().set()
        for event in self._events:
            event.set()


Run = Callable[[threading.Event, threading.Event], None]


def publishers(services: Services) -> dict[str, Run]:
    """The functions that notify other servers of changes, by name, according to the settings.

    Each takes two events: changes, and stop. It runs until the second is set.
    """
    settings, catalog, found = services.settings, services.catalog, dict[str, Run]()
    if settings.websub_hub:
        found["websub"] = WebSubPublisher(catalog, settings.base_url, settings.websub_hub, tuple(FEEDS)).run
    if settings.indexnow_key:
        from .feeds.indexnow import IndexNowPublisher

        found["indexnow"] = IndexNowPublisher(catalog, settings.base_url, settings.indexnow_key).run
    if settings.webmention not in ("", "off"):
        from .webmentions.mention_queue import MentionQueue
        from .webmentions.worker import MentionWorker

        queue = MentionQueue(services.state)
        found["webmention"] = MentionWorker(queue, catalog, settings.base_url, settings.webmention).run
    return found


def _send_mail(services: Services, stop: threading.Event) -> None:
    from .mail.sender import MailSender  # here: it imports smtplib and email, needed only if mail is enabled

    s = services
    MailSender(s.settings, s.catalog, s.export_service, s.state, s.render).run(stop)


def _export(export_service: ExportService, stop: threading.Event, serving: threading.Event | None) -> None:
    if serving:
        serving.wait()
    export_service.run_workers(stop)

"""The application factory: Flask and the WSGI middleware around it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from flask import Flask
from werkzeug.exceptions import HTTPException

from . import web
from .catalog import Catalog
from .errors import Busy
from .services import Services, start_background
from .settings import Settings
from .web.commenting.comment_access import author_check
from .web.http_responses.conditional_responses import encoding_for
from .web.limits.form_limits import RequestInMemory
from .web.metrics.metric_files import use_metric_files
from .web.middleware.access_log import AccessLog, writer_to
from .web.middleware.compression_dictionary import CompressionDictionaryMiddleware
from .web.middleware.forwarded import ForwardedMiddleware
from .web.middleware.path_prefix import PathPrefixMiddleware, in_environ, path_within
from .web.middleware.processor_time import ProcessorTimeLimit
from .web.middleware.request_checks import RequestChecks
from .web.middleware.response_cache import ResponseCache
from .web.middleware.security_headers import SecurityHeadersMiddleware
from .web.middleware.static_files import StaticFiles
from .web.requests.request_context import cache_key_normalizers

LARGEST_FORM_BYTES = 100_000
"""The largest body of a submitted form. The editor's form has a limit of its own."""


def create_app(services: Services | None = None) -> Flask:
    """Builds the Flask app that serves *services*.

    Without *services*, reads the settings from the environment, builds them and starts the background threads.
    Raises BadSetting and the other errors of ``start_background``.
    """
    services = services or start_background(Settings.from_environ())
    settings = services.settings
    app = Flask("reader", root_path=str(settings.templates.parent), static_folder=None)
    app.jinja_loader = services.render.loader
    app.request_class = RequestInMemory
    app.extensions["reader"] = services
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM_BYTES
    use_metric_files(settings.instance / "metrics")
    web.init_app(app)
    # Flask documents this way of wrapping; mypy reports it as method-assign.
    static_files = StaticFiles(app.wsgi_app, settings.static, services.render.build_id)
    app.extensions["static_files"] = app.wsgi_app = static_files  # type: ignore[method-assign]
    app.wsgi_app = SecurityHeadersMiddleware(app.wsgi_app)  # type: ignore[method-assign]
    response_cache = app.extensions["response_cache"] = ResponseCache(
        app.wsgi_app,
        revision=CatalogRevision(services.catalog),
        limit_bytes=settings.response_cache_mb << 20,
        normal={"HTTP_ACCEPT_ENCODING": encoding_for, **cache_key_normalizers(settings.language, author_check(app))},
    )
    inner = CompressionDictionaryMiddleware(response_cache)
    checked = RequestChecks(inner, settings.known_hosts, refuses_others=bool(settings.hosts))
    below_path = PathPrefixMiddleware(checked, settings.path_prefix)
    direct = settings.trusted_proxies == "none"
    limited = ProcessorTimeLimit(below_path)
    forwarded = ForwardedMiddleware(limited, settings.proxies, direct, settings.trusts_unix_peers)
    app.wsgi_app = forwarded  # type: ignore[method-assign]
    if settings.access_log:
        access_log = app.extensions["access_log"] = AccessLog(app.wsgi_app, writer_to(settings.access_log))
        app.wsgi_app = access_log  # type: ignore[method-assign]
    return app


def takes_body_at(app: Flask) -> Callable[[str], bool]:
    """Returns a function from a path to a bool: whether a view accepts POST at this path, and so reads a body."""
    addresses, prefix = app.url_map.bind(""), in_environ(app.extensions["reader"].settings.path_prefix)

    def takes_body(path: str) -> bool:
        try:
            addresses.match(path_within(prefix, path), method="POST")
        except HTTPException:  # no such page, another method, a redirect
            return False
        return True

    return takes_body


MAX_AGE_SECONDS = 0.005
"""The maximum age of the cached revision. A query of SQLite for each cached page took half of the page's time and
released the GIL twice.
"""

REFRESH_SECONDS = 0.05
"""How long a thread refreshes the revision after a request."""


class CatalogRevision:
    """The catalog's revision. While the catalog is unreadable, its last revision, so that cached pages are served."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self._last = catalog, 0
        self._queried_at = self._refresh_until = float("-inf")
        self._refresh, self._pause = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None  # started late, because threads do not survive a fork

    def __call__(self) -> int:
        """Returns the revision, at most MAX_AGE_SECONDS old. May query SQLite, and so may block."""
        now = time.monotonic()
        if now >= self._queried_at + MAX_AGE_SECONDS:
            with suppress(Busy, sqlite3.Error):
                self._last = self._catalog.revision
            self._queried_at = now
        return self._last

    def cached(self) -> int | None:
        """Returns the revision without a query of SQLite. None if it is more than 2 × MAX_AGE_SECONDS old.

        Starts a thread that refreshes it for the next requests.
        """
        now = time.monotonic()
        self._refresh_until = now + REFRESH_SECONDS
        if now < self._queried_at + 2 * MAX_AGE_SECONDS:
            return self._last
        self._refresh.set()
        if self._thread is None or not self._thread.is_alive():  # an error other than SQLite's ended the thread
            thread = threading.Thread(target=self._watch, name="revision", daemon=True)
            with suppress(RuntimeError):  # the limit of threads is reached: the next request tries again
                thread.start()
                self._thread = thread
        return None

    def _watch(self) -> None:
        while self._refresh.wait():
            self()
            self._pause.wait(MAX_AGE_SECONDS)  # not time.sleep, which fails below libfaketime
            if time.monotonic() > self._refresh_until:
                self._refresh.clear()

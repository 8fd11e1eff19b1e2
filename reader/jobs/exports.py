"""The press: takes orders for exports, hands out finished files, knows their sizes."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from ..catalog import Catalog
from ..errors import ExportFailed, ReaderError
from ..exports import EXPORTS, page_of
from ..exports.options import options_of, script_of
from ..exports.publications import of_article
from ..i18n import Message
from ..models import Publication, fingerprint
from ..settings import Settings
from ..storage.files import Store
from . import worker
from .messages import ExportJob, serialize
from .pool import WorkerPool
from .queue import AHEAD, FAILED, JobQueue, JobStatus, turn_of

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.02
NEWEST = 25
"""So many of the newest articles, and of those corrected last, are made when nothing else is to do."""

PHONE = "phone"
"""The one paper that is offered beside a format's own: the reader holds a phone. ``?page=`` knows the others."""

FIRST_AHEAD = ("epub", "pdf")


def offers() -> list[tuple[str, str]]:
    """(suffix, page) of each file that an article's page offers, those that feeds name first."""
    found = [
        (suffix, page)
        for suffix, exporter in EXPORTS.items()
        for page in ("", PHONE)
        if not page or page in exporter.PAGES
    ]
    return sorted(found, key=lambda offer: (offer[1], offer[0] not in FIRST_AHEAD))


class ExportService:
    """One per process; all share the queue and the store under ``instance/``. Nothing is rendered in here."""

    def __init__(self, settings: Settings, catalog: Catalog, build_id: str) -> None:
        self._settings, self._catalog, self._build_id = settings, catalog, build_id
        self.store = Store(settings.instance / "exports", settings.export_cache_mb * 1_000_000)
        self.jobs = JobQueue(settings.instance / "jobs.sqlite3", settings.export_queue)
        self.failed_ahead = 0
        """How often nothing could be made ahead, in this process."""
        self._made_ahead: set[str] = set()

    def key(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> str:
        """The finished file's name: content, look and options. Raises UnknownFormat, BadOption."""
        options = [part for part in (page_of(suffix, page), script_of(script)) if part]
        return "-".join([publication.version, self._build_id, self._site, *options]) + f".{suffix}"

    @cached_property
    def _site(self) -> str:
        """What the site itself adds to a file: its name, and its address if it has a fixed one."""
        return fingerprint(self._settings.site_name, self._settings.base_url)[:8]

    def size_bytes(self, publication: Publication, suffix: str, page: str = "") -> int | None:
        """None if it was never made; a look-up, no work."""
        return self.sizes_bytes([(publication, suffix, page)])[0]

    def sizes_bytes(self, wanted: Sequence[tuple[Publication, str, str]]) -> list[int | None]:
        """Of each publication, suffix and page; None for what was never made or is not kept. Looks at files only.

        A publication of a Teaser will do: it has all that the key is made of, names, language, version.
        """
        keys = [self.key(*one) for one in wanted]
        sizes = self.store.sizes(keys)
        return [sizes.get(key) for key in keys]

    def find(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> Path | None:
        """The finished file, or None; orders nothing."""
        return self.store.find(self.key(publication, suffix, page, script))

    def submit(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> JobStatus | None:
        """Queues it unless it is finished (None) or ordered already; says where it stands. Raises Busy."""
        key = self.key(publication, suffix, page, script)
        if self.store.find(key):
            return None
        job = self._job(key, publication, suffix, page, script)
        self.jobs.submit(key, serialize(job), turn_of(len(publication.chapters)))
        return self.jobs.status(key)

    def prefetch(self, publication: Publication, suffix: str, page: str = "") -> bool:
        """Queues it behind everything that visitors wait for; False, and nothing done, if half the queue is taken."""
        key = self.key(publication, suffix, page)
        if self.jobs.waiting() * 2 >= self._settings.export_queue:
            return False
        self.jobs.submit(key, serialize(self._job(key, publication, suffix, page, "")), AHEAD)
        return True

    def get_or_wait(
        self, publication: Publication, suffix: str, page: str = "", script: str = "", patience_seconds: float = 20.0
    ) -> Path | JobStatus:
        """The finished file; or, when patience ends first, where the order stands. Raises Busy, ExportFailed."""
        deadline = time.monotonic() + patience_seconds
        key = self.key(publication, suffix, page, script)
        status = self.submit(publication, suffix, page, script)
        while status and status.state != FAILED and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            status = self.jobs.status(key)
        if status and status.state == FAILED:
            raise ExportFailed(f"{publication.name}.{suffix}", status.message)
        return status or self._finished(key, publication, suffix)

    def run_workers(self, stop: threading.Event) -> None:
        """Makes what is ordered until *stop*; of all processes that call this, one at a time does."""
        settings = self._settings
        command = worker.command(self.store)
        pool = WorkerPool(
            self.jobs,
            command,
            settings.export_workers,
            settings.export_timeout_seconds,
            idle=self._try_to_prefetch,
            limits=worker.limits(settings.export_memory_mb),
        )
        pool.run(stop, settings.instance / "exports.lock")

    def _prefetch_newest(self) -> None:
        """What is asked for most is made before it is asked for: every file of the newest articles and the corrected.

        Each once: one that was dropped since, because room is short, waits until somebody asks for it.
        """
        teasers = {t.slug: t for t in (*self._catalog.latest(limit=NEWEST), *self._catalog.corrected(limit=NEWEST))}
        wishes = {
            self.key(of_article(teaser), *offer): (slug, offer)
            for offer in offers()
            for slug, teaser in teasers.items()
        }
        missing = wishes.keys() - self._made_ahead - self.store.sizes(wishes).keys()
        articles = {a.slug: a for a in self._catalog.articles(list({wishes[key][0] for key in missing}))}
        self._made_ahead &= wishes.keys()
        for key, (slug, offer) in wishes.items():
            if key in missing and slug in articles:
                if not self.prefetch(of_article(articles[slug]), *offer):
                    return
                self._made_ahead.add(key)

    def _try_to_prefetch(self) -> None:
        """A luxury: what goes wrong is counted, and harms nothing."""
        try:
            self._prefetch_newest()
        except (ReaderError, sqlite3.Error) as error:
            self.failed_ahead += 1
            LOG.debug("no exports are made ahead: %s", error)

    def _finished(self, key: str, publication: Publication, suffix: str) -> Path:
        if path := self.store.find(key):
            return path
        raise ExportFailed(
            f"{publication.name}.{suffix}",
            Message("removed from the cache as soon as it was finished; raise READER_EXPORT_CACHE_MB"),
        )

    def _job(self, key: str, publication: Publication, suffix: str, page: str, script: str) -> ExportJob:
        options = options_of(self._settings, page_of(suffix, page), script)
        return ExportJob(key, suffix, self._build_id, publication, options)

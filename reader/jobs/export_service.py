"""The export service: finds finished export files and their sizes, and queues jobs for missing ones."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlencode

from .. import urls
from ..catalog import Catalog
from ..chinese.scripts import SCRIPTS
from ..errors import Busy, ExportFailed, ReaderError, TooLarge
from ..exports import EXPORTS, exporter, page_of, speech
from ..exports.options import options_of, script_of
from ..exports.publications import of_article, of_issue
from ..i18n import Message
from ..library.heartbeat import Heartbeat
from ..models import Publication, fingerprint
from ..settings import Settings
from ..site_identity import Site, site_to_json
from ..storage.file_cache import FileCache
from . import worker_process
from .job_message import ExportJob, serialize
from .queue import FAILED, LEAST_BOOK, PASSING_SECONDS, PREFETCH, JobQueue, JobStatus, background_of
from .worker_pool import WorkerPool

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.02
ORDERS = 3
"""How often a request orders a file that is deleted before it can be found: by somebody, or because the cache is too
small for it, which another order doesn't help."""

NEWEST = 25
"""How many of the newest and of the most recently corrected articles are exported while the queue is empty."""

POOL_LOCK = "exports.lock"
"""The file in the instance folder whose lock lets one process run the pool, and whose times are its heartbeat."""

PHONE = "phone"
"""The paper size linked from article pages besides a format's default. ``?page=`` accepts the others too."""

PREFETCHED_FIRST = ("epub", "pdf")

OFFERS_OF_ISSUE = (("epub", ""), ("pdf", PHONE))
"""The (suffix, page) of the files of the newest issue that are exported while the queue is empty."""

POSTPONED_SECONDS = 60.0
"""How long nothing is prefetched after a file failed for a passing reason."""

QUIET_SECONDS = 60.0
"""How long nothing has to have changed before the newest issue is exported: a day's articles often come in a row."""


def offers() -> list[tuple[str, str]]:
    """(suffix, page) of each file linked from an article's page. The formats that feeds enclose come first."""
    found = [
        (suffix, page)
        for suffix, exporter in EXPORTS.items()
        for page in ("", PHONE)
        if not page or page in exporter.PAGES
    ]
    return sorted(found, key=lambda offer: (offer[1], offer[0] not in PREFETCHED_FIRST))


USUAL_CHARACTERS = 20_000
"""Of the HTML of a chapter. A longer one counts as several, because it takes as long."""


def size_in_chapters(publication: Publication) -> int:
    """How many usual chapters it is as much work as."""
    characters = sum(len(chapter.body) for chapter in publication.chapters)
    return max(len(publication.chapters), characters // USUAL_CHARACTERS)


def turn_of(publication: Publication) -> int:
    """The ``background`` of a job that a visitor requested. Only an article may have that of articles: a selection or a
    search of one article is a book, as anybody can ask for ever new ones, and books have a part of the queue.
    """
    background = background_of(size_in_chapters(publication))
    is_article = publication.path in (urls.article(publication.name), urls.comments(publication.name))
    return background if is_article else max(LEAST_BOOK, background)


def mark_of(path: str) -> str:
    """The part of a key that tells whose file it is: a hash of the publication's address."""
    return fingerprint(path)[:8]


@lru_cache(maxsize=8)
def _mark_of_site(site: Site, site_name: str, base_url: str) -> str:
    """A hash of what appears in exported files of the site: its base URL, its name and its other settings."""
    of_files = [site_to_json(replace(site, pages=()))] if site != Site(pages=site.pages) else []
    return fingerprint(site.name or site_name, base_url, *of_files)[:8]


def _with_options(stem: str, suffix: str, page: str = "", script: str = "") -> str:
    """The key with the options that differ from the defaults. Raises UnknownFormat, BadOption."""
    return "-".join((stem, *(part for part in (page_of(suffix, page), script_of(script)) if part))) + f".{suffix}"


def options_in(key: str, suffix: str) -> str:
    """The options in ``ExportService.key`` as the query of an address, with ``?``; empty if there are none."""
    parts = "-".join(key.split("-")[4:])
    script = next((script for script in SCRIPTS if f"-{parts}".endswith(f"-{script}")), "")
    page = parts.removesuffix(script).removesuffix("-")
    values = {"page": page if page in exporter(suffix).PAGES[1:] else "", "script": script}
    options = urlencode({name: value for name, value in values.items() if value})
    return f"?{options}" if options else ""


def _failure(name: str, status: JobStatus) -> ReaderError:
    """Busy if the job can be queued again in a moment, else ExportFailed."""
    failed = ExportFailed(name, status.message)
    if status.retry_seconds > PASSING_SECONDS:
        return failed
    return Busy(failed.message, retry_seconds=math.ceil(status.retry_seconds) + 1)


class ExportService:
    """One per process. All processes share the queue and the file store under ``instance/``. Workers do the rendering.

    ::

        result = export_service.get_or_wait(of_article(article), "pdf", page="a4", patience_seconds=2)
        if isinstance(result, JobStatus):
            ...  # still in the queue: ``result.position`` counts from 1
        else:
            ...  # ``result`` is the Path of the finished file
    """

    def __init__(self, settings: Settings, catalog: Catalog, build_id: str) -> None:
        self._settings, self._catalog, self._build_id = settings, catalog, build_id
        self.store = FileCache(settings.instance / "exports", settings.export_cache_mb * 1_000_000)
        self.jobs = JobQueue(settings.instance / "jobs.sqlite3", settings.export_queue)
        self.heartbeat = Heartbeat(settings.instance / POOL_LOCK)
        """Of the process that runs the worker pool."""
        self.measured: Callable[[str, float, bool], None] = lambda *_: None
        """Called by the process that runs the worker pool: suffix, seconds, and whether the file was made."""
        self.failed_prefetches = 0
        """How many times prefetching failed in this process."""
        self._prefetched: set[str] = set()
        self._issue_revision, self._issue_due = -1, 0.0
        self._prefetch_due = 0.0

    def key(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> str:
        """The finished file's name: content version, address, build id and options. Raises UnknownFormat, BadOption."""
        return _with_options(self._stem(publication, self._site_for(suffix)), suffix, page, script)

    def _stem(self, publication: Publication, site: str) -> str:
        """The part of the key that all formats share."""
        return "-".join((publication.version, mark_of(publication.path), self._build_id, site))

    @property
    def _site(self) -> str:
        return _mark_of_site(self._catalog.site, self._settings.site_name, self._settings.base_url)

    def _site_for(self, suffix: str) -> str:
        """``_site``; for speech with the command, as another voice makes another file."""
        return fingerprint(self._site, self._settings.speech)[:8] if suffix == speech.SUFFIX else self._site

    def size_bytes(self, publication: Publication, suffix: str, page: str = "") -> int | None:
        """The size of the finished file; None if there is none. Never starts a job."""
        return self.sizes_bytes([(publication, suffix, page)])[0]

    def sizes_bytes(self, wanted: Sequence[tuple[Publication, str, str]]) -> list[int | None]:
        """The size for each (publication, suffix, page); None where no finished file exists. Never starts a job.

        A publication built from a Teaser is enough: the key needs only names, language and version.
        """
        return self.sizes_of(self.keys(wanted))

    def keys(self, wanted: Sequence[tuple[Publication, str, str]]) -> tuple[str, ...]:
        """The key for each (publication, suffix, page). They stay until the catalog's revision changes."""
        sites = {suffix: self._site_for(suffix) for _, suffix, _ in wanted}
        publications = {(id(publication), suffix): publication for publication, suffix, _ in wanted}
        stems = {key: self._stem(publication, sites[key[1]]) for key, publication in publications.items()}
        return tuple(_with_options(stems[id(of), suffix], suffix, page) for of, suffix, page in wanted)

    def sizes_of(self, keys: Sequence[str]) -> list[int | None]:
        """The size of each finished file; None where there is none."""
        sizes = self.store.sizes(keys)
        return [sizes.get(key) for key in keys]

    def open(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> BinaryIO | None:
        """The finished file, opened, or None. Never starts a job."""
        return self.store.open(self.key(publication, suffix, page, script))

    def submit(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> JobStatus | None:
        """Queues a job unless one is queued. Returns its status; None if the file is finished. Raises Busy."""
        key = self.key(publication, suffix, page, script)
        if self.store.find(key):
            return None
        job = self._job(key, publication, suffix, page, script)
        self.jobs.submit(key, serialize(job), turn_of(publication))
        return self.jobs.status(key)

    def prefetch(self, publication: Publication, suffix: str, page: str = "") -> bool:
        """Queues a job with the lowest priority. Returns False without queueing if the queue is half full."""
        key = self.key(publication, suffix, page)
        if self.jobs.waiting() * 2 >= self._settings.export_queue:
            return False
        self.jobs.submit(key, serialize(self._job(key, publication, suffix, page, "")), PREFETCH)
        return True

    def get_or_wait(
        self, publication: Publication, suffix: str, page: str = "", script: str = "", patience_seconds: float = 20.0
    ) -> Path | JobStatus:
        """The finished file, or the job's status after *patience_seconds*. Raises Busy, ExportFailed."""
        deadline = time.monotonic() + patience_seconds
        key = self.key(publication, suffix, page, script)
        for _ in range(ORDERS):
            status = self.submit(publication, suffix, page, script)
            while status and status.state != FAILED and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
                status = self.jobs.status(key)
            if status and status.state == FAILED:
                raise _failure(f"{publication.name}.{suffix}", status)
            if found := status or self.store.find(key):
                return found
        raise ExportFailed(
            f"{publication.name}.{suffix}",
            Message("removed from the cache as soon as it was finished; raise READER_EXPORT_CACHE_MB"),
        )

    def run_workers(self, stop: threading.Event) -> None:
        """Runs the worker pool until *stop*. A lock file lets only one process at a time run it."""
        settings = self._settings
        command = worker_process.command(self.store)
        pool = WorkerPool(
            self.jobs,
            command,
            settings.export_workers,
            settings.export_timeout_seconds,
            idle=self._try_to_prefetch,
            limits=worker_process.limits(settings.export_memory_mb),
            postponed=self._postpone,
            beat=self.heartbeat.beat,
            measured=lambda key, seconds, is_made: self.measured(key.rpartition(".")[2], seconds, is_made),
            starts_early=settings.exports_ahead,
        )
        pool.run(stop, settings.instance / POOL_LOCK)

    def fault(self) -> str:
        """For operators: why jobs that wait are not done; empty if they are. Raises Busy."""
        waiting, silent = self.jobs.waiting(), self.heartbeat.silent_seconds()
        if not waiting or not silent:
            return ""
        return Message(
            "no export worker has been ready for %(seconds)s s, and %(waiting)s exports wait; the log has the reason",
            seconds=round(silent),
            waiting=waiting,
        )

    def _prefetch_newest(self) -> None:
        """Queues every missing file of the newest and the corrected articles.

        Each file is prefetched once: one evicted from the cache later is exported again only on request.
        """
        newest, corrected = self._catalog.latest(limit=NEWEST), self._catalog.corrected(limit=NEWEST)
        teasers = {t.slug: t for t in self._catalog.with_linked_versions([*newest, *corrected])}
        wanted = {
            self.key(of_article(teaser), *offer): (slug, offer)
            for offer in (*offers(), *([(speech.SUFFIX, "")] if self._settings.speech else ()))
            for slug, teaser in teasers.items()
        }
        missing = wanted.keys() - self._prefetched - self.store.sizes(wanted).keys()
        articles = {a.slug: a for a in self._catalog.articles(list({wanted[key][0] for key in missing}))}
        self._prefetched &= wanted.keys()
        for key, (slug, offer) in wanted.items():
            if key in missing and slug in articles:
                if not self.prefetch(of_article(articles[slug]), *offer):
                    return
                self._prefetched.add(key)

    def _prefetch_newest_issue(self) -> None:
        """Queues the newest issue's missing files once the catalog has not changed for QUIET_SECONDS."""
        revision, now = self._catalog.revision, time.monotonic()
        if revision != self._issue_revision:
            self._issue_revision, self._issue_due = revision, now + QUIET_SECONDS
        if now < self._issue_due or not self._catalog.count():
            return
        issue = self._catalog.issue(self._catalog.latest_day())
        self._issue_due = float("inf")
        try:
            publication = of_issue(issue, self._catalog.articles([teaser.slug for teaser in issue.teasers]))
        except TooLarge:  # its page links no files either
            return
        for suffix, page in OFFERS_OF_ISSUE:
            if self.size_bytes(publication, suffix, page) is None and not self.prefetch(publication, suffix, page):
                self._issue_due = now + QUIET_SECONDS

    def _try_to_prefetch(self) -> None:
        """Prefetching is optional: errors are counted and logged at debug level."""
        if not self._settings.exports_ahead or time.monotonic() < self._prefetch_due:
            return
        try:
            self._prefetch_newest()
            self._prefetch_newest_issue()
        except (ReaderError, sqlite3.Error) as error:
            self.failed_prefetches += 1
            LOG.debug("no exports are made ahead: %s", error)

    def _postpone(self, key: str) -> None:
        """A file that failed for a passing reason is prefetched again later."""
        self._prefetched.discard(key)
        self._prefetch_due = time.monotonic() + POSTPONED_SECONDS

    def _job(self, key: str, publication: Publication, suffix: str, page: str, script: str) -> ExportJob:
        options = options_of(self._settings, page_of(suffix, page), script, self._catalog.site)
        return ExportJob(key, suffix, self._build_id, publication, options)

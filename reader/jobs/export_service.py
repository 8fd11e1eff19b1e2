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

from ..catalog import Catalog
from ..chinese.scripts import SCRIPTS
from ..errors import Busy, ExportFailed, ReaderError, TooLarge
from ..exports import EXPORTS, exporter, page_of, speech
from ..exports.options import options_of, script_of
from ..exports.publications import of_article, of_issue
from ..i18n import Message
from ..models import Publication, fingerprint
from ..settings import Settings
from ..site_identity import Site, site_to_json
from ..state import State
from ..storage.shared_file_cache import SharedFileCache, export_store
from .job_message import ExportJob, serialize
from .job_priority import priority_of
from .queue_contract import FAILED, PASSING_SECONDS, PREFETCH, JobStatus
from .queue_selection import POOL_LOCK, new_pool, open_queue
from .shared_pictures import RETRY_SECONDS, SILENT, PictureUploads

LOG = logging.getLogger(__name__)
MOST_SUBMISSIONS = 3
"""How often ``get_or_wait`` submits a job whose finished file is deleted before it is found. If the cache is too small
for the file, another submission does not help."""

NEWEST = 25
"""How many of the newest and of the most recently corrected articles are prefetched while the queue is empty."""

PHONE = "phone"
"""The paper size that article pages link besides a format's default. ``?page=`` accepts the others too."""

PREFETCHED_FIRST = ("epub", "pdf")

OFFERS_OF_ISSUE = (("epub", ""), ("pdf", PHONE))
"""The (suffix, page) of the newest issue's files that are prefetched while the queue is empty."""

POSTPONED_SECONDS = 60.0
"""How long prefetching pauses after a temporary failure."""

QUIET_SECONDS = 60.0
"""The newest issue is prefetched after this time without changes: a day's articles often arrive one after the other."""


def offers() -> list[tuple[str, str]]:
    """(suffix, page) of each file linked from an article's page. The formats that feeds enclose come first."""
    found = [
        (suffix, page)
        for suffix, exporter in EXPORTS.items()
        if getattr(exporter, "IS_LINKED", True)
        for page in ("", PHONE)
        if not page or page in exporter.PAGES
    ]
    return sorted(found, key=lambda offer: (offer[1], offer[0] not in PREFETCHED_FIRST))


def address_hash(path: str) -> str:
    """The part of a key that identifies the publication: a hash of its address, 8 hexadecimal digits."""
    return fingerprint(path)[:8]


@lru_cache(maxsize=8)
def _site_hash(site: Site, site_name: str, base_url: str) -> str:
    """A hash of the site's data in exported files: its base URL, its name and its other settings."""
    of_files = [site_to_json(replace(site, pages=()))] if site != Site(pages=site.pages) else []
    return fingerprint(site.name or site_name, base_url, *of_files)[:8]


def _with_options(stem: str, suffix: str, page: str = "", script: str = "") -> str:
    """The key: *stem*, the options that differ from the defaults, and the suffix. Raises UnknownFormat, BadOption."""
    return "-".join((stem, *(part for part in (page_of(suffix, page), script_of(script)) if part))) + f".{suffix}"


def options_in(key: str, suffix: str) -> str:
    """The options in a key of ``ExportService.key`` as the query of a URL, with ``?``; empty if there are none."""
    parts = "-".join(key.split("-")[4:])
    script = next((script for script in SCRIPTS if f"-{parts}".endswith(f"-{script}")), "")
    page = parts.removesuffix(script).removesuffix("-")
    values = {"page": page if page in exporter(suffix).PAGES[1:] else "", "script": script}
    options = urlencode({name: value for name, value in values.items() if value})
    return f"?{options}" if options else ""


def _failure(name: str, status: JobStatus) -> ReaderError:
    """The error for a failed job: Busy if it can be queued again within PASSING_SECONDS, else ExportFailed."""
    failed = ExportFailed(name, status.message)
    if status.retry_seconds > PASSING_SECONDS:
        return failed
    return Busy(failed.message, retry_seconds=math.ceil(status.retry_seconds) + 1)


class ExportService:
    """Finds finished export files and queues jobs for missing ones; worker processes generate the files.

    One object per process. All processes share the queue and the files in the instance folder; with
    ``Settings.shares_exports`` all machines share the queue in *state*, and the bucket.

    ::

        result = export_service.get_or_wait(of_article(article), "pdf", page="a4", patience_seconds=2)
        if isinstance(result, JobStatus):
            ...  # still in the queue: ``result.position`` counts from 1
        else:
            ...  # ``result`` is the Path of the finished file
    """

    def __init__(self, settings: Settings, catalog: Catalog, build_id: str, state: State | None = None) -> None:
        self._settings, self._catalog, self._build_id = settings, catalog, build_id
        self.store = export_store(settings.instance / "exports", settings.export_cache_mb * 1_000_000, settings.bucket)
        self.jobs, self.heartbeat = open_queue(settings, state or State(settings.state_url), build_id)
        self._uploads: PictureUploads | None = None
        if settings.shares_exports and isinstance(self.store, SharedFileCache):
            self._uploads = PictureUploads(self.store.bucket, settings.instance)
        self.measured: Callable[[str, float, bool], None] = lambda *_: None
        """A callback in the process that runs the worker pool: suffix, seconds, and whether the export succeeded."""
        self.failed_prefetches = 0
        """How many times prefetching failed in this process."""
        self._prefetched: set[str] = set()
        self._issue_revision, self._issue_due = -1, 0.0
        self._prefetch_due = 0.0

    def key(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> str:
        """The name of the finished file: version, address, build id, site and options.

        Raises UnknownFormat, BadOption.
        """
        return _with_options(self._stem(publication, self._site_for(suffix)), suffix, page, script)

    def _stem(self, publication: Publication, site: str) -> str:
        """The part of the key that all formats share."""
        return "-".join((publication.version, address_hash(publication.path), self._build_id, site))

    @property
    def _site(self) -> str:
        return _site_hash(self._catalog.site, self._settings.site_name, self._settings.base_url)

    def _site_for(self, suffix: str) -> str:
        return self._with_voice(self._site) if suffix == speech.SUFFIX else self._site

    def _with_voice(self, site: str) -> str:
        """The hash for speech includes the command, because another voice produces another file."""
        return fingerprint(site, self._settings.speech)[:8]

    def size_bytes(self, publication: Publication, suffix: str, page: str = "") -> int | None:
        """The size of the finished file; None if it does not exist. Never queues a job."""
        return self.sizes_bytes([(publication, suffix, page)])[0]

    def sizes_bytes(self, wanted: Sequence[tuple[Publication, str, str]]) -> list[int | None]:
        """The size of each file (publication, suffix, page), in order; None if it does not exist. Never queues a job.

        A publication built from a Teaser is enough: the key needs only names, language and version.
        """
        return self.sizes_of(self.keys(wanted))

    def keys(self, wanted: Sequence[tuple[Publication, str, str]]) -> tuple[str, ...]:
        """The key of each file (publication, suffix, page), in order. Valid until the catalog's revision changes."""
        site, keys = self._site, []
        stems: dict[tuple[int, bool], str] = {}
        for publication, suffix, page in wanted:
            is_speech = suffix == speech.SUFFIX
            known = id(publication), is_speech
            if known not in stems:
                stems[known] = self._stem(publication, self._with_voice(site) if is_speech else site)
            keys.append(_with_options(stems[known], suffix, page))
        return tuple(keys)

    def sizes_of(self, keys: Sequence[str]) -> list[int | None]:
        """The size of each finished file in bytes, in order; None if it does not exist."""
        sizes = self.store.sizes(keys)
        return [sizes.get(key) for key in keys]

    def open(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> BinaryIO | None:
        """The finished file, opened; None if it does not exist. Never queues a job. The caller closes it."""
        return self.store.open(self.key(publication, suffix, page, script))

    def submit(self, publication: Publication, suffix: str, page: str = "", script: str = "") -> JobStatus | None:
        """Queues a job unless the same one is queued. Returns its status; None if the file is finished. Raises Busy."""
        key = self.key(publication, suffix, page, script)
        if self.store.find(key):
            return None
        job = self._job(key, publication, suffix, page, script)
        self.jobs.submit(key, serialize(job), priority_of(publication, suffix))
        return self.jobs.status(key)

    def prefetch(self, publication: Publication, suffix: str, page: str = "") -> bool:
        """Queues a job with the lowest priority unless another machine has made the file. Returns False without
        queueing if the queue is half full."""
        key = self.key(publication, suffix, page)
        if self.store.find(key):
            return True
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
        for _ in range(MOST_SUBMISSIONS):
            status = self.submit(publication, suffix, page, script)
            while status and status.state != FAILED and time.monotonic() < deadline:
                time.sleep(self.jobs.POLL_SECONDS)
                status = self.jobs.status(key)
            if status and status.state == FAILED:
                raise _failure(f"{publication.name}.{suffix}", status)
            if found := status or self.store.find(key):
                return found
        if self._uploads:
            raise Busy(SILENT, retry_seconds=RETRY_SECONDS)
        raise ExportFailed(
            f"{publication.name}.{suffix}",
            Message("removed from the cache as soon as it was finished; raise READER_EXPORT_CACHE_MB"),
        )

    def run_workers(self, stop: threading.Event) -> None:
        """Runs the worker pool until *stop* is set. A lock file ensures that one process at a time runs it."""
        pool = new_pool(
            self._settings,
            self.jobs,
            self.heartbeat,
            self.store,
            idle=self._try_to_prefetch,
            postponed=self._postpone,
            measured=lambda key, seconds, is_made: self.measured(key.rpartition(".")[2], seconds, is_made),
            starts_early=self._settings.exports_ahead,
        )
        pool.run(stop, self._settings.instance / POOL_LOCK)

    def fault(self) -> str:
        """Why waiting jobs are not processed, or files not shared, a Message for operators; empty if they are. Raises
        Busy."""
        if self._uploads and not self._uploads.bucket.answers():
            return SILENT
        waiting, silent_seconds = self.jobs.waiting(), self.heartbeat.silent_seconds()
        if not waiting or not silent_seconds:
            return ""
        return Message(
            "no export worker has been ready for %(seconds)s s, and %(waiting)s exports wait; the log has the reason",
            seconds=round(silent_seconds),
            waiting=waiting,
        )

    def _prefetch_newest(self) -> None:
        """Queues every missing file of the newest and the corrected articles, until the queue is half full.

        Each file is prefetched once: if it is evicted from the cache later, only a request exports it again.
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
        """Prefetches files if the setting allows it. It is optional, so errors are only counted and logged for
        debugging."""
        if not self._settings.exports_ahead or time.monotonic() < self._prefetch_due:
            return
        try:
            self._prefetch_newest()
            self._prefetch_newest_issue()
        except (ReaderError, sqlite3.Error) as error:
            self.failed_prefetches += 1
            LOG.debug("exports cannot be prefetched: %s", error)

    def _postpone(self, key: str) -> None:
        """Pauses prefetching after a temporary failure of *key*, which is prefetched again later."""
        self._prefetched.discard(key)
        self._prefetch_due = time.monotonic() + POSTPONED_SECONDS

    def _job(self, key: str, publication: Publication, suffix: str, page: str, script: str) -> ExportJob:
        options = options_of(self._settings, page_of(suffix, page), script, self._catalog.site)
        if not self._uploads:
            return ExportJob(key, suffix, self._build_id, publication, options)
        pictures = self._uploads.share(publication, options)
        return ExportJob(key, suffix, self._build_id, publication, replace(options, instance="", speech=""), pictures)

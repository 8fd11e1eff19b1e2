"""The thread of the indexing process that verifies received mentions and sends mentions of new and changed articles."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from .. import urls
from ..catalog import Catalog
from ..errors import Busy, ChildFailed, FetchFailed, Gone, Moved, NotFound, StateUnusable
from ..feeds.feed_page import look_up
from ..feeds.selection import EVERYTHING
from ..http_client.client import HttpClient
from ..models import Article
from . import BOTH, RECEIVE, SEND
from .fetching import USER_AGENT, fetch, is_permanent, is_temporary
from .mention_queue import MentionQueue, QueuedMention
from .page_child_requests import is_caused_by_page, mention_of
from .pages import outgoing_links
from .sending import MOST_LINKS, send

log = logging.getLogger(__name__)

POLL_SECONDS = 30.0
"""How often the thread queries the queue if the state's revision does not change."""


class MentionWorker:
    """Verifies and sends the mentions in *queue*. *mode* is RECEIVE, SEND or BOTH. *clock* returns aware datetimes."""

    def __init__(
        self,
        queue: MentionQueue,
        catalog: Catalog,
        base_url: str,
        mode: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._queue, self._catalog, self._base_url, self._clock = queue, catalog, base_url, clock
        self._sends, self._receives = mode in (SEND, BOTH), mode in (RECEIVE, BOTH)
        self._states: dict[str, str] | None = None  # until the first plan
        self._checked_revision, self._next_check = -1, 0.0

    def run(self, changed: threading.Event, stop: threading.Event) -> None:
        """Runs until *stop* is set. Waits first for *changed*, which only the indexing process sets."""
        if not self._base_url:
            log.warning("READER_WEBMENTION needs READER_BASE_URL: no mention is received or sent")
            return
        while not changed.wait(1.0):
            if stop.is_set():
                return
        while not stop.is_set():
            try:
                if changed.wait(1.0):
                    changed.clear()
                    self.plan()
                self.work(stop)
            except (Busy, StateUnusable, sqlite3.Error):  # the catalog is being built, or the state is not writable
                stop.wait(1.0)
                changed.set()
            except Exception:  # a bug must not end the thread
                log.exception("webmentions cannot be processed; retrying in 60 s")
                stop.wait(60.0)

    def plan(self) -> None:
        """Queues the mentions of new, changed and withdrawn articles among the latest."""
        if not self._sends:
            return
        states, known = look_up(self._catalog, EVERYTHING, 0, lambda _: {}).states, self._states
        if known is None:  # articles may have been withdrawn while the server was down
            known = dict.fromkeys(self._queue.pages_that_sent(), "")
        touched = [slug for slug, state in states.items() if known.get(slug) != state]
        left = [slug for slug in known if slug not in states]
        originals = self._catalog.original_slugs(touched)
        for article in self._catalog.articles(touched):
            self._plan_one(article, originals.get(article.slug, article.slug))
        for slug in left:
            if self._is_gone(slug, was_seen=self._states is not None):
                self._queue.withdraw(slug, self._clock())
        self._states = states
        self._next_check = 0.0

    def _plan_one(self, article: Article, page: str) -> None:
        """Queues the mentions of one article. A bug with one must not stop the mentions of all others."""
        try:
            links = outgoing_links(str(article.body), urlsplit(self._base_url).hostname or "")[:MOST_LINKS]
            source = self._base_url + urls.article(article.slug)
            self._queue.plan(source, page, article.version, links, self._clock())
        except (Busy, StateUnusable, sqlite3.Error):
            raise
        except Exception:
            log.exception("the mentions of %s are not queued", article.slug)

    def _is_gone(self, slug: str, *, was_seen: bool) -> bool:
        """Whether the article is no longer public, under this slug or a new one. Of one that this process has not seen,
        the catalog must have a removal or a draft: another machine may have sent its mentions, and have it already."""
        try:
            self._catalog.article(slug)
        except Moved:
            return False
        except Gone:
            return True
        except NotFound:
            return was_seen or slug in self._catalog.original_slugs([slug])
        return False

    def work(self, stop: threading.Event) -> int:
        """Verifies and sends the mentions that are due, one after the other. Returns their number."""
        count, revision = 0, self._queue.state.revision
        if revision == self._checked_revision and time.monotonic() < self._next_check:
            return 0
        while not stop.is_set() and (mentions := self._queue.take(self._clock())):
            for mention in mentions:
                self._try(mention)
            count += len(mentions)
        self._checked_revision, self._next_check = revision, time.monotonic() + POLL_SECONDS
        return count

    def _try(self, mention: QueuedMention) -> None:
        """Processes *mention*. An unexpected error counts as a failed attempt, so it does not stop other mentions."""
        try:
            self._work_on(mention)
        except (Busy, StateUnusable, sqlite3.Error):
            raise
        except Exception:
            log.exception("the mention of %s by %s could not be processed", mention.target, mention.source)
            self._queue.retry(mention, "a bug", self._clock())

    def _work_on(self, mention: QueuedMention) -> None:
        with HttpClient(USER_AGENT) as client:
            if not mention.is_sent:
                self._verify(client, mention)
                return
            outcome = send(client, mention.source, mention.target)
        self._end_or_retry(mention, outcome.note, outcome.is_final)

    def _end_or_retry(self, mention: QueuedMention, note: str, is_final: bool) -> None:
        if is_final:
            self._queue.finish(mention, note)
        else:
            self._queue.retry(mention, note, self._clock())

    def _verify(self, client: HttpClient, mention: QueuedMention) -> None:
        from .receiving import GONE, record

        if not self._receives:
            self._queue.finish(mention, "")
            return
        try:
            page = fetch(client, mention.source)
        except FetchFailed as error:
            log.info("the mention by %s is not verified: %s", mention.source, error.reason)
            self._end_or_retry(mention, error.reason, is_permanent(error))
            return
        if is_temporary(page.status):
            self._queue.retry(mention, f"it answered {page.status}", self._clock())
            return
        if page.status != 200 and page.status not in GONE:  # the response does not show whether the link exists
            self._queue.finish(mention, f"it answered {page.status}")
            return
        try:
            found = mention_of(page, mention.target) if page.status == 200 else None
        except ChildFailed as error:
            log.info("the mention by %s is not verified: its page cannot be read: %s", mention.source, error)
            self._end_or_retry(mention, str(error), is_caused_by_page(error))
            return
        try:
            with self._queue.state.writing() as connection:
                record(connection, mention, found, self._clock())
        except Busy as error:
            self._queue.retry(mention, str(error), self._clock())
            return
        self._queue.finish(mention, "")
